"""The command as a process of its own: killed in every step, stopped, watching."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.ingest.icloud.conftest import EVERYTHING, FAST, SIZES, Library
from tests.ingest.icloud.downloads import Downloads, Photo
from tests.serving import ROOT, Processes, eventually

Start = Callable[..., subprocess.Popen[bytes]]
MANY = 6


@pytest.fixture
def start(library: Library, processes: Callable[..., Processes], tmp_path: Path) -> Start:
    """Starts the command over the folder with all steps."""
    ours = processes(IMMICH_LOCAL_URL=library.sandbox.url, IMMICH_API_KEY=library.sandbox.api_key)

    def begin(*arguments: str, upload: bool = False) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "sync_icloud", "--directory", str(library.path)]
        command += ["--upload"] if upload else ["--library-id", library.id]
        command += [*FAST, *EVERYTHING, *arguments]
        with (tmp_path / "said").open("wb") as said:
            process = subprocess.Popen(command, cwd=ROOT, env=ours.environment, stdout=said)
        ours.running.append(process)
        return process

    return begin


def is_complete(library: Library) -> bool:
    stills = [asset for asset in library.sandbox.assets() if not str(asset.path).endswith(".MOV")]
    leads = [asset for asset in stills if str(asset.path).endswith(".HEIC")]
    return (
        len(library.stacks()) == len(leads) == MANY
        and all(len(stack) == 3 and stack[0].endswith("0.JPG") for stack in library.stacks())
        and all(asset.is_favorite for asset in stills)
        and all(asset.live_photo_video_id for asset in leads)
        and len(library.sandbox.albums()) == 1
        and len(library.album("iCloud/2024")) == 3 * MANY
    )


def kill_in_each(
    library: Library, begin: Callable[[], subprocess.Popen[bytes]], steps: Sequence[tuple[str, int]]
) -> None:
    """Runs that are killed at the nth request of a kind, each of which goes on where the one before was."""
    sandbox = library.sandbox
    sandbox.faults.latency = 0.05
    for request_of, nth in steps:
        sandbox.requests.clear()

        def asked(kind: str = request_of) -> int:
            return sum(bool(re.fullmatch(kind, f"{each.method} {each.path}")) for each in list(sandbox.requests))

        process = begin()
        eventually(lambda asked=asked, nth=nth: asked() >= nth, request_of)
        process.send_signal(signal.SIGKILL)
        process.wait()
    sandbox.faults.latency = 0


@pytest.mark.kill
def test_killed_runs_are_finished_by_the_next(library: Library, start: Start) -> None:
    library.write(*(Photo(f"IMG_{number}0.HEIC", SIZES, live=True, rating=5) for number in range(MANY)))
    steps = [
        (r"POST /api/search/metadata", 1),
        (r"POST /api/libraries/.*/scan", 1),
        (r"POST /api/stacks", 1),
        (r"PUT /api/assets/.+", 2),
        (r"PUT /api/assets", 1),
        (r"POST /api/albums", 1),
        (r"PUT /api/albums/.*/assets", 1),
        (r"POST /api/stacks", 1),
    ]
    kill_in_each(library, lambda: start("--batch-process", "4"), steps)
    assert not is_complete(library)

    assert start().wait(60) == 0
    assert is_complete(library)

    library.sandbox.requests.clear()
    assert start().wait(60) == 0
    assert library.sandbox.requests == []


@pytest.mark.kill
def test_killed_uploads_are_finished_by_the_next(library: Library, start: Start) -> None:
    """Each file is there once."""
    library.write(*(Photo(f"IMG_{number}0.HEIC", SIZES, live=True, rating=5) for number in range(MANY)))
    steps = [
        (r"POST /api/assets", 7),
        (r"POST /api/stacks", 2),
        (r"PUT /api/assets/.+", 2),
        (r"PUT /api/albums/.*/assets", 1),
    ]
    kill_in_each(library, lambda: start("--batch-process", "4", upload=True), steps)
    assert start(upload=True).wait(60) == 0

    sandbox = library.sandbox
    stills = [asset for asset in sandbox.assets() if not asset.name.endswith(".MOV")]
    assert sorted(asset.name for asset in stills) == sorted(
        f"IMG_{number}0{end}" for number in range(MANY) for end in (".HEIC", ".JPG", "-medium.JPG")
    )
    assert all(asset.is_favorite and asset.live_photo_video_id for asset in stills)
    assert [len(stack) for stack in sandbox.stacks()] == [3] * MANY
    assert len(sandbox.album_assets("iCloud/2024")) == 3 * MANY
    sandbox.requests.clear()
    assert start(upload=True).wait(60) == 0
    assert sandbox.requests == []


def test_a_signal_ends_it_cleanly(library: Library, start: Start, tmp_path: Path) -> None:
    library.write(*(Photo(f"IMG_{number}0.HEIC", SIZES, live=True, rating=5) for number in range(MANY)))
    library.sandbox.faults.latency = 0.1
    library.sandbox.requests.clear()
    process = start()
    eventually(lambda: any(each.path == "/api/stacks" for each in list(library.sandbox.requests)), "stacking")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 130
    assert "6 photos" in (tmp_path / "said").read_text()
    library.sandbox.faults.latency = 0
    assert start().wait(60) == 0
    assert is_complete(library)


def test_a_watched_folder_becomes_a_library(library: Library, start: Start, tmp_path: Path) -> None:
    library.write(Photo("IMG_00.HEIC"))
    process = start("--watch", "--interval", "60")
    said = tmp_path / "said"
    eventually(lambda: "done: " in said.read_text(), "the first photo")

    library.write(*(Photo(f"IMG_{number}0.HEIC", SIZES, live=True, rating=5) for number in range(1, MANY)))
    eventually(lambda: len(library.stacks()) == MANY - 1, "what came meanwhile")
    eventually(lambda: len(library.album("iCloud/2024")) == 3 * MANY - 2, "the album")

    os.kill(process.pid, signal.SIGINT)
    assert process.wait(30) == 0


def test_two_watched_folders_share_the_plugins_file(library: Library, start: Start, tmp_path: Path) -> None:
    other, log = tmp_path / "other", tmp_path / "pending.json"
    library.id = library.sandbox.create_library("both", library.path, other)
    written = [*library.write(Photo("IMG_00.HEIC")), Downloads(other).write(Photo("IMG_10.HEIC"))]
    log.write_text(json.dumps([{"files": [{"path": str(each["original"])}]} for each in written]))
    process = start("--directory", str(other), "--watch", "--batch-log-file", str(log))
    eventually(lambda: log.read_text() == "[]" and len(library.album("iCloud/2024")) == 2, "both")
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(30) == 0
