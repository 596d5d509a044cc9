"""Hosts log in by each way, in a real browser with the pages' real policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django import Settings

from immichdrop.models import User
from immichdrop.sandbox import Sandbox, running
from tests.browser.conftest import DESKTOP, PHONE, NewContext, axe

PASSWORD = "correct horse battery"


@pytest.fixture
def immich(web: str, tmp_path: Path, settings: Settings) -> Iterator[Sandbox]:
    """One with single sign-on, of which the person is no administrator."""
    with running(tmp_path / "immich", oauth=True) as sandbox:
        settings.IMMICH_BASE_URL = sandbox.url
        sandbox.change_account(is_admin=False)
        cache.clear()
        yield sandbox
    cache.clear()


@pytest.fixture
def page(web: str, immich: Sandbox, new_context: NewContext) -> Page:
    page = new_context(**DESKTOP).new_page()
    page.goto(f"{web}/login")
    return page


def test_with_immichs_password_and_then_a_key(page: Page, immich: Sandbox) -> None:
    page.get_by_label("E-mail").fill(immich.email)
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("don’t match")

    page.get_by_label("E-mail").fill(immich.email)
    page.get_by_label("Password", exact=True).fill(immich.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Connect your library").click()
    page.get_by_role("button", name="Connect my library").click()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("Your library is connected")
    expect(page.get_by_text("Allowed", exact=True)).to_have_count(10)

    page.get_by_text("Disconnect…").click()
    page.get_by_role("button", name="Disconnect my library").click()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("revoked in Immich")
    page.get_by_label("Your account:").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert immich.keys() == {}


def test_with_a_local_account_from_the_keyboard(page: Page) -> None:
    User.objects.create_user("host@example.org", PASSWORD)
    page.get_by_role("link", name="Local account").press("Enter")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("host@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Links", exact=True)).to_be_visible()


def test_who_guesses_is_asked_to_wait(page: Page) -> None:
    User.objects.create_user("host@example.org", PASSWORD)
    page.get_by_role("link", name="Local account").click()
    for _ in range(7):
        page.get_by_label("E-mail").fill("host@example.org")
        page.get_by_label("Password", exact=True).fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Too many tries")
    page.get_by_label("E-mail").fill("host@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Too many tries")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(
    web: str, immich: Sandbox, new_context: NewContext, theme: str, device: dict[str, object]
) -> None:
    page = new_context(**device, color_scheme=theme, bypass_csp=True, reduced_motion="reduce").new_page()
    for way in ("", "?way=key", "?way=local"):
        page.goto(f"{web}/login{way}")
        assert axe(page) == []
    page.get_by_label("E-mail").fill("nobody@example.org")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert axe(page) == []


def test_with_an_api_key(page: Page, immich: Sandbox) -> None:
    page.get_by_role("link", name="Use an API key instead").click()
    page.get_by_label("API key", exact=True).fill(immich.create_key(["user.read", "asset.upload"]))
    page.get_by_label("Deliver my links with this key").check()
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Your account:").click()
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_role("heading", name="Your own library")).to_be_visible()
    expect(page.get_by_text("Missing", exact=True)).to_have_count(8)


def test_with_single_sign_on(page: Page) -> None:
    page.get_by_role("link", name="Login with OAuth").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("You stopped the sign-in")
    page.get_by_role("link", name="Login with OAuth").click()
    page.get_by_role("button", name="Sign in as").click()
    expect(page.get_by_role("heading", name="Links", exact=True)).to_be_visible()
