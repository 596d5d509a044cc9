"""What a guest sent stays in sight, also tomorrow, and each of their files can be taken back."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from immichdrop.immich import Immich
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites import receipts
from invites.models import Guest, Invite
from tests import pictures
from tests.browser.conftest import DESKTOP, GuestPage, NewContext, axe
from tests.conftest import MakeInvite
from tests.serving import eventually
from uploads import progress, spool
from uploads.models import Upload
from uploads.worker import Worker

NUMBERS = itertools.count(100)
SIZES = {"phone": {}, "desktop": {**DESKTOP, "is_mobile": False, "has_touch": False}}
LONG = f"Urlaub_{'sehr_' * 30}lang.jpg"


@pytest.fixture
def invite(make_invite: MakeInvite) -> Invite:
    lena = User.objects.create_user("lena@example.org", name="Lena Brandt")
    return make_invite(owner=lena, album_name="Summer")


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[Path]]:
    """Photos that nobody sent before."""

    def make(*names: str) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.write_bytes(pictures.CLIP.read_bytes() if path.suffix == ".mp4" else pictures.jpeg(next(NUMBERS)))
        return paths

    return make


def arrive(web: str, invite: Invite, context: BrowserContext, query: str = "") -> GuestPage:
    guest = GuestPage(context.new_page())
    guest.page.goto(f"{web}{invite.path}{query}")
    return guest


def all_in(guest: GuestPage, *states: str) -> None:
    guest.wait_for(lambda seen: sorted(seen.values()) == sorted(states), f"states {states}")


def bin_of(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=f"Remove my upload: {name}")


def remove(page: Page, name: str) -> None:
    bin_of(page, name).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("status").locator(".toast-note")).to_have_text("Removed")


def figures(page: Page) -> list[str]:
    return page.locator("[data-figure]").all_text_contents()


def in_trash(sandbox: Sandbox) -> dict[str, bool]:
    immich = Immich(sandbox.url, sandbox.api_key)
    return {asset.name: immich.asset(asset.id).is_trashed for asset in sandbox.assets()}


# --- taking one back


def test_before_it_is_delivered_it_is_gone_for_good(
    web: str, invite: Invite, new_context: NewContext, files: Callable[..., list[Path]]
) -> None:
    guest = arrive(web, invite, new_context())
    chosen = files("a.jpg", "b.jpg", "c.mp4")
    guest.choose(*chosen)
    all_in(guest, "received", "received", "received")
    page = guest.page
    assert len(list(spool.default().names())) == 3

    bin_of(page, "c.mp4").click()
    dialog = page.get_by_role("dialog", name="Remove this video?")
    expect(dialog).to_contain_text("doesn’t go on to Lena")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    assert len(guest.states()) == 3
    expect(bin_of(page, "c.mp4")).to_be_focused()

    remove(page, "b.jpg")
    assert sorted(guest.states()) == ["a.jpg", "c.mp4"]
    expect(bin_of(page, "c.mp4")).to_be_focused()
    expect(page.get_by_role("heading", name="All 2 received")).to_be_visible()
    assert figures(page)[0] == "1 + 1"
    assert len(list(spool.default().names())) == 2
    assert Upload.objects.get(filename="b.jpg").discarded_by == "guest"

    guest.choose(chosen[1])
    all_in(guest, "received", "received", "received")
    assert sorted(Upload.objects.values_list("filename", "status")) == [
        ("a.jpg", "received"),
        ("b.jpg", "discarded"),
        ("b.jpg", "received"),
        ("c.mp4", "received"),
    ]


def test_after_it_was_delivered_it_goes_to_the_trash_and_comes_back_when_sent_again(
    deliveries: Worker,
    web: str,
    sandbox: Sandbox,
    invite: Invite,
    new_context: NewContext,
    files: Callable[..., list[Path]],
) -> None:
    guest = arrive(web, invite, new_context())
    chosen = files("a.jpg", "b.jpg")
    guest.choose(*chosen)
    all_in(guest, "delivered", "delivered")
    bin_of(guest.page, "a.jpg").click()
    expect(guest.page.get_by_role("dialog")).to_contain_text("It leaves Lena’s album too. Your own copy stays")
    guest.page.keyboard.press("Escape")
    remove(guest.page, "a.jpg")
    assert guest.states() == {"b.jpg": "delivered"}
    eventually(lambda: in_trash(sandbox) == {"a.jpg": True, "b.jpg": False}, "the trash")

    guest.choose(chosen[0])
    guest.wait_for(lambda seen: seen.get("a.jpg") in {"delivered", "duplicate"}, "it to be there again")
    eventually(lambda: in_trash(sandbox) == {"a.jpg": False, "b.jpg": False}, "the album")


def test_without_network_it_is_told_and_tried_again(
    web: str, invite: Invite, new_context: NewContext, files: Callable[..., list[Path]]
) -> None:
    context = new_context()
    guest = arrive(web, invite, context)
    guest.choose(*files("a.jpg"))
    all_in(guest, "received")
    page = guest.page
    context.set_offline(True)
    bin_of(page, "a.jpg").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("No connection right now")
    assert guest.states() == {"a.jpg": "received"}
    context.set_offline(False)

    lost: list[str] = []

    def lose_the_answer(route: Route) -> None:
        if lost or route.request.method != "DELETE":
            route.continue_()
            return
        lost.append(route.fetch().headers.get("tus-resumable", ""))
        route.abort()

    page.route("**/api/tus/*", lose_the_answer)
    dialog.get_by_role("button", name="Remove", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("No connection right now")
    assert lost
    assert Upload.objects.get().status == "discarded"
    dialog.get_by_role("button", name="Remove", exact=True).click()
    expect(dialog).to_be_hidden()
    assert guest.states() == {}
    expect(page.locator("body")).to_have_attribute("data-stage", "empty")
    expect(page.locator("[data-receipt]")).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("delivering", "on its way to Lena at this very moment"),
        ("duplicate", "Lena had it before you sent it, so it stays"),
    ],
)
def test_what_the_server_refuses_is_told(
    status: str, words: str, web: str, invite: Invite, new_context: NewContext, files: Callable[..., list[Path]]
) -> None:
    guest = arrive(web, invite, new_context())
    guest.choose(*files("a.jpg"))
    all_in(guest, "received")
    Upload.objects.update(status=status, lease_until=timezone.now() + timezone.timedelta(minutes=5))
    bin_of(guest.page, "a.jpg").click()
    dialog = guest.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text(words)
    assert Upload.objects.get().status == status
    dialog.get_by_role("button", name="Keep it").click()
    assert len(guest.states()) == 1


def test_of_an_unknown_browser_nothing_is_said_to_be_removed(
    web: str, invite: Invite, new_context: NewContext, files: Callable[..., list[Path]]
) -> None:
    """A cookie that is gone makes the server answer as for an upload that is gone."""
    context = new_context()
    guest = arrive(web, invite, context)
    guest.choose(*files("a.jpg"))
    all_in(guest, "received")
    guest.page.reload()  # which forgets the secret that only the first answer told
    guest.page.get_by_text("1 file sent before").click()
    context.clear_cookies()
    bin_of(guest.page, "a.jpg").click()
    dialog = guest.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("It can’t be removed from here. Ask Lena to do it.")
    assert Upload.objects.get().status == "received"


# --- the receipt


def test_the_receipt_is_there_tomorrow_and_nobody_else_has_it(
    web: str, invite: Invite, new_context: NewContext, files: Callable[..., list[Path]]
) -> None:
    context = new_context(accept_downloads=True)
    guest = arrive(web, invite, context)
    chosen = files("a.jpg", "b.jpg", "clip.mp4")
    guest.choose(*chosen)
    all_in(guest, "received", "received", "received")
    first = figures(guest.page)
    code = receipts.code(Guest.objects.get(), invite)
    assert first[0] == "2 + 1"
    assert first[3] == code
    expect(guest.page.get_by_text("sent before", exact=False)).to_be_hidden()
    guest.page.close()

    guest = arrive(web, invite, context)
    page = guest.page
    expect(page.get_by_role("heading", name="Your receipt")).to_be_visible()
    assert figures(page) == first
    assert guest.states() == {}, "folded at first"
    page.get_by_text("3 files sent before").click()
    all_in(guest, "received", "received", "received")

    with page.expect_download() as told:
        page.get_by_role("button", name="Save").click()
    assert told.value.suggested_filename == f"receipt-{code}.txt"
    saved = told.value.path().read_bytes().decode("utf-8-sig")
    assert saved.splitlines()[:3] == ["Your receipt", "Beach week", f"{web}{invite.path}"]
    assert f"Receipt: {code}" in saved
    assert re.search(r"^a\.jpg\t\d+ kB\tReceived\t\d", saved, re.MULTILINE)

    Upload.objects.filter(filename="a.jpg").update(status="delivered")
    progress.publish(Upload.objects.get(filename="a.jpg"))
    page.locator("[data-name='a.jpg'][data-state='delivered']").wait_for()
    remove(page, "b.jpg")
    assert sorted(guest.states()) == ["a.jpg", "clip.mp4"]
    expect(page.locator("li.queue-item [data-remove]:focus")).to_have_count(1)
    assert figures(page)[0] == "1 + 1"
    expect(page.locator("[data-earlier]")).to_contain_text("2 files you sent before are safe")

    guest.choose(chosen[0], chosen[1])
    guest.wait_for(lambda seen: seen.get("b.jpg") == "received" and len(seen) == 3, "each of them once")
    expect(page.get_by_text("1 file sent before")).to_be_visible()
    assert Upload.objects.filter(filename="b.jpg", status="received").count() == 1

    stranger = arrive(web, invite, new_context())
    stranger.page.wait_for_load_state("networkidle")
    expect(stranger.page.locator("[data-receipt]")).to_be_hidden()


@pytest.fixture
def five_hundred(web: str, invite: Invite, new_context: NewContext) -> BrowserContext:
    """The browser of somebody who sent that many, with names of all kinds."""
    context = new_context()
    page = context.new_page()
    page.goto(f"{web}{invite.path}")
    eventually(lambda: Guest.objects.exists(), "the guest")
    page.close()
    account, now, states = ImmichAccount.objects.environment(), timezone.now(), ("delivered", "duplicate", "failed")
    Upload.objects.bulk_create(
        Upload(
            invite=invite,
            account=account,
            guest=Guest.objects.get(),
            filename=LONG if number == 499 else f"صورة_{number}.jpg" if number == 498 else f"IMG_{number:04}.MOV",
            size=4_200_000,
            offset=4_200_000,
            status="delivered" if number > 496 else states[number % 3],
            key=f"k{number}",
            received_at=now,
        )
        for number in range(500)
    )
    return context


@pytest.mark.parametrize(("size", "theme"), [("phone", "dark"), ("desktop", "light")])
def test_five_hundred_are_shown_as_they_come_near_and_axe_finds_nothing(
    size: str,
    theme: str,
    web: str,
    invite: Invite,
    five_hundred: BrowserContext,
    new_context: NewContext,
) -> None:
    context = new_context(**SIZES[size], color_scheme=theme, reduced_motion="reduce", bypass_csp=True)
    context.add_cookies(five_hundred.cookies())
    guest = arrive(web, invite, context)
    page = guest.page
    page.get_by_text("500 files sent before").click()
    page.locator("li.queue-item").first.wait_for()
    assert page.locator("li.queue-item").count() <= 200
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe(page) == []
    bin_of(page, LONG).click()
    page.get_by_role("dialog", name="Remove this photo?").wait_for()
    assert axe(page) == []
    page.keyboard.press("Escape")
    for _ in range(40):
        if page.locator("li.queue-item").count() == 500:
            break
        page.locator("li.queue-item").last.scroll_into_view_if_needed()
        page.wait_for_timeout(20)
    assert page.locator("li.queue-item").count() == 500
    assert page.locator("li.queue-item").last.get_attribute("data-name") == "IMG_0000.MOV"


def test_with_the_keyboard_alone(
    web: str, invite: Invite, new_context: NewContext, files: Callable[..., list[Path]]
) -> None:
    context = new_context(**SIZES["desktop"])
    first = arrive(web, invite, context)
    first.choose(*files("a.jpg", "b.jpg"))
    all_in(first, "received", "received")
    first.page.close()
    guest = arrive(web, invite, context)
    page = guest.page
    summary = page.locator("[data-receipt] summary")
    summary.wait_for()
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Tab")
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("li.queue-item").last.wait_for()
    bins = page.locator("li.queue-item [data-remove]")
    page.keyboard.press("Tab")
    expect(bins.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(bins.first).to_be_focused()
    for left, next_one in ((1, bins.first), (0, page.locator("#pick"))):
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(bins).to_have_count(left)
        expect(next_one).to_be_focused()
    assert set(Upload.objects.values_list("status", flat=True)) == {"discarded"}
