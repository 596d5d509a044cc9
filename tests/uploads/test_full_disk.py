"""A disk that is really full: nobody is told a lie, what was acknowledged stays, and all goes on when there is room."""

import hashlib
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import pictures
from tests.guest import TusGuest
from tests.serving import Processes

MEGABYTE = 1_000_000
DISK = 24 * MEGABYTE
FILE = pictures.jpeg(1) + bytes(range(256)) * 39_000  # 10 MB
HALF = len(FILE) // 2


@pytest.fixture(params=["spool", ""], ids=["the spool's own", "with the database"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A small file system where the spool is, or all of the data folder."""
    folder = tmp_path / "data" / request.param
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"a small disk can't be mounted here, which takes root: {mounted.stderr.strip()}")
    assert mounted.returncode == 0, mounted.stderr
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Something else takes all the room that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        for length in (MEGABYTE, 4096, 1):
            try:
                while True:
                    os.write(file.fileno(), bytes(length))
            except OSError:
                continue
    return ballast


@pytest.mark.kill
def test_a_full_disk(small_disk: Path, processes: Callable[..., Processes]) -> None:
    product = processes(DATABASE_URL="", SPOOL_FREE_MB="1")
    guest = TusGuest(product.url, product.create_invite("--name", "Beach week"))
    product.serve("--no-worker")
    guest.open()
    upload_id = guest.begin(len(FILE), key="early")
    kept = product.folder / "spool" / uuid.UUID(upload_id).hex
    assert guest.patch(upload_id, 0, FILE[:HALF]).status_code == 204

    ballast = fill(small_disk)
    answer = guest.patch(upload_id, HALF, FILE[HALF:])
    assert (answer.status_code, answer.json()["error"]) == (507, "disk_full")
    head = guest.head(upload_id)
    assert head.status_code == 200
    offset = int(head.headers["Upload-Offset"])
    assert HALF <= offset < len(FILE)
    assert kept.read_bytes()[:offset] == FILE[:offset]
    for body in (None, FILE[:5000]):
        answer = guest.create(5000, body)
        assert (answer.status_code, answer.json()["error"]) == (507, "disk_full")
    assert list(guest.statuses()) == ["receiving"]

    ballast.unlink()
    assert guest.patch(upload_id, offset, FILE[offset:]).status_code == 204
    assert hashlib.sha1(kept.read_bytes()).digest() == hashlib.sha1(FILE).digest()
    assert guest.statuses() == ["received"]
