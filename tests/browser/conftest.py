"""A real Chromium, phones and desktops in it, and the guest's page as a person meets it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from immichdrop.models import User
from tests.serving import ROOT, eventually

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PATIENCE = 60_000  # ms; other tests keep the machine busy beside these
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Before `-m "not browser"` is looked at."""
    if Path(__file__).parent in item.path.parents:
        item.add_marker(pytest.mark.browser)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts these tests last: from the first one on, Playwright keeps an event loop running in the tests' thread."""
    ours = [item for item in items if item.get_closest_marker("browser")]
    items[:] = [item for item in items if item not in ours] + ours


def chromium_path() -> str:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "The browser tests need Chromium: see `make browser`."
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in the tests' thread, which Django takes for an asynchronous view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[NewContext]:
    """Another person's browser; a phone unless told otherwise. Anything a page complains of fails the test."""
    made: list[BrowserContext] = []
    complaints: list[str] = []

    def make(**options: object) -> BrowserContext:
        # A worker would stand between the page and what tests see and hold back of its requests.
        context = chromium.new_context(**{**PHONE, "service_workers": "block", **options})
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()
    assert complaints == []


OpenMenu = Callable[..., Page]


@pytest.fixture
def host(transactional_db: None) -> User:
    return User.objects.create_user("lena@example.org", name="Lena Brandt")


@pytest.fixture
def open_menu(web: str, host: User, new_context: NewContext) -> OpenMenu:
    """The links page in a browser that is logged in; a desktop in Tokyo unless told otherwise."""

    def open_it(path: str = "/menu", **options: object) -> Page:
        client = Client()
        client.force_login(host)
        wanted = {**DESKTOP, "is_mobile": False, "has_touch": False, "timezone_id": "Asia/Tokyo", **options}
        context = new_context(permissions=["clipboard-read", "clipboard-write"], **wanted)
        context.add_cookies([{"name": "drop_session", "value": client.cookies["drop_session"].value, "url": web}])
        page = context.new_page()
        page.goto(f"{web}{path}")
        return page

    return open_it


def axe(page: Page) -> list[str]:
    """What axe-core complains of."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]


class GuestPage:
    """The guest's page, by what is seen on it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def choose(self, *files: Path) -> None:
        self.page.locator("label:visible > input[data-pick='photos']").first.set_input_files(files)

    def states(self) -> dict[str, str]:
        """State by file name, as the rows show it."""
        rows = self.page.locator("li.queue-item")
        return dict(rows.evaluate_all("rows => rows.map(row => [row.dataset.name, row.dataset.state])"))

    def wait_for(self, wanted: Callable[[dict[str, str]], bool], what: str, patience: float = 60) -> dict[str, str]:
        def look() -> dict[str, str] | None:
            self.page.wait_for_timeout(50)  # lets Playwright handle what the page did
            states = self.states()
            self.seen = states
            return states if wanted(states) else None

        return eventually(look, what, patience) or {}
