"""A host at a link's details, as a person meets them: five hundred files, pictures, a second question."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites import guests
from invites.models import Guest, Invite, Visit
from tests import pictures
from tests.browser.conftest import DESKTOP, PHONE, NewContext
from tests.guest import TusGuest
from tests.serving import ROOT, eventually
from uploads import spool
from uploads.models import Upload
from uploads.worker import Worker

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NASTY = "<img src=x onerror=alert(1)>"
OpenDetails = Callable[..., Page]


@pytest.fixture
def host(transactional_db: None) -> User:
    return User.objects.create_user("lena@example.org", name="Lena Brandt")


@pytest.fixture
def link(host: User) -> Invite:
    return Invite.objects.create(name="Beach week", owner=host, album_name="Summer")


@pytest.fixture
def open_details(web: str, host: User, link: Invite, new_context: NewContext) -> OpenDetails:
    """The details in a browser that is logged in; a desktop unless told otherwise."""

    def open_it(path: str = "", **options: object) -> Page:
        client = Client()
        client.force_login(host)
        context = new_context(**{**DESKTOP, "is_mobile": False, "has_touch": False, **options})
        context.add_cookies([{"name": "drop_session", "value": client.cookies["drop_session"].value, "url": web}])
        page = context.new_page()
        page.goto(f"{web}/menu/links/{link.token}{path}")
        return page

    return open_it


def a_guest(link: Invite, name: str, message: str = "") -> Guest:
    guest = guests.create()[0]
    Visit.objects.create(guest=guest, invite=link, name=name, message=message)
    return guest


@pytest.fixture
def five_hundred(web: str, link: Invite) -> Iterator[list[Upload]]:
    """Of four guests over twelve days; the newest twenty are at hand, and each fourth of these is stuck."""
    now, account = timezone.now(), ImmichAccount.objects.environment()
    people = [
        a_guest(link, "x" * 80, "y" * 500),
        a_guest(link, NASTY, NASTY),
        a_guest(link, ""),
        a_guest(link, "Aunt Maria"),
    ]
    content = pictures.jpeg(1, width=300, height=200)
    uploads = [
        Upload(
            invite=link,
            account=account,
            guest=people[number // 125],
            filename=f"{NASTY}{number:03}.jpg" if number % 50 == 0 else f"IMG_{number:03}.jpg",
            size=len(content),
            offset=len(content),
            status="delivered" if number < 480 else ("failed" if number % 4 == 0 else "received"),
            message="Immich refused the file: it is damaged." if number >= 480 else "",
            received_at=now - timedelta(hours=(500 - number) // 2),
            bytes_deleted_at=now if number < 480 else None,
            user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_5)",
        )
        for number in range(500)
    ]
    Upload.objects.bulk_create(uploads)
    for upload in uploads[480:]:
        spool.default().path(upload.pk).write_bytes(content)
    yield uploads
    for upload in uploads:
        spool.default().remove(upload.pk)


def test_five_hundred_files(open_details: OpenDetails, five_hundred: list[Upload]) -> None:
    page = open_details()
    alarms: list[str] = []
    page.on("dialog", lambda dialog: alarms.append(dialog.message))
    files = page.locator("article li a.thumb")
    seen = 0
    for number in range(1, 6):
        expect(page.get_by_text(f"Page {number} of 5")).to_be_visible()
        seen += files.count()
        if number < 5:
            page.get_by_role("link", name="Older").click()
    assert seen == 500
    assert page.locator("img[src='x']").count() == 0
    assert alarms == []
    page.get_by_role("link", name="Newer").click()
    expect(page.get_by_role("heading", name=f"{NASTY} (continued)")).to_be_visible()
    expect(page.get_by_text("“yyy")).to_be_visible()


def test_pictures_are_shown_and_none_is_broken(open_details: OpenDetails, five_hundred: list[Upload]) -> None:
    spool.default().path(five_hundred[499].pk).write_bytes(b"no picture")
    page = open_details(bypass_csp=True)  # for what the test asks of the page
    shown = page.locator("article img")
    expect(shown).to_have_count(20)  # of the others there is nothing to be had
    for picture in shown.all():
        picture.scroll_into_view_if_needed()
    page.wait_for_function("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    widths = shown.evaluate_all("images => images.map((image) => image.naturalWidth)")
    assert widths.count(300) == 19
    assert page.locator("article a.thumb:has(> svg use[href$='#image'])").count() == 100


def test_what_arrived_is_shown_from_immich(
    open_details: OpenDetails,
    link: Invite,
    deliveries: Worker,
    sandbox: Sandbox,
    guest_at: Callable[[Invite | None], TusGuest],
    settings: LazySettings,
) -> None:
    guest = guest_at(link)
    sent = [guest.send(pictures.jpeg(seed, width=300, height=200)) for seed in (1, 2)]
    sent.append(guest.send(pictures.CLIP.read_bytes(), filename="clip.mp4"))
    eventually(lambda: guest.statuses() == ["delivered"] * 3, "three deliveries")
    for upload_id in sent:  # as the sweeper does a day later
        spool.default().remove(uuid.UUID(upload_id))
    Upload.objects.update(bytes_deleted_at=timezone.now())

    def widths() -> list[int]:
        page = open_details(bypass_csp=True)
        page.wait_for_function("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
        return sorted(page.evaluate("[...document.images].map((image) => image.naturalWidth)"))

    seen = widths()
    assert seen.count(250) == 2  # the sandbox's thumbnails; of the video it has none
    assert len(seen) == 3
    page = open_details()
    (album,) = sandbox.albums()
    expect(page.get_by_role("link", name="Open in Immich")).to_have_attribute(
        "href", f"{sandbox.url}/albums/{album.id}"
    )
    page.get_by_role("link", name=re.compile("clip.mp4, .*, In the album")).click()
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("link", name="Download").click()
    assert Path(download.value.path()).read_bytes() == pictures.CLIP.read_bytes()

    settings.IMMICH_API_KEY = sandbox.create_key(["asset.upload"])
    assert 250 not in widths()
    page = open_details()
    page.get_by_role("link", name=re.compile("clip.mp4")).click()
    expect(page.get_by_role("dialog").get_by_role("link", name="Open in Immich")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("link", name="Download")).to_have_count(0)


def test_a_file_has_its_own_address_and_back_closes_it(open_details: OpenDetails, five_hundred: list[Upload]) -> None:
    page = open_details()
    opener = page.get_by_role("link", name=re.compile("IMG_499.jpg"))
    opener.click()
    dialog = page.get_by_role("dialog", name="IMG_499.jpg")
    expect(dialog).to_contain_text("Aunt Maria")
    expect(dialog).to_contain_text("iPhone")
    assert page.url.endswith(f"/files/{five_hundred[499].pk}")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "IMG_499.jpg"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    expect(page).to_have_url(re.compile(r"/menu/links/[^/]+$"))
    opener.click()
    expect(dialog).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="IMG_499.jpg", level=1)).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(page.get_by_role("heading", name="Beach week")).to_be_visible()


def test_one_is_given_up_after_a_second_question(open_details: OpenDetails, five_hundred: list[Upload]) -> None:
    page = open_details()
    page.get_by_role("link", name="IMG_496.jpg", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Give up…").click()
    expect(dialog).to_contain_text("Delete the bytes kept here?")
    expect(dialog).to_contain_text("This file is not in Immich.")
    dialog.get_by_text("Keep it").click()
    expect(dialog).to_be_hidden()
    assert Upload.objects.get(pk=five_hundred[496].pk).status == "failed"
    page.get_by_role("link", name="IMG_496.jpg", exact=True).click()
    dialog.get_by_role("button", name="Give up…").click()
    dialog.get_by_role("button", name="Give up", exact=True).click()
    expect(page.locator(".toast-note")).to_have_text("1 file given up")
    assert Upload.objects.get(pk=five_hundred[496].pk).status == "discarded"
    assert not spool.default().path(five_hundred[496].pk).exists()
    expect(page.get_by_role("button", name="Retry all 4")).to_be_visible()


def test_many_are_tried_again_and_given_up(open_details: OpenDetails, five_hundred: list[Upload]) -> None:
    page = open_details()
    page.get_by_role("button", name="Retry: IMG_496.jpg").click()
    expect(page.locator(".toast-note")).to_have_text("1 file is tried again")
    expect(page.locator(".chip", has_text="Waiting")).to_have_count(1)
    page.get_by_role("button", name="Give up the 4 that failed…").click()
    expect(page.get_by_role("dialog")).to_contain_text("These 4 files")
    expect(page.get_by_role("dialog").get_by_text("Keep them")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Give up").click()
    expect(page.locator(".toast-note")).to_have_text("4 files given up")
    assert Upload.objects.filter(status="failed").count() == 0
    page.get_by_role("button", name="Retry 1").click()
    expect(page.locator(".toast-note")).to_have_text("1 file is tried again")


def test_without_script_the_page_works(open_details: OpenDetails, five_hundred: list[Upload]) -> None:
    page = open_details(java_script_enabled=False)
    page.get_by_role("link", name="IMG_496.jpg", exact=True).click()
    page.get_by_role("button", name="Give up…").click()
    page.get_by_text("Keep it").click()
    expect(page.get_by_role("heading", name="Beach week")).to_be_visible()
    page.get_by_role("button", name="Give up the 5 that failed…").click()
    page.get_by_role("button", name="Give up", exact=True).click()
    expect(page.get_by_text("5 files given up")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_nothing_is_sideways(
    open_details: OpenDetails, five_hundred: list[Upload], theme: str, device: dict[str, object]
) -> None:
    options = {**device, "color_scheme": theme, "bypass_csp": True, "reduced_motion": "reduce"}
    for query in ("", "?page=4"):
        page = open_details(query, **options)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert _axe(page) == []
    page = open_details("", **options)
    page.get_by_role("link", name="IMG_496.jpg", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert _axe(page) == []
    page.get_by_role("button", name="Give up…").click()
    expect(page.get_by_text("Keep it")).to_be_visible()
    assert _axe(page) == []


@pytest.mark.parametrize("width", [320, 640])
def test_a_narrow_page_is_not_sideways(open_details: OpenDetails, five_hundred: list[Upload], width: int) -> None:
    page = open_details(**{**PHONE, "viewport": {"width": width, "height": 700}})
    assert page.evaluate("document.documentElement.scrollWidth") == width


def _axe(page: Page) -> list[str]:
    """What axe-core complains of."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]
