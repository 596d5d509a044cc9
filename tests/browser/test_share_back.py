"""The whole way back: guests send, the host shares back, strangers look with the password, guests find it when it is
time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from invites.models import Invite, ShareBack
from tests import pictures
from tests.browser.conftest import PHONE, GuestPage, NewContext, OpenMenu, axe
from tests.serving import eventually
from uploads.models import SharedAsset
from uploads.worker import Worker

TOKYO = timedelta(hours=9)  # the host's clock, ahead of UTC
SLUG, PASSWORD = "beach-week", "sesame"
PHOTOS = "See everyone’s photos"


@pytest.fixture
def link(host: User, library: ImmichAccount) -> Invite:
    """Without an album, into the host's own library."""
    return Invite.objects.create(name="Beach week", owner=host)


Send = Callable[..., None]


@pytest.fixture
def guest(web: str, deliveries: Worker, link: Invite, new_context: NewContext) -> GuestPage:
    page = GuestPage(new_context().new_page())
    page.page.goto(f"{web}{link.path}")
    return page


@pytest.fixture
def send(guest: GuestPage, tmp_path: Path) -> Send:
    """The guest sends these, and sees them in Immich."""

    def send(*numbers: int) -> None:
        files = []
        for number in numbers:
            files.append(tmp_path / f"IMG_{number}.jpg")
            files[-1].write_bytes(pictures.jpeg(number))
        guest.choose(*files)
        names = {file.name for file in files}
        guest.wait_for(lambda seen: {seen.get(name) for name in names} == {"delivered"}, "the delivery")

    return send


def shared_back(open_menu: OpenMenu, link: Invite) -> Page:
    """The host's page after a shared link was made with a password and a custom address."""
    page = open_menu(f"/menu/links/{link.token}", bypass_csp=True)
    page.get_by_role("link", name="Share back").click()
    expect(page.get_by_text("Let your guests see the 3 photos and videos that came through this link")).to_be_visible()
    page.get_by_label("Custom address").fill(SLUG)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    assert axe(page) == []
    page.get_by_role("button", name="Create shared link").click()
    expect(page.get_by_role("heading", name="Ready to share")).to_be_visible()
    return page


def reveal(page: Page, when: str, at: datetime | None = None) -> None:
    page.get_by_text(when, exact=True).click()
    if at:
        page.locator("input[name=reveal_at]").fill((at + TOKYO).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast-note")).to_have_text("Saved")


def test_the_way_back(
    web: str, sandbox: Sandbox, open_menu: OpenMenu, link: Invite, send: Send, guest: GuestPage, new_context: NewContext
) -> None:
    send(1, 2, 3)
    host = shared_back(open_menu, link)
    address = f"{sandbox.url}/s/{SLUG}"
    expect(host.locator(".url-pill")).to_contain_text(address)

    stranger = new_context().new_page()
    stranger.goto(address)
    expect(stranger.get_by_role("listitem")).to_have_count(0)
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.get_by_role("button", name="Submit").click()
    expect(stranger.get_by_role("listitem")).to_have_count(3)

    send(4)
    eventually(lambda: SharedAsset.objects.exclude(added_at=None).count() == 4, "the fourth photo")
    stranger.reload()
    expect(stranger.get_by_role("listitem")).to_have_count(4)

    photos = guest.page.get_by_role("link", name=PHOTOS)
    expect(photos).to_have_count(0)
    in_a_week = datetime.now(UTC) + timedelta(days=7)
    reveal(host, "From a date on", in_a_week)
    revealed = ShareBack.objects.get().reveal_at
    assert revealed == in_a_week.replace(second=0, microsecond=0), "by the host's clock"
    expect(host.locator("input[name=reveal_at]")).to_have_value((in_a_week + TOKYO).strftime("%Y-%m-%dT%H:%M"))
    guest.page.reload()
    guest.page.wait_for_load_state("networkidle")
    expect(photos).to_have_count(0)

    reveal(host, "From a date on", datetime.now(UTC) - timedelta(days=1))
    guest.page.reload()
    expect(photos).to_have_attribute("href", address)
    send(5)  # the card of thanks has it as well
    expect(guest.page.locator("[data-finished]").get_by_role("link", name=PHOTOS)).to_be_visible()
    expect(photos).to_have_count(1)

    reveal(host, "Don’t")
    guest.page.reload()
    guest.page.wait_for_load_state("networkidle")
    expect(photos).to_have_count(0)


def test_revealed_while_the_page_is_open(
    web: str, open_menu: OpenMenu, link: Invite, send: Send, guest: GuestPage
) -> None:
    send(1, 2, 3)
    host = shared_back(open_menu, link)
    reveal(host, "Now")
    photos = guest.page.get_by_role("link", name=PHOTOS)
    expect(photos).to_have_count(0)
    guest.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(photos).to_be_visible()


def test_an_addition_that_fails_once_is_there_once(
    sandbox: Sandbox, open_menu: OpenMenu, link: Invite, send: Send
) -> None:
    send(1, 2, 3)
    shared_back(open_menu, link)
    sandbox.faults.status = 500
    sandbox.faults.error_after = Hits(on=("PUT /api/shared-links/*",), count=1)
    send(4)
    eventually(lambda: SharedAsset.objects.exclude(added_at=None).count() == 4, "the second try")
    assert sandbox.faults.error_after.struck == 1
    page = open_menu("/offline")
    page.goto(f"{sandbox.url}/s/{SLUG}")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("listitem")).to_have_count(4)


def test_deleted_in_immich_and_made_anew(open_menu: OpenMenu, link: Invite, send: Send) -> None:
    send(1, 2, 3)
    page = shared_back(open_menu, link)
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".toast-note")).to_have_text("Deleted")
    page.get_by_role("link", name="Share back").click()
    page.get_by_role("button", name="Create shared link").click()
    expect(page.get_by_role("heading", name="Ready to share")).to_be_visible()
    ShareBack.objects.update(trouble="gone", look_at=None)
    page.goto(page.url.partition("/share-back")[0])
    expect(page.get_by_text("The shared link was deleted in Immich.")).to_be_visible()
    expect(page.get_by_role("link", name="Share back")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_sideways(open_menu: OpenMenu, link: Invite, send: Send, theme: str) -> None:
    send(1, 2, 3)
    options = {**PHONE, "viewport": {"width": 320, "height": 700}, "color_scheme": theme, "reduced_motion": "reduce"}
    Invite.objects.update(name="Grandmother’s eightieth birthday, with everybody from the neighbourhood")
    page = open_menu(f"/menu/links/{link.token}/share-back", **options, bypass_csp=True)
    pages = [lambda: page.get_by_role("button", name="Create shared link").click(), page.reload]
    pages += [lambda: page.goto(page.url.partition("?")[0] + "?edit")]
    for go in (lambda: None, *pages):
        go()
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        assert axe(page) == []
