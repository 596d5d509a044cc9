"""A host hands files on: some of five hundred to the share sheet, some as a ZIP; and shares the album in Immich."""

import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from immichdrop.immich import Immich
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites import guests
from invites.models import Invite, Visit
from tests import pictures
from tests.browser.conftest import PHONE, OpenMenu, axe
from uploads import spool
from uploads.models import Upload

# In place of a share sheet, which no headless browser has: what it is given, and what it does next.
SHEET = """
  window.handed = [];
  navigator.canShare = ({ files }) => files.every((file) => file instanceof File);
  navigator.share = async ({ files }) => {
    if (window.closing) throw new DOMException("closed", "AbortError");
    if (window.refusing) throw new DOMException("not these", "NotAllowedError");
    for (const file of files) {
      const { name, type, size, lastModified } = file;

      window.handed.push({ name, type, size, lastModified });
    }
  };
"""
TAKEN = datetime(2024, 7, 14, 12, 30, 8, tzinfo=UTC)
PICTURES = [pictures.jpeg(number, width=300, height=200) for number in range(12)]


@pytest.fixture
def link(host: User) -> Invite:
    return Invite.objects.create(name="Anna & Ben", owner=host, album_name="Summer")


Come = Callable[[int], list[Upload]]


@pytest.fixture
def come(web: str, link: Invite) -> Iterator[Come]:
    """So many files of two guests; a dozen of them are at hand, and have pictures."""
    made: list[Upload] = []

    def come(count: int) -> list[Upload]:
        people = [guests.create()[0] for _ in range(2)]
        Visit.objects.create(guest=people[0], invite=link, name="Aunt Maria")
        account = ImmichAccount.objects.environment()
        for number in range(count):
            here = number < len(PICTURES)
            size = len(PICTURES[number]) if here else 6_000_000
            name = f"IMG_{number:03}.{'jpg' if here else 'mov'}"
            made.append(
                Upload(
                    invite=link,
                    account=account,
                    guest=people[2 * number // count],
                    filename=name,
                    size=size,
                    offset=size,
                    status="received",
                    last_modified=TAKEN,
                    received_at=TAKEN,
                )
            )
        Upload.objects.bulk_create(made)
        for upload, content in zip(made, PICTURES, strict=False):
            spool.default().path(upload.pk).write_bytes(content)
        return made

    yield come
    for upload in made:
        spool.default().remove(upload.pk)


def opened(open_menu: OpenMenu, link: Invite, **options: object) -> Page:
    """The page of what can be chosen, in a browser that has a share sheet."""
    page = open_menu("/offline", **options)
    page.add_init_script(SHEET)
    page.goto(page.url.replace("/offline", f"/menu/links/{link.token}"))
    page.get_by_role("link", name="Share files").click()
    expect(page.get_by_role("heading", name="Share files")).to_be_visible()
    return page


def test_some_of_five_hundred_are_shared(open_menu: OpenMenu, link: Invite, come: Come) -> None:
    files = come(500)
    page = opened(open_menu, link, **PHONE)
    share, every = page.get_by_role("button", name="Share…"), page.get_by_role("checkbox", name="Select all")
    expect(page.locator("input[name=file]")).to_have_count(500)
    expect(share).to_be_disabled()

    every.check()
    expect(page.get_by_text("Selected: 500 · 2.9 GB")).to_be_visible()
    expect(page.get_by_text("This browser shares at most 10 files and 50 MB at once.")).to_be_visible()
    expect(share).to_be_disabled()
    every.uncheck()
    expect(page.get_by_text("Selected: 0")).to_be_visible()

    for number in (3, 1):
        page.locator(f"input[data-name='IMG_{number:03}.jpg']").check()
    expect(every).to_have_js_property("indeterminate", True)
    page.evaluate("window.closing = true")
    share.click()
    expect(page.get_by_text("Ready to share")).to_be_visible()
    page.evaluate("window.closing = false")
    page.get_by_role("button", name="Share now").click()
    expect(share).to_be_visible()
    handed = page.evaluate("handed.map(({ name, type, size, lastModified }) => [name, type, size, lastModified])")
    assert sorted(handed) == [
        [f"IMG_{number:03}.jpg", "image/jpeg", len(PICTURES[number]), TAKEN.timestamp() * 1000] for number in (1, 3)
    ]

    spool.default().remove(files[1].pk)
    share.click()
    expect(page.get_by_text("These files could not be fetched: IMG_001.jpg")).to_be_visible()
    page.wait_for_function("handed.length === 3")
    page.evaluate("window.refusing = true")
    page.locator("input[data-name='IMG_001.jpg']").uncheck()
    share.click()
    expect(page.get_by_text("This device did not take these files.")).to_be_visible()


def test_fetching_is_cancelled(open_menu: OpenMenu, link: Invite, come: Come) -> None:
    come(4)
    page = opened(open_menu, link)
    page.route("**/download", lambda route: None)  # never answered
    page.get_by_role("checkbox", name="IMG_003.jpg").check()
    page.get_by_role("button", name="Share…").click()
    expect(page.get_by_role("progressbar", name="Fetching the files")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Share…")).to_be_enabled()
    assert page.evaluate("handed") == []


@pytest.mark.parametrize("scripted", [True, False])
def test_a_zip_is_saved(open_menu: OpenMenu, link: Invite, come: Come, scripted: bool) -> None:
    come(12)
    page = open_menu(f"/menu/links/{link.token}/choose", java_script_enabled=scripted)
    expect(page.get_by_role("button", name="Share…")).to_be_hidden()  # headless, it has no sheet
    for number in (0, 11):
        page.get_by_role("checkbox", name=f"IMG_{number:03}.jpg").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as ZIP").click()
    assert download.value.suggested_filename == "Anna & Ben.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "IMG_000.jpg": PICTURES[0],
            "IMG_011.jpg": PICTURES[11],
        }


def test_the_album_is_shared_with_somebody(
    open_menu: OpenMenu, link: Invite, host: User, web: str, sandbox: Sandbox
) -> None:
    User.objects.filter(pk=host.pk).update(is_staff=True)
    with Immich(sandbox.url, sandbox.api_key) as immich:
        album_id = immich.create_album("Summer").id
    Invite.objects.filter(pk=link.pk).update(album_id=album_id)
    sandbox.create_user("Maria Rossi", "maria@example.org")
    page = open_menu(f"/menu/links/{link.token}", bypass_csp=True)
    page.get_by_role("link", name="Share the album").click()
    page.get_by_label("Who?").select_option(label="Maria Rossi (maria@example.org)")
    page.get_by_role("button", name="Share").click()
    expect(page.locator(".toast-note")).to_have_text("Shared")
    role = page.get_by_label("Role of Maria Rossi")
    expect(role).to_have_value("viewer")
    assert axe(page) == []
    role.select_option("editor")
    expect(page.locator(".toast-note")).to_have_text("Saved")
    assert [member.role for member in sandbox.album_members(album_id)] == ["editor"]
    page.get_by_label("Remove Maria Rossi…").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator(".toast-note")).to_have_text("Removed")
    expect(role).to_have_count(0)
    assert sandbox.album_members(album_id) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_sideways(open_menu: OpenMenu, link: Invite, come: Come, theme: str) -> None:
    come(15)
    options = {**PHONE, "viewport": {"width": 320, "height": 700}, "color_scheme": theme, "bypass_csp": True}
    page = opened(open_menu, link, **options, reduced_motion="reduce")
    page.get_by_role("checkbox", name="Select all").check()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert axe(page) == []
