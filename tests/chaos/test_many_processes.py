"""Two web processes and two workers on PostgreSQL and Redis, some of which are killed: every file arrives, once."""

import hashlib
import json
import os
import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from immichdrop.sandbox import Hits, Sandbox
from tests.chaos.kills import PHOTO, File, Storm
from tests.guest import TusGuest
from tests.serving import Processes, eventually
from tests.wire import cookie_of, twin_of

SERVER = os.environ.get("TEST_DATABASE_URL", "")
REDIS = os.environ.get("TEST_REDIS_URL", "")
THREADS = 3  # of each worker
GUESTS = 4
AHEAD = 30  # files that wait for delivery, at most
LARGEST = 300_000  # bytes of a file
SENDING = "POST /api/assets"


@pytest.fixture
def database() -> Iterator[str]:
    """The address of a PostgreSQL database of its own."""
    name = f"drop_{secrets.token_hex(6)}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield urlsplit(SERVER)._replace(path=f"/{name}").geturl()
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def listening(guest: TusGuest) -> Iterator[set[str]]:
    """A page's socket at the guest's server: the ids of the uploads it has said to be delivered."""
    heard: set[str] = set()
    address = guest.url.replace("http", "ws", 1) + "/ws"
    with connect(address, additional_headers=cookie_of(guest)) as socket:
        socket.send(json.dumps({"session_id": "page", "invite_token": guest.token}))

        def hear() -> None:
            try:
                for frame in socket:
                    told = json.loads(frame)
                    if told.get("state") == "delivered":
                        heard.add(told["item_id"])
            except ConnectionClosed:
                return

        thread = threading.Thread(target=hear)
        thread.start()
        yield heard
    thread.join()


def sent(sandbox: Sandbox) -> Counter[int]:
    """How often files' bytes went to Immich, by status: 201 made an asset, 200 was one already."""
    return Counter(seen.status for seen in list(sandbox.requests) if f"{seen.method} {seen.path}" == SENDING)


@pytest.mark.kill
@pytest.mark.skipif(not SERVER, reason="TEST_DATABASE_URL is not set; the whole suite sets it where PostgreSQL answers")
@pytest.mark.skipif(not REDIS, reason="TEST_REDIS_URL is not set; the whole suite sets it where Redis answers")
def test_a_web_process_and_a_worker_are_killed(
    database: str, sandbox: Sandbox, processes: Callable[..., Processes]
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    shared = {
        "DATABASE_URL": database,
        "REDIS_URL": REDIS,
        "IMMICH_BASE_URL": sandbox.url,
        "IMMICH_API_KEY": sandbox.api_key,
        "MAX_CONCURRENT": str(THREADS),
    }
    first, second = processes(**shared), processes(**shared)
    web = first.serve("--no-worker")  # makes the tables
    worker = first.start("worker")
    token = first.create_invite("--name", "Wedding", "--album", "Wedding")
    second.serve("--no-worker")
    sandbox.faults.latency, sandbox.faults.late = 0.05, Hits(on=(SENDING,))  # kills meet files on their way

    storms = [Storm(first, token, seed), Storm(second, token, seed)]
    guests = [TusGuest(storms[number % 2].product.url, token) for number in range(GUESTS)]
    for guest in guests:
        assert guest.open().ok
    page = twin_of(guests[0])
    page.url = second.url
    over = threading.Event()

    def files() -> list[File]:
        return storms[0].files + storms[1].files

    def arrived() -> int:
        return len(sandbox.assets())

    def be_a_guest(number: int) -> None:
        dice, storm = random.Random(f"{seed} guest {number}"), storms[number % 2]
        for each in count():
            eventually(lambda: over.is_set() or len(files()) < arrived() + AHEAD, "deliveries to keep up")
            if over.is_set():
                return
            file = File(f"{number}, {each}", PHOTO + dice.randbytes(dice.randrange(1, LARGEST)))
            storm.files.append(file)
            storm.bring(guests[number], file, dice)

    with listening(page) as heard, ThreadPoolExecutor(GUESTS) as pool:
        going = [pool.submit(be_a_guest, number) for number in range(GUESTS)]
        try:
            eventually(lambda: heard, "the first worker's news at the other web process")
            second.start("worker")
            eventually(lambda: arrived() >= 2 * AHEAD, "files to be in Immich")
            first.kill(worker)
            first.kill(web)
            begun = {file.id for file in files()}
            first.serve("--no-worker")
            eventually(lambda: heard - begun, "the second worker's news of a file that came later")
            first.start("worker")
            goal = len(files()) + AHEAD
            eventually(lambda: arrived() >= goal, "both workers to go on")
        finally:
            over.set()
        for guest in going:
            guest.result()
        for guest in guests:
            eventually(lambda guest=guest: set(guest.statuses()) == {"delivered"}, "all to be delivered")

    wanted = sorted(hashlib.sha1(file.content).hexdigest() for file in files())
    assert len(wanted) == len(set(wanted)) > 4 * AHEAD
    assert sorted(asset.sha1 for asset in sandbox.assets()) == wanted
    assert sorted(asset.sha1 for asset in sandbox.album_assets("Wedding")) == wanted
    assert len(sandbox.albums()) == 1
    assert sum(sent(sandbox).values()) <= len(wanted) + THREADS, "only what the dead worker was sending goes out again"
    own = {file.id for file in storms[0].files if file.name.startswith("0,")}
    assert heard <= own
