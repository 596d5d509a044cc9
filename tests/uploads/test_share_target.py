"""A phone's share sheet without a service worker: staged, chosen, received; cancelled, too much, too old."""

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from pytest_django import Settings

from invites.models import Guest, Invite, Visit
from tests import pictures
from tests.conftest import MakeInvite
from tests.serving import eventually
from tests.uploads.test_plain_form import kept
from tests.wire import Line
from uploads import spool, staging
from uploads.models import Upload
from uploads.staging import Staged

PHOTO = pictures.jpeg(1)
FROM_THE_SHEET = {"Sec-Fetch-Site": "none", "Origin": "null"}
File = tuple[str, bytes]


class Phone:
    """A browser that was at a link before, and shares from its gallery."""

    def __init__(self, web: str, invite: Invite | None) -> None:
        self.web = web
        self.session = requests.Session()
        if invite:
            assert self.session.get(f"{web}/api/invite/{invite.token}", timeout=30).ok

    def share(self, *files: File, headers: dict[str, str] | None = None, **texts: str) -> str:
        """Where the browser is led."""
        parts = [("files", (name, content, "image/jpeg")) for name, content in files]
        parts += [(name, (None, text)) for name, text in texts.items()]
        answer = self.session.post(
            f"{self.web}/share", files=parts, headers=headers or FROM_THE_SHEET, allow_redirects=False, timeout=60
        )
        assert answer.status_code == 303
        return answer.headers["Location"]

    def staged(self) -> list[dict[str, object]]:
        return self.session.get(f"{self.web}/api/shared", timeout=30).json()["items"]

    def names(self) -> list[object]:
        return [item["filename"] for item in self.staged()]

    def send(self, invite: Invite | None) -> requests.Response:
        body = {"invite": invite.token if invite else ""}
        return self.session.post(f"{self.web}/api/shared/send", json=body, timeout=60)


def on_disk() -> list[Path]:
    root = staging.default().root
    # Path.rglob raises when a folder goes away while it looks.
    return [Path(folder, name) for folder, _, names in os.walk(root) for name in names]


@pytest.fixture
def link(make_invite: MakeInvite) -> Invite:
    return make_invite()


@pytest.fixture
def phone(web: str, link: Invite) -> Iterator[Phone]:
    yield Phone(web, link)
    for guest in Guest.objects.all():
        staging.default().clear(guest)
    for upload in Upload.objects.all():
        spool.default().remove(upload.pk)


def test_what_is_shared_waits_until_it_is_sent(phone: Phone, link: Invite) -> None:
    assert phone.share(("a b.jpg", PHOTO), ("b.jpg", pictures.jpeg(2)), title="", text="Party") == "/share"
    assert phone.names() == ["a b.jpg", "b.jpg"]
    assert phone.staged()[0]["size"] == len(PHOTO)
    assert not Upload.objects.exists(), "nothing is received by itself"

    answer = phone.send(link)
    assert answer.json() == {"outcome": {"received": 2}, "location": f"/invite/{link.token}?received=2"}
    assert {upload.filename: kept(upload) for upload in Upload.objects.all()} == {
        "a b.jpg": PHOTO,
        "b.jpg": pictures.jpeg(2),
    }
    assert {upload.status for upload in Upload.objects.all()} == {"received"}
    assert phone.staged() == []
    assert on_disk() == []


def test_the_same_once_more_is_the_same_upload(phone: Phone, link: Invite) -> None:
    """As after a crash between the receipt and the end of staging."""
    for _ in range(2):
        phone.share(("a.jpg", PHOTO))
        assert phone.send(link).json()["outcome"] == {"received": 1}
    assert Upload.objects.count() == 1
    assert set(spool.default().names()) == {Upload.objects.get().pk.hex}


def test_cancelling_leaves_nothing(phone: Phone) -> None:
    phone.share(("a.jpg", PHOTO), ("b.jpg", PHOTO))
    first = phone.staged()[0]["id"]
    assert phone.session.delete(f"{phone.web}/api/shared/{first}", timeout=30).status_code == 204
    assert phone.names() == ["b.jpg"]
    assert phone.session.delete(f"{phone.web}/api/shared", timeout=30).status_code == 204
    assert phone.staged() == on_disk() == []


def test_it_is_nobody_elses(phone: Phone, link: Invite, web: str) -> None:
    phone.share(("a.jpg", PHOTO))
    other = Phone(web, link)
    assert other.staged() == []
    other.session.delete(f"{web}/api/shared/{phone.staged()[0]['id']}", timeout=30)
    assert other.send(link).json()["outcome"] == {}
    nobody = Phone(web, None)
    assert nobody.send(link).status_code == 404
    assert nobody.staged() == []
    assert phone.names() == ["a.jpg"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Origin": "https://elsewhere.example"},
    ],
    ids=str,
)
def test_another_sites_form_stages_nothing(phone: Phone, headers: dict[str, str]) -> None:
    assert phone.share(("a.jpg", PHOTO), headers=headers) == "/share?refused=stranger"
    assert on_disk() == []


def test_a_browser_that_was_nowhere_stages_nothing(web: str) -> None:
    assert Phone(web, None).share(("a.jpg", PHOTO)) == "/share?refused=stranger"
    assert on_disk() == []


def test_words_alone(phone: Phone) -> None:
    assert phone.share(title="A party", text="Look") == "/share?refused=text"
    assert phone.share(text=f"https://example.org/{'a' * 2000}") == "/share?refused=text"
    assert phone.share(title="Look at https://a.example/ &", text="Look: https://b.example/?c=d#e now") == (
        "/share#link=https%3A%2F%2Fb.example%2F%3Fc%3Dd%23e"
    )


def test_too_many_and_too_large(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "MOST_FILES", 3)
    assert phone.share(("a.jpg", PHOTO), ("b.jpg", PHOTO)) == "/share"
    assert phone.share(("c.jpg", PHOTO), ("d.jpg", PHOTO)) == "/share?refused=too_much"
    assert phone.names() == ["a.jpg", "b.jpg"], "all of a form or nothing"
    monkeypatch.setattr(staging, "MOST_BYTES", 2 * len(PHOTO) + 1000)
    large = PHOTO + bytes(200_000)
    assert phone.share(("c.jpg", large)) == "/share?refused=too_much"
    monkeypatch.setattr(staging, "MOST_BYTES", 10**9)
    monkeypatch.setattr(staging, "MOST_BYTES_OF_ALL", 2 * len(PHOTO) + 1000)
    assert phone.share(("c.jpg", large)) == "/share?refused=too_much"
    assert len(on_disk()) == 4, "two files and their notes"


def test_one_network_leaves_room_for_others(phone: Phone, link: Invite) -> None:
    """Ever new guests of one address fill half of it."""
    here, elsewhere = (staging.network_code(address) for address in ("127.0.0.1", "203.0.113.7"))
    fillers = [Guest.objects.create(secret_hash=f"{each:064}") for each in range(4)]
    for network, answer in ((elsewhere, "/share"), (here, "/share?refused=too_much")):
        for guest in fillers:
            staged = Staged(uuid.uuid4(), "a.jpg", "image/jpeg", staging.MOST_BYTES, 1, network)
            with closing(staging.default().create(guest, staged.id)) as file:
                os.truncate(file.descriptor, staging.MOST_BYTES)
            staging.default().keep(guest, staged)
        assert phone.share(("a.jpg", PHOTO)) == answer
        for guest in fillers:
            staging.default().clear(guest)
    assert phone.names() == ["a.jpg"]


def test_forms_at_the_same_time_share_the_room(phone: Phone, link: Invite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "MOST_BYTES_OF_ALL", 1_000_000)
    cookie = "; ".join(f"{each.name}={each.value}" for each in phone.session.cookies)
    with Line(phone.web) as line:
        line.send(
            f"POST /share HTTP/1.1\r\nHost: {line.host}\r\nCookie: {cookie}\r\n"
            f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 999500\r\n\r\n".encode()
            + b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
        )
        eventually(on_disk, "the first form's file")
        assert phone.share(("b.jpg", PHOTO)) == "/share?refused=broken", "one form of a guest at a time"
        assert Phone(phone.web, link).share(("b.jpg", PHOTO)) == "/share?refused=too_much"
    eventually(lambda: not on_disk(), "nothing of a form that was given up")
    assert phone.share(("b.jpg", PHOTO)) == "/share"


def test_a_form_that_breaks_off(phone: Phone) -> None:
    cookie = "; ".join(f"{each.name}={each.value}" for each in phone.session.cookies)
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
    body = head + PHOTO + b"\r\n" + head + PHOTO
    with Line(phone.web) as line:
        line.send(
            f"POST /share HTTP/1.1\r\nHost: {line.host}\r\nCookie: {cookie}\r\n"
            f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        answer = line.answer()
    assert (answer.status, answer.headers["location"]) == (303, "/share?refused=broken")
    assert on_disk() == []


def test_a_note_that_a_crash_cut_hides_nothing(phone: Phone) -> None:
    """Nor does one that is being written while somebody looks."""
    phone.share(("a.jpg", PHOTO), ("b.jpg", PHOTO))
    guest = Guest.objects.get()
    first = staging.default().items(guest)[0]
    (note,) = (staging.default().root / str(guest.pk)).glob(f"{first.id.hex}-*.json")
    note.write_text(note.read_text()[:20])
    assert phone.names() == ["b.jpg"]


def test_links_that_take_nothing(phone: Phone, make_invite: MakeInvite) -> None:
    phone.share(("a.jpg", PHOTO))
    for fields, code in (({"disabled": True}, "invite_disabled"), ({"password": "x"}, "invite_password_required")):
        answer = phone.send(make_invite(**fields))
        assert answer.json()["error"] == code
    assert phone.send(None).json()["error"] == "invalid_invite", "the public page is closed"
    answer = phone.session.post(f"{phone.web}/api/shared/send", json={"invite": 5}, timeout=30)
    assert answer.status_code == 400
    assert "invite" in answer.json()["message"]
    assert phone.names() == ["a.jpg"]
    assert set(spool.default().names()) == set()


def test_a_password_that_was_given(phone: Phone, make_invite: MakeInvite) -> None:
    locked = make_invite(password="sesame")
    phone.share(("a.jpg", PHOTO))
    given = phone.session.post(f"{phone.web}/api/invite/{locked.token}/auth", json={"password": "sesame"}, timeout=30)
    assert given.ok
    assert phone.send(locked).json()["outcome"] == {"received": 1}
    assert Visit.objects.get().guest == Upload.objects.get().guest


def test_what_one_link_refuses_stays_for_another(phone: Phone, link: Invite, make_invite: MakeInvite) -> None:
    phone.share(("a.jpg", PHOTO), ("page.jpg", b"<html>" + bytes(5000)), ("b.jpg", pictures.jpeg(2)))
    narrow = make_invite(max_files=1)
    outcome = phone.send(narrow).json()["outcome"]
    assert outcome == {"received": 1, "too_many_files": 2}
    assert phone.send(link).json()["outcome"] == {"wrong_type": 1, "received": 1}
    assert phone.names() == ["page.jpg"]
    assert {upload.pk.hex for upload in Upload.objects.all()} == set(spool.default().names())


def test_what_is_refused_by_its_bytes_is_not_copied_first(phone: Phone, make_invite: MakeInvite) -> None:
    """It stays staged, so that it could be sent again and again."""
    photos = make_invite(kinds=Invite.Kinds.PHOTOS)
    phone.share(("a.jpg", bytes(3) + b"\x18ftypmp42" + bytes(100)))
    before = spool.default().root.stat().st_mtime_ns
    assert list(phone.send(photos).json()["outcome"].values()) == [1]
    assert not Upload.objects.exists()
    assert spool.default().root.stat().st_mtime_ns == before


def test_a_full_disk_refuses(phone: Phone, settings: Settings) -> None:
    settings.SPOOL_FREE_MB = 10**9
    assert phone.share(("a.jpg", PHOTO)) == "/share?refused=too_much"
    assert on_disk() == []


def test_it_is_deleted_after_some_hours(phone: Phone) -> None:
    phone.share(("old.jpg", PHOTO))
    for path in on_disk():
        os.utime(path, (time.time(), time.time() - staging.KEPT - 10))
    phone.share(("new.jpg", PHOTO))
    assert staging.default().expire() == 1
    assert phone.names() == ["new.jpg"]
    assert staging.default().expire(age=-10) == 1
    assert not any(staging.default().root.iterdir())


def test_a_host_becomes_known_at_the_page(web: str, client, django_user_model: type) -> None:
    assert client.get("/share").cookies == {}
    client.force_login(django_user_model.objects.create_user("lena@example.org"))
    assert "drop_guest" in client.get("/share").cookies
    assert client.get("/share").cookies.get("drop_guest") is None
