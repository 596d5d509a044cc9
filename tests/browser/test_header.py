"""What stands around the hosts' pages, on phones and desktops: where to go, who is here, whether Immich answers."""

import pytest
from django.conf import LazySettings
from playwright.sync_api import Locator, Page, expect

from immichdrop.models import User
from immichdrop.sandbox import Sandbox
from tests.browser.conftest import DESKTOP, PHONE, OpenMenu, axe
from tests.conftest import MakeInvite

NARROW = {**PHONE, "viewport": {"width": 320, "height": 640}}


def main(page: Page) -> Locator:
    """The navigation that is seen."""
    return page.get_by_role("navigation", name="Main")


def top_and_bottom(found: Locator) -> tuple[float, float]:
    box = found.bounding_box()
    assert box
    return box["y"], box["y"] + box["height"]


def test_a_phone_has_its_navigation_at_the_thumb(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    for number in range(6):
        make_invite(owner=host, name=f"Party {number}")
    page = open_menu("/menu", **PHONE, reduced_motion="reduce")
    expect(main(page)).to_have_count(1)
    assert top_and_bottom(main(page)) == (pytest.approx(844 - 65, abs=1), 844)
    expect(main(page).get_by_role("link", name="Links")).to_have_attribute("aria-current", "page")
    # The line for chosen links stands on it.
    page.get_by_label("Select Party 5").check()
    top, bottom = top_and_bottom(page.locator("#bulk"))
    assert bottom <= 844 - 63
    page.get_by_label("Copy link: Party 5").click()
    note = page.locator(".toast-note")
    expect(note).to_be_visible()
    assert top_and_bottom(note)[1] <= top
    main(page).get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(main(page).get_by_role("link", name="Account")).to_have_attribute("aria-current", "page")


def test_a_desktop_has_it_at_the_top(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    link = make_invite(owner=host)
    page = open_menu(f"/menu/links/{link.token}")
    expect(main(page)).to_have_count(1)
    assert top_and_bottom(main(page))[1] < 64
    expect(main(page).get_by_role("link", name="Links")).to_have_attribute("aria-current", "true")
    main(page).get_by_role("link", name="Links").click()
    expect(page.get_by_role("heading", name="Links")).to_be_visible()
    page.get_by_label("Your account: Lena Brandt").click()
    expect(page.get_by_text("lena@example.org")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("lena@example.org")).to_be_hidden()


@pytest.mark.parametrize("path", ["/menu", "/account"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE, NARROW], ids=["desktop", "phone", "narrow"])
def test_it_tells_whether_immich_answers(
    open_menu: OpenMenu, sandbox: Sandbox, settings: LazySettings, path: str, device: dict[str, object]
) -> None:
    page = open_menu(path, **device)
    expect(page.get_by_text("Connected to Immich")).to_be_visible()
    height = top_and_bottom(page.locator("header"))[1]
    settings.IMMICH_BASE_URL = "http://127.0.0.1:9"
    page.reload()
    expect(page.get_by_text("Uploads are safe here and wait until Immich is back.")).to_be_visible()
    assert top_and_bottom(page.locator("header"))[1] > height
    avatar = page.get_by_label("Your account: Lena Brandt").bounding_box()
    assert avatar
    assert avatar["x"] + avatar["width"] > page.evaluate("innerWidth") - 40
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_did_not_change_is_not_read_out_again(open_menu: OpenMenu, sandbox: Sandbox) -> None:
    page = open_menu()
    page.clock.install()
    page.reload()
    expect(page.get_by_text("Connected to Immich")).to_be_visible()
    page.evaluate(
        "window.changes = 0;"
        "new MutationObserver(() => window.changes++).observe("
        "document.querySelector('[hx-get=\"/menu/immich\"]'), { childList: true, subtree: true })"
    )
    with page.expect_response("**/menu/immich?was=here") as answered:
        page.clock.fast_forward(61_000)
    assert answered.value.status == 204
    page.wait_for_timeout(100)  # nothing is what should happen
    assert page.evaluate("window.changes") == 0
    expect(page.get_by_text("Connected to Immich")).to_be_visible()


@pytest.mark.parametrize("device", [DESKTOP, NARROW], ids=["desktop", "narrow"])
def test_a_language_is_chosen(open_menu: OpenMenu, device: dict[str, object]) -> None:
    page = open_menu("/menu?q=beach", **device)
    page.locator("summary", has_text="Language").click()
    menu = page.locator(".pop:visible").bounding_box()
    assert menu
    assert menu["x"] >= 0
    page.get_by_role("button", name="العربية").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.url.endswith("/menu?q=beach")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", ["de", "fr", "pl", "uk", "ar", "ja"])
def test_every_language_finds_room(
    web: str, open_menu: OpenMenu, host: User, make_invite: MakeInvite, sandbox: Sandbox, language: str
) -> None:
    link = make_invite(name="Anna & Ben", album_name="Wedding", owner=host)
    page = open_menu("/menu", **NARROW, locale=language)
    for path in ("/menu", f"/menu/links/{link.token}", f"/menu/links/{link.token}/qr", "/menu/connection", "/account"):
        page.goto(f"{web}{path}")
        page.wait_for_load_state("networkidle")
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(
    open_menu: OpenMenu, sandbox: Sandbox, settings: LazySettings, theme: str, device: dict[str, object]
) -> None:
    options = {**device, "color_scheme": theme, "bypass_csp": True, "reduced_motion": "reduce"}
    page = open_menu("/account", **options)
    expect(page.get_by_text("Connected to Immich")).to_be_visible()
    assert axe(page) == []
    page.locator("summary", has_text="Language").click()
    assert axe(page) == []
    settings.IMMICH_BASE_URL = "http://127.0.0.1:9"
    page = open_menu("/account", **options)
    expect(page.get_by_text("Immich can't be reached")).to_be_visible()
    page.get_by_label("Your account: Lena Brandt").click()
    assert axe(page) == []
