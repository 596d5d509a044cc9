"""A host at the links page, as a person meets it: with the mouse, the keyboard, a thumb and a screen reader's eyes."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from immichdrop.models import User
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests.browser.conftest import DESKTOP, PHONE, NewContext, OpenMenu, axe
from tests.conftest import MakeInvite

NASTY = "<img src=x onerror=alert(1)>"


def row(page: Page, name: str) -> Locator:
    return page.locator(f'tr[data-title="{name}"]')


def said(page: Page, words: str) -> None:
    expect(page.locator(".toast-note")).to_have_text(words)


def test_a_link_is_made_copied_and_opened_by_a_guest(open_menu: OpenMenu, new_context: NewContext) -> None:
    page = open_menu()
    page.get_by_role("link", name="New link").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("Rooftop dinner")
    page.get_by_label("Open until").fill("2099-07-14")
    page.get_by_role("button", name="Create link").click()
    said(page, "Link copied")
    new = row(page, "Rooftop dinner")
    expect(new).to_have_attribute("data-new", "")
    expect(new).to_be_in_viewport()
    assert page.url.endswith("/menu")
    address = page.evaluate("navigator.clipboard.readText()")
    link = Invite.objects.get()
    assert address.endswith(f"/invite/{link.token}")
    # The end of that day in Tokyo, and still that day in the row.
    assert link.expires_at is not None
    assert link.expires_at.isoformat() == "2099-07-14T15:00:00+00:00"
    expect(new.get_by_label("Rooftop dinner: open until")).to_have_value("2099-07-14")

    guest = new_context().new_page()
    guest.goto(address)
    expect(guest.get_by_role("heading", name="Rooftop dinner")).to_be_visible()


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(open_menu: OpenMenu) -> None:
    page = open_menu("/menu?create")
    page.get_by_label("Name", exact=True).fill("Rooftop dinner")
    page.get_by_text("Several times").click()
    page.get_by_role("button", name="Create link").click()
    number = page.get_by_label("Files in all")
    expect(number).to_be_focused()
    expect(number).to_have_accessible_description(re.compile("How many"))
    expect(page.get_by_label("Name", exact=True)).to_have_value("Rooftop dinner")
    number.fill("20")
    page.keyboard.press("Enter")
    expect(row(page, "Rooftop dinner")).to_contain_text("of 20")


def test_an_album_is_chosen_by_its_name_and_known_by_its_id(open_menu: OpenMenu, sandbox: Sandbox) -> None:
    page = open_menu("/menu?create")
    said_by_immich = page.request.post(
        f"{page.url.partition('/menu')[0]}/api/albums",
        data={"name": "Summer"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    page.reload()
    expect(page.locator("#albums option")).to_have_count(1)
    page.get_by_label("Album", exact=True).fill("Summer")
    page.get_by_role("button", name="Create link").click()
    expect(row(page, "Summer")).to_be_visible()
    assert str(Invite.objects.get().album_id) == said_by_immich.json()["id"]
    expect(page.get_by_text("Connected to Immich")).to_be_visible()


def test_a_name_is_edited_in_its_row(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    link = make_invite(owner=host, name="Beach week")
    page = open_menu()
    name = page.get_by_label("Name of Beach week")
    expect(page.get_by_label("Nothing to save: Beach week")).to_be_disabled()
    name.fill("Beach fortnight")
    expect(page.get_by_label("Save changes: Beach week")).to_be_enabled()
    name.fill("Beach week")
    expect(page.get_by_label("Nothing to save: Beach week")).to_be_disabled()
    name.fill("Beach fortnight")
    page.get_by_label("Save changes: Beach week").click()
    said(page, "Saved")
    expect(page.get_by_label("Nothing to save: Beach fortnight")).to_be_disabled()
    page.get_by_label("Beach fortnight: open until").fill("2099-07-14")
    page.get_by_label("Beach fortnight: open until").press("Enter")
    expect(row(page, "Beach fortnight").locator("[data-at]")).to_have_count(1)
    link.refresh_from_db()
    assert link.name == "Beach fortnight"
    assert link.expires_at is not None
    assert link.expires_at.isoformat() == "2099-07-14T15:00:00+00:00"


def test_what_was_typed_outlives_a_search(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    make_invite(owner=host, name="Beach week")
    make_invite(owner=host, name="Dinner")
    page = open_menu()
    page.get_by_label("Name of Beach week").fill("Beach fortnight")
    page.get_by_role("searchbox").fill("beach")
    expect(row(page, "Dinner")).to_have_count(0)
    expect(page.get_by_label("Name of Beach week")).to_have_value("Beach fortnight")
    expect(page.get_by_label("Save changes: Beach week")).to_be_enabled()
    assert page.url.endswith("/menu?q=beach")
    expect(page.locator("#found-all")).to_have_text("1")


def test_several_are_switched_and_deleted(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    for name in ("One", "Two", "Three"):
        make_invite(owner=host, name=name)
    page = open_menu()
    expect(page.locator("#bulk")).to_be_hidden()
    page.get_by_label("Select One").check()
    page.get_by_label("Select Two").check()
    expect(page.locator("#bulk")).to_contain_text("2 selected")
    page.locator("#bulk").get_by_role("button", name="Disable").click()
    said(page, "2 links disabled")
    expect(page.locator(".c-status", has_text="Disabled")).to_have_count(2)
    page.get_by_label("Select all links shown").check()
    page.get_by_label("Delete selected links").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete 3 links?")
    expect(dialog.get_by_text("Keep them")).to_be_focused()
    dialog.get_by_text("Keep them").click()
    expect(dialog).to_be_hidden()
    assert Invite.objects.existing().count() == 3
    page.get_by_label("Delete selected links").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No links yet")).to_be_visible()
    expect(dialog).to_be_hidden()
    assert not Invite.objects.existing().exists()


def test_the_menu_of_a_row(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    link = make_invite(owner=host, name="Beach week", used=7)
    page = open_menu()
    page.get_by_label("More: Beach week").click()
    page.get_by_role("button", name="Disable").click()
    said(page, "Disabled")
    expect(page.get_by_label("More: Beach week")).to_be_focused()
    page.get_by_label("More: Beach week").click()
    page.get_by_role("button", name="Reset usage").click()
    said(page, "It begins anew")
    page.get_by_label("More: Beach week").click()
    page.get_by_role("button", name="Duplicate").click()
    expect(row(page, "Beach week")).to_have_count(2)
    expect(page.locator("tr[data-new]")).to_have_count(1)
    link.refresh_from_db()
    assert (link.disabled, link.used) == (True, 0)


def test_a_code_has_its_own_address_and_back_closes_it(
    open_menu: OpenMenu, host: User, make_invite: MakeInvite
) -> None:
    make_invite(owner=host, name="Beach week")
    page = open_menu()
    code = page.get_by_label("QR code: Beach week")
    code.click()
    dialog = page.get_by_role("dialog", name="Beach week")
    expect(dialog.get_by_role("heading", name="Beach week")).to_be_focused()
    assert page.url.endswith("/qr")
    dialog.get_by_label("Copy link").click()
    said(page, "Link copied")
    page.go_back()
    expect(dialog).to_be_hidden()
    expect(code).to_be_focused()
    assert page.url.endswith("/menu")
    code.click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile("/menu$"))
    code.click()
    expect(dialog).to_be_visible()
    page.reload()
    expect(page.get_by_role("img", name=re.compile("QR code for"))).to_be_visible()


def test_the_keyboard_is_enough(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    link = make_invite(owner=host, name="Beach week")
    page = open_menu()
    page.get_by_label("Select Beach week").focus()
    seen = []
    while not seen or seen[-1] != "More: Beach week":
        page.keyboard.press("Tab")
        # A date is several stops, one for each of its parts.
        here = page.evaluate("document.activeElement.ariaLabel")
        seen += [here] if [here] != seen[-1:] else []
        assert len(seen) < 10
    assert seen == [
        "Name of Beach week",
        "Beach week: open until",
        "Open: Beach week",
        "Copy link: Beach week",
        "Details: Beach week",
        "QR code: Beach week",
        "More: Beach week",
    ]
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_label("More: Beach week")).to_be_focused()
    expect(page.get_by_role("button", name="Duplicate")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(page, "Disabled")
    link.refresh_from_db()
    assert link.disabled


def test_a_thousand_links_come_as_they_are_wanted(open_menu: OpenMenu, host: User) -> None:
    Invite.objects.bulk_create(Invite(owner=host, name=f"Link {number:04}") for number in range(1000))
    page = open_menu()
    rows = page.locator("tr[data-url]")
    expect(rows).to_have_count(50)
    page.get_by_role("link", name="Show more").click()
    expect(rows).to_have_count(100)
    page.get_by_role("searchbox").fill("0123")
    expect(rows).to_have_count(1)
    page.get_by_role("searchbox").fill("")
    expect(rows).to_have_count(50)  # headings lead on from the list that is there
    page.get_by_role("link", name="Name").click()
    expect(rows.first).to_have_attribute("data-title", "Link 0000")
    expect(page.get_by_label("Sort by")).to_have_value("name")


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_shows_cards_and_nothing_sideways(
    open_menu: OpenMenu, host: User, make_invite: MakeInvite, width: int
) -> None:
    make_invite(owner=host, name="x" * 200, album_name="y" * 200, used=99_999, max_uses=100_000)
    make_invite(owner=host, name="Beach week")
    phone = {**PHONE, "viewport": {"width": width, "height": 700}}
    for path in ("/menu", "/menu?create"):
        page = open_menu(path, **phone)
        page.get_by_label("Select Beach week").check()
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_label("More: Beach week").tap()
    expect(page.get_by_role("button", name="Duplicate")).to_be_visible()


def test_a_name_stays_text(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    make_invite(owner=host, name=NASTY, album_name=NASTY)
    page = open_menu()
    alarms: list[str] = []
    page.on("dialog", lambda dialog: alarms.append(dialog.message))
    name = page.locator("input[name=name]")
    name.fill(f"{NASTY}!")
    name.press("Enter")
    said(page, "Saved")
    expect(name).to_have_value(f"{NASTY}!")
    page.locator("[data-more]").click()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"{NASTY}!")
    assert page.locator("img").count() == 0
    assert alarms == []


def test_a_server_that_is_gone_is_told(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    make_invite(owner=host, name="Beach week")
    page = open_menu()
    page.context.set_offline(True)
    page.get_by_label("Name of Beach week").fill("Beach fortnight")
    page.get_by_label("Save changes: Beach week").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing was changed")
    page.context.set_offline(False)
    page.get_by_label("Save changes: Beach week").click()
    said(page, "Saved")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_login_that_ended_costs_nothing_typed(open_menu: OpenMenu, host: User) -> None:
    page = open_menu("/menu?create")
    page.get_by_label("Name", exact=True).fill("Rooftop dinner")
    page.context.clear_cookies(name="drop_session")
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_role("alert")).to_contain_text("signed out")
    host.set_password("correct horse battery")
    host.save()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="sign in again").click()
    opened.value.get_by_label("E-mail").fill(host.email)
    opened.value.get_by_label("Password", exact=True).fill("correct horse battery")
    opened.value.get_by_role("button", name="Sign in").click()
    expect(opened.value.get_by_role("heading", name="No links yet")).to_be_visible()
    page.get_by_role("button", name="Create link").click()
    expect(row(page, "Rooftop dinner")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_the_system_can_is_offered(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    link = make_invite(owner=host, name="Beach week")
    page = open_menu()
    expect(page.get_by_label("Share: Beach week")).to_be_hidden()
    # A system with a share sheet, and a browser that keeps its clipboard to itself, as over plain http.
    page.add_init_script(
        "navigator.share = async (said) => { window.shared = said; };"
        "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
    )
    page.reload()
    page.get_by_label("Share: Beach week").click()
    shared = page.evaluate("window.shared")
    assert shared["title"] == "Beach week"
    assert shared["url"].endswith(f"/invite/{link.token}")
    page.get_by_label("Copy link: Beach week").click()
    said(page, "Link copied")


def test_without_script_the_page_works(open_menu: OpenMenu, host: User, make_invite: MakeInvite) -> None:
    make_invite(owner=host, name="Beach week")
    make_invite(owner=host, name="Dinner")
    page = open_menu(java_script_enabled=False)
    page.get_by_role("searchbox").fill("beach")
    page.get_by_role("button", name="Show").click()
    expect(row(page, "Dinner")).to_have_count(0)
    page.get_by_label("Name of Beach week").fill("Beach fortnight")
    page.get_by_label("Save changes: Beach week").click()
    expect(row(page, "Beach fortnight")).to_be_visible()
    assert page.url.endswith("/menu?q=beach")
    page.get_by_label("More: Beach fortnight").click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 link deleted")).to_be_visible()
    page.goto(page.url.partition("?")[0] + "?create")
    page.get_by_label("Name", exact=True).fill("Rooftop dinner")
    page.get_by_role("button", name="Create link").click()
    expect(row(page, "Rooftop dinner")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(
    open_menu: OpenMenu, host: User, make_invite: MakeInvite, theme: str, device: dict[str, object]
) -> None:
    options = {**device, "color_scheme": theme, "bypass_csp": True, "reduced_motion": "reduce"}
    assert axe(open_menu("/menu", **options)) == []
    link = make_invite(owner=host, name="Beach week", password="sesame", album_name="Summer")
    make_invite(owner=host, name="Over", disabled=True, max_uses=5, used=4)
    page = open_menu("/menu?create", **options)
    page.locator("#create summary").click()
    page.get_by_text("Several times").click()
    page.get_by_role("button", name="Create link").click()
    expect(page.locator(".field-error")).to_have_count(1)
    assert axe(page) == []
    page = open_menu("/menu", **options)
    page.get_by_label("Select Beach week").check()
    page.get_by_label("More: Over").click()
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.get_by_label("QR code: Beach week").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe(page) == []
    assert axe(open_menu(f"/menu/links/{link.token}", **options)) == []
