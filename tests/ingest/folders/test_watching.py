"""A watch where the system announces nothing."""

import errno
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

from watchfiles import Change

from ingest.folders.watching import Watching


def no_events(*_paths: object, **_options: object) -> Iterator[set[tuple[Change, str]]]:
    raise OSError(errno.ENOSPC, "OS file watch limit reached")
    yield set()


def test_without_events_everything_is_looked_through_every_interval(tmp_path: Path) -> None:
    looks: list[Collection[str] | None] = []
    notes: list[str] = []
    stopping = threading.Event()

    def look(_root: str, only: Collection[str] | None) -> bool:
        looks.append(only)
        if len(looks) == 3:
            stopping.set()
        return True

    watching = Watching([str(tmp_path)], look, notes.append, stopping, interval=0.05, recursive=True, events=no_events)
    thread = threading.Thread(target=watching.run, daemon=True)
    thread.start()
    thread.join(10)

    assert looks == [None] * 3
    assert len(notes) == 1
    assert "OS file watch limit reached" in notes[0]
