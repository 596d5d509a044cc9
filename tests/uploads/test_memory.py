"""Memory does not grow with the file."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import pictures
from tests.guest import BODY, TusGuest, metadata
from tests.serving import Processes

MEGABYTE = 1_000_000
SIZE = 300 * MEGABYTE
ALLOWED = 60 * MEGABYTE


class Stream:
    """A file of `SIZE` bytes that is nowhere as a whole."""

    def __init__(self) -> None:
        self.left = SIZE
        self.start = pictures.jpeg(1)

    def __len__(self) -> int:
        return self.left

    def read(self, size: int) -> bytes:
        start, self.start = self.start, b""
        piece = (start + bytes(max(0, size - len(start))))[: min(size, self.left)]
        self.left -= len(piece)
        return piece


def most_memory(pid: int) -> int:
    """Bytes, at their highest so far."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kilobytes) * 1024


@pytest.mark.kill
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from Linux's /proc")
def test_three_hundred_megabytes(processes: Callable[..., Processes]) -> None:
    product = processes(DATABASE_URL="")
    server = product.serve("--no-worker")
    guest = TusGuest(product.url, product.create_invite("--name", "Film"))
    guest.open()
    guest.send(pictures.jpeg(2))
    before = most_memory(server.pid)

    said = metadata(filename="film.jpg", invite=guest.token)
    headers = {**BODY, "Upload-Length": str(SIZE), "Upload-Metadata": said}
    answer = guest.session.post(f"{product.url}/api/tus/", headers=headers, data=Stream(), timeout=120)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(SIZE))

    upload_id = guest.begin(SIZE)
    headers = {**BODY, "Upload-Offset": "0"}
    answer = guest.session.patch(f"{product.url}/api/tus/{upload_id}", headers=headers, data=Stream(), timeout=120)
    assert answer.status_code == 204
    assert guest.statuses() == ["received"] * 3
    assert most_memory(server.pid) - before < ALLOWED
