"""Speed and memory of `sync_folder`, as ratios against a bare walk, and against a bare client of the same sandbox.

The measured process is `bench/folder_runs.py`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.deliveries import AT_ONCE, Photo, Sink, new_photos
from bench.folder_runs import OLD, PATHS
from bench.loads import MB

UNCHANGED = 10_000  # files
NEW, SIZE = 10_000, 300_000  # files, bytes
LATENCY = 0.05  # seconds before the sandbox looks at a request
HUGE = 4 * 1024 * MB  # bytes, none of them on this disk
RUNS = 5
Say = Callable[[str, str, str], None]


def fill(folder: Path, photos: list[Photo]) -> None:
    """Each photo a file whose end is a hole, so that a disk has room for many."""
    for photo in photos:
        file = folder / str(photo.number % 50) / f"{photo.number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            out.write(photo.content()[:2000])
            out.truncate(photo.size)
        os.utime(file, (OLD, OLD))


class Runner:
    """The measured process."""

    def __init__(self, data: Path, url: str, key: str, module: str = "bench.folder_runs") -> None:
        # The command's own names alone: a database of its own in `data`.
        environment = {
            **os.environ,
            "DATA_DIR": str(data),
            "DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "immichdrop.settings",
            "IMMICH_LOCAL_URL": url,
            "IMMICH_API_KEY": key,
        }
        command = [sys.executable, "-m", module]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, what: str, folder: Path) -> dict[str, float]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([what, str(folder)]) + "\n")
        self.process.stdin.flush()
        answer: dict[str, float] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def measure(folder: Path, say: Say) -> None:
    sink = Sink(folder / "immich of folders")
    try:
        _unchanged(folder, sink, say)
        _new(folder, sink, say)
        _huge(folder, sink, say)
        _paths(folder, sink, say)
    finally:
        sink.close()


def _unchanged(folder: Path, sink: Sink, say: Say) -> None:
    fill(folder / "unchanged", new_photos(2_000, UNCHANGED))
    runner = Runner(folder / "data of unchanged", sink.url, sink.key)
    runner.ask("sync", folder / "unchanged")
    took = [runner.ask("unchanged", folder / "unchanged") for _ in range(RUNS)]
    # The best of several: what a neighbour on the machine takes is neither's.
    ours, bare = min(each["ours"] for each in took), min(each["bare"] for each in took)
    runner.close()
    limit = 1.5 * bare + 0.5
    say(f"{UNCHANGED} unchanged files", f"{ours:.2f} s, a bare walk {bare:.2f} s", f"limit {limit:.2f} s")


def _new(folder: Path, sink: Sink, say: Say) -> None:
    photos = new_photos(SIZE, NEW)
    fill(folder / "new", photos)
    fill(folder / "one", new_photos(SIZE, 1))
    runner = Runner(folder / "data of new", sink.url, sink.key)
    runner.ask("sync", folder / "one")  # what is done once: the database, imports
    sink.be_late(LATENCY)
    bare = sink.take(new_photos(SIZE, NEW), AT_ONCE)
    took = runner.ask("sync", folder / "new")
    runner.close()
    sink.be_late(0)
    assert took["sent"] == NEW
    words = f"{NEW / took['seconds']:.0f} a second = {bare / took['seconds']:.2f} × {NEW / bare:.0f}"
    say(f"{NEW} new files of {SIZE / MB:g} MB, {LATENCY * 1000:.0f} ms late", words, "limit 0.8 ×")
    say("  peak memory", f"{took['memory']:.0f} MB", "limit 120 MB")


def _huge(folder: Path, sink: Sink, say: Say) -> None:
    file = folder / "huge" / "film.mp4"
    file.parent.mkdir()
    with file.open("wb") as out:
        out.truncate(HUGE)
    os.utime(file, (OLD, OLD))
    runner = Runner(folder / "data of huge", sink.url, sink.key)
    took = runner.ask("sync", file.parent)
    runner.close()
    assert took["sent"] == 1
    say(f"a sparse file of {HUGE / MB:.0f} MB", f"{took['seconds']:.1f} s, {took['memory']:.0f} MB", "limit 120 MB")


def _paths(folder: Path, sink: Sink, say: Say) -> None:
    runner = Runner(folder / "data of paths", sink.url, sink.key)
    took = runner.ask("paths", folder)
    runner.close()
    say(f"{PATHS} paths against as many rows", f"{took['seconds']:.0f} s, {took['memory']:.0f} MB", "limit 120 MB")
