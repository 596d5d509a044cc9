"""Speed of deliveries, as ratios against sending the same files straight to the same sandbox Immich.

The sandbox, the product and this program are processes of their own, on one machine.
"""

import http.client
import io
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bench.databases import scratch_postgres
from bench.loads import MB, seconds
from bench.wiretap import Wiretap
from immichdrop.immich import AssetUpload, Immich
from tests import guest, pictures
from tests.serving import ROOT, Processes, eventually

FILES, AT_ONCE = 300, 8
SMALL = 100_000  # bytes of a file
LATENCY = 0.2  # seconds before the sandbox looks at a request
PATIENCE = 300.0  # seconds
ALBUM = "Bench"
CONFIRMED = ("delivered", "duplicate")
_photo = pictures.jpeg(1)
_names = itertools.count()
Say = Callable[[str, str, str], None]


@dataclass(frozen=True)
class Photo:
    """One of a kind; `content` makes its bytes anew each time, so that many of them need no memory."""

    number: int
    size: int

    def content(self) -> bytes:
        start = _photo + self.number.to_bytes(8)
        return start + bytes(self.size - len(start))


def new_photos(size: int, count: int = FILES) -> list[Photo]:
    return [Photo(next(_names), size) for _ in range(count)]


class Sink:
    """`manage.py sandbox`."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "manage.py", "sandbox", "--json", "--port", "0", "--dir", str(folder)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        facts = json.loads(self.process.stdout.readline())
        self.url, self.key = str(facts["url"]), str(facts["api_key"])

    def be_late(self, latency: float) -> None:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        connection.request("POST", "/sandbox/faults", json.dumps({"latency": latency}))
        assert connection.getresponse().status == 200
        connection.close()

    def take(self, photos: Sequence[Photo], at_once: int) -> float:
        """Sends them straight, over so many connections; seconds."""

        def send_every(first: int) -> None:
            immich = Immich(self.url, self.key)
            for photo in photos[first::at_once]:
                now = datetime.now(UTC)
                asset = AssetUpload("photo.jpg", photo.size, partial(io.BytesIO, photo.content()), now, now)
                assert not immich.upload(asset).duplicate
            immich.close()

        return seconds(lambda: _side_by_side(send_every, at_once))

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


class Delivering:
    """The product on an Immich, and one guest of it."""

    def __init__(self, folder: Path, immich_url: str, key: str, *, workers: int = 0, **environment: str) -> None:
        self.processes = Processes(
            folder,
            **{
                "LOG_LEVEL": "WARNING",
                "IMMICH_BASE_URL": immich_url,
                "IMMICH_API_KEY": key,
                "MAX_CONCURRENT": str(AT_ONCE),
                **environment,
            },
        )
        self.token = self.processes.create_invite("--name", "Bench", "--album", ALBUM)
        self.processes.serve(*(["--no-worker"] if workers else []))
        for _ in range(workers):
            self.processes.start("worker")
        self.guest = guest.TusGuest(self.processes.url, self.token)
        self.guest.open()
        self.confirmed = 0

    def receive(self, photos: Sequence[Photo], at_once: int) -> float:
        """Sends them as the page does; seconds until the last is acknowledged."""

        def send_every(first: int) -> None:
            sender = guest.TusGuest(self.processes.url, self.token)
            sender.session.cookies.update(self.guest.session.cookies)
            for photo in photos[first::at_once]:
                sender.send(photo.content(), key=f"photo {next(_names)}")

        return seconds(lambda: _side_by_side(send_every, at_once))

    def deliver(self, photos: Sequence[Photo], at_once: int = AT_ONCE) -> tuple[float, float]:
        """Seconds until the last one is acknowledged, and until the last one is confirmed."""
        self.confirmed += len(photos)
        start = time.perf_counter()
        received = self.receive(photos, at_once)
        eventually(self.all_confirmed, "all deliveries", PATIENCE)
        return received, time.perf_counter() - start

    def all_confirmed(self) -> bool:
        statuses = self.guest.statuses()
        time.sleep(0.05)  # the question costs the server something, too
        return len(statuses) == self.confirmed and all(status in CONFIRMED for status in statuses)

    def close(self) -> None:
        self.processes.close()


def _side_by_side(task: Callable[[int], None], count: int) -> None:
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(task, range(count)))


@contextmanager
def _sink(folder: Path) -> Iterator[Sink]:
    sink = Sink(folder / f"immich {next(_names)}")
    try:
        yield sink
    finally:
        sink.close()


@contextmanager
def _delivering(folder: Path, url: str, key: str, **options: object) -> Iterator[Delivering]:
    product = Delivering(folder / f"data {next(_names)}", url, key, **options)  # type: ignore[arg-type]
    try:
        yield product
    finally:
        product.close()


def through(folder: Path, say: Say) -> None:
    """300 files of 4 MB, 8 at a time, near and far."""
    with _sink(folder) as sink, _delivering(folder, sink.url, sink.key) as product:
        product.deliver(new_photos(SMALL, 8))  # what is done once: imports, connections, the album
        title = f"{FILES} files of 4 MB, {AT_ONCE} at a time, to Immich"
        direct = sink.take(new_photos(4 * MB), AT_ONCE)
        near, confirmed = product.deliver(new_photos(4 * MB))
        say(title, _ratio(confirmed, direct), "limit 2.5 ×")
        say("  until received", _ratio(near, direct), "limit 1.5 ×")
        sink.be_late(LATENCY)
        direct = sink.take(new_photos(4 * MB), AT_ONCE)
        far, confirmed = product.deliver(new_photos(4 * MB))
        say(f"{title} that is {LATENCY * 1000:.0f} ms late", _ratio(confirmed, direct), "limit 1.3 ×")
        say("  until received", f"{far:.2f} s = {far / near:.2f} × {near:.2f} s", "limit 1.1 × without latency")


def small_and_late(folder: Path, say: Say) -> None:
    """Where receiving is quick, the far Immich decides."""
    with _sink(folder) as sink, _delivering(folder, sink.url, sink.key) as product:
        product.deliver(new_photos(SMALL, 8))
        sink.be_late(LATENCY)
        direct = sink.take(new_photos(SMALL), AT_ONCE)
        received, confirmed = product.deliver(new_photos(SMALL))
        say(
            f"{FILES} files of {SMALL / MB:g} MB, {LATENCY * 1000:.0f} ms late",
            _ratio(confirmed, direct),
            "limit 1.3 ×",
        )
        say("  until received", f"{received:.2f} s", "")


def duplicates(folder: Path, say: Say) -> None:
    """The same 300 files once more."""
    with _sink(folder) as sink, Wiretap(sink.url) as tap, _delivering(folder, tap.url, sink.key) as product:
        photos = new_photos(SMALL)
        product.deliver(photos)
        tap.forget()
        product.deliver(photos)
        say(f"{FILES} known duplicates: Immich traffic", f"{tap.seconds:.2f} s, {tap.requests} requests", "limit 0.3 s")
        say("  bytes to Immich", f"{tap.sent / FILES:.0f} a file of {SMALL}", "no file")
        assert tap.sent < SMALL


def two_workers(folder: Path, say: Say) -> None:
    """On PostgreSQL, 200 ms away, each with as many connections as it has by itself."""
    took = []
    for workers in (1, 2):
        with scratch_postgres() as database:
            if not database:
                say("Two workers", "left out: PostgreSQL does not answer", "")
                return
            with (
                _sink(folder) as sink,
                _delivering(
                    folder, sink.url, sink.key, workers=workers, MAX_CONCURRENT="3", DATABASE_URL=database
                ) as product,
            ):
                product.deliver(new_photos(SMALL, 8))
                sink.be_late(LATENCY)
                took.append(product.deliver(new_photos(SMALL))[1])
    one, two = took
    say("Two workers on PostgreSQL", f"{one / two:.2f} × one ({one:.1f} s, {two:.1f} s)", "limit 1.6 ×")


def _ratio(ours: float, direct: float) -> str:
    return f"{ours:.2f} s = {ours / direct:.2f} × {direct:.2f} s"


def measure(folder: Path, say: Say) -> None:
    through(folder, say)
    small_and_late(folder, say)
    duplicates(folder, say)
    two_workers(folder, say)
