"""The spool's disk: files that are nobody's but their upload's, cut but never stretched, one writer at a time."""

import os
import stat
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from pytest_django import Settings

from uploads import spool
from uploads.spool import Spool, SpoolBusyError, SpoolFileMissingError, SpoolFileShortError

ID = uuid.UUID("01234567-89ab-4def-8123-456789abcdef")
GIB = 1 << 30


@pytest.fixture
def disk(tmp_path: Path) -> Spool:
    return Spool(tmp_path)


def written(disk: Spool, data: bytes = b"0123456789") -> Spool:
    file = disk.create(ID)
    file.write_at(0, data)
    file.sync()
    file.close()
    disk.sync_folder()
    return disk


def test_there_and_back(disk: Spool) -> None:
    written(disk)
    assert disk.size(ID) == 10
    with disk.read(ID) as file:
        assert file.read() == b"0123456789"
    disk.remove(ID)
    disk.remove(ID)
    assert list(disk.root.iterdir()) == []


def test_a_file_is_for_nobody_elses_eyes(disk: Spool) -> None:
    path = written(disk).path(ID)
    assert path.parent == disk.root
    assert path.name == ID.hex
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_is_made_once(disk: Spool) -> None:
    written(disk)
    with pytest.raises(FileExistsError):
        disk.create(ID)
    assert disk.size(ID) == 10


def test_pieces_go_to_their_places(disk: Spool) -> None:
    written(disk)
    file = disk.open(ID)
    file.write_at(8, b"ABCD")
    file.write_at(0, b"")
    assert file.head(100) == b"01234567ABCD"
    file.cut_to(9)
    assert file.head(3) == b"012"
    file.close()
    assert disk.path(ID).read_bytes() == b"01234567A"


def test_a_write_that_the_system_takes_only_in_part_is_gone_on_with(disk: Spool) -> None:
    """A pipe would not do: pwrite needs a file. A limit on file size makes the first write a short one."""
    script = (
        "import resource, sys, uuid; from pathlib import Path; from uploads.spool import Spool;"
        "file = Spool(Path(sys.argv[1])).create(uuid.UUID(int=1));"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10));"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "file.write_at(0, b'x' * 20)"
    )
    done = subprocess.run([sys.executable, "-c", script, disk.root], capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr, "the rest was tried, and refused aloud"
    assert disk.size(uuid.UUID(int=1)) == 10


@pytest.mark.parametrize("offset", [11, 10**12])
def test_a_file_is_never_made_longer(disk: Spool, offset: int) -> None:
    file = written(disk).open(ID)
    with pytest.raises(SpoolFileShortError):
        file.cut_to(offset)
    file.close()
    assert disk.size(ID) == 10


def test_a_file_that_is_gone(disk: Spool) -> None:
    for look in (disk.open, disk.read, disk.size):
        with pytest.raises(SpoolFileMissingError):
            look(ID)


def test_one_writer_at_a_time(disk: Spool) -> None:
    first = disk.create(ID)
    with pytest.raises(SpoolBusyError):
        disk.open(ID)
    descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a path of the system's
    with pytest.raises(SpoolBusyError):
        disk.open(ID)
    assert len(os.listdir("/proc/self/fd")) == descriptors, "nothing is left open"  # noqa: PTH208
    first.close()
    disk.open(ID).close()


def test_one_writer_among_processes(disk: Spool) -> None:
    file = disk.create(ID)
    script = (
        "import sys, uuid; from pathlib import Path; from uploads.spool import Spool;"
        "Spool(Path(sys.argv[1])).open(uuid.UUID(sys.argv[2]))"
    )
    command = [sys.executable, "-c", script, disk.root, str(ID)]
    assert "SpoolBusyError" in subprocess.run(command, capture_output=True, text=True, check=False).stderr
    file.close()
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 0


def test_a_lock_is_not_lost_with_another_descriptor(disk: Spool) -> None:
    """Reading a file for delivery, or its size, must not let a second writer in."""
    file = disk.create(ID)
    disk.read(ID).close()
    disk.size(ID)
    with pytest.raises(SpoolBusyError):
        disk.open(ID)
    file.close()


@pytest.mark.parametrize(
    ("total", "kept"),
    [(10 * GIB, 2 * GIB), (40 * GIB, 2 * GIB), (100 * GIB, 5 * GIB), (400 * GIB, 20 * GIB), (4000 * GIB, 20 * GIB)],
)
def test_what_stays_free(settings: Settings, total: int, kept: int) -> None:
    settings.SPOOL_FREE_MB = 0
    assert spool.floor(total) == kept
    settings.SPOOL_FREE_MB = 123
    assert spool.floor(total) == 123_000_000


def test_free_room_may_be_less_than_none(disk: Spool, settings: Settings) -> None:
    settings.SPOOL_FREE_MB = 10**9
    assert disk.free() < 0


def test_probe(disk: Spool) -> None:
    disk.probe()
    assert list(disk.root.iterdir()) == []
    with pytest.raises(OSError, match="No such file"):
        Spool(disk.root / "missing").probe()


def test_a_closed_file_is_not_written_to(disk: Spool) -> None:
    file = disk.create(ID)
    file.close()
    other = Spool(disk.root).create(uuid.uuid4())  # gets the number that became free
    for late in (lambda: file.write_at(0, b"x"), file.sync, lambda: file.cut_to(0)):
        with pytest.raises((OSError, ValueError), match="descriptor"):
            late()
    assert other.head(1) == b""
    other.close()
