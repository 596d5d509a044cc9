"""The command as a process of its own: killed, watching."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from immichdrop.sandbox import Sandbox
from tests import pictures
from tests.ingest.folders.conftest import Folder, in_album, names
from tests.serving import ROOT, Processes, eventually

MANY = 40


@pytest.fixture
def start(
    folder: Folder, sandbox: Sandbox, processes: Callable[..., Processes], tmp_path: Path
) -> Callable[..., subprocess.Popen[bytes]]:
    """Starts the command over the folder by the names that the script before it had in its environment."""
    ours = processes(
        SCREENSHOTS_PATH=str(folder.path),
        IMMICH_LOCAL_URL=sandbox.url,
        IMMICH_API_KEY=sandbox.api_key,
        IMMICH_ALBUM_NAME="Screenshots",
    )

    def begin(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "sync_folder", *arguments]
        with (tmp_path / "said").open("wb") as said:
            process = subprocess.Popen(command, cwd=ROOT, env=ours.environment, stdout=said)
        ours.running.append(process)
        return process

    return begin


def fill(folder: Folder, sandbox: Sandbox) -> None:
    for number in range(MANY):
        folder.add(f"{number}.jpg", number)
    sandbox.faults.latency = 0.1  # most are still to come when the first ones' album is looked for


@pytest.mark.kill
def test_a_killed_run_is_finished_by_the_next(
    folder: Folder, sandbox: Sandbox, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    fill(folder, sandbox)
    process = start()
    eventually(lambda: any(each.path == "/api/albums" for each in sandbox.requests), "looking for the album")
    process.send_signal(signal.SIGKILL)
    process.wait()
    sandbox.faults.latency = 0
    assert len(names(sandbox)) < MANY

    began = time.monotonic()
    assert start().wait(60) == 0
    assert time.monotonic() - began < 15  # the album's lease would go on for a minute

    assert names(sandbox) == sorted(f"{number}.jpg" for number in range(MANY))
    assert in_album(sandbox, "Screenshots") == names(sandbox)


def test_a_watched_folder_flows_into_immich(
    folder: Folder, sandbox: Sandbox, start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    """New files, finished downloads, folders below; a card that is unplugged and comes again."""
    folder.add("a.jpg", 1)
    process = start("--watch", "--settle", "0.2", "--interval", "60")
    eventually(lambda: names(sandbox) == ["a.jpg"], "what was there")

    folder.add("b.jpg", 2, age=0)
    folder.add("below/c.jpg", 3)
    folder.add("d.jpg.part", 4).rename(folder.path / "d.jpg")
    eventually(lambda: len(names(sandbox)) == 4, "what came")

    away = tmp_path / "unplugged"
    folder.path.rename(away)
    time.sleep(1.2)  # it is seen to be away
    (away / "e.jpg").write_bytes(pictures.jpeg(5))
    os.utime(away / "e.jpg", (1, 1))
    away.rename(folder.path)
    eventually(lambda: "e.jpg" in names(sandbox), "what the card brought")

    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert in_album(sandbox, "Screenshots") == ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]
