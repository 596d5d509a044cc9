"""The host's hand in the admin: buttons, the page that asks once more, downloads; and who may."""

import contextlib
import hashlib
import html
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from immichdrop.models import ImmichAccount, User
from tests import pictures
from tests.guest import BODY, TusGuest, metadata
from tests.serving import Processes, eventually
from tests.uploads.test_memory import SIZE, Stream, most_memory
from uploads import spool
from uploads.models import Upload
from uploads.spool import Spool

Make = Callable[..., Upload]
LIST = "/admin/uploads/upload/"
MEGABYTE = 1_000_000


@pytest.fixture
def place() -> Spool:
    return spool.default()


@pytest.fixture
def make(db: None, place: Spool) -> Iterator[Make]:
    made: list[Upload] = []

    def one(status: str, **fields: object) -> Upload:
        defaults = {"filename": "sea.jpg", "size": 5, "offset": 5, "received_at": timezone.now()}
        account = ImmichAccount.objects.environment()
        made.append(Upload.objects.create(**{"account": account, "status": status, **defaults, **fields}))
        place.path(made[-1].pk).write_bytes(b"bytes")
        return made[-1]

    yield one
    for upload in made:
        place.remove(upload.pk)


def host(*permissions: str, staff: bool = True) -> Client:
    user = User.objects.create_user(f"{uuid.uuid4()}@example.org", is_staff=staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions, content_type__app_label="uploads"))
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, action: str, *uploads: Upload, **fields: str) -> str:
    """What the host reads after an action on these uploads, without markup."""
    chosen = {"action": action, "_selected_action": [str(each.pk) for each in uploads], **fields}
    answer = client.post(LIST, chosen, follow=True)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def agreed(page: str) -> str:
    (ids,) = re.findall(r'name="agreed" value="([^"]*)"', page)
    return str(ids)


def now(upload: Upload) -> Upload:
    return Upload.objects.get(pk=upload.pk)


# --- try again


def test_tried_again(admin_client: Client, make: Make) -> None:
    uploads = [make("failed"), make("waiting"), make("delivered")]
    assert "2 files will be tried again now." in act(admin_client, "try_again", *uploads)
    assert [now(each).status for each in uploads] == ["waiting", "waiting", "delivered"]


def test_a_paused_account_is_mended_first(admin_client: Client, make: Make) -> None:
    ImmichAccount.objects.filter(pk=ImmichAccount.objects.environment().pk).update(pause="quota")
    assert "a paused Immich account has to be mended first" in act(admin_client, "try_again", make("failed"))


# --- give up


def test_nothing_is_given_up_without_a_second_yes(admin_client: Client, make: Make, place: Spool) -> None:
    upload = make("failed", filename="<b>sea</b>.jpg", message="Immich refused the file")
    answer = admin_client.post(LIST, {"action": "give_up", "_selected_action": [upload.pk]})
    page = answer.content.decode()
    assert "1 file, 5 bytes: not in Immich." in page
    assert "&lt;b&gt;sea&lt;/b&gt;.jpg (failed: Immich refused the file)" in page
    assert now(upload).status == "failed"
    assert place.path(upload.pk).exists()


def test_given_up_after_it(admin_client: Client, make: Make, place: Spool) -> None:
    uploads = [make("failed"), make("waiting", size=3_000_000, offset=3_000_000)]
    page = act(admin_client, "give_up", *uploads)
    assert "2 files, 3.0 MB: not in Immich." in page
    said = act(admin_client, "give_up", uploads[0], agreed=agreed(page))
    assert "2 files given up, 3.0 MB deleted." in said
    assert {now(each).status for each in uploads} == {"discarded"}
    assert [each for each in uploads if place.path(each.pk).exists()] == []
    assert set(LogEntry.objects.values_list("object_id", flat=True)) == {str(each.pk) for each in uploads}


def test_what_is_kept_is_named_before_and_after(admin_client: Client, make: Make) -> None:
    failed, sending = make("failed", filename="a.jpg"), make("waiting", filename="b.jpg")
    there = make("delivered", filename="c.jpg")
    page = act(admin_client, "give_up", failed, sending, there)
    assert "2 files" in page
    assert "kept: c.jpg (it is in Immich)" in page
    Upload.objects.filter(pk=sending.pk).update(status="delivering")  # a worker took it meanwhile
    said = act(admin_client, "give_up", failed, agreed=agreed(page))
    assert "1 file given up" in said
    assert "Not given up: b.jpg (it is being sent to Immich right now)." in said
    assert [now(each).status for each in (failed, sending, there)] == ["discarded", "delivering", "delivered"]


def test_nothing_to_give_up_is_said_at_once(admin_client: Client, make: Make) -> None:
    said = act(admin_client, "give_up", make("delivered", filename="c.jpg"))
    assert "Not given up: c.jpg (it is in Immich)." in said
    assert "agreed" not in said


def test_what_may_be_there_all_the_same_is_said(admin_client: Client, make: Make) -> None:
    assert "1 of them went out to Immich" in act(admin_client, "give_up", make("waiting", sent_at=timezone.now()))
    assert "went out to Immich" not in act(admin_client, "give_up", make("waiting"))


def test_all_that_match_are_those_that_matched_then(admin_client: Client, make: Make) -> None:
    """More than a form could name one by one, and none that failed while the host was reading."""
    account = ImmichAccount.objects.environment()
    many = [Upload(account=account, filename="x.jpg", size=5, offset=5, status="failed") for _ in range(1100)]
    Upload.objects.bulk_create(many)
    address = f"{LIST}?status__exact=failed"
    fields = {"action": "give_up", "_selected_action": [many[0].pk], "select_across": "1"}
    page = admin_client.post(address, fields).content.decode()
    assert "1100 files" in page
    assert "and 1080 more" in page
    later = make("failed")
    fields = {"action": "give_up", "_selected_action": [many[0].pk], "agreed": agreed(page)}
    assert admin_client.post(address, fields).status_code == 302
    assert Upload.objects.filter(status="discarded").count() == 1100
    assert now(later).status == "failed"


@pytest.mark.parametrize("action", ["give_up", "try_again"])
def test_too_many_at_once(admin_client: Client, make: Make, action: str) -> None:
    account = ImmichAccount.objects.environment()
    Upload.objects.bulk_create(
        [Upload(account=account, filename="x.jpg", size=5, offset=5, status="failed") for _ in range(5001)]
    )
    one = Upload.objects.values_list("pk", flat=True)[0]
    fields = {"action": action, "_selected_action": [one], "select_across": "1"}
    said = admin_client.post(LIST, fields, follow=True).content.decode()
    assert "Choose at most 5000 files at a time." in said
    assert not Upload.objects.exclude(status="failed").exists()


@pytest.mark.parametrize("wrong", ["", "x", "1,2", "../../etc"])
def test_a_made_up_yes(admin_client: Client, make: Make, wrong: str) -> None:
    upload = make("failed")
    answer = admin_client.post(LIST, {"action": "give_up", "_selected_action": [upload.pk], "agreed": wrong})
    assert answer.status_code == 400
    assert now(upload).status == "failed"


# --- the page of one upload


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("failed", {"Try again now", "Give up and delete the bytes…", "Download the bytes"}),
        ("held", {"Give up and delete the bytes…", "Download the bytes"}),
        ("delivered", {"Download the bytes"}),
        ("discarded", set()),
    ],
)
def test_what_one_upload_offers(admin_client: Client, make: Make, status: str, words: set[str]) -> None:
    page = admin_client.get(f"{LIST}{make(status).pk}/change/").content.decode()
    possible = {"Try again now", "Give up and delete the bytes…", "Download the bytes"}
    assert {each for each in possible if each in page} == words


# --- downloads


def signed_in(client: Client) -> requests.Session:
    session = requests.Session()
    session.cookies["drop_session"] = client.cookies["drop_session"].value
    return session


@pytest.fixture
def sessions(web: str) -> requests.Session:
    return signed_in(host("view_upload"))


def address(web: str, upload: Upload) -> str:
    return web + reverse("admin:uploads_upload_bytes", args=[upload.pk])


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("sea.jpg", 'attachment; filename="sea.jpg"'),
        ("Grüße 🏖.jpg", "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe%20%F0%9F%8F%96.jpg"),
        ('a"b.jpg', 'attachment; filename="a\\"b.jpg"'),
        ("a\r\nX-Evil: 1.jpg", 'attachment; filename="aX-Evil: 1.jpg"'),
        ("../../x.html", 'attachment; filename="x.html"'),
        ("\x01", 'attachment; filename="file"'),
    ],
)
def test_a_download_is_an_attachment_and_nothing_else(
    web: str, sessions: requests.Session, make: Make, name: str, disposition: str
) -> None:
    answer = sessions.get(address(web, make("failed", filename=name, media_type="text/html")), timeout=10)
    assert (answer.status_code, answer.content) == (200, b"bytes")
    assert answer.headers["Content-Disposition"] == disposition
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Length"] == "5"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Evil" not in answer.headers


@pytest.mark.parametrize("status", ["receiving", "discarded"])
def test_no_download_of_what_is_not_whole(web: str, sessions: requests.Session, make: Make, status: str) -> None:
    upload = make(status, offset=3 if status == "receiving" else 5)
    assert sessions.get(address(web, upload), timeout=10).status_code == 404


def test_no_download_of_lost_or_unknown_bytes(web: str, sessions: requests.Session, make: Make, place: Spool) -> None:
    upload = make("failed")
    place.remove(upload.pk)
    assert sessions.get(address(web, upload), timeout=10).status_code == 404
    assert sessions.get(f"{web}{LIST}{uuid.uuid4()}/bytes/", timeout=10).status_code == 404
    assert sessions.post(address(web, upload), timeout=10).status_code in (403, 405)


def open_descriptors(path: Path) -> int:
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # closed while we looked
            found += each.readlink() == path
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads open files from Linux's /proc")
def test_the_file_is_closed_when_the_client_leaves(
    web: str, sessions: requests.Session, make: Make, place: Spool
) -> None:
    size = 100 * MEGABYTE
    upload = make("failed", size=size, offset=size)
    path = place.path(upload.pk)
    with path.open("r+b") as file:
        file.truncate(size)
    answer = sessions.get(address(web, upload), stream=True, timeout=10)
    assert answer.raw.read(1000)
    assert open_descriptors(path) == 1
    answer.close()
    eventually(lambda: open_descriptors(path) == 0, "the file to be closed")
    whole = sessions.get(address(web, upload), timeout=30)
    assert len(whole.content) == size
    eventually(lambda: open_descriptors(path) == 0, "the file to be closed")


@pytest.mark.kill
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from Linux's /proc")
def test_a_download_costs_no_memory(processes: Callable[..., Processes]) -> None:
    product = processes(DATABASE_URL="", DJANGO_SUPERUSER_PASSWORD="correct horse battery")
    server = product.serve("--no-worker")
    product.manage("createsuperuser", "--noinput", "--email", "host@example.org")
    token = product.create_invite("--name", "Film")
    guest = TusGuest(product.url, token)
    guest.open()
    headers = {**BODY, "Upload-Length": str(SIZE), "Upload-Metadata": metadata(filename="film.jpg", invite=token)}
    sent = guest.session.post(f"{product.url}/api/tus/", headers=headers, data=Stream(), timeout=120)
    upload_id = sent.headers["Location"].rpartition("/")[2]
    session = requests.Session()
    page = session.get(f"{product.url}/login", timeout=10).text
    (csrf,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    fields = {"email": "host@example.org", "password": "correct horse battery", "csrfmiddlewaretoken": csrf}
    assert session.post(f"{product.url}/login", fields, timeout=10).ok
    before = most_memory(server.pid)
    digest = hashlib.sha1()
    with session.get(f"{product.url}{LIST}{upload_id}/bytes/", stream=True, timeout=60) as answer:
        assert answer.status_code == 200
        for block in answer.iter_content(MEGABYTE):
            digest.update(block)
    start = pictures.jpeg(1)
    assert digest.hexdigest() == hashlib.sha1(start + bytes(SIZE - len(start))).hexdigest()
    assert most_memory(server.pid) - before < 40 * MEGABYTE


# --- who may


def test_a_stranger_and_a_host_without_the_admin(client: Client, make: Make, place: Spool) -> None:
    upload = make("failed")
    for visitor in (client, host("view_upload", "change_upload", staff=False)):
        for action in ("try_again", "give_up"):
            fields = {"action": action, "_selected_action": [upload.pk], "agreed": upload.pk.hex}
            assert visitor.post(LIST, fields)["Location"].startswith("/admin/login/")
        answer = visitor.get(reverse("admin:uploads_upload_bytes", args=[upload.pk]))
        assert answer["Location"].startswith("/admin/login/")
    assert now(upload).status == "failed"
    assert place.path(upload.pk).exists()


def test_staff_without_a_permission(make: Make, place: Spool) -> None:
    upload = make("failed")
    visitor = host()
    for action in ("try_again", "give_up"):
        fields = {"action": action, "_selected_action": [upload.pk], "agreed": upload.pk.hex}
        assert visitor.post(LIST, fields).status_code == 403
    assert visitor.get(reverse("admin:uploads_upload_bytes", args=[upload.pk])).status_code == 403
    assert now(upload).status == "failed"
    assert place.path(upload.pk).exists()


def test_who_may_look_may_not_decide(make: Make) -> None:
    upload = make("failed")
    visitor = host("view_upload")
    for action in ("try_again", "give_up"):
        act(visitor, action, upload, agreed=upload.pk.hex)
        assert now(upload).status == "failed"
    page = visitor.get(f"{LIST}{upload.pk}/change/").content.decode()
    assert "Download the bytes" in page
    assert "Give up" not in page
    assert "Try again" not in page


def test_who_may_decide_need_be_no_administrator(make: Make) -> None:
    upload = make("failed")
    visitor = host("view_upload", "change_upload")
    act(visitor, "give_up", upload, agreed=upload.pk.hex)
    assert now(upload).status == "discarded"
    assert visitor.post(f"{LIST}{upload.pk}/change/", {"filename": "x.jpg"}).status_code == 403


def test_a_yes_from_another_site_is_refused(make: Make) -> None:
    upload = make("failed")
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(User.objects.create_superuser("host@example.org"))
    fields = {"action": "give_up", "_selected_action": [upload.pk], "agreed": upload.pk.hex}
    assert visitor.post(LIST, fields).status_code == 403
    assert now(upload).status == "failed"
