"""Which languages hosts' pages are shown in, and how a host chooses one."""

import pytest
from django.conf import settings as configured
from django.test import Client

from immichdrop import languages
from immichdrop.models import User


@pytest.fixture
def at_home(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("host@example.org"))
    return client


def test_there_are_fourteen_languages_and_all_pages_know_english() -> None:
    assert len(languages.NAMES) == 14
    assert dict(configured.LANGUAGES) == languages.NAMES
    assert configured.LANGUAGE_CODE == "en"


@pytest.mark.parametrize("address", ["/admin/", "/api/docs", "/api/invites"])
def test_what_administrators_and_programs_read_is_in_english(client: Client, db: None, address: str) -> None:
    """Django's own words would otherwise be mixed in."""
    client.force_login(User.objects.create_superuser("admin@example.org"))
    answer = client.get(address, headers={"Accept-Language": "de"})
    assert answer["Content-Language"] == "en"


def test_hosts_pages_are_in_the_hosts_language(at_home: Client) -> None:
    page = at_home.get("/menu", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="de" dir="ltr"' in page
    assert "Neuer Link" in page


def test_the_browsers_language_counts_until_one_is_chosen(client: Client, db: None) -> None:
    arabic = {"Accept-Language": "ar-EG, en;q=0.5"}
    assert '<html lang="ar" dir="rtl"' in client.get("/login", headers=arabic).content.decode()
    client.post("/language", {"language": "en"})
    assert '<html lang="en" dir="ltr"' in client.get("/login", headers=arabic).content.decode()


def test_a_choice_is_kept_and_leads_back(at_home: Client) -> None:
    answer = at_home.post("/language", {"language": "ar", "next": "/menu?q=beach"})
    assert (answer.status_code, answer["Location"]) == (302, "/menu?q=beach")
    cookie = answer.cookies["drop_language"]
    assert (cookie.value, cookie["max-age"], cookie["samesite"], cookie["httponly"]) == ("ar", 31536000, "Lax", True)
    assert '<html lang="ar" dir="rtl"' in at_home.get("/menu").content.decode()


@pytest.mark.parametrize("there", ["https://evil.example.net/", "//evil.example.net", "javascript:alert(1)"])
def test_it_leads_to_no_other_site(client: Client, db: None, there: str) -> None:
    assert client.post("/language", {"language": "ar", "next": there})["Location"] == "/"


@pytest.mark.parametrize("code", ["", "xx", "../de", "ar\0"])
def test_what_is_not_offered_changes_nothing(client: Client, db: None, code: str) -> None:
    assert client.post("/language", {"language": code}).status_code == 302
    assert '<html lang="en"' in client.get("/login").content.decode()


def test_looking_there_chooses_nothing(client: Client) -> None:
    assert not client.get("/language", {"language": "ar"}).cookies


def test_a_choice_needs_a_token(db: None) -> None:
    assert Client(enforce_csrf_checks=True).post("/language", {"language": "ar"}).status_code == 403


def test_the_menu_offers_what_there_is(at_home: Client) -> None:
    page = at_home.get("/menu?q=beach").content.decode()
    assert 'action="/language"' in page
    assert 'name="next" value="/menu?q=beach"' in page
    assert 'value="en" lang="en" aria-current="true"' in page
    assert 'value="ar" lang="ar">' in page


def test_the_icon_is_where_browsers_look_for_it(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/static/favicon.")
    assert answer["Location"].endswith(".svg")
