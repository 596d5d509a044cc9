"""The guest's page with 2,000 files in a real Chromium of a phone's size, by the browser's own measures.

What is measured includes what the browser keeps for the program that drives it.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.deliveries import Say
from bench.loads import MB
from tests import pictures
from tests.browser.conftest import FLAGS, PHONE, chromium_path
from tests.serving import Processes

COUNT = 2000
PATIENCE = 300.0  # seconds
# Tasks of 50 ms and more are what the browser calls long.
_WATCH = """
  window.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries())).observe({ type: "longtask", buffered: true });
  addEventListener("change", () => { window.chosenAt ??= performance.now(); }, true);
"""
_LATER = "longTasks.filter((task) => task.startTime > chosenAt + 1000).map((task) => task.duration)"
_RECEIVED = """document.querySelector('[data-filter="received"] [data-count]').textContent"""


@contextmanager
def browser(*flags: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=[*FLAGS, *flags])
        yield chromium
        chromium.close()


def photos(folder: Path) -> list[Path]:
    """JPEGs of 20 kB, no two alike."""
    folder.mkdir()
    photo = pictures.jpeg(1, width=320, height=240)
    paths = [folder / f"IMG_{number:04}.jpg" for number in range(COUNT)]
    for number, path in enumerate(paths):
        path.write_bytes(photo + number.to_bytes(8) + bytes(20_000 - len(photo)))
    return paths


def private_memory(process: int) -> float:
    """What the browser calls a process's private footprint, in MB: its anonymous memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) * 1024 / MB  # type: ignore[index]


class Tab:
    """A page, and how much memory it and its process had at most."""

    def __init__(self, chromium: Browser) -> None:
        self.context = chromium.new_context(**PHONE, device_scale_factor=3)
        self.page: Page = self.context.new_page()
        self.page.add_init_script(_WATCH)
        self.session: CDPSession = self.context.new_cdp_session(self.page)
        self.session.send("Performance.enable")
        self.driver = chromium.new_browser_cdp_session()
        self.heap = self.private = 0.0

    def look(self) -> None:
        measures = self.session.send("Performance.getMetrics")["metrics"]
        heap = next(each["value"] for each in measures if each["name"] == "JSHeapUsedSize") / MB
        processes = self.driver.send("SystemInfo.getProcessInfo")["processInfo"]
        private = max(private_memory(each["id"]) for each in processes if each["type"] == "renderer")
        self.heap, self.private = max(self.heap, heap), max(self.private, private)


def measure(folder: Path, say: Say) -> None:
    files = photos(folder / "photos")
    processes = Processes(folder / "browser", LOG_LEVEL="WARNING")
    try:
        token = processes.create_invite("--name", "Bench")
        processes.serve("--no-worker")
        with browser() as chromium:
            tab = Tab(chromium)
            tab.page.goto(f"{processes.url}/invite/{token}")
            start = time.perf_counter()
            tab.page.locator("label:visible > input[data-pick='photos']").first.set_input_files(files)
            while tab.page.evaluate(_RECEIVED) != str(COUNT):
                assert time.perf_counter() < start + PATIENCE, "the files were not received in time"
                tab.page.wait_for_timeout(250)
                tab.look()
            took = time.perf_counter() - start
            say(f"{COUNT} files of 0.02 MB from a browser", f"{took:.1f} s", "")
            longest = max(tab.page.evaluate(_LATER), default=0)
            said = f"{longest:.0f} ms" if longest else "less than 50 ms"
            say("  the page's longest task, but its first second", said, "limit 200 ms")
            say("  the page's memory, its scripts' part", f"{tab.private:.0f} MB, {tab.heap:.0f} MB", "limit 150 MB")
    finally:
        processes.close()
