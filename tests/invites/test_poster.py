"""A link's poster: what stands on it, in which language and on which paper."""

from dataclasses import fields
from datetime import UTC, date, datetime

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from immichdrop.languages import NAMES
from immichdrop.models import User
from invites import qr
from invites.models import Invite
from invites.poster import PAPERS, title_size
from invites.poster_words import WORDS, PosterWords, day_in, direction
from tests.invites.conftest import MakeInvite


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def at_home(client: Client, host: User) -> Client:
    client.force_login(host)
    return client


@pytest.fixture
def link(make_invite: MakeInvite, host: User) -> Invite:
    return make_invite(owner=host, name="Beach & sun", slug="beach")


def page_of(client: Client, link: Invite, **said: str) -> str:
    answer = client.get(f"/menu/links/{link.token}/poster", said)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_title_instruction_code_and_address(at_home: Client, link: Invite) -> None:
    page = page_of(at_home, link)
    assert "Beach &amp; sun</h2>" in page
    assert "Share your photos with us" in page
    assert "Point your camera at the code" in page
    assert qr.svg("http://testserver/invite/beach") in page
    assert ">http://testserver/invite/beach</p>" in page
    assert "Open until" not in page
    assert "style=" not in page


def test_nobody_types_https(at_home: Client, link: Invite, settings: LazySettings) -> None:
    settings.PUBLIC_BASE_URL = "https://drop.example.org"
    page = page_of(at_home, link)
    assert ">drop.example.org/invite/beach</p>" in page
    assert qr.svg("https://drop.example.org/invite/beach") in page


@pytest.mark.parametrize("size", PAPERS)
def test_papers(at_home: Client, link: Invite, size: str) -> None:
    page = page_of(at_home, link, size=size, language="de")
    assert f'class="paper paper-{size} ' in page
    assert page.count("<article") == PAPERS[size][1]
    assert page.count("Teilt eure Fotos mit uns") == PAPERS[size][1]
    assert f'href="?size={size}&amp;language=de" aria-current="page"' in page


@pytest.mark.parametrize("language", NAMES)
def test_every_language_is_whole(at_home: Client, link: Invite, language: str) -> None:
    words = WORDS[language]
    for field in fields(PosterWords):
        value = getattr(words, field.name)
        assert value or field.name == "small_months"
        if language != "en" and isinstance(value, str) and field.name not in ("day", "year"):
            assert value != getattr(WORDS["en"], field.name)
    assert words.until.count("{day}") == 1
    page = page_of(at_home, link, language=language)
    assert f'<article class="poster" lang="{language}" dir="{direction(language)}"' in page
    assert f'value="{language}" lang="{language}" selected>' in page
    assert words.share in page


def test_there_are_no_other_languages() -> None:
    assert list(WORDS) == list(NAMES)
    assert [language for language in NAMES if direction(language) == "rtl"] == ["ar"]


@pytest.mark.parametrize("said", [{}, {"size": "a0", "language": "xx"}, {"size": "", "language": "<script>"}])
def test_what_makes_no_sense_is_a4_in_the_pages_language(at_home: Client, link: Invite, said: dict[str, str]) -> None:
    page = page_of(at_home, link, **said)
    assert "paper-a4" in page
    assert 'lang="en" dir="ltr"' in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("kinds", "kicker", "line"),
    [
        ("both", "Share your photos with us", "Pick photos and videos"),
        ("photos", "Share your photos with us", "Pick photos<"),
        ("videos", "Share your videos with us", "Pick videos<"),
    ],
)
def test_it_asks_for_what_the_link_takes(at_home: Client, link: Invite, kinds: str, kicker: str, line: str) -> None:
    Invite.objects.filter(pk=link.pk).update(kinds=kinds)
    page = page_of(at_home, link)
    assert kicker in page
    assert line in page


def test_the_album_of_a_link_with_a_password_does_not_hang_on_the_wall(
    at_home: Client, make_invite: MakeInvite, host: User
) -> None:
    open_link = make_invite(owner=host, name="", album_name="Wedding")
    assert "Wedding</h2>" in page_of(at_home, open_link)
    locked = make_invite(owner=host, name="", album_name="Wedding", password="sesame")
    page = page_of(at_home, locked, language="fr")
    assert "Ajoutez vos photos</h2>" in page
    assert "Wedding</h2>" not in page


def test_the_last_day_in_every_language() -> None:
    this_year = timezone.localdate().year
    written = {language: day_in(language, date(this_year, 3, 2)) for language in NAMES}
    assert written == {
        "en": "2 March",
        "de": "2. März",
        "fr": "2 mars",
        "es": "2 de marzo",
        "it": "2 marzo",
        "pt": "2 de março",
        "nl": "2 maart",
        "pl": "2 marca",
        "sv": "2 mars",
        "tr": "2 Mart",
        "uk": "2 березня",
        "ja": "3月2日",
        "zh-hans": "3月2日",
        "ar": "2 مارس",
    }
    assert all("2099" in day_in(language, date(2099, 3, 2)) for language in NAMES)


def test_the_last_day_on_the_page(at_home: Client, link: Invite) -> None:
    Invite.objects.filter(pk=link.pk).update(expires_at=datetime(2099, 7, 14, 20, tzinfo=UTC))
    assert 'datetime="2099-07-14"' in page_of(at_home, link)
    assert ">14 de julio de 2099</time>." in page_of(at_home, link, language="es")


@pytest.mark.parametrize(
    ("title", "size"),
    [("Beach week", "xl"), ("x" * 25, "l"), ("x" * 80, "m"), ("x" * 140, "s"), ("漢" * 24, "l"), ("漢" * 71, "xs")],
)
def test_long_titles_are_smaller(at_home: Client, link: Invite, title: str, size: str) -> None:
    assert title_size(title) == size
    Invite.objects.filter(pk=link.pk).update(name=title)
    assert f"poster-title-{size}" in page_of(at_home, link)


def test_another_hosts_poster_is_not_there(client: Client, link: Invite) -> None:
    path = f"/menu/links/{link.token}/poster"
    assert client.get(path)["Location"].startswith("/login?next=/menu/links/")
    client.force_login(User.objects.create_user("stranger@example.org"))
    for asked in (path, f"{path}?size=a6&language=de", "/menu/links/unknown/poster"):
        answer = client.get(asked)
        assert answer.status_code == 404
        assert b"Beach" not in answer.content


def test_the_way_there(at_home: Client, link: Invite) -> None:
    path = f"/menu/links/{link.token}/poster"
    assert f'href="{path}"' in at_home.get("/menu").content.decode()
    sheet = at_home.get(f"/menu/links/{link.token}/qr").content.decode()
    assert f'href="{path}"' in sheet
    assert f'href="{path}?size=a6"' in sheet
    assert at_home.post(path).status_code == 405
