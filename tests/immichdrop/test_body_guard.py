"""Nobody makes the server swallow a body: 413 before the first byte, or as soon as it is too much."""

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from immichdrop.body_guard import MAX_BODY

MEGABYTE = 1_000_000


def connect(web: str) -> socket.socket:
    parts = urlsplit(web)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)


def head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: drop.example.org", *headers, "", ""]).encode()


def answer(line: socket.socket) -> tuple[int, bytes]:
    """Status and body of an answer after which the server closes."""
    received = b""
    while block := line.recv(65536):
        received += block
    first, _, body = received.partition(b"\r\n\r\n")
    return int(first.split()[1]), body


def resident() -> int:
    """Memory of this process, which the server under test runs in, in bytes."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) * 1024


@pytest.mark.parametrize("path", ["/login", "/", "/api/config", "/api/invite/unknown/auth", "/admin/", "/nowhere"])
def test_ten_gigabytes_are_refused_before_they_are_sent(web: str, path: str) -> None:
    with connect(web) as line:
        line.sendall(head("POST", path, "Content-Length: 10000000000", "Content-Type: multipart/form-data; boundary=x"))
        status, body = answer(line)
    assert status == 413
    assert json.loads(body)["error"] == "body_too_large"


def test_a_body_of_unknown_length_is_cut_off(web: str) -> None:
    before = resident()
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    with connect(web) as line:
        line.sendall(head("POST", "/login", "Transfer-Encoding: chunked"))
        try:
            while sent < 200 * MEGABYTE:
                line.sendall(chunk)
                sent += len(chunk)
        except (ConnectionError, TimeoutError):
            pass  # hung up on, as a client that doesn't listen deserves
    assert sent < 50 * MEGABYTE  # what fits into the sockets' buffers, and no more
    assert resident() - before < 30 * MEGABYTE


def test_a_body_of_unknown_length_gets_an_answer(web: str) -> None:
    size = MAX_BODY + 1
    with connect(web) as line:
        line.sendall(head("POST", "/login", "Transfer-Encoding: chunked"))
        line.sendall(f"{size:x}\r\n".encode() + b"x" * size + b"\r\n")
        status, body = answer(line)
    assert status == 413
    assert json.loads(body)["error"] == "body_too_large"


def test_a_small_body_passes(web: str) -> None:
    body = b'{"password":"x"}'
    with connect(web) as line:
        line.sendall(
            head("POST", "/api/invite/unknown/auth", f"Content-Length: {len(body)}", "Connection: close") + body
        )
        status, said = answer(line)
    assert status == 404
    assert json.loads(said) == {"error": "not_found"}


def test_a_small_body_in_chunks_passes(web: str) -> None:
    with connect(web) as line:
        line.sendall(head("POST", "/api/invite/unknown/auth", "Transfer-Encoding: chunked", "Connection: close"))
        line.sendall(b'10\r\n{"password":"x"}\r\n0\r\n\r\n')
        status, _ = answer(line)
    assert status == 404
