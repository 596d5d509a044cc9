"""Speed and memory of `sync_icloud` over many files: a first run, and those that find nothing new, against a bare walk.

The measured process is `bench/icloud_runs.py`.
"""

import os
from pathlib import Path

from bench.folder_runs import OLD
from bench.folders import Runner, Say
from immichdrop.sandbox import running

FILES, A_DAY = 100_000, 100  # empty ones; so many in a directory
RUNS = 5


def fill(folder: Path) -> None:
    for number in range(FILES):
        day = folder / f"{2000 + number // A_DAY // 365}" / f"{number // A_DAY % 365:03}"
        if number % A_DAY == 0:
            day.mkdir(parents=True)
        file = day / f"IMG_{number:06}.HEIC"
        file.touch()
        os.utime(file, (OLD, OLD))


def measure(folder: Path, say: Say) -> None:
    photos = folder / "photos of icloud"
    fill(photos)
    with running(folder / "immich of icloud") as sandbox:
        library = sandbox.create_library("iCloud", photos)
        runner = Runner(folder / "data of icloud", sandbox.url, sandbox.api_key, "bench.icloud_runs")
        first = runner.ask(library, photos)
        asked = len(sandbox.requests)
        later = [runner.ask(library, photos) for _ in range(RUNS)]
        assert len(sandbox.requests) == asked, "a run over known files asks nothing"
        runner.close()
    assert first["registered"] == later[0]["known"] == FILES
    say(f"{FILES} files of icloudpd, first run", f"{first['seconds']:.0f} s, {first['memory']:.0f} MB", "")
    # The best of several: what a neighbour on the machine takes is neither's.
    ours, bare = min(each["seconds"] for each in later), min(each["bare"] for each in later)
    say("  the next ones", f"{ours:.2f} s, a bare walk {bare:.2f} s", f"limit {2 * bare:.2f} s")
