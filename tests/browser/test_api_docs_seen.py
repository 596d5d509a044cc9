"""The API's page as a person reads it, on a phone and a desktop, in both themes."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, NewContext, axe


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(web: str, new_context: NewContext, theme: str, device: dict[str, object]) -> None:
    page = new_context(**device, color_scheme=theme, bypass_csp=True).new_page()
    page.goto(f"{web}/api/docs")
    assert axe(page) == []
    assert _fits(page)
    place = page.get_by_label("Switch between light and dark").bounding_box()
    assert place
    assert place["y"] < 64  # in the head


def test_a_narrow_phone_scrolls_in_one_direction(web: str, new_context: NewContext) -> None:
    page = new_context(viewport={"width": 320, "height": 640}).new_page()
    page.goto(f"{web}/api/docs")
    assert _fits(page)


def test_an_anchor_leads_to_its_route_without_script(web: str, new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{web}/api/docs")
    page.get_by_role("navigation").get_by_role("link", name="POST /api/invites/delete").click()
    assert page.url.endswith("/api/docs#post_invites_delete")
    expect(page.get_by_role("heading", name="POST /api/invites/delete")).to_be_in_viewport()
    page.get_by_role("link", name="LinkItem").click()
    expect(page.get_by_role("heading", name="LinkItem")).to_be_in_viewport()


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
