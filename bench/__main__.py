"""`make bench`: speed and memory of receiving, as ratios against limits measured in the same run.

Medians of three. The figures of the last run that was looked at are in docs/performance.md.
"""

import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from tests import guest
from tests.serving import Processes, eventually, free_port

MB = 1_000_000
RUNS = 3


def blocks(size: int) -> Iterator[bytes]:
    """`size` bytes that are the same nowhere, made as they are sent."""
    block = os.urandom(MB)
    for _ in range(size // MB):
        yield block


def post(url: str, method: str, path: str, headers: dict[str, str], size: int) -> tuple[int, dict[str, str]]:
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


def peak_memory(process: subprocess.Popen[bytes]) -> float:
    """The most memory the process ever held, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / MB


class Yardstick:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([sys.executable, "-m", "bench.yardstick", str(folder), str(port)])
        eventually(self._answers, "the yardstick")

    def _answers(self) -> bool:
        try:
            self.send(0)
        except OSError:
            return False
        return True

    def send(self, size: int) -> None:
        status, _ = post(self.url, "POST", "/", {}, size)
        assert status == 204


class Product:
    def __init__(self, folder: Path) -> None:
        self.product = Processes(folder)
        self.token = self.product.create_invite("--name", "Bench")
        self.process = self.product.serve("--no-worker")

    def send_in_one_patch(self, size: int) -> None:
        """A creation, then every byte in one PATCH."""
        someone = guest.TusGuest(self.product.url, self.token)
        upload_id = someone.begin(size)
        headers = {**guest.BODY, "Upload-Offset": "0"}
        status, said = post(self.product.url, "PATCH", f"/api/tus/{upload_id}", headers, size)
        assert (status, said["upload-offset"]) == (204, str(size))

    def send_at_creation(self, size: int) -> None:
        """Creation and bytes in one request, as the page sends small files."""
        headers = {
            **guest.BODY,
            "Upload-Length": str(size),
            "Upload-Metadata": guest.metadata(filename="photo.jpg", invite=self.token),
        }
        status, said = post(self.product.url, "POST", "/api/tus/", headers, size)
        assert (status, said["upload-offset"]) == (201, str(size))


def many(send: Callable[[int], None], count: int, size: int, at_once: int) -> Callable[[], None]:
    def task() -> None:
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(send, [size] * count))

    return task


def compare(title: str, ours: Callable[[], None], bare: Callable[[], None]) -> None:
    """Alternates the two, so that a noisy neighbour is noisy for both."""
    times = [(seconds(ours), seconds(bare)) for _ in range(RUNS)]
    mine, yardstick = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"{title:<44} {mine:7.2f} s   yardstick {yardstick:6.2f} s   ratio {mine / yardstick:5.2f}", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="immich-drop-bench-") as place:
        folder = Path(place)
        yardstick, product = Yardstick(folder / "bare"), Product(folder / "data")
        try:
            print(f"peak memory at rest                          {peak_memory(product.process):7.1f} MB")
            product.send_in_one_patch(100 * MB)
            print(f"peak memory after 100 MB                     {peak_memory(product.process):7.1f} MB")
            compare(
                "1 GB in one PATCH",
                lambda: product.send_in_one_patch(1000 * MB),
                lambda: yardstick.send(1000 * MB),
            )
            print(f"peak memory after 1 GB                       {peak_memory(product.process):7.1f} MB")
            compare(
                "300 files of 4 MB, 8 at a time",
                many(product.send_at_creation, 300, 4 * MB, 8),
                many(yardstick.send, 300, 4 * MB, 8),
            )
            print(f"peak memory after all                        {peak_memory(product.process):7.1f} MB")
        finally:
            product.product.close()
            yardstick.process.terminate()
            yardstick.process.wait()


if __name__ == "__main__":
    main()
