"""The language of guests' pages: which one a guest gets, how it is chosen, and what is written by its rules."""

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import get_language, override

from immichdrop.languages import NAMES
from immichdrop.models import User
from tests.invites.conftest import MakeInvite

DIST = Path(__file__).resolve().parent.parent.parent / "static" / "dist"
FIRST_LOAD = 90_000  # bytes, compressed
DAY = datetime(2026, 7, 14, 12, tzinfo=UTC)


def language_of(html: str) -> tuple[str, str]:
    """`lang` and `dir` of a page."""
    found = re.search(r'<html lang="([\w-]+)" dir="(\w+)"', html)
    assert found
    return found[1], found[2]


def get(client: Client, path: str, accepted: str = "", **more: object) -> str:
    return client.get(path, headers={"Accept-Language": accepted} if accepted else {}, **more).content.decode()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("la, sv;q=0.8", "sv"),
        ("pt-BR", "pt"),
        ("zh-CN", "zh-hans"),
        ("la", "en"),
        ("\x00;q=x,,", "en"),
        ("", "en"),
    ],
)
def test_the_browser_says_which(client: Client, make_invite: MakeInvite, accepted: str, language: str) -> None:
    answer = client.get(make_invite().path, headers={"Accept-Language": accepted})
    assert language_of(answer.content.decode()) == (language, "ltr")
    assert "drop_language" not in answer.cookies
    assert "Accept-Language" in answer["Vary"]
    assert answer["Content-Language"] == language


def test_a_choice_wins_and_is_kept(client: Client, make_invite: MakeInvite) -> None:
    path = make_invite().path
    answer = client.get(f"{path}?lang=ar", headers={"Accept-Language": "de"})
    assert language_of(answer.content.decode()) == ("ar", "rtl")
    cookie = answer.cookies["drop_language"]
    assert (cookie.value, cookie["max-age"], cookie["samesite"], cookie["httponly"]) == ("ar", 31536000, "Lax", True)
    assert language_of(get(client, path, "de")) == ("ar", "rtl")
    assert language_of(get(client, f"{path}?lang=en", "de")) == ("en", "ltr")
    assert language_of(get(client, path, "de")) == ("en", "ltr")


@pytest.mark.parametrize("asked", ["", "xx", "../de", "de\x00", "de" * 500, "<script>"])
def test_a_choice_that_is_none_changes_nothing(client: Client, make_invite: MakeInvite, asked: str) -> None:
    answer = client.get(make_invite().path, {"lang": asked}, headers={"Accept-Language": "nl"})
    assert language_of(answer.content.decode())[0] == "nl"
    assert "drop_language" not in answer.cookies


def test_the_choice_is_offered_as_a_form_that_stays_here(client: Client, make_invite: MakeInvite) -> None:
    for path in (make_invite().path, make_invite(password="sesame").path, make_invite(disabled=True).path, "/nowhere"):
        html = get(client, path, "fr")
        form = re.search(r"<form[^>]*data-language-choice.*?</form>", html, re.DOTALL)
        assert form
        assert "action=" not in form[0]
        assert re.findall(r'<option value="([\w-]+)"', form[0]) == list(NAMES)
        assert re.findall(r'value="([\w-]+)" lang="[\w-]+" selected', form[0]) == ["fr"]


@pytest.mark.parametrize("language", NAMES)
def test_a_page_has_its_own_words_and_no_others(client: Client, make_invite: MakeInvite, language: str) -> None:
    html = get(client, f"{make_invite(max_files=50, max_bytes=2_000_000_000, expires_at=None).path}?lang={language}")
    assert language_of(html) == (language, "rtl" if language == "ar" else "ltr")
    files = set(re.findall(r"words/([\w-]+?)\.(?:[0-9a-f]+\.)?js", html))
    assert files == ({language} - {"en"})
    assert ("Add photos" in html) == (language == "en")
    assert "%(" not in html


@pytest.mark.parametrize(
    ("language", "day", "size"),
    [
        ("en", "Open until 14 July", "4.2 MB each"),
        ("de", "Geöffnet bis 14. Juli", "Je bis 4,2 MB"),
        ("fr", "Ouvert jusqu’au 14 juillet", "4,2 Mo chacun"),
        ("pt", "Aberto até 14 de julho", "4,2 MB cada um"),
        ("uk", "Відкрито до 14 липня включно", "Кожен до 4,2 МБ"),
        ("ja", "受付は7月14日まで", "1個につき4.2 MBまで"),
        ("ar", "مفتوح حتى 14 يوليو", "4.2 م.ب لكل ملف"),
    ],
)
def test_days_and_sizes_follow_the_language(
    client: Client, make_invite: MakeInvite, language: str, day: str, size: str
) -> None:
    invite = make_invite(expires_at=DAY.replace(year=9000), max_file_size=4_200_000)
    html = re.sub("[\u00a0\u202f]", " ", get(client, f"{invite.path}?lang={language}"))
    assert day in html
    assert size in html


def test_the_doors_speak_it_too(client: Client, make_invite: MakeInvite) -> None:
    owner = User.objects.create_user("lena@example.org", name="Lena")
    assert "Diese Seite ist seit dem 14. Juli geschlossen" in get(client, make_invite(expires_at=DAY).path, "de")
    assert "Frag Lena, ob" in get(client, make_invite(disabled=True, owner=owner).path, "de")
    assert "Frag die Gastgeber, ob" in get(client, make_invite(disabled=True).path, "de")
    assert "Ta strona ma hasło" in get(client, make_invite(password="sesame").path, "pl")
    assert "このページが見つかりません" in get(client, "/invite/unknown", "ja")
    assert "Cette page est introuvable" in get(client, "/nowhere", "fr")


def test_too_many_tries_are_counted_right(client: Client, make_invite: MakeInvite) -> None:
    path = make_invite(password="sesame").path
    said = set()
    for _ in range(30):
        answer = client.post(path, {"password": "no"}, headers={"Accept-Language": "pl"})
        said |= set(re.findall(r"Poczekaj \d+ (\w+)\.", answer.content.decode()))
    assert said <= {"minutę", "minuty", "minut"}
    assert said


def test_an_unnamed_link_is_headed_in_the_guests_language(client: Client, make_invite: MakeInvite) -> None:
    assert "<bdi>Lägg till dina bilder</bdi>" in get(client, make_invite(name="").path, "sv")


def test_the_page_about_an_error_speaks_it_without_a_request() -> None:
    with override("es"):
        html = render_to_string("500.html")
    assert "Algo ha fallado aquí" in html
    assert language_of(html) == ("es", "ltr")


def test_a_language_ends_with_its_request(client: Client, make_invite: MakeInvite) -> None:
    get(client, make_invite().path, "de")
    assert get_language() == "en"


def test_the_api_stays_in_english(client: Client, make_invite: MakeInvite) -> None:
    assert language_of(get(client, "/login?lang=de", "de")) == ("de", "ltr")
    assert client.get("/api/config", headers={"Accept-Language": "de"})["Content-Language"] == "en"


@pytest.mark.parametrize("language", ["en", "ar", "uk"])  # with nothing more, and the largest two
def test_the_first_load_is_small(client: Client, make_invite: MakeInvite, language: str) -> None:
    html = client.get(f"{make_invite().path}?lang={language}").content
    names = ["app.css", "page.js", "guest.js", *([] if language == "en" else [f"words/{language}.js"])]
    sizes = [len(gzip.compress(content)) for content in (html, *((DIST / name).read_bytes() for name in names))]
    assert sum(sizes) <= FIRST_LOAD
