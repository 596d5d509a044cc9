"""Fault 5: a form's file is nowhere as a whole, neither in memory nor in a second copy on disk."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests import pictures
from tests.older import OlderClient, form
from tests.serving import Processes
from tests.uploads.test_memory import most_memory

MEGABYTE = 1_000_000
SIZE = 200 * MEGABYTE
ALLOWED = 40 * MEGABYTE


class FormStream:
    """A form whose file has `SIZE` bytes and is nowhere as a whole."""

    def __init__(self, fields: dict[str, str], name: str) -> None:
        start = pictures.jpeg(1)
        self.kind, body = form(list(fields.items()), (name, "film.jpg", b"MARK"), [])
        self.head, _, self.tail = body.partition(b"MARK")
        self.head += start
        self.zeros = SIZE - len(start)

    def __len__(self) -> int:
        return len(self.head) + self.zeros + len(self.tail)

    def read(self, size: int) -> bytes:
        if self.head:
            piece, self.head = self.head[:size], self.head[size:]
        elif self.zeros:
            piece = bytes(min(size, self.zeros))
            self.zeros -= len(piece)
        else:
            piece, self.tail = self.tail[:size], self.tail[size:]
        return piece


@pytest.mark.kill
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from Linux's /proc")
def test_fault_5_two_hundred_megabytes(processes: Callable[..., Processes]) -> None:
    product = processes(DATABASE_URL="")
    server = product.serve("--no-worker")
    client = OlderClient(product.url, product.create_invite("--name", "Film"))
    client.send(pictures.jpeg(2))
    item = client.begin(SIZE)
    numbers = {"item_id": item, "chunk_index": "0", "total_chunks": "1"}
    before = most_memory(server.pid)
    for path, name, fields in (("", "file", client.fields()), ("/chunk", "chunk", client.fields(**numbers))):
        body = FormStream(fields, name)
        headers = {"Content-Type": body.kind, **client.headers}
        answer = requests.post(f"{product.url}/api/upload{path}", data=body, headers=headers, timeout=120)
        assert answer.ok, answer.text
    assert client.complete(item, 1).json()["status"] == "received"
    assert most_memory(server.pid) - before < ALLOWED
    kept = sorted(path.stat().st_size for path in (product.folder / "spool").iterdir() if path.is_file())
    assert kept[1:] == [SIZE, SIZE]
