"""A server that does with each connection what the test says."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Script = Callable[[socket.socket], None]


class ScriptedServer:
    """Connection number n is handled by the n-th script, each in a thread of its own."""

    def __init__(self, *scripts: Script) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._scripts = scripts
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0

    def _accept(self) -> None:
        workers = []
        for script in self._scripts:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                break
            self.connections += 1
            workers.append(threading.Thread(target=self._run, args=(script, connection), daemon=True))
            workers[-1].start()
        for worker in workers:
            worker.join()

    @staticmethod
    def _run(script: Script, connection: socket.socket) -> None:
        with connection:
            script(connection)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        # Wakes `accept`, which closing alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@contextmanager
def serving(*scripts: Script) -> Iterator[ScriptedServer]:
    server = ScriptedServer(*scripts)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def read_request(connection: socket.socket) -> tuple[str, bytes]:
    """The head of the next request, and its body."""
    received = b""
    while b"\r\n\r\n" not in received:
        block = connection.recv(65536)
        if not block:
            return "", b""
        received += block
    head, _, start = received.partition(b"\r\n\r\n")
    text, body = head.decode(), bytearray(start)
    lengths = [line.split(":")[1] for line in text.lower().splitlines() if line.startswith("content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        block = connection.recv(1024 * 1024)
        if not block:
            break
        body += block
    return text, bytes(body)


def answer(
    connection: socket.socket,
    body: object,
    status: str = "200 OK",
    content_type: str = "application/json; charset=utf-8",
    headers: str = "",
) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(data)}\r\n{headers}\r\n"
    connection.sendall(head.encode() + data)


def answering(*bodies: object) -> Script:
    """Read a request and give the next of these answers, on one connection."""

    def script(connection: socket.socket) -> None:
        for body in bodies:
            read_request(connection)
            answer(connection, body)
        while connection.recv(65536):
            pass  # until the client lets go of it

    return script
