"""Three hundred photos over a line that breaks, and two thousand files: all of them arrive, exactly once."""

import hashlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, Request

from immichdrop.sandbox import Sandbox, running
from tests import pictures
from tests.browser.conftest import DESKTOP, PHONE, GuestPage, NewContext
from tests.browser.line import Line
from tests.serving import Processes, eventually

CHECKPOINT = 8 * 1024 * 1024  # bytes that a killed server may have to be sent again
ROWS = 120  # at most, on screens of these sizes
ON_DESKTOPS = {**DESKTOP, "is_mobile": False, "has_touch": False}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path / "immich") as immich:
        yield immich


def received(guest: GuestPage) -> int:
    """As the page counts them."""
    return int(guest.page.locator('[data-filter="received"] [data-count]').text_content() or 0)


def until_received(guest: GuestPage, count: int) -> None:
    def enough() -> bool:
        guest.page.wait_for_timeout(100)
        return received(guest) >= count

    eventually(enough, f"{count} to be received", 120)


class Run:
    """A guest whose browser reaches the server over a line that can be cut."""

    def __init__(self, guest: GuestPage, line: Line, session: CDPSession) -> None:
        self.guest, self.line, self.session = guest, line, session

    def network(self, *, offline: bool = False, bytes_per_second: int = 3_000_000) -> None:
        """A device that knows about its network, which is as fast as this."""
        wanted = {"offline": offline, "latency": 5, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
        self.session.send("Network.emulateNetworkConditions", wanted)


StartRun = Callable[..., Run]


@pytest.fixture
def start_run(new_context: NewContext) -> Iterator[StartRun]:
    lines: list[Line] = []

    def start(product: Processes, token: str, **options: object) -> Run:
        lines.append(Line(product.port).__enter__())
        context = new_context(**options)
        guest = GuestPage(context.new_page())
        run = Run(guest, lines[-1], context.new_cdp_session(guest.page))
        run.session.send("Network.enable")
        run.network()
        guest.page.goto(f"{run.line.url}/invite/{token}")
        return run

    yield start
    for line in lines:
        line.__exit__(None, None, None)


def album_of(folder: Path, count: int, *, padding: int) -> dict[str, Path]:
    """JPEGs, no two alike."""
    photo = pictures.jpeg(1)
    files = {f"IMG_{number:04}.jpg": folder / f"IMG_{number:04}.jpg" for number in range(count)}
    for number, path in enumerate(files.values()):
        path.write_bytes(photo + number.to_bytes(8) + os.urandom(padding))
    return files


@contextmanager
def asleep(page: Page) -> Iterator[None]:
    """What runs pages stands still, as on a phone that sleeps. Chromium freezes hidden pages alone when it is asked."""
    browser = page.context.browser
    assert browser
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    renderers = [process["id"] for process in told["processInfo"] if process["type"] == "renderer"]
    for process in renderers:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in renderers:
            os.kill(process, signal.SIGCONT)


def own_files(page: Page, run: Run, token: str) -> list[dict[str, str]]:
    """As the server lists them; asked without the page's help."""
    items: list[dict[str, str]] = page.request.get(f"{run.line.url}/api/uploads?invite={token}").json()["items"]
    return items


def assert_all_arrived_once(files: dict[str, Path], sandbox: Sandbox) -> None:
    expected = sorted(hashlib.sha1(path.read_bytes()).hexdigest() for path in files.values())
    eventually(lambda: len(sandbox.album_assets("Party")) >= len(files), "all of them in the album", 120)
    assert sorted(asset.sha1 for asset in sandbox.album_assets("Party")) == expected
    assert sorted(asset.sha1 for asset in sandbox.assets()) == expected


@pytest.mark.kill
@pytest.mark.parametrize("options", [PHONE, ON_DESKTOPS], ids=["phone", "desktop"])
def test_three_hundred_photos_over_a_line_that_breaks(
    processes: Callable[..., Processes],
    sandbox: Sandbox,
    start_run: StartRun,
    tmp_path: Path,
    options: dict[str, object],
) -> None:
    files = album_of(tmp_path, 300, padding=20_000)
    files["long.jpg"] = tmp_path / "long.jpg"
    files["long.jpg"].write_bytes(pictures.jpeg(2) + os.urandom(18_000_000))  # as large as a photo may be to go first
    chosen = [files["long.jpg"], *files.values()][:-1]
    product = processes(IMMICH_BASE_URL=sandbox.url, IMMICH_API_KEY=sandbox.api_key)
    token = product.create_invite("--name", "Party", "--album", "Party")
    server = product.serve()
    run = start_run(product, token, **options)
    guest, page = run.guest, run.guest.page
    continued: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            continued.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    guest.choose(*chosen)

    until_received(guest, 12)  # the device loses its network, and knows it
    run.network(offline=True)
    page.get_by_text("Sending goes on by itself as soon as you're back.").wait_for()
    so_far = received(guest)
    run.network()

    until_received(guest, so_far + 30)  # the line breaks, and nobody knows
    run.line.cut()
    page.wait_for_timeout(1500)
    run.line.mend()

    until_received(guest, so_far + 70)
    product.kill(server)
    product.serve()

    until_received(guest, so_far + 110)
    page.reload()
    page.get_by_text("you sent before are safe").wait_for()
    guest.choose(*chosen)

    until_received(guest, so_far + 150)
    with asleep(page):  # the phone sleeps, and its connections end
        run.line.cut()
        page.wait_for_timeout(500)
        run.line.mend()
        page.wait_for_timeout(500)
        so_far = len(own_files(page, run, token))
        page.wait_for_timeout(1500)  # one that is awake would try again meanwhile
        assert len(own_files(page, run, token)) == so_far < 301

    until_received(guest, 301)
    page.get_by_role("heading", name="All 301 received").wait_for()
    assert_all_arrived_once(files, sandbox)
    own = own_files(page, run, token)
    assert sorted(item["filename"] for item in own) == sorted(files)
    assert {item["status"] for item in own} == {"delivered"}
    assert any(offset > 0 for offset in continued), "the long file always began anew"
    total = sum(path.stat().st_size for path in files.values())
    assert run.line.sent < total + CHECKPOINT + 3_000_000, "more was sent again than had to be"


def test_two_thousand_files(
    processes: Callable[..., Processes], sandbox: Sandbox, new_context: NewContext, tmp_path: Path
) -> None:
    files = album_of(tmp_path, 2000, padding=1000)
    product = processes(IMMICH_BASE_URL=sandbox.url, IMMICH_API_KEY=sandbox.api_key)
    token = product.create_invite("--name", "Party", "--album", "Party")
    product.serve()
    guest = GuestPage(new_context(**ON_DESKTOPS).new_page())
    page = guest.page
    page.goto(f"{product.url}/invite/{token}")
    guest.choose(*files.values())
    rows = page.locator("li.queue-item")
    for count in range(250, 2001, 250):
        until_received(guest, count)
        assert rows.count() <= ROWS
        assert rows.locator("img").count() <= ROWS
    page.get_by_role("heading", name="All 2,000 received").wait_for()
    assert_all_arrived_once(files, sandbox)
