"""A list of hundreds of files: only the rows around the screen exist, and nobody notices."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests import pictures
from tests.browser.conftest import GuestPage, NewContext, axe
from tests.conftest import MakeInvite
from tests.serving import eventually

COUNT = 500
ROWS = 80  # at most, on a phone
SEEDS = 7  # pictures of different colours, in turns

OpenList = Callable[..., Page]


@pytest.fixture
def open_list(web: str, make_invite: MakeInvite, new_context: NewContext, tmp_path: Path) -> OpenList:
    """A page that has no network any more, with this many photos waiting."""

    def open_it(count: int = COUNT) -> Page:
        paths = [tmp_path / f"IMG_{number:04}.jpg" for number in range(1, count + 1)]
        for number, path in enumerate(paths):
            path.write_bytes(pictures.jpeg(number % SEEDS) + number.to_bytes(8))
        context = new_context(bypass_csp=True)  # for axe
        guest = GuestPage(context.new_page())
        guest.page.goto(f"{web}{make_invite().path}", wait_until="networkidle")
        context.set_offline(True)
        guest.choose(*paths)
        guest.page.get_by_role("button", name=f"All {count}").wait_for()
        return guest.page

    return open_it


def names(page: Page) -> list[str]:
    return page.locator("li.queue-item").evaluate_all("rows => rows.map(row => row.dataset.name)")


def in_sight(page: Page) -> list[str]:
    """Names of the rows on the screen, from above."""
    return page.locator("li.queue-item").evaluate_all(
        """rows => rows.filter(row => {
          const { top, bottom } = row.getBoundingClientRect();
          return top >= 0 && bottom <= innerHeight;
        }).map(row => row.dataset.name)"""
    )


def scroll(page: Page, y: str) -> None:
    page.evaluate(f"scrollTo(0, {y}); new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def colours(page: Page) -> dict[str, list[int]]:
    """The middle of each picture, by the file's name."""
    return page.locator("li.queue-item:has(img)").evaluate_all(
        """rows => Promise.all(rows.map(async row => {
          const img = row.querySelector("img");
          await img.decode();
          const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
          const context = canvas.getContext("2d");
          context.drawImage(img, 0, 0, 1, 1);
          return [row.dataset.name, [...context.getImageData(0, 0, 1, 1).data].slice(0, 3)];
        })).then(Object.fromEntries)"""
    )


def numbers(some: list[str]) -> list[int]:
    return [int(name[4:8]) for name in some]


def test_rows_follow_the_screen(open_list: OpenList) -> None:
    page = open_list()
    assert numbers(names(page)) == list(range(1, len(names(page)) + 1))
    assert len(names(page)) <= ROWS
    length = page.evaluate("document.documentElement.scrollHeight")
    for part in range(1, 11):
        scroll(page, f"document.documentElement.scrollHeight * {part / 10}")
        made, seen = numbers(names(page)), numbers(in_sight(page))
        assert len(made) <= ROWS
        assert made == list(range(made[0], made[-1] + 1)), "rows in their order, none left out"
        assert len(seen) >= 5, "the screen is full of rows"
    assert made[-1] == COUNT
    assert abs(page.evaluate("document.documentElement.scrollHeight") - length) < length / 20
    page.locator("li.queue-item img").first.wait_for()
    assert page.locator("li.queue-item img").count() < 40, "pictures of the rows near the screen alone"
    scroll(page, "0")
    assert names(page)[0] == "IMG_0001.jpg"


def test_screen_readers_are_told_the_place_of_a_row(open_list: OpenList) -> None:
    page = open_list()
    scroll(page, "document.documentElement.scrollHeight / 2")
    rows = page.locator("li.queue-item")
    said = rows.evaluate_all("rows => rows.map(row => [row.dataset.name, row.ariaPosInSet, row.ariaSetSize])")
    assert said
    assert all(int(place) == int(name[4:8]) and of == str(COUNT) for name, place, of in said)
    assert axe(page) == []


def test_a_short_list_is_whole(open_list: OpenList) -> None:
    page = open_list(30)
    assert numbers(names(page)) == list(range(1, 31))
    assert page.locator("[aria-posinset]").count() == 0
    assert page.locator("[data-below]").evaluate("block => block.offsetHeight") == 0


def test_the_keyboard_walks_through_rows_that_did_not_exist(open_list: OpenList) -> None:
    page = open_list()
    page.locator("li.queue-item [data-cross]").first.focus()
    for _ in range(150):
        page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.closest('li')?.dataset.name")
    assert focused == "IMG_0151.jpg"
    assert focused in in_sight(page)


def test_the_focus_stays_with_a_row_that_is_scrolled_away(open_list: OpenList) -> None:
    page = open_list()
    page.locator("li.queue-item [data-cross]").nth(3).focus()
    scroll(page, "document.documentElement.scrollHeight / 2")
    assert names(page)[0] == "IMG_0004.jpg"
    assert page.evaluate("document.activeElement.closest('li')?.dataset.name") == "IMG_0004.jpg"
    assert min(numbers(in_sight(page))) > 100
    page.keyboard.press("Enter")  # leaves it out, and the focus goes on
    page.get_by_role("button", name=f"All {COUNT - 1}").wait_for()
    assert page.evaluate("document.activeElement.closest('li')") is not None


def test_a_row_that_is_used_again_shows_and_does_what_its_new_file_needs(open_list: OpenList) -> None:
    page = open_list()
    scroll(page, "document.documentElement.scrollHeight / 2")
    name = in_sight(page)[2]
    row = page.locator(f'li.queue-item[data-name="{name}"]')
    assert row.locator("[data-fname]").text_content() == name
    row.get_by_role("button", name=f"Leave out: {name}").click()
    page.get_by_role("button", name=f"All {COUNT - 1}").wait_for()
    assert row.count() == 0
    assert "IMG_0001.jpg" not in names(page)
    scroll(page, "0")
    assert names(page)[0] == "IMG_0001.jpg"


def test_each_row_has_its_own_picture(open_list: OpenList) -> None:
    page = open_list()
    for part in (0, 0.02, 0.05, 0.5, 0.52, 0):  # on again before all pictures are there, too
        scroll(page, f"document.documentElement.scrollHeight * {part}")
        page.locator("li.queue-item img").first.wait_for()
    shown = set(in_sight(page))
    eventually(lambda: page.wait_for_timeout(50) or shown <= set(colours(page)), "pictures of the rows on the screen")
    for name, colour in colours(page).items():
        wanted = (
            pictures.picture((numbers([name])[0] - 1) % SEEDS).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
        )
        assert isinstance(wanted, tuple)
        assert max(abs(one - other) for one, other in zip(colour, wanted, strict=True)) < 25, name
