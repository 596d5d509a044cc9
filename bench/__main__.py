"""`make bench`: speed and memory of receiving, as ratios against limits measured in the same run.

Medians of three. The yardstick (bench/yardstick.py) writes, hashes and syncs each body and does nothing else. The
figures of the last run that was looked at are in docs/performance.md.
"""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import browser, dedupe, deliveries, folders, icloud, scores
from bench.loads import MB, Product, many, p95, peak_memory, seconds, send, written
from tests.serving import eventually, free_port

RUNS = 3


class Yardstick:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([sys.executable, "-m", "bench.yardstick", str(folder), str(port)])
        eventually(self._answers, "the yardstick")

    def _answers(self) -> bool:
        try:
            self.send(0)
        except OSError:
            return False
        return True

    def send(self, size: int) -> None:
        status, _ = send(self.url, "POST", "/", {}, size)
        assert status == 204


def say(title: str, value: str, limit: str = "") -> None:
    print(f"{title:<50} {value:>26}   {limit}", flush=True)


def compare(title: str, ours: Callable[[], None], bare: Callable[[], None], limit: float) -> None:
    """Alternates the two, so that a noisy neighbour is noisy for both."""
    times = [(seconds(ours), seconds(bare)) for _ in range(RUNS)]
    mine, yardstick = (statistics.median(column) for column in zip(*times, strict=True))
    say(title, f"{mine:.2f} s = {mine / yardstick:.2f} × {yardstick:.2f} s", f"limit {limit} ×")


def receiving(product: Product, yardstick: Yardstick) -> None:
    product.in_one_patch(100 * MB)
    small = peak_memory(product.process)
    say("peak memory after 100 MB", f"{small:.1f} MB")
    product.in_one_patch(2000 * MB)
    large = peak_memory(product.process)
    say("peak memory after 2 GB", f"{large:.1f} MB (+{large - small:.1f})", "limit 130 MB, +10")
    compare(
        "1 GB in one PATCH",
        lambda: product.in_one_patch(1000 * MB),
        lambda: yardstick.send(1000 * MB),
        1.25,
    )
    for count, size, at_once, limit, writes in ((300, 4 * MB, 8, 1.5, 1.05), (1000, 300_000, 3, 2.5, 1.2)):
        before = written(product.process)
        with product.light_requests() as took:
            compare(
                f"{count} files of {size / MB:g} MB, {at_once} at a time",
                many(product.at_creation, count, size, at_once),
                many(yardstick.send, count, size, at_once),
                limit,
            )
        each = (written(product.process) - before) / (RUNS * count * size)
        say("  bytes written per byte received", f"{each:.3f}", f"limit {writes}")
        say("  the link's JSON meanwhile, p95", f"{p95(took):.0f} ms", "limit 50 ms")


def party(product: Product) -> None:
    """100 guests at once, 5 files of 2 MB each, their sockets open."""
    secrets = [product.new_guest() for _ in range(100)]
    with product.sockets(secrets), product.light_requests() as took:
        jobs = [secret for secret in secrets for _ in range(5)]
        sent = iter(jobs)
        took_in_all = seconds(many(lambda size: product.at_creation(size, next(sent)), len(jobs), 2 * MB, 100))
    say("100 guests at once, 500 files of 2 MB", f"{took_in_all:.1f} s, no error")
    say("  the link's JSON meanwhile, p95", f"{p95(took):.0f} ms", "limit 150 ms")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="immich-drop-bench-") as place:
        folder = Path(place)
        yardstick, product = Yardstick(folder / "bare"), Product(folder / "data")
        try:
            say("peak memory at rest", f"{peak_memory(product.process):.1f} MB")
            receiving(product, yardstick)
            party(product)
        finally:
            product.close()
            yardstick.process.terminate()
            yardstick.process.wait()
        deliveries.measure(folder, say)
        folders.measure(folder, say)
        icloud.measure(folder, say)
        browser.measure(folder, say)
        scores.measure(folder, say)


def alone(measure: Callable[[Path, deliveries.Say], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="immich-drop-bench-") as place:
        measure(Path(place), say)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["dedupe"]:
            dedupe.measure()
        case ["folders"]:
            alone(folders.measure)
        case ["icloud"]:
            alone(icloud.measure)
        case ["browser"]:
            alone(browser.measure)
        case ["lighthouse"]:
            alone(scores.measure)
        case _:
            main()
