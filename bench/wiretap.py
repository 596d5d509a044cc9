"""Between a client and a server of HTTP/1.1: how long the client waited in all, and how much it sent."""

import selectors
import socket
import threading
import time
from urllib.parse import urlsplit

BLOCK = 1 << 16


class Wiretap:
    """A context manager; `url` is where clients go.

    `seconds`: summed over all requests, from the first byte of each to the last byte of its answer. `sent`: bytes of
    requests, heads included.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = (parts.hostname or "", parts.port or 80)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.seconds, self.requests, self.sent = 0.0, 0, 0

    def __enter__(self) -> "Wiretap":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        heard = 0.0  # when the last byte went by
        answering = True  # whether that was the server's: the client's next is a new request
        with client, socket.create_connection(self.target) as server, selectors.DefaultSelector() as ready:
            for line in (client, server):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ready.register(line, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    try:
                        data = key.fileobj.recv(BLOCK)  # type: ignore[union-attr]
                    except ConnectionError:
                        return
                    if not data:
                        return
                    now = time.perf_counter()
                    asking = key.fileobj is client
                    with self.lock:
                        if asking:
                            self.sent += len(data)
                            self.requests += answering
                        if not (asking and answering):
                            self.seconds += now - heard
                    heard, answering = now, not asking
                    (server if asking else client).sendall(data)
