"""Files that a host hands on: what can be chosen, and the archive of it, from here and from Immich."""

import contextlib
import io
import re
import socket
import uuid
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from immichdrop.immich import AssetUpload, Immich
from immichdrop.models import User
from immichdrop.sandbox import Sandbox
from invites import guests
from invites.models import Guest, Invite, Visit
from tests.immich.scripted import answering, read_request, serving
from tests.serving import eventually
from tests.uploads.conftest import Receive
from uploads import link_chosen, spool
from uploads.models import Upload

pytestmark = pytest.mark.django_db
TAKEN = datetime(2024, 7, 14, 12, 30, 8, tzinfo=UTC)
Session = Callable[..., requests.Response]


def choose_at(link: Invite) -> str:
    return f"/menu/links/{link.token}/choose"


def archive_at(link: Invite) -> str:
    return f"/menu/links/{link.token}/files.zip"


def offered(client: Client, link: Invite, query: str = "") -> set[str]:
    """The files on the page, by their ids."""
    page = client.get(choose_at(link) + query).content.decode()
    return set(re.findall(r'name="file" value="([^"]+)"', page))


@pytest.fixture
def in_immich(sandbox: Sandbox) -> Callable[[bytes], uuid.UUID]:
    def send(data: bytes) -> uuid.UUID:
        with Immich(sandbox.url, sandbox.api_key) as immich:
            return uuid.UUID(immich.upload(AssetUpload("a.jpg", len(data), lambda: io.BytesIO(data), TAKEN, TAKEN)).id)

    return send


@pytest.fixture
def download(web: str, host: User, link: Invite) -> Session:
    """Asks the running product for an archive, as the host."""
    client = Client()
    client.force_login(host)
    session = requests.Session()
    session.cookies["drop_session"] = client.cookies["drop_session"].value
    csrf = client.get(choose_at(link)).context["csrf_token"]
    session.cookies.update({name: cookie.value for name, cookie in client.cookies.items()})

    def ask(query: str = "", stream: bool = False, **fields: object) -> requests.Response:
        return session.post(
            web + archive_at(link) + query,
            {"csrfmiddlewaretoken": str(csrf), **fields},
            timeout=30,
            stream=stream,
            headers={"Origin": web},
        )

    return ask


def opened(answer: requests.Response) -> zipfile.ZipFile:
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


# --- what can be chosen


def test_what_came_whole_and_was_not_taken_back_is_offered(
    at_home: Client, link: Invite, received: Receive, sandbox: Sandbox
) -> None:
    gone = {"bytes_deleted_at": timezone.now()}
    wanted = [
        received("received", b"here"),
        received("failed", b"here"),
        received("delivered", asset_id=uuid.uuid4(), **gone),
        received("duplicate", asset_id=uuid.uuid4(), **gone),
    ]
    received("receiving", b"half", size=5, received_at=None)
    received("discarded", b"given up")
    received("delivered", **gone)
    received("delivered", b"here", asset_id=uuid.uuid4(), withdrawal="refused")
    assert offered(at_home, link) == {str(upload.pk) for upload in wanted}
    assert choose_at(link) in at_home.get(f"/menu/links/{link.token}").content.decode()


def test_nothing_is_offered_where_there_is_nothing(at_home: Client, link: Invite, received: Receive) -> None:
    assert choose_at(link) not in at_home.get(f"/menu/links/{link.token}").content.decode()
    received("delivered", bytes_deleted_at=timezone.now())
    assert "There is nothing here that can be passed on." in at_home.get(choose_at(link)).content.decode()
    answer = at_home.post(archive_at(link), {"all": "1"})
    assert (answer.status_code, answer["Location"]) == (302, choose_at(link))


def test_five_hundred_are_on_one_page_and_more_on_another(at_home: Client, link: Invite, received: Receive) -> None:
    account = received("received").account
    Upload.objects.bulk_create(
        Upload(
            invite=link, account=account, filename=f"{n}.jpg", size=1, offset=1, status="received", received_at=TAKEN
        )
        for n in range(link_chosen.PAGE)
    )
    first, second = offered(at_home, link), offered(at_home, link, "?page=2")
    assert (len(first), len(second), len(first | second)) == (500, 1, 501)


def a_guest(link: Invite, name: str) -> Guest:
    guest = guests.create()[0]
    Visit.objects.create(guest=guest, invite=link, name=name)
    return guest


def test_the_files_of_one_guest(at_home: Client, link: Invite, received: Receive, download: Session) -> None:
    ann, ben = a_guest(link, "Ann <i>"), a_guest(link, "Ben")
    hers = received("received", b"a", guest=ann, filename="a.jpg")
    received("received", b"b", guest=ben, filename="b.jpg")
    assert offered(at_home, link, "?q=ann") == {str(hers.pk)}
    assert opened(download("?q=ann", all="1")).namelist() == ["a.jpg"]


# --- the archive


def test_from_here_and_from_immich(
    received: Receive, in_immich: Callable[[bytes], uuid.UUID], download: Session
) -> None:
    large = bytes(range(256)) * 5000
    here = received("received", b"here", filename="IMG_1.jpg", last_modified=TAKEN)
    there = received(
        "delivered", asset_id=in_immich(large), filename="img_1.jpg", last_modified=TAKEN + timedelta(hours=1)
    )
    received("received", b"not chosen", filename="other.jpg")
    answer = download(file=[str(here.pk), str(there.pk), "nonsense", str(uuid.uuid4())])
    archive = opened(answer)
    assert archive.namelist() == ["IMG_1.jpg", "img_1 (2).jpg"]
    assert [archive.read(name) for name in archive.namelist()] == [b"here", large]
    assert archive.getinfo("IMG_1.jpg").date_time == timezone.localtime(TAKEN).timetuple()[:6]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Beach week.zip"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Length" not in answer.headers
    assert len(opened(download(all="1")).namelist()) == 3


def test_what_cant_be_fetched_is_named_and_breaks_nothing(
    received: Receive,
    in_immich: Callable[[bytes], uuid.UUID],
    download: Session,
    settings: LazySettings,
    sandbox: Sandbox,
) -> None:
    received("received", b"here", filename="here.jpg")
    received("delivered", asset_id=uuid.uuid4(), filename="gone.jpg")
    cut = received("received", b"cut", filename="cut.jpg", size=9, offset=9)
    received("received", filename="lost.jpg")
    archive = opened(download(all="1"))
    assert archive.namelist() == ["here.jpg", "Missing files.txt"]
    text = archive.read("Missing files.txt").decode("utf-8-sig")
    assert text.splitlines()[0] == "These files could not be fetched:"
    assert set(text.splitlines()[2:]) == {
        f"{name}: It is not in Immich any more." for name in ("gone.jpg", "lost.jpg", "cut.jpg")
    }

    Upload.objects.filter(pk=cut.pk).delete()
    Upload.objects.filter(filename="gone.jpg").update(asset_id=in_immich(b"there"))
    settings.IMMICH_API_KEY = sandbox.create_key(["asset.view"])
    assert "gone.jpg: Your key may not download it" in opened(download(all="1")).read("Missing files.txt").decode()
    sandbox.stop()
    assert "gone.jpg: Immich can’t be reached" in opened(download(all="1")).read("Missing files.txt").decode()


def test_an_immich_that_breaks_off_costs_that_file_alone(
    received: Receive, download: Session, settings: LazySettings
) -> None:
    def break_off(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + bytes(300_000))

    received("delivered", asset_id=uuid.uuid4(), filename="a.jpg", last_modified=TAKEN)
    received("received", b"here", filename="b.jpg")
    with serving(answering({"res": "pong"}), break_off) as server:
        settings.IMMICH_BASE_URL = server.url
        settings.IMMICH_API_KEY = "key"
        archive = opened(download(all="1"))
    assert archive.namelist() == ["b.jpg", "Missing files.txt"]
    assert "a.jpg: Immich can’t be reached" in archive.read("Missing files.txt").decode()


def test_another_hosts_files_are_not_in_it(
    received: Receive, download: Session, client: Client, link: Invite, host: User
) -> None:
    stranger = User.objects.create_user("stranger@example.org")
    theirs = Invite.objects.create(name="Theirs", owner=stranger)
    foreign = received("received", b"secret", invite=theirs)
    own = received("received", b"own", filename="own.jpg")
    assert opened(download(file=[str(foreign.pk), str(own.pk)])).namelist() == ["own.jpg"]
    client.force_login(stranger)
    assert client.get(choose_at(link)).status_code == 404
    assert client.post(archive_at(link), {"file": str(own.pk)}).status_code == 404
    assert client.post(archive_at(theirs), {"file": str(own.pk)}).status_code == 302


def test_a_client_that_leaves_leaves_nothing_open(
    received: Receive, in_immich: Callable[[bytes], uuid.UUID], download: Session, sandbox: Sandbox
) -> None:
    content = bytes(30_000_000)
    here = received("received", content, filename="a.jpg", last_modified=TAKEN)
    there = received("delivered", asset_id=in_immich(content), filename="b.jpg")
    path = str(spool.default().path(here.pk))
    for upload in (here, there):
        answer = download(stream=True, file=[str(upload.pk)])
        assert next(answer.iter_content(100_000))
        answer.close()
        eventually(lambda: path not in open_files(), "the file's end", patience=20)
    # The sandbox has no connection any more that waits to be read.
    eventually(lambda: [seen for seen in sandbox.requests if seen.path.endswith("/original")], "the end", patience=20)


def open_files() -> set[str]:
    """Of this process, which is the server's too."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(str(entry.readlink()))
    return found
