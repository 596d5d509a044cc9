"""Guests' pages in other languages, as they are seen: the browser's, a chosen one, from right to left."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from immichdrop.languages import NAMES
from invites.models import Invite
from tests import pictures
from tests.browser.conftest import DESKTOP, PHONE, GuestPage, NewContext, axe
from tests.conftest import MakeInvite
from uploads.worker import Worker

NARROW = {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True}
# Elements that stand out of the window, or whose words are cut off.
CUT_OFF = """
() => [...document.querySelectorAll("h1, h2, p, button, label, a, .chip, .segmented > *")]
  .filter((element) => element.checkVisibility() && !element.closest(".sr-only, .skip-link, .truncate"))
  .filter((element) => {
    const { left, right } = element.getBoundingClientRect();
    return left < -1 || right > innerWidth + 1 || element.scrollWidth > element.clientWidth + 1;
  })
  .map((element) => element.textContent.trim().slice(0, 60))
  .concat(document.documentElement.scrollWidth > innerWidth ? ["the page is wider than its window"] : [])
"""


@pytest.fixture
def arrive(web: str, make_invite: MakeInvite, new_context: NewContext) -> Callable[..., Page]:
    """A guest with a browser of these options opens a link."""

    def come(invite: Invite | None = None, search: str = "", **options: object) -> Page:
        page = new_context(**options).new_page()
        page.goto(f"{web}{(invite or make_invite()).path}{search}")
        return page

    return come


Arrive = Callable[..., Page]


def test_the_browsers_language_is_spoken(arrive: Arrive) -> None:
    page = arrive(locale="de-AT")
    assert page.locator("html").get_attribute("lang") == "de"
    expect(page.get_by_role("heading", name="So geht’s")).to_be_visible()


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["with script", "without script"])
def test_a_chosen_language_turns_the_page_round_and_stays(
    web: str, make_invite: MakeInvite, arrive: Arrive, options: dict[str, object]
) -> None:
    invite = make_invite()
    page = arrive(invite, locale="en", **options)
    page.get_by_role("combobox", name="Language").select_option(label="العربية")
    if options:
        page.get_by_role("button", name="Change").click()
    page.wait_for_url(f"{web}{invite.path}?lang=ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.reload()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.goto(f"{web}{invite.path}")
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    expect(page.get_by_role("heading", name="كيف يعمل")).to_be_visible()


def test_an_upload_shows_its_states_in_japanese(
    deliveries: Worker, make_invite: MakeInvite, arrive: Arrive, tmp_path: Path
) -> None:
    page = arrive(make_invite(album_name="Party"), locale="ja")
    guest = GuestPage(page)
    photo, text = tmp_path / "IMG_0001.jpg", tmp_path / "notes.pdf"
    photo.write_bytes(pictures.jpeg(1))
    text.write_bytes(b"%PDF-1.7\n")
    guest.choose(photo, text)
    guest.wait_for(lambda seen: seen == {"IMG_0001.jpg": "delivered", "notes.pdf": "refused"}, "both outcomes")
    chips = page.locator("li.queue-item [data-word]")
    assert sorted(chips.all_text_contents()) == ["アルバムに入りました", "受け付けられません"]
    expect(page.get_by_role("heading", name="2個中1個を受け取りました。ありがとうございます！")).to_be_visible()
    expect(page.get_by_text("1個は受け取れませんでした。理由は一覧にあります。").first).to_be_visible()


def test_a_page_whose_words_do_not_come_works_in_english(
    web: str, make_invite: MakeInvite, new_context: NewContext, tmp_path: Path
) -> None:
    page = new_context(locale="it").new_page()
    page.route("**/words/*.js", lambda route: route.abort())
    page.goto(f"{web}{make_invite().path}")
    photo = tmp_path / "IMG_0001.jpg"
    photo.write_bytes(pictures.jpeg(1))
    guest = GuestPage(page)
    guest.choose(photo)
    guest.wait_for(lambda seen: set(seen.values()) == {"received"}, "the file")
    expect(page.get_by_role("heading", name="Received. Thank you!")).to_be_visible()


def test_only_its_own_words_are_loaded(web: str, make_invite: MakeInvite, new_context: NewContext) -> None:
    page = new_context(locale="uk").new_page()
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(f"{web}{make_invite().path}", wait_until="networkidle")
    assert len([url for url in loaded if "/words/uk." in url]) == 1
    assert [url for url in loaded if "/words/" in url and "/words/uk." not in url] == []


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("device", [NARROW, DESKTOP], ids=["narrow phone", "desktop"])
def test_longer_words_find_room(
    language: str, device: dict[str, object], make_invite: MakeInvite, arrive: Arrive, tmp_path: Path
) -> None:
    options = {"is_mobile": False, "has_touch": False, **device}
    limits = {"max_files": 50, "max_file_size": 1_000_000, "kinds": "photos", "guest_name": "optional"}
    page = arrive(make_invite(**limits), f"?lang={language}", **options)
    assert page.evaluate(CUT_OFF) == []
    guest = GuestPage(page)
    for name, size in {"IMG_0001.jpg": 1000, "IMG_0002.jpg": 2_000_000, "clip.mp4": 10}.items():
        (tmp_path / name).write_bytes(pictures.jpeg(1) + bytes(size))
    guest.choose(*tmp_path.iterdir())
    guest.wait_for(lambda seen: sorted(seen.values()) == ["received", "refused", "refused"], "the outcomes")
    assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("language", ["de", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    language: str, scheme: str, make_invite: MakeInvite, arrive: Arrive, new_context: NewContext
) -> None:
    options = {**PHONE, "color_scheme": scheme, "locale": language, "bypass_csp": True}
    for invite in (make_invite(guest_name="optional", max_files=5), make_invite(password="sesame")):
        assert axe(arrive(invite, **options)) == []
    assert axe(arrive(make_invite(disabled=True), **options)) == []
