"""How files get onto the page: pickers, the camera, folders that are dropped, pictures that are pasted."""

from pathlib import Path

import pytest
from playwright.sync_api import FileChooser, Page, Route, expect

from invites.models import Guest
from tests import pictures
from tests.browser.conftest import DESKTOP, GuestPage, NewContext
from tests.conftest import MakeInvite
from tests.serving import eventually
from uploads.models import Upload
from uploads.worker import Worker

AS_DESKTOP = {**DESKTOP, "is_mobile": False, "has_touch": False}
SAFE = {"received", "delivered"}


@pytest.fixture
def arrive(web: str, make_invite: MakeInvite, new_context: NewContext):
    def open_it(invite: dict[str, object] | None = None, **options: object) -> GuestPage:
        guest = GuestPage(new_context(**options).new_page())
        guest.page.goto(web + make_invite(**(invite or {})).path)
        return guest

    return open_it


def drop(page: Page, *paths: Path) -> None:
    """Drags what lies at these paths from the desktop onto the page."""
    session = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        session.send("Input.dispatchDragEvent", {"type": step, "x": 800, "y": 400, "data": data})


def test_folders_are_dropped_with_all_that_is_in_them(arrive, tmp_path: Path) -> None:
    album = tmp_path / "Party"
    (album / "Day 2" / "drone").mkdir(parents=True)
    (album / "Day 2" / "empty").mkdir()
    for number in range(120):  # a browser lists a hundred at a time
        (album / f"IMG_{number}.jpg").write_bytes(pictures.jpeg(number))
    (album / "Day 2" / "drone" / "above.jpg").write_bytes(pictures.jpeg(900))
    (album / "menu.docx").write_bytes(b"PK\x03\x04 a text")
    for leftover in (".DS_Store", "Thumbs.db", "desktop.ini", "._IMG_1.jpg"):
        (album / leftover).write_bytes(b"not meant")
    alone = tmp_path / "alone.jpg"
    alone.write_bytes(pictures.jpeg(901))

    guest = arrive(**AS_DESKTOP)
    drop(guest.page, album, alone)
    expected = {f"IMG_{number}.jpg" for number in range(120)} | {"above.jpg", "alone.jpg"}

    received = Upload.objects.filter(status="received", filename__in=expected)
    eventually(lambda: guest.page.wait_for_timeout(100) or received.count() == len(expected), "all of the folder", 60)
    expect(guest.page.locator("[data-filter=all] [data-count]")).to_have_text("123")
    guest.page.locator("[data-filter=failed]").click()
    expect(guest.page.locator("li.queue-item")).to_have_attribute("data-name", "menu.docx")
    assert set(Upload.objects.values_list("filename", flat=True)) == expected


def test_a_pasted_picture_is_a_chosen_one(arrive) -> None:
    guest = arrive(permissions=["clipboard-read", "clipboard-write"], **AS_DESKTOP)
    png = list(pictures.png(7))
    guest.page.evaluate(
        "async (png) => navigator.clipboard.write([new ClipboardItem({'image/png': new Blob([new Uint8Array(png)],"
        " {type: 'image/png'})})])",
        png,
    )
    guest.page.keyboard.press("Control+V")
    guest.wait_for(lambda seen: set(seen.values()) <= SAFE and len(seen) == 1, "the pasted picture")


def test_pasted_words_stay_words(arrive) -> None:
    guest = arrive({"guest_name": "optional"}, permissions=["clipboard-read", "clipboard-write"], **AS_DESKTOP)
    guest.page.evaluate("() => navigator.clipboard.writeText('Aunt Maria')")
    field = guest.page.get_by_role("textbox", name="Your name")
    field.focus()
    guest.page.keyboard.press("Control+V")
    assert field.input_value() == "Aunt Maria"
    assert guest.states() == {}


def test_the_picker_opens_when_it_is_asked_to_and_never_by_itself(arrive, tmp_path: Path) -> None:
    photo = tmp_path / "IMG_1.jpg"
    photo.write_bytes(pictures.jpeg(1))
    guest = arrive()
    opened: list[FileChooser] = []
    guest.page.on("filechooser", lambda chooser: opened.append(chooser))
    button = guest.page.locator("label:visible:has(> [data-pick='photos'])").first

    button.tap()
    eventually(lambda: guest.page.wait_for_timeout(20) or opened, "the picker")
    # By the page's clock no time passes, however busy the machine is.
    guest.page.evaluate("const at = performance.now(); performance.now = () => at")
    opened[0].set_files(photo)
    button.tap()  # the touch that closed the picker comes through
    guest.page.wait_for_timeout(300)
    assert len(opened) == 1
    guest.page.evaluate("delete performance.now")

    guest.wait_for(lambda seen: set(seen.values()) <= SAFE and len(seen) == 1, "the photo")
    guest.page.wait_for_timeout(600)
    button.tap()
    eventually(lambda: guest.page.wait_for_timeout(20) or len(opened) == 2, "the picker once more")
    opened[1].set_files(photo)  # the very same file: told as known, and not sent twice
    guest.page.get_by_text("2 of 2 received").or_(guest.page.get_by_text("All 2 received")).first.wait_for()
    assert Upload.objects.count() == 1


@pytest.mark.parametrize(
    ("kinds", "accept", "name"), [("both", "image/*", "Take a photo"), ("videos", "video/*", "Record a video")]
)
def test_phones_have_a_way_to_the_camera(arrive, kinds: str, accept: str, name: str) -> None:
    camera = arrive({"kinds": kinds}).page.get_by_label(name)
    assert camera.get_attribute("capture") == "environment"
    assert camera.get_attribute("accept") == accept
    assert arrive({"kinds": kinds, "name": "Other"}, **AS_DESKTOP).page.get_by_label(name).is_hidden()


def test_small_files_go_before_large_ones(arrive, tmp_path: Path) -> None:
    film, photo = tmp_path / "film.mp4", tmp_path / "photo.jpg"
    film.write_bytes(pictures.CLIP.read_bytes() + bytes(30_000_000))
    photo.write_bytes(pictures.jpeg(2))
    others = [tmp_path / f"IMG_{number}.jpg" for number in range(4)]
    for number, path in enumerate(others):
        path.write_bytes(pictures.jpeg(10 + number))
    guest = arrive()
    guest.choose(film, photo, *others)
    guest.wait_for(lambda seen: len(seen) == 6 and set(seen.values()) <= SAFE, "all six")
    created = list(Upload.objects.order_by("created_at").values_list("filename", flat=True))
    assert created.index("film.mp4") >= 4, created


def test_files_chosen_before_the_server_knows_the_browser_are_followed(
    deliveries: Worker, web: str, make_invite: MakeInvite, new_context: NewContext, tmp_path: Path
) -> None:
    page = new_context().new_page()
    held: list[Route] = []
    page.route("**/api/invite/**", lambda route: held.append(route), times=1)
    page.goto(web + make_invite().path)
    guest, photo = GuestPage(page), tmp_path / "photo.jpg"
    photo.write_bytes(pictures.jpeg(3))
    guest.choose(photo)
    guest.wait_for(lambda seen: bool(seen), "the photo on the list")
    page.wait_for_timeout(300)
    held[0].continue_()
    # Long before the listing is asked for want of news.
    guest.wait_for(lambda seen: seen == {"photo.jpg": "delivered"}, "its delivery", patience=15)
    assert Guest.objects.count() == 1
