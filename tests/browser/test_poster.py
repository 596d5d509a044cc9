"""A link's poster as it comes out of the printer, measured: paper, pages, the code, and room for every language."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from immichdrop.languages import NAMES
from immichdrop.models import User
from invites import qr
from invites.models import Invite
from invites.poster import PAPERS
from tests.browser.conftest import DESKTOP, PHONE, OpenMenu, axe
from tests.conftest import MakeInvite
from tests.invites.test_qr import modules_of_svg

MILLIMETRE = 96 / 25.4  # pixels of CSS
EIGHTY = "Grandma’s 80th birthday in the old mill: please add your own old scans as well!!"
LONGEST = ["W" * 200, "漢" * 200, "Ünderstanding " * 14]
# Width and height in points, and how wide the code has to be at least, in millimetres.
SHEETS = {"a4": (595.28, 841.89, 50), "a6": (595.28, 841.89, 25), "letter": (612, 792, 50)}


@pytest.fixture
def link(make_invite: MakeInvite, host: User) -> Invite:
    return make_invite(owner=host, name=EIGHTY, expires_at=datetime(2099, 7, 14, 20, tzinfo=UTC))


def poster(link: Invite, **said: str) -> str:
    return f"/menu/links/{link.token}/poster?" + "&".join(f"{name}={value}" for name, value in said.items())


def printed(page: Page) -> Page:
    """The page as print styles show it, in a window as large as the paper."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 820, "height": 1130})
    return page


def box(found: Locator) -> dict[str, float]:
    """Its place in pixels of CSS."""
    measured = found.bounding_box()
    assert measured
    return dict(measured)


@pytest.mark.parametrize("size", SHEETS)
def test_a_poster_fills_one_sheet(open_menu: OpenMenu, link: Invite, size: str) -> None:
    page = open_menu(poster(link, size=size, language="de"), color_scheme="dark")
    # Browsers leave backgrounds out unless told otherwise, and the title is white.
    pdf = page.pdf(prefer_css_page_size=True, print_background=False)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert b"/ShadingType" in pdf
    sheet = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert sheet
    width, height, widest = SHEETS[size]
    assert (float(sheet[1]), float(sheet[2])) == (pytest.approx(width, abs=1), pytest.approx(height, abs=1))

    printed(page)
    expect(page.locator("header")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    paper = box(page.locator(".paper"))
    assert (paper["x"], paper["y"]) == (0, 0)
    assert paper["width"] / MILLIMETRE == pytest.approx(width * 25.4 / 72, abs=0.2)
    assert paper["height"] / MILLIMETRE == pytest.approx(height * 25.4 / 72, abs=0.7)
    assert page.locator(".poster").count() == PAPERS[size][1]
    for code in page.locator(".poster-qr > svg").all():
        modules = len(modules_of_svg(str(code.evaluate("svg => svg.outerHTML"))))
        dark = box(code)["width"] * (modules - 2 * qr.QUIET) / modules
        assert dark / MILLIMETRE >= widest


def test_four_cards_are_cut_from_a_sheet(open_menu: OpenMenu, link: Invite) -> None:
    page = printed(open_menu(poster(link, size="a6")))
    cards = [box(card) for card in page.locator(".poster").all()]
    assert {(round(card["x"] / MILLIMETRE), round(card["y"] / MILLIMETRE)) for card in cards} == {
        (x, y) for x in (0, 105) for y in (0, 148)
    }
    for card in cards:
        assert card["width"] / MILLIMETRE == pytest.approx(105, abs=0.3)
        assert card["height"] / MILLIMETRE == pytest.approx(148, abs=0.5)
    shot = Image.open(io.BytesIO(page.locator(".paper").screenshot())).convert("L")
    middle, across = shot.width // 2, shot.height // 2

    def inked(line: Iterator[object]) -> bool:
        return any(isinstance(grey, int) and grey < 200 for grey in line)

    for y in (5, across - 20, across + 20, shot.height - 5):
        assert inked(shot.getpixel((x, y)) for x in range(middle - 2, middle + 3))
    for x in (5, middle - 20, middle + 20, shot.width - 5):
        assert inked(shot.getpixel((x, y)) for y in range(across - 2, across + 3))
    # A screen reader is told once.
    assert page.get_by_role("article").count() == 1


@pytest.mark.parametrize("size", SHEETS)
def test_the_code_on_paper_is_the_links(open_menu: OpenMenu, link: Invite, size: str) -> None:
    page = printed(open_menu(poster(link, size=size)))
    address = f"{page.url.partition('/menu')[0]}/invite/{link.token}"
    assert page.locator(".poster-url").first.text_content() == address
    wanted = modules_of_svg(qr.svg(address))
    for code in page.locator(".poster-qr > svg").all():
        shot = Image.open(io.BytesIO(code.screenshot())).convert("L")
        step = shot.width / len(wanted)
        seen = [
            [shot.getpixel((int((x + 0.5) * step), int((y + 0.5) * step))) < 128 for x in range(len(wanted))]
            for y in range(len(wanted))
        ]
        assert seen == wanted


def _tight(page: Page) -> list[str]:
    """What does not fit where it stands, on the first poster of a page."""
    return list(
        page.locator(".poster").first.evaluate(
            """poster => {
              const at = (name) => poster.querySelector(name).getBoundingClientRect();
              const foot = at(".poster-foot"), whole = poster.getBoundingClientRect();
              const found = [];
              if (foot.bottom > whole.bottom - whole.width * 0.03) found.push("foot");
              if (at(".poster-url").bottom > at(".poster-steps").top) found.push("address");
              if (at(".poster-title").bottom > at(".poster-qr").top) found.push("title");
              for (const each of poster.querySelectorAll("li, li > *, p, h2"))
                if (each.scrollWidth > each.clientWidth + 1) found.push(each.textContent);
              return found;
            }"""
        )
    )


@pytest.mark.parametrize("size", SHEETS)
def test_there_is_room_for_every_language_title_and_address(
    open_menu: OpenMenu, link: Invite, settings: LazySettings, size: str
) -> None:
    page = printed(open_menu(poster(link, size=size)))
    base = page.url.partition("/menu")[0]
    tight = {}
    for language in NAMES:
        page.goto(base + poster(link, size=size, language=language))
        tight[language] = _tight(page)
    for number, name in enumerate(LONGEST):
        Invite.objects.filter(pk=link.pk).update(name=name)
        page.goto(base + poster(link, size=size, language="uk"))
        tight[f"title {number}"] = _tight(page)
    Invite.objects.filter(pk=link.pk).update(name=EIGHTY, slug="x" * 64)
    settings.PUBLIC_BASE_URL = "https://photos-of-our-guests.a-rather-long-family-name.example.org:8443"
    page.goto(base + poster(link, size=size, language="uk"))
    tight["address"] = _tight(page)
    assert {what: found for what, found in tight.items() if found} == {}


def test_paper_and_language_are_chosen(open_menu: OpenMenu, link: Invite) -> None:
    page = open_menu("/menu")
    page.get_by_label(f"QR code: {EIGHTY}").click()
    page.get_by_role("link", name="Print poster").click()
    expect(page.locator(".paper-a4")).to_be_visible()
    page.get_by_label("Language of the poster").select_option("ar")
    expect(page.get_by_text("شاركونا صوركم")).to_be_visible()
    assert page.locator(".poster").evaluate("poster => getComputedStyle(poster).direction") == "rtl"
    first, last = page.locator(".poster-steps > li").first, page.locator(".poster-steps > li").last
    assert box(first)["x"] > box(last)["x"]
    page.get_by_role("link", name="A6 cards").click()
    expect(page.get_by_text("شاركونا صوركم").first).to_be_visible()
    assert page.locator(".poster").count() == 4
    page.evaluate("window.print = () => { window.asked = true; }")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.asked") is True
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("link", name="Table cards")).to_be_visible()


def test_without_script_paper_and_language_are_chosen_too(open_menu: OpenMenu, link: Invite) -> None:
    page = open_menu(poster(link, size="letter"), java_script_enabled=False)
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    page.get_by_label("Language of the poster").select_option("fr")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Partagez vos photos avec nous")).to_be_visible()
    expect(page.locator(".paper-letter")).to_be_visible()


def test_the_last_day_is_the_hosts(open_menu: OpenMenu, link: Invite) -> None:
    """It ends at 20:00 UTC, which is the next morning in Tokyo."""
    for zone, day in (("Asia/Tokyo", "15. Juli 2099"), ("Europe/Berlin", "14. Juli 2099")):
        page = open_menu(poster(link, language="de"), timezone_id=zone)
        expect(page.locator(".poster-foot")).to_contain_text(f"Geöffnet bis {day}.")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(open_menu: OpenMenu, link: Invite, theme: str, device: dict[str, object]) -> None:
    options = {**device, "color_scheme": theme, "bypass_csp": True, "reduced_motion": "reduce"}
    for path in (f"/menu/links/{link.token}/qr", poster(link), poster(link, size="a6", language="ar")):
        page = open_menu(path, **options)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
