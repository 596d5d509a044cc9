"""A watch where the system announces nothing."""

import errno
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from watchfiles import Change

from ingest.folders.walking import Choice, Walk
from ingest.folders.watching import Watching, is_news


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

    watching = Watching(
        [str(tmp_path)], look, notes.append, stopping, interval=0.05, recursive=True, glance=0.05, events=no_events
    )
    thread = threading.Thread(target=watching.run, daemon=True)
    thread.start()
    thread.join(10)

    assert looks == [None] * 3
    assert len(notes) == 1
    assert "OS file watch limit reached" in notes[0]


def test_a_new_folder_is_looked_through_once(tmp_path: Path) -> None:
    """The system tells of it, and of what is in it."""
    (tmp_path / "trip/day").mkdir(parents=True)
    (tmp_path / "trip/day/a.jpg").write_bytes(b"a")
    (tmp_path / "b.jpg").write_bytes(b"b")

    seen = Walk(str(tmp_path), Choice(), lambda *_: None).several(["trip/day/a.jpg", "trip/day", "trip", "b.jpg"])

    assert sorted(each.path for each in seen) == ["b.jpg", "trip/day/a.jpg"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a.jpg", True), ("trip/a.jpg", True), ("a.jpg.part", False), (".cache/a.jpg", False), ("data/db.sqlite3", False)],
)
def test_what_is_worth_a_look(path: str, expected: bool) -> None:
    """A look at every block of a download that goes on, or at what a look itself wrote, would have no end."""
    assert is_news(Path("/photos"), path, Path("/photos/data")) is expected
