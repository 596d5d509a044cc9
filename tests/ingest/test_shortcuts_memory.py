"""A film in base64 costs the server no memory, and its token is in no line of the log."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests import pictures
from tests.ingest.recipes import SHORTCUT
from tests.serving import Processes
from tests.uploads.test_memory import most_memory

SIZE = 60_000_000  # bytes
ALLOWED = 25_000_000
PIECE = 57 * 1000  # a multiple of three


class Film:
    """JSON around `SIZE` bytes in base64, with every slash as iOS writes it. It is nowhere as a whole."""

    def __init__(self) -> None:
        piece = base64.b64encode(b"\xff" * PIECE).replace(b"/", b"\\/")
        start = b'{"data":"' + base64.b64encode(pictures.heic(1)[:-1] + bytes(3))[:400]
        self.pieces = [start, *[piece] * (SIZE // PIECE), b'","filename":"film.heic"}']
        self.length = sum(map(len, self.pieces))

    def __len__(self) -> int:
        return self.length

    def read(self, size: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


@pytest.mark.kill
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from Linux's /proc")
def test_sixty_megabytes_as_base64(processes: Callable[..., Processes], tmp_path: Path) -> None:
    product = processes(DATABASE_URL="", LOG_LEVEL="DEBUG", LEGACY_OPEN_API="true")
    token = product.manage("token", "create", "iPhone", "--server").split()[-1]
    product.log = tmp_path / "log"
    server = product.serve("--no-worker")
    headers = {**SHORTCUT, "Prefer": "respond-async", "Content-Type": "application/json"}
    url = f"{product.url}/api/upload/base64?token={token}"
    small = requests.post(url, json={"data": base64.b64encode(pictures.jpeg(2)).decode()}, headers=headers, timeout=60)
    assert small.ok, small.text
    before = most_memory(server.pid)
    answer = requests.post(url, data=Film(), headers=headers, timeout=120)
    assert answer.json()["status"] == "success", answer.text
    grown = most_memory(server.pid) - before
    assert grown < ALLOWED
    kept = sorted(path.stat().st_size for path in (product.folder / "spool").iterdir() if path.is_file())
    assert kept[-1] > SIZE - PIECE
    wrong = requests.post(f"{product.url}/api/upload/base64?token=drop_wrong", headers=headers, timeout=60)
    assert wrong.status_code == 401
    product.close()
    lines = product.log.read_text()
    assert "LEGACY_OPEN_API" in lines
    assert token not in lines
    assert "drop_w" not in lines
