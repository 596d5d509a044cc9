"""A second choice of the same files, under other names and dates, sends none of their bytes."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route

from invites.models import Invite
from tests import pictures
from tests.browser.conftest import GuestPage, NewContext
from tests.conftest import MakeInvite
from uploads.models import Upload

COUNT = 30
LATER = 1_700_000_000  # 2023-11-14T22:13:20Z


def album(folder: Path, prefix: str, changed_at: int) -> list[Path]:
    """The same photos in every folder, which only names and dates tell apart."""
    folder.mkdir()
    paths = [folder / f"{prefix}_{number:02}.jpg" for number in range(COUNT)]
    for number, path in enumerate(paths):
        path.write_bytes(pictures.jpeg(number) + bytes(number))
        os.utime(path, (changed_at, changed_at))
    return paths


class Wire:
    """What a page sends: file bytes on tus routes, and questions about known files."""

    def __init__(self, page: Page) -> None:
        self.requests: list[Request] = []
        page.on("request", lambda request: self.requests.append(request))

    def clear(self) -> None:
        self.requests.clear()

    def bytes_of_files(self) -> int:
        tus = [request for request in self.requests if "/api/tus/" in request.url]
        return sum(int(request.all_headers().get("content-length", "0")) for request in tus)

    def questions(self) -> int:
        return sum(request.url.endswith("/api/uploads/known") for request in self.requests)


def arrive(web: str, invite: Invite, new_context: NewContext) -> tuple[GuestPage, Wire]:
    guest = GuestPage(new_context().new_page())
    wire = Wire(guest.page)
    guest.page.goto(f"{web}{invite.path}")
    return guest, wire


def all_received(guest: GuestPage, count: int) -> None:
    guest.wait_for(lambda seen: len(seen) == count and set(seen.values()) == {"received"}, f"{count} received")


@pytest.mark.parametrize("reload", [True, False], ids=["another visit", "the same visit"])
def test_thirty_files_under_other_names(
    reload: bool, web: str, make_invite: MakeInvite, new_context: NewContext, tmp_path: Path
) -> None:
    guest, wire = arrive(web, make_invite(max_files=COUNT + 1), new_context)
    first = album(tmp_path / "camera", "IMG", LATER - 5000)
    guest.choose(*first)
    all_received(guest, COUNT)
    assert wire.bytes_of_files() == sum(path.stat().st_size for path in first)
    assert wire.questions() == 0
    if reload:
        guest.page.reload()

    wire.clear()
    second = album(tmp_path / "copies", "party", LATER)
    changed = second[7].read_bytes()[:-1] + b"\x01"
    second[7].write_bytes(changed)
    guest.choose(*second)
    all_received(guest, COUNT + (0 if reload else COUNT))
    assert wire.bytes_of_files() == len(changed)
    assert 1 <= wire.questions() <= 3
    assert Upload.objects.count() == COUNT + 1
    assert Upload.objects.filter(filename="party_07.jpg").exists()


def test_the_very_same_files_in_the_same_visit(
    web: str, make_invite: MakeInvite, new_context: NewContext, tmp_path: Path
) -> None:
    guest, wire = arrive(web, make_invite(), new_context)
    files = album(tmp_path / "camera", "IMG", LATER)
    guest.choose(*files)
    all_received(guest, COUNT)
    wire.clear()
    guest.choose(*files)
    guest.page.get_by_text(f"All {2 * COUNT} received").first.wait_for()
    assert wire.bytes_of_files() == 0
    assert Upload.objects.count() == COUNT


def test_the_states_are_those_of_the_first_time(
    web: str, make_invite: MakeInvite, new_context: NewContext, tmp_path: Path
) -> None:
    guest, wire = arrive(web, make_invite(album_name="Party"), new_context)
    guest.choose(*album(tmp_path / "camera", "IMG", LATER)[:3])
    all_received(guest, 3)
    outcomes = {"IMG_00.jpg": "delivered", "IMG_01.jpg": "duplicate", "IMG_02.jpg": "failed"}
    for name, status in outcomes.items():
        Upload.objects.filter(filename=name).update(status=status)
    guest.page.reload()
    wire.clear()
    guest.choose(*album(tmp_path / "copies", "copy", LATER)[:3])
    expected = {"copy_00.jpg": "delivered", "copy_01.jpg": "duplicate", "copy_02.jpg": "received"}
    guest.wait_for(lambda seen: seen == expected, "their states")
    chips = guest.page.locator("li.queue-item [data-word]").all_text_contents()
    assert sorted(chips) == ["Already there", "In the album", "Received"]
    assert wire.bytes_of_files() == 0


@pytest.mark.parametrize("broken", ["the worker", "the question"])
def test_what_can_not_be_asked_is_sent(
    broken: str, web: str, make_invite: MakeInvite, new_context: NewContext, tmp_path: Path
) -> None:
    guest, _ = arrive(web, make_invite(), new_context)
    guest.choose(*album(tmp_path / "camera", "IMG", LATER - 5000)[:3])
    all_received(guest, 3)
    broken_at: list[str] = []

    def refuse(route: Route) -> None:
        broken_at.append(route.request.url)
        route.abort()

    guest.page.route("**/sha1-worker.*" if broken == "the worker" else "**/api/uploads/known", refuse)
    guest.page.reload()
    guest.choose(*album(tmp_path / "copies", "copy", LATER)[:3])
    all_received(guest, 3)
    assert len(broken_at) == 1
    assert Upload.objects.filter(filename__startswith="copy_", status="received").count() == 3
