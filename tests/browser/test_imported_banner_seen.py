"""The banner after moving over from immich-drop, as a host reads it and puts it away."""

import pytest
from playwright.sync_api import expect

from immichdrop.models import StateImport, User
from tests.browser.conftest import DESKTOP, PHONE, OpenMenu, axe


@pytest.fixture
def told(host: User) -> None:
    User.objects.filter(pk=host.pk).update(is_staff=True)
    lines = ["invites: row 4: expires_at: 'soon' is not a time; the link is disabled", f"uploads: row 7: {'x' * 300}"]
    StateImport.objects.create(links=12, files=340, known=5210, not_read=lines)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_is_read_and_put_away(open_menu: OpenMenu, told: None, theme: str, device: dict[str, object]) -> None:
    page = open_menu("/menu", **device, color_scheme=theme, bypass_csp=True, reduced_motion="reduce")
    page.get_by_text("What could not be read").click()
    expect(page.get_by_text("row 4: expires_at")).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_label("Dismiss: Moved over from immich-drop").click()
    expect(page.get_by_text("Moved over from immich-drop")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Links", exact=True)).to_be_visible()
    expect(page.get_by_text("Moved over from immich-drop")).to_have_count(0)


def test_without_script(open_menu: OpenMenu, told: None) -> None:
    page = open_menu("/menu", java_script_enabled=False)
    page.get_by_label("Dismiss: Moved over from immich-drop").click()
    assert page.url.endswith("/menu")
    expect(page.get_by_text("Moved over from immich-drop")).to_have_count(0)
