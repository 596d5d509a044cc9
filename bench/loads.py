"""What the benchmarks send, and how they count it."""

import asyncio
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import websockets

from tests import guest
from tests.serving import Processes

MB = 1_000_000
_noise = os.urandom(64 * MB)


def blocks(size: int) -> Iterator[bytes]:
    """`size` bytes, in blocks of at most 1 MB, that differ from send to send."""
    at = int.from_bytes(os.urandom(3)) % (len(_noise) - MB)
    while size > 0:
        yield _noise[at : at + min(MB, size)]
        size -= MB


def send(url: str, method: str, path: str, headers: dict[str, str], size: int) -> tuple[int, dict[str, str]]:
    """One request on a connection of its own: status and headers (lower case) of its answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=300)
    try:
        connection.request(method, path, body=blocks(size), headers={**headers, "Content-Length": str(size)})
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def seconds(task: Callable[[], None]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def many(task: Callable[[int], None], count: int, size: int, at_once: int) -> Callable[[], None]:
    """`count` sends of `size` bytes, `at_once` at a time."""

    def run() -> None:
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(task, [size] * count))

    return run


def peak_memory(process: subprocess.Popen[bytes]) -> float:
    """The most memory the process ever held, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / MB


def written(process: subprocess.Popen[bytes]) -> int:
    """Bytes the process had written to disks so far."""
    counters = Path(f"/proc/{process.pid}/io").read_text()
    return int(counters.partition("\nwrite_bytes: ")[2].split()[0])


class Product:
    """The product's server, without deliveries: the benchmarks of receiving."""

    def __init__(self, folder: Path) -> None:
        self.processes = Processes(folder, LOG_LEVEL="WARNING")
        self.token = self.processes.create_invite("--name", "Bench")
        self.process = self.processes.serve("--no-worker")
        self.url = self.processes.url

    def in_one_patch(self, size: int) -> None:
        """A creation, then every byte in one PATCH."""
        someone = guest.TusGuest(self.url, self.token)
        upload_id = someone.begin(size)
        status, said = send(self.url, "PATCH", f"/api/tus/{upload_id}", {**guest.BODY, "Upload-Offset": "0"}, size)
        assert (status, said["upload-offset"]) == (204, str(size))

    def at_creation(self, size: int, secret: str = "") -> None:
        """Creation and bytes in one request, as the page sends small files."""
        headers = {
            **guest.BODY,
            "Upload-Length": str(size),
            "Upload-Metadata": guest.metadata(filename="photo.jpg", invite=self.token),
            **({"X-Drop-Guest": secret} if secret else {}),
        }
        status, said = send(self.url, "POST", "/api/tus/", headers, size)
        assert (status, said.get("upload-offset")) == (201, str(size)), status

    def new_guest(self) -> str:
        """A new guest's secret."""
        _, said = send(self.url, "GET", f"/api/invite/{self.token}", {}, 0)
        return said["x-drop-guest"]

    @contextmanager
    def light_requests(self) -> Iterator[list[float]]:
        """Asks for the link's JSON again and again meanwhile; at the end the seconds that each answer took.

        From a process of its own, so that what sends the files does not hold it up.
        """
        took: list[float] = []
        address = f"{self.url}/api/invite/{self.token}"
        command = [sys.executable, "-m", "bench.light", address, self.new_guest()]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking:
            yield took
            said, _ = asking.communicate()  # closes its input, which ends it
            took += map(float, said.split())

    @contextmanager
    def sockets(self, secrets: list[str]) -> Iterator[None]:
        """Open sockets of all these guests, as their pages hold them."""
        ready, stop = threading.Event(), threading.Event()

        async def hold() -> None:
            address = self.url.replace("http", "ws", 1) + "/ws"
            opened = [await websockets.connect(address) for _ in secrets]
            for socket, secret in zip(opened, secrets, strict=True):
                hello = {"session_id": "bench", "invite_token": self.token, "guest": secret}
                await socket.send(json.dumps(hello))
            ready.set()
            await asyncio.to_thread(stop.wait)
            for socket in opened:
                await socket.close()

        thread = threading.Thread(target=lambda: asyncio.run(hold()))
        thread.start()
        assert ready.wait(60)
        yield
        stop.set()
        thread.join()

    def close(self) -> None:
        self.processes.close()


def p95(took: list[float]) -> float:
    """The 95th percentile, in milliseconds."""
    return statistics.quantiles(took, n=20)[-1] * 1000
