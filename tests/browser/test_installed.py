"""The service worker in a real browser: what it keeps, what it never keeps, and how it is replaced."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import BrowserContext, Page, expect

from tests import pictures
from tests.browser.conftest import GuestPage, NewContext, axe
from tests.conftest import MakeInvite
from tests.serving import eventually

KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) {
      const { pathname, search } = new URL(request.url);
      found.push(pathname + search);
    }
  }
  return found;
}"""


def controlled(page: Page) -> None:
    """Waits until the worker answers for the page."""
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


@pytest.fixture
def installed(new_context: NewContext) -> BrowserContext:
    return new_context(service_workers="allow", bypass_csp=True)  # for axe


def test_only_the_shell_is_kept_and_it_shows_without_a_network(
    web: str, make_invite: MakeInvite, installed: BrowserContext, tmp_path: Path
) -> None:
    guest = GuestPage(installed.new_page())
    guest.page.goto(web + make_invite(name="Beach", welcome_text="We danced").path)
    controlled(guest.page)
    guest.page.reload()  # once more, with the worker between
    photo = tmp_path / "a.jpg"
    photo.write_bytes(pictures.jpeg(1))
    guest.choose(photo)
    guest.wait_for(lambda seen: set(seen.values()) == {"received"}, "the photo")
    kept = guest.page.evaluate(KEPT)
    pages = {address for address in kept if not address.startswith("/static/")}
    assert pages == {"/offline?lang=en", "/share?lang=en"}
    assert all("/static/admin/" not in address for address in kept)
    assert any("/guest." in address for address in kept), "files with a hash are kept once they were loaded"

    installed.set_offline(True)
    guest.page.reload()
    expect(guest.page.get_by_role("heading", name="You're offline.")).to_be_visible()
    assert "Beach" not in guest.page.content()
    assert axe(guest.page) == []
    installed.set_offline(False)  # it opens by itself
    expect(guest.page.get_by_role("heading", name="Beach")).to_be_visible()


def test_a_new_version_replaces_the_old_one(
    web: str,
    make_invite: MakeInvite,
    installed: BrowserContext,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = installed.new_page()
    page.goto(web + make_invite().path)
    controlled(page)
    (before,) = page.evaluate("caches.keys()")
    monkeypatch.setattr("immichdrop.installing.SHELL_FILES", ("app.css", "page.js", "share.js", "icons.svg"))
    page.reload()

    def names() -> list[str]:
        page.wait_for_timeout(50)
        return list(page.evaluate("caches.keys()"))

    eventually(lambda: len(names()) == 1 and names() != [before], "the new version alone")

    settings.SERVICE_WORKER_ENABLED = False

    def gone() -> bool:
        """At the next visit, or the one after: a look that was on its way already may have found the old one."""
        page.reload()
        page.wait_for_timeout(1000)
        return names() == [] and bool(page.evaluate("async () => !(await navigator.serviceWorker.getRegistration())"))

    eventually(gone, "neither caches nor worker")
