"""Real clients on bad networks: whatever the line does, the file arrives as it was, and little of it is sent twice."""

import hashlib
import io
import json
import random
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from tusclient.uploader import Uploader

from tests import pictures
from tests.chaos.proxy import ChaosProxy
from tests.guest import TusGuest
from tests.serving import Processes

MEGABYTE = 1_000_000
SENDER = Path(__file__).with_name("sender.mjs")
MOST = 1.2  # times the file's size on the wire
OFTEN = 0.25  # of the requests meet a fault
TRIES = 300


@dataclass(frozen=True)
class Journey:
    """A guest, a server, a bad line between them, and a file to bring over."""

    guest: TusGuest
    secret: str
    spool: Path
    proxy: ChaosProxy
    path: Path
    content: bytes

    @property
    def endpoint(self) -> str:
        return f"{self.proxy.url}/api/tus/"

    def assert_arrived(self, url: str) -> None:
        (upload,) = self.guest.uploads()
        assert url.endswith(str(upload["id"])), "one file, one upload"
        assert upload["status"] == "received"
        kept = (self.spool / uuid.UUID(str(upload["id"])).hex).read_bytes()
        assert hashlib.sha1(kept).digest() == hashlib.sha1(self.content).digest()
        assert sum(self.proxy.met.values()) >= 4, self.proxy.met
        assert self.proxy.received <= MOST * len(self.content), self.proxy.received / len(self.content)


class Travel(Protocol):
    def __call__(self, size: int, seed: int, *, whole_lines: bool = False) -> Journey: ...


@pytest.fixture
def travel(processes: Callable[..., Processes], tmp_path: Path) -> Iterator[Travel]:
    """Makes the journey of a file of so many bytes, with the faults of a seed."""
    product = processes(DATABASE_URL="")
    token = product.create_invite("--name", "Beach week")
    product.serve("--no-worker")
    proxies: list[ChaosProxy] = []

    def make(size: int, seed: int, *, whole_lines: bool = False) -> Journey:
        print(f"seed {seed}")
        guest = TusGuest(product.url, token)
        secret = guest.open().headers["X-Drop-Guest"]
        content = pictures.jpeg(1) + random.Random(seed).randbytes(size)
        path = tmp_path / "clip.jpg"
        path.write_bytes(content)
        proxies.append(ChaosProxy(product.port, seed, OFTEN, whole_lines=whole_lines).__enter__())
        return Journey(guest, secret, product.folder / "spool", proxies[0], path, content)

    yield make
    for proxy in proxies:
        proxy.__exit__(None)


def a_seed() -> int:
    return random.SystemRandom().randrange(10**6)


@pytest.mark.kill
def test_the_pages_own_client(travel: Travel) -> None:
    """tus-js-client, driven by the page's own code, in Node."""
    journey = travel(32 * MEGABYTE, a_seed())
    job = {
        "path": str(journey.path),
        "endpoint": journey.endpoint,
        "token": journey.guest.token,
        "secret": journey.secret,
        "chunkSize": MEGABYTE,
    }
    node = shutil.which("node")
    assert node, "Node is needed for the pages as well: see README.md"
    done = subprocess.run([node, SENDER, json.dumps(job)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["stalls"] > 0
    journey.assert_arrived(said["url"])


@pytest.mark.kill
def test_tuspy(travel: Travel) -> None:
    # Python's http.client takes a header's line that broke off for a whole one.
    journey = travel(32 * MEGABYTE, a_seed(), whole_lines=True)
    client = TusClient(journey.endpoint, headers={"X-Drop-Guest": journey.secret})
    said = {"filename": "clip.jpg", "invite": journey.guest.token, "key": "by tuspy"}
    file = io.BytesIO(journey.content)
    url = None
    # As a script would: tuspy gives up when it can't ask for the offset, and takes half an answer for a whole one, in
    # which it then misses the offset (TypeError).
    for _ in range(TRIES):
        try:
            uploader: Uploader = client.uploader(
                file_stream=file, url=url, chunk_size=MEGABYTE, metadata=said, retries=5, retry_delay=0
            )
            url = url or uploader.create_url()
            uploader.set_url(url)
            uploader.upload()
            break
        except (TusCommunicationError, requests.RequestException, TypeError):
            continue
    assert url
    journey.assert_arrived(url)
