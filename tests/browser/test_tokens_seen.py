"""The page of API tokens as a host sees it: a token is made, copied this once, and revoked."""

from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from immichdrop.models import User
from invites import tokens
from invites.api_tokens import Scope
from invites.models import ApiToken
from tests.browser.conftest import DESKTOP, PHONE, NewContext
from tests.serving import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def axe(page: Page) -> list[str]:
    page.add_script_tag(path=Path(AXE))
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize(
    ("device", "theme", "language"), [(DESKTOP, "light", "en"), (PHONE, "dark", "ar")], ids=["desktop", "phone"]
)
def test_made_copied_and_revoked(
    web: str, new_context: NewContext, device: dict[str, object], theme: str, language: str
) -> None:
    host = User.objects.create_user("lena@example.org", name="Lena Brandt")
    tokens.create_token(host, "A scanner with a name as long as it may be " * 2, [Scope.FILES], album_name="Scans")
    client = Client()
    client.force_login(host)
    context = new_context(
        **{**device, "color_scheme": theme, "bypass_csp": True, "reduced_motion": "reduce"},
        permissions=["clipboard-read", "clipboard-write"],
    )
    kept = {"drop_session": client.cookies["drop_session"].value, "drop_language": language}
    context.add_cookies([{"name": name, "value": value, "url": web} for name, value in kept.items()])
    page = context.new_page()
    page.goto(f"{web}/menu/tokens")
    page.fill("[name=name]", "iPhone")
    page.check("[name=may_invites]")
    page.locator("main form").filter(has=page.locator("[name=name]")).locator("[type=submit]").click()
    secret = page.locator("[data-url] code").first.inner_text()
    page.locator("[data-copy]").click()
    expect(page.locator(".toast-note")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    token = ApiToken.objects.of_secret(secret)
    assert token
    assert token.scopes == list(Scope)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= device["viewport"]["width"]  # type: ignore[index]
    row = page.locator("li").filter(has_text="iPhone")
    row.locator("summary").click()
    row.locator("button").click()
    expect(row).to_have_count(0)
    assert page.get_by_text(secret).count() == 0
    token.refresh_from_db()
    assert token.revoked_at
