"""A browser in the middle of sending sees why it is refused, never a broken line, and the page says it plainly.

Everything changes behind the page's back, after it was opened.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django import Settings

from invites.models import Guest, Invite, Visit
from tests import pictures
from tests.browser.conftest import GuestPage, NewContext
from tests.browser.test_kills_and_outages import slow_down
from tests.conftest import MakeInvite
from uploads.models import Upload

Answer = tuple[int, str]  # status and code
SIZES = (1_500_000, 6_000_000)
BOTH_WAYS = [(way, size) for way in ("fetch", "xhr") for size in SIZES]
PHOTO = pictures.jpeg(1)
HOUR = timedelta(hours=1)

# Sends a body from the page's own origin; gives [status, code], or the error that took the answer's place.
SEND = """
async ({ method, path, headers, head, size, way }) => {
  const bytes = new Uint8Array(size);
  bytes.set(Uint8Array.from(atob(head), (letter) => letter.charCodeAt(0)).subarray(0, size));
  const body = new Blob([bytes]);
  if (way === "fetch") {
    try {
      const response = await fetch(path, { method, headers, body });
      return [response.status, (await response.json()).error];
    } catch (error) {
      return [0, String(error)];
    }
  }
  return new Promise((tell) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.onload = () => tell([request.status, JSON.parse(request.responseText).error]);
    request.onerror = () => tell([0, "network error"]);
    request.send(body);
  });
}
"""
BEGIN = """
async ({ headers }) => {
  const response = await fetch("/api/tus/", { method: "POST", headers });
  return [response.status, response.headers.get("Location")];
}
"""


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


@dataclass
class Sender:
    """Requests from within an open page."""

    page: Page
    token: str

    def creation(self, size: int) -> dict[str, str]:
        said = {"filename": "photo.jpg", "invite": self.token}
        metadata = ",".join(f"{key} {b64(value.encode())}" for key, value in said.items())
        return {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": metadata}

    def begin(self, size: int) -> str:
        """An upload without bytes yet; its path."""
        status, path = self.page.evaluate(BEGIN, {"headers": self.creation(size)})
        assert status == 201
        return str(path)

    def send(self, way: str, method: str, path: str, headers: dict[str, str], size: int, head: bytes) -> Answer:
        """What is answered to a body of `size` bytes that begins with `head`."""
        body = {"Content-Type": "application/offset+octet-stream"} if size else {}
        said = {"method": method, "path": path, "headers": {**headers, **body}, "size": size, "head": b64(head)}
        status, code = self.page.evaluate(SEND, {**said, "way": way})
        return status, code

    def create(self, way: str, size: int, head: bytes = PHOTO) -> Answer:
        return self.send(way, "POST", "/api/tus/", self.creation(size), size, head)

    def patch(self, way: str, path: str, size: int, head: bytes = PHOTO) -> Answer:
        return self.send(way, "PATCH", path, {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}, size, head)


@dataclass
class Case:
    """A change behind the page's back, the answer it leads to, and the words on the page."""

    code: str
    status: int
    change: Callable[[Invite], None]
    words: str
    content: bytes = PHOTO

    def __str__(self) -> str:
        return f"{self.code} {self.status}"


def with_fields(**fields: object) -> Callable[[Invite], None]:
    def change(invite: Invite) -> None:
        Invite.objects.filter(pk=invite.pk).update(**fields)

    return change


def claimed_by_another(invite: Invite) -> None:
    other = Guest.objects.create(secret_hash="another")
    with_fields(max_uses=1, used=1, claimed_by=other, claimed_at=timezone.now())(invite)


def locked(invite: Invite) -> None:
    """Gets a password, which no guest ever gave."""
    invite.set_password("sesame")
    invite.save(update_fields=["password", "password_set_at"])


def locked_again(invite: Invite) -> None:
    """Gets another password than the one that its guests gave."""
    locked(invite)
    for guest in Guest.objects.all():
        Visit.objects.update_or_create(guest=guest, invite=invite, defaults={"unlocked_at": timezone.now() - HOUR})


def one_file_is_there(invite: Invite) -> None:
    guest = Guest.objects.get()
    Upload.objects.create(invite=invite, guest=guest, account=invite.account(), filename="first.jpg", size=5, offset=5)
    with_fields(max_files=1)(invite)


def unchanged(invite: Invite) -> None:
    """The file itself is what is refused."""


CLOSED = [
    Case("invite_disabled", 403, with_fields(disabled=True), "This page is taking a break."),
    Case("invalid_invite", 403, with_fields(deleted_at=timezone.now()), "We can't find this page any more."),
    Case("invite_password_required", 403, locked, "This page needs its password again."),
    Case("invite_password_required", 401, locked_again, "This page needs its password again."),
]
CLOSED_TO_NEW_FILES = [
    Case("invite_expired", 403, with_fields(expires_at=timezone.now() - HOUR), "This page has closed."),
    Case("invite_not_open", 403, with_fields(opens_at=timezone.now() + HOUR), "This page isn't open yet."),
    Case("invite_exhausted", 403, with_fields(max_uses=3, used=3), "This page is full."),
    Case("invite_claimed", 403, claimed_by_another, "This link was already used."),
]
FILE_REFUSED = [
    Case("too_many_files", 403, one_file_is_there, "No more files fit here"),
    Case("quota_exceeded", 403, with_fields(max_bytes=1000), "No more room on this page"),
    Case("file_too_large", 413, with_fields(max_file_size=1000), "Larger than this page takes"),
    Case("wrong_type", 422, unchanged, "Not a photo or video", b"%PDF-1.7\n"),
]
AT_CREATION = [*CLOSED, *CLOSED_TO_NEW_FILES, *FILE_REFUSED]
WHILE_SENDING = [*CLOSED, FILE_REFUSED[-1]]


@pytest.fixture
def arrive(web: str, make_invite: MakeInvite, new_context: NewContext) -> Callable[[], tuple[Invite, GuestPage]]:
    """A new link, and a guest who has it open."""

    def come() -> tuple[Invite, GuestPage]:
        invite = make_invite()
        guest = GuestPage(new_context().new_page())
        with guest.page.expect_response("**/api/uploads?*"):  # the last thing it asks before it is ready
            guest.page.goto(f"{web}{invite.path}")
        return invite, guest

    return come


Arrive = Callable[[], tuple[Invite, GuestPage]]

# --- the answer


@pytest.mark.parametrize("case", AT_CREATION, ids=str)
def test_a_creation_with_bytes_sees_its_refusal(case: Case, arrive: Arrive) -> None:
    invite, guest = arrive()
    case.change(invite)
    sender = Sender(guest.page, invite.token)
    answers = [sender.create(way, size, case.content) for way, size in BOTH_WAYS]
    assert answers == [(case.status, case.code)] * len(BOTH_WAYS)


@pytest.mark.parametrize("case", WHILE_SENDING, ids=str)
def test_going_on_sees_its_refusal(case: Case, arrive: Arrive) -> None:
    invite, guest = arrive()
    sender = Sender(guest.page, invite.token)
    begun = [(way, sender.begin(size), size) for way, size in BOTH_WAYS]
    case.change(invite)
    answers = [sender.patch(way, path, size, case.content) for way, path, size in begun]
    assert answers == [(case.status, case.code)] * len(BOTH_WAYS)


def test_a_full_disk_is_seen(arrive: Arrive, settings: Settings) -> None:
    invite, guest = arrive()
    settings.SPOOL_FREE_MB = 10**9
    sender = Sender(guest.page, invite.token)
    assert {sender.create(way, size) for way, size in BOTH_WAYS} == {(507, "disk_full")}


def test_an_empty_file_is_seen(arrive: Arrive) -> None:
    invite, guest = arrive()
    assert Sender(guest.page, invite.token).create("fetch", 0) == (400, "empty_file")


def test_an_upload_that_is_gone_is_seen(arrive: Arrive) -> None:
    invite, guest = arrive()
    sender = Sender(guest.page, invite.token)
    path = sender.begin(SIZES[-1])
    Upload.objects.update(status=Upload.Status.DISCARDED)
    assert {sender.patch(way, path, size) for way, size in BOTH_WAYS} == {(404, "not_found")}


# --- the words


def photo(folder: Path, size: int, head: bytes = PHOTO) -> Path:
    path = folder / f"photo-{size}.jpg"
    path.write_bytes(head + bytes(size - len(head)))
    return path


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("case", AT_CREATION, ids=str)
def test_the_page_says_why(case: Case, size: int, arrive: Arrive, tmp_path: Path) -> None:
    invite, guest = arrive()
    case.change(invite)
    guest.choose(photo(tmp_path, size, case.content))
    guest.page.get_by_text(case.words, exact=True).first.wait_for()
    wanted = "refused" if case in FILE_REFUSED else "waiting"
    assert guest.states() == {f"photo-{size}.jpg": wanted}


def test_the_page_says_that_there_is_no_room(arrive: Arrive, settings: Settings, tmp_path: Path) -> None:
    _, guest = arrive()
    before = settings.SPOOL_FREE_MB
    settings.SPOOL_FREE_MB = 10**9
    guest.choose(photo(tmp_path, SIZES[-1]))
    guest.page.get_by_text("No room right now. Try again later", exact=True).wait_for()
    settings.SPOOL_FREE_MB = before
    guest.page.get_by_role("button", name="Retry").first.click()
    guest.wait_for(lambda seen: set(seen.values()) == {"received"}, "the file once there is room")


def test_the_page_says_that_a_file_is_empty(arrive: Arrive, tmp_path: Path) -> None:
    _, guest = arrive()
    empty = tmp_path / "empty.jpg"
    empty.touch()
    guest.choose(empty)
    guest.page.get_by_text("This file is empty", exact=True).wait_for()


def test_a_link_that_is_switched_off_in_the_middle_of_a_long_file(arrive: Arrive, tmp_path: Path) -> None:
    """What still comes is far more than is read and dropped."""
    invite, guest = arrive()
    slow_down(guest.page.context, guest.page, 8_000_000)
    guest.choose(photo(tmp_path, 40_000_000))
    guest.wait_for(lambda seen: set(seen.values()) == {"uploading"}, "the beginning")
    guest.page.get_by_role("button", name="Pause").click()
    guest.wait_for(lambda seen: "uploading" not in seen.values(), "the pause")
    with_fields(disabled=True)(invite)
    guest.page.get_by_role("button", name="Resume").click()
    guest.page.get_by_text("This page is taking a break.", exact=True).wait_for()
