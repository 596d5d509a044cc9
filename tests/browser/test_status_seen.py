"""The status page as a host sees it: it fills itself, tries a WebSocket, and says what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, WebSocketRoute, expect

from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from tests.browser.conftest import DESKTOP, PHONE, NewContext
from tests.conftest import MakeInvite
from tests.serving import ROOT
from uploads.models import Upload

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NOWHERE = "00000000-0000-4000-8000-000000000000"
LONG = "The great-grandparents’ diamond wedding anniversary with all cousins from overseas " * 2
OpenStatus = Callable[..., Page]


@pytest.fixture
def host(transactional_db: None) -> User:
    return User.objects.create_user("lena@example.org", name="Lena Brandt")


@pytest.fixture
def open_status(web: str, host: User, new_context: NewContext) -> OpenStatus:
    """The page in a browser that is logged in; `before` is done to it first."""

    def open_it(before: Callable[[Page], None] = lambda page: None, **options: object) -> Page:
        client = Client()
        client.force_login(host)
        context = new_context(**{**DESKTOP, "is_mobile": False, "has_touch": False, **options})
        context.add_cookies([{"name": "drop_session", "value": client.cookies["drop_session"].value, "url": web}])
        page = context.new_page()
        before(page)
        page.goto(f"{web}/menu/connection")
        return page

    return open_it


def all_there_is(host: User, make_invite: MakeInvite) -> None:
    """Staff, a library of their own, a lost album, and files that failed."""
    User.objects.filter(pk=host.pk).update(is_staff=True)
    account = ImmichAccount.objects.environment()
    for name in ("Beach week", LONG[:200]):
        link = make_invite(owner=host, name=name, album_id=NOWHERE)
        Upload.objects.create(invite=link, account=account, filename="a.jpg", size=5, offset=5, status="failed")


def test_it_fills_itself_and_the_socket_works(open_status: OpenStatus, sandbox: Sandbox) -> None:
    page = open_status()
    expect(page.get_by_role("heading", name="Immich is reachable")).to_be_visible()
    expect(page.get_by_text("It works from this browser.")).to_be_visible()
    expect(page.get_by_text("Trying…")).to_be_hidden()
    expect(page.get_by_text("Your browser’s clock")).to_be_visible()
    sandbox.stop()
    page.get_by_role("link", name="Check again").press("Enter")
    expect(page.get_by_role("heading", name="Immich can't be reached")).to_be_visible()
    expect(page.get_by_text("Uploads are safe here and wait until Immich is back.")).to_be_visible()
    expect(page.get_by_role("link", name="Check again")).to_be_focused()


@pytest.mark.parametrize("code", [1011, 4403])
def test_a_socket_that_does_not_come_through(open_status: OpenStatus, sandbox: Sandbox, code: int) -> None:
    def close(socket: WebSocketRoute) -> None:
        socket.close(code=code)

    page = open_status(lambda page: page.route_web_socket("**/ws", close))
    expect(page.get_by_text("It does not come through to this browser.")).to_be_visible()
    expect(page.get_by_text("proxy_set_header Upgrade $http_upgrade;")).to_be_visible()
    expect(page.get_by_text("It works from this browser.")).to_be_hidden()


def test_a_server_that_is_gone_meanwhile(open_status: OpenStatus, sandbox: Sandbox) -> None:
    page = open_status()
    expect(page.get_by_role("heading", name="Immich is reachable")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Check again").click()
    expect(page.get_by_role("alert")).to_contain_text("didn’t get through")
    page.context.set_offline(False)
    page.get_by_role("link", name="Check again").click()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_without_script(open_status: OpenStatus, sandbox: Sandbox) -> None:
    page = open_status(java_script_enabled=False)
    page.get_by_role("link", name="Check now").click()
    expect(page.get_by_role("heading", name="Immich is reachable")).to_be_visible()
    expect(page.get_by_text("Nobody tried: it takes a browser with JavaScript.")).to_be_visible()


def test_what_failed_is_tried_again(
    open_status: OpenStatus, host: User, sandbox: Sandbox, make_invite: MakeInvite
) -> None:
    all_there_is(host, make_invite)
    page = open_status()
    page.get_by_role("button", name="Retry 2").click()
    expect(page.locator(".toast-note")).to_have_text("2 files are tried again")
    assert set(Upload.objects.values_list("status", flat=True)) == {"waiting"}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(
    open_status: OpenStatus,
    host: User,
    sandbox: Sandbox,
    make_invite: MakeInvite,
    theme: str,
    device: dict[str, object],
) -> None:
    options = {**device, "color_scheme": theme, "bypass_csp": True, "reduced_motion": "reduce"}
    page = open_status(**options)
    expect(page.get_by_text("It works from this browser.")).to_be_visible()
    assert _axe(page) == []
    all_there_is(host, make_invite)
    page.get_by_role("link", name="Check again").click()
    expect(page.get_by_role("heading", name="This server", exact=True)).to_be_visible()
    expect(page.get_by_text("It works from this browser.")).to_be_visible()
    assert _axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= device["viewport"]["width"]  # type: ignore[index]
    sandbox.stop()
    page.get_by_role("link", name="Check again").click()
    expect(page.get_by_role("heading", name="Immich can't be reached")).to_be_visible()
    assert _axe(page) == []


def _axe(page: Page) -> list[str]:
    """What axe-core complains of."""
    page.add_script_tag(path=Path(AXE))
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]
