"""A host gives photos back by Immich's shared links, and a stranger opens one at the sandbox's own simple page."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from immichdrop.immich import Immich, LinkSettings
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from tests.browser.conftest import DESKTOP, PHONE, NewContext, OpenMenu, axe
from tests.conftest import MakeShared

PATH = "/menu/shared-links"
NASTY = "<img src=x onerror=alert(1)>"


def card(page: Page, title: str) -> Locator:
    return page.locator(f'#list li[data-title="{title}"]')


def test_made_with_password_and_slug_and_opened_by_a_stranger(
    open_menu: OpenMenu,
    new_context: NewContext,
    library: ImmichAccount,
    immich: Immich,
    album: str,
    sandbox: Sandbox,
) -> None:
    page = open_menu()
    page.get_by_role("link", name="Shared back").first.click()
    page.get_by_role("link", name="New shared link").click()
    page.get_by_label("Album", exact=True).select_option(album)
    page.get_by_label("Description").fill("Everyone’s photos")
    slug = page.get_by_label("Custom address")
    slug.fill("our-week_2")
    assert slug.evaluate("field => field.checkValidity()")
    slug.fill("our week")
    assert not slug.evaluate("field => field.checkValidity()"), "seen before it is sent"
    password = page.locator("input[name=password]")
    password.fill("sesame")
    expect(password).to_have_attribute("type", "password")
    page.get_by_label("Show password").click()
    expect(password).to_have_attribute("type", "text")
    expect(page.get_by_text("there is no download")).to_be_hidden()
    page.get_by_label("See details").uncheck()
    expect(page.get_by_text("there is no download")).to_be_visible()
    page.get_by_label("See details").check()
    expect(page.get_by_label("Day and time")).to_be_hidden()
    page.get_by_label("Expires").select_option("date")
    page.get_by_label("Day and time").fill("2099-07-14T18:00")
    page.get_by_role("button", name="Create shared link").click()
    # What a browser could have said is said at the field, and nothing that was typed is lost.
    expect(page.get_by_label("Custom address")).to_have_accessible_description(re.compile("hyphens and underscores"))
    expect(page.locator(".field-error")).to_have_count(1)
    expect(page.get_by_label("Description")).to_have_value("Everyone’s photos")
    expect(password).to_have_value("sesame")
    page.get_by_label("Custom address").fill("our-week")
    page.get_by_role("button", name="Create shared link").click()
    expect(page.get_by_role("heading", name="Ready to share")).to_be_visible()
    expect(page.get_by_text("14 July 2099 at 18:00")).to_be_visible()
    expect(page.get_by_text("Summer · 3 items")).to_be_visible()
    expect(page.get_by_text("sesame")).to_be_hidden()
    page.get_by_text("Show password").click()
    expect(page.get_by_text("sesame")).to_be_visible()
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".toast-note")).to_have_text("Link copied")
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == f"{sandbox.url}/s/our-week"
    (made,) = immich.shared_links()
    assert made.expires_at == datetime(2099, 7, 14, 9, tzinfo=UTC), "18:00 in Tokyo"

    stranger = new_context().new_page()
    stranger.goto(address)
    stranger.locator("input[type=password]").fill("sesame")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_text("Everyone’s photos")).to_be_visible()
    expect(stranger.locator("li")).to_have_count(3)


def test_one_field_is_edited_and_the_others_stay(open_menu: OpenMenu, immich: Immich, make_shared: MakeShared) -> None:
    ends = datetime(2099, 7, 14, 9, 0, 30, tzinfo=UTC)
    link = make_shared(description="Old words", password="sesame", slug="Mine", expires_at=ends, allow_upload=True)
    page = open_menu(PATH)
    card(page, "Old words").get_by_label("Edit: Old words").click()
    expect(page.get_by_label("Day and time")).to_have_value("2099-07-14T18:00")
    page.get_by_label("Description").fill("New words")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast-note")).to_have_text("Saved")
    expect(card(page, "New words")).to_contain_text("14 July 2099 at 18:00")
    assert immich.shared_link(link.id).settings == LinkSettings(
        description="New words", password="sesame", slug="Mine", expires_at=ends, allow_upload=True
    )


def test_one_is_found_and_deleted(
    open_menu: OpenMenu, immich: Immich, make_shared: MakeShared, assets: list[str]
) -> None:
    make_shared(description="Beach week")
    make_shared(description="Dinner", expires_at=timezone.now() + timedelta(days=1))
    immich.create_shared_link(asset_ids=assets[:2], settings=LinkSettings(description="Two of them"))
    page = open_menu(PATH)
    expect(card(page, "Two of them")).to_contain_text("Single photos · 2 items")
    page.get_by_label("Sort by").select_option("name")
    expect(page.locator("#list li[data-title]").first).to_have_attribute("data-title", "Beach week")
    page.get_by_label("Album", exact=True).select_option("single")
    expect(card(page, "Dinner")).to_have_count(0)
    page.get_by_label("Album", exact=True).select_option("")
    page.get_by_role("searchbox").fill("dinner")
    expect(card(page, "Two of them")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?q=dinner&sort=name$"))
    card(page, "Dinner").get_by_label("More: Dinner").click()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("dialog")).to_contain_text("The photos stay in Immich")
    expect(page.get_by_role("link", name="Keep it")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".toast-note")).to_have_text("Deleted")
    assert sorted(link.description for link in immich.shared_links()) == ["Beach week", "Two of them"]


def test_its_code_is_shown_over_the_list_and_back_closes_it(
    open_menu: OpenMenu, make_shared: MakeShared, sandbox: Sandbox
) -> None:
    make_shared(description="Beach week", slug="beach")
    page = open_menu(PATH)
    page.get_by_label("QR code: Beach week").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"{sandbox.url}/s/beach")
    assert page.url.endswith("/qr")
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.url.endswith(PATH)


def test_what_the_system_can_is_offered(open_menu: OpenMenu, make_shared: MakeShared, sandbox: Sandbox) -> None:
    link = make_shared(description="Beach week", slug="beach")
    page = open_menu(PATH)
    expect(page.get_by_label("Share: Beach week")).to_be_hidden()
    page.add_init_script("navigator.share = async (said) => { window.shared = said; };")
    page.reload()
    page.get_by_label("Share: Beach week").click()
    assert page.evaluate("window.shared") == {"title": "Beach week", "url": f"{sandbox.url}/s/beach"}
    page.goto(f"{page.url}/{link.id}")
    page.get_by_role("button", name="Share…").click()
    assert page.evaluate("window.shared")["title"] == "Beach week"


def test_another_hosts_link_is_not_there(
    open_menu: OpenMenu,
    make_shared: MakeShared,
    library: ImmichAccount,
    sandbox: Sandbox,
    settings: LazySettings,
) -> None:
    link = make_shared(description="Secret project")
    other = User.objects.create_user("other@example.org")
    ImmichAccount.objects.filter(pk=library.pk).update(owner=other)
    page = open_menu(PATH)
    expect(page.get_by_role("link", name="Connect your library")).to_be_visible()
    for rest in ("", "/edit", "/qr", "/poster"):
        answer = page.goto(f"{page.url.partition('/menu')[0]}{PATH}/{link.id}{rest}")
        assert answer
        assert answer.status == 404
        expect(page.get_by_text("Secret project")).to_have_count(0)


def test_without_script_all_of_it_works(
    open_menu: OpenMenu, library: ImmichAccount, immich: Immich, album: str
) -> None:
    page = open_menu(f"{PATH}/new", java_script_enabled=False)
    page.get_by_label("Album", exact=True).select_option(album)
    page.get_by_label("Description").fill("Beach week")
    page.get_by_label("Expires").select_option("date")
    page.get_by_label("Day and time").fill("2099-07-14T18:00")
    page.get_by_role("button", name="Create shared link").click()
    expect(page.get_by_role("heading", name="Ready to share")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Description").fill("Beach fortnight")
    page.get_by_role("button", name="Save").click()
    (made,) = immich.shared_links()
    assert (made.description, made.expires_at) == ("Beach fortnight", datetime(2099, 7, 14, 16, tzinfo=UTC)), (
        "the server’s zone"
    )
    page.get_by_role("searchbox").fill("fortnight")
    page.get_by_role("button", name="Show").click()
    page.get_by_label("More: Beach fortnight").click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nothing is shared yet")).to_be_visible()


def test_a_login_that_ended_costs_nothing_typed(open_menu: OpenMenu, library: ImmichAccount, album: str) -> None:
    page = open_menu(f"{PATH}/new")
    page.get_by_label("Description").fill("Beach week")
    page.context.clear_cookies(name="drop_session")
    page.get_by_role("button", name="Create shared link").click()
    expect(page.get_by_role("alert")).to_contain_text("signed out")
    expect(page.get_by_label("Description")).to_have_value("Beach week")


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_shows_nothing_sideways(open_menu: OpenMenu, make_shared: MakeShared, width: int) -> None:
    link = make_shared(description="x" * 300, slug="y" * 100, password="z" * 200)
    make_shared(description=NASTY)
    phone = {**PHONE, "viewport": {"width": width, "height": 700}}
    for path in (PATH, f"{PATH}/new", f"{PATH}/{link.id}", f"{PATH}/{link.id}/edit", f"{PATH}/{link.id}/qr"):
        page = open_menu(path, **phone)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page = open_menu(PATH, **phone)
    page.get_by_label(f"More: {NASTY}").tap()
    expect(page.get_by_role("button", name="Delete…")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(
    open_menu: OpenMenu, make_shared: MakeShared, album: str, theme: str, device: dict[str, object]
) -> None:
    options = {**device, "color_scheme": theme, "bypass_csp": True, "reduced_motion": "reduce"}
    assert axe(open_menu(PATH, **options)) == []
    link = make_shared(description="Beach week", password="sesame", slug="beach", allow_upload=True)
    make_shared(description="Over", expires_at=datetime(2020, 7, 14, tzinfo=UTC), show_metadata=False)
    page = open_menu(PATH, **options)
    page.get_by_label("More: Over").click()
    assert axe(page) == []
    page = open_menu(f"{PATH}/new", **options)
    page.get_by_label("See details").uncheck()
    page.get_by_role("button", name="Create shared link").click()
    expect(page.locator(".field-error")).to_have_count(1)
    assert axe(page) == []
    for path in (f"{PATH}/{link.id}?made=1", f"{PATH}/{link.id}/edit", f"{PATH}/{link.id}/poster"):
        assert axe(open_menu(path, **options)) == []
