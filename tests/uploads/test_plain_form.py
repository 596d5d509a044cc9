"""Without its script the page sends a few photos in a plain form, by the same rules and with the same promise."""

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from pytest_django import Settings

from invites.models import Guest, Invite, Visit
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.wire import Call, Line
from uploads import plain_form, spool
from uploads.models import Upload

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)
File = tuple[str, bytes]


class Browser:
    """One without scripts, which opened the page."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.page = f"{url}/invite/{token}" if token else f"{url}/"
        self.session = requests.Session()

    def send(self, *files: File, **fields: str) -> requests.Response:
        """The answer, as it is before the browser follows it."""
        parts = [("files", (name, content, "image/jpeg")) for name, content in files]
        address = f"{self.page.rstrip('/')}/files"
        return self.session.post(address, data=fields, files=parts, allow_redirects=False, timeout=60)

    def outcome(self, *files: File, **fields: str) -> dict[str, str]:
        """What the address says that the browser is led back to."""
        answer = self.send(*files, **fields)
        assert answer.status_code == 303, answer.text
        back = urlsplit(answer.headers["Location"])
        assert f"{self.url}{back.path}" == self.page
        return dict(parse_qsl(back.query))

    def reads(self, **outcome: str) -> str:
        answer = self.session.get(self.page, params=outcome, timeout=30)
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def browser(web: str, make_invite: MakeInvite) -> Browser:
    return Browser(web, make_invite(name="Beach week", guest_name=Invite.GuestName.OPTIONAL).token)


@pytest.fixture(autouse=True)
def nothing_is_left_over(transactional_db: None) -> Iterator[None]:
    for name in spool.default().names():  # of tests before this one, whose rows are gone
        spool.default().remove(uuid.UUID(name))
    yield
    rows = {upload.pk.hex for upload in Upload.objects.exclude(status="discarded")}
    assert set(spool.default().names()) == rows


def kept(upload: Upload) -> bytes:
    with spool.default().read(upload.pk) as file:
        return file.read()


def test_several_photos(browser: Browser) -> None:
    files = [(f"photo {number}.jpg", pictures.jpeg(number)) for number in range(3)]
    assert browser.outcome(*files, name="Maria", message="So\nlovely!") == {"received": "3"}
    assert {upload.filename: kept(upload) for upload in Upload.objects.all()} == dict(files)
    assert {upload.status for upload in Upload.objects.all()} == {"received"}
    assert Invite.objects.get().used == 3
    visit = Visit.objects.get()
    assert (visit.name, visit.message) == ("Maria", "So\nlovely!")
    assert "3 files received." in browser.reads(received="3")


def test_the_browser_becomes_a_guest_and_stays_one(browser: Browser) -> None:
    assert browser.outcome(("a.jpg", PHOTO)) == {"received": "1"}
    cookie = next(iter(browser.session.cookies))
    assert (cookie.name, cookie.path) == ("drop_guest", "/")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert browser.outcome(("b.jpg", pictures.jpeg(2))) == {"received": "1"}
    assert Guest.objects.count() == 1
    listed = browser.session.get(f"{browser.url}/api/uploads", params={"invite": Invite.objects.get().token}).json()
    assert [item["filename"] for item in listed["items"]] == ["a.jpg", "b.jpg"]


def test_the_same_form_sent_twice(browser: Browser) -> None:
    assert browser.outcome(("a.jpg", PHOTO)) == browser.outcome(("a.jpg", PHOTO)) == {"received": "1"}
    assert Upload.objects.count() == 1


def test_what_is_refused_lets_the_others_go_on(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_form, "LARGEST", 100_000)
    outcome = browser.outcome(
        ("a.jpg", PHOTO),
        ("program.exe", b"MZ" + bytes(5000)),
        ("page.jpg", b"<html>" + bytes(5000)),
        ("large.jpg", PHOTO + bytes(3_000_000)),
        ("empty.jpg", b""),
        ("b.jpg", pictures.jpeg(2)),
    )
    assert outcome == {"received": "2", "wrong_type": "2", "file_too_large": "1", "empty_file": "1"}
    assert sorted(Upload.objects.values_list("filename", flat=True)) == ["a.jpg", "b.jpg"]
    page = browser.reads(**outcome)
    assert "2 files received." in page
    assert "2 files are of a kind that is not taken here." in page
    assert "1 file is larger than 100 kB" in page
    assert "1 file is empty." in page


def test_limits_of_number(web: str, make_invite: MakeInvite) -> None:
    browser = Browser(web, make_invite(max_files=2).token)
    files = [(f"{number}.jpg", pictures.jpeg(number)) for number in range(4)]
    assert browser.outcome(*files) == {"received": "2", "too_many_files": "2"}


def test_a_one_time_link(web: str, make_invite: MakeInvite) -> None:
    token = make_invite(max_uses=1).token
    browser = Browser(web, token)
    assert browser.outcome(("a.jpg", PHOTO), ("b.jpg", pictures.jpeg(2))) == {"received": "2"}
    assert Browser(web, token).outcome(("c.jpg", pictures.jpeg(3))) == {}
    assert Upload.objects.count() == 2


def test_nothing_was_chosen(browser: Browser) -> None:
    assert browser.outcome(("", b"")) == {}


@pytest.mark.parametrize("fields", [{"disabled": True}, {"password": "secret"}], ids=str)
def test_a_closed_link_leads_back_to_its_door(web: str, make_invite: MakeInvite, fields: dict[str, object]) -> None:
    browser = Browser(web, make_invite(**fields).token)
    assert browser.outcome(("a.jpg", PHOTO)) == {}
    assert not Guest.objects.exists()


def test_an_unknown_link(web: str) -> None:
    assert Browser(web, "unknown").outcome(("a.jpg", PHOTO)) == {}


def test_the_public_page(web: str, settings: Settings) -> None:
    assert Browser(web, "").outcome(("a.jpg", PHOTO)) == {}
    assert not Upload.objects.exists()
    settings.PUBLIC_UPLOAD_PAGE_ENABLED = True
    assert Browser(web, "").outcome(("a.jpg", PHOTO)) == {"received": "1"}


def test_another_sites_form(browser: Browser) -> None:
    browser.session.headers["Origin"] = "https://elsewhere.example"
    assert browser.outcome(("a.jpg", PHOTO)) == {}
    assert not Upload.objects.exists()


def test_a_form_of_gigabytes_is_refused_before_it_comes(browser: Browser) -> None:
    with Line(browser.url) as line:
        line.send(
            f"POST /invite/{Invite.objects.get().token}/files HTTP/1.1\r\nHost: {line.host}\r\n"
            f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {10**10}\r\n\r\n".encode()
        )
        assert line.answer().status == 413


def test_a_form_that_breaks_off_keeps_what_came_whole(browser: Browser) -> None:
    def part(name: str, content: bytes) -> bytes:
        head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        return head.encode() + content + b"\r\n"

    body = part("a.jpg", PHOTO) + part("b.jpg", pictures.jpeg(2))
    with Line(browser.url) as line:
        line.send(
            f"POST /invite/{Invite.objects.get().token}/files HTTP/1.1\r\nHost: {line.host}\r\n"
            f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body) - 500}\r\n\r\n".encode()
            + body[:-500]
        )
        answer = line.answer()
    assert answer.status == 303
    assert answer.headers["location"].endswith("?received=1&broken=1")
    assert [upload.filename for upload in Upload.objects.all()] == ["a.jpg"]


@pytest.mark.parametrize("address", ["files", "invite/{token}/files"])
def test_the_forms_address_loaded_again(browser: Browser, address: str) -> None:
    token = Invite.objects.get().token
    answer = requests.get(f"{browser.url}/{address.format(token=token)}", allow_redirects=False, timeout=30)
    assert answer.status_code == 302


def test_nonsense_in_the_address_says_nothing(browser: Browser) -> None:
    page = browser.reads(received="<b>9</b>", wrong_type="-1", broken="", unknown="5")
    assert "received." not in page
    assert "<b>9</b>" not in page


class GatedSpool(spool.Spool):
    """Stops in the transaction that inserts the row, where room is asked for the second time, until let go on."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.SPOOL_DIR)
        self.asked = 0
        self.reached, self.gate = threading.Event(), threading.Event()

    def free(self) -> int:
        self.asked += 1
        if self.asked == 2:
            self.reached.set()
            assert self.gate.wait(30)
        return super().free()


def test_a_row_keeps_its_bytes_though_the_request_was_given_up(make_invite: MakeInvite, settings: Settings) -> None:
    disk = GatedSpool(settings)
    prepared = requests.Request(
        "POST", "http://testserver/", files=[("files", ("a.jpg", PHOTO, "image/jpeg"))]
    ).prepare()
    assert isinstance(prepared.body, bytes)
    headers = {"Content-Type": prepared.headers["Content-Type"]}
    call = Call("POST", f"{make_invite().path}/files", headers, prepared.body)

    async def give_up() -> None:
        task = asyncio.create_task(plain_form.PlainFormApp(disk)(call.scope, call.receive, call.send))
        assert await asyncio.to_thread(disk.reached.wait, 30)
        task.cancel()
        disk.gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert kept(Upload.objects.get()) == PHOTO
