"""Peers that are slow, silent, many, or two at once: others are served, limits hold, no byte is taken for another."""

import asyncio
import contextlib
import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest

from immichdrop.asgi_types import Message
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import Processes, eventually
from tests.uploads.traces import assert_received, spool_files
from tests.wire import Line, twin_of
from uploads import blocking
from uploads.models import Upload
from uploads.receiving import End, Sink, Turn, pour
from uploads.spool import Spool

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)
FILE = PHOTO + bytes(range(256)) * 20_000  # 5 MB
MANY = 3 * blocking.THREADS
TAKEN_OVER = (HTTPStatus.NO_CONTENT, HTTPStatus.CONFLICT, HTTPStatus.LOCKED)


@pytest.fixture
def lines(web: str) -> Iterator[Callable[[], Line]]:
    """Opens connections to the server; all are closed after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(Line(web))


# --- slow peers


def test_headers_that_never_end_block_nobody(
    make_invite: MakeInvite, guest_at: Arrive, lines: Callable[[], Line]
) -> None:
    for _ in range(MANY):
        lines().send(b"POST /api/tus/ HTTP/1.1\r\nHost: here\r\nX-Slow: a")
    assert_received(guest_at(make_invite()).send(PHOTO), PHOTO)


def test_bodies_that_never_end_block_nobody(
    make_invite: MakeInvite, guest_at: Arrive, lines: Callable[[], Line]
) -> None:
    """More of them than there are threads, in creations and in what goes on with them."""
    invite = make_invite()
    for number in range(MANY):
        slow = guest_at(invite)
        if number % 2:
            upload_id = slow.begin(len(FILE))
            line = lines()
            line.begin_patch(slow, upload_id, 0, len(FILE))
        else:
            line = lines()
            line.begin_creation(slow, len(FILE), "k")
        line.send(FILE[:1])
    eventually(lambda: len(spool_files()) == MANY, "all to be received")
    assert_received(guest_at(invite).send(PHOTO), PHOTO)


def drip(content: bytes, every: float) -> Callable[[], object]:
    """A peer that sends a byte every so many seconds."""
    rest = iter(content)

    async def receive() -> Message:
        loop = asyncio.get_running_loop()
        moment = loop.create_future()
        loop.call_later(every, moment.set_result, None)
        await moment
        return {"type": "http.request", "body": bytes([next(rest)]), "more_body": True}

    return receive


def test_a_peer_slower_than_the_slowest_is_dropped_and_its_bytes_kept(tmp_path: Path) -> None:
    """It is never silent for long, and would else hold its upload's turn for ever."""
    file = Spool(tmp_path).create(uuid.uuid4())
    sink = Sink(file, 0, len(FILE), None)
    turn = Turn(silence=0.3, slowest=1000)
    end = asyncio.run(asyncio.wait_for(pour(drip(FILE, 0.01), turn, sink), 20))  # type: ignore[arg-type]
    assert end is End.LEFT
    assert 1 <= sink.offset <= 40
    assert file.head(100) == FILE[: sink.offset]
    file.close()


# --- many at once


def test_five_hundred_creations_for_five_places(
    make_invite: MakeInvite, guest_at: Arrive, lines: Callable[[], Line]
) -> None:
    """All are on the wire before the first answer is read."""
    invite = make_invite(max_uses=5)
    crowd = [guest_at(invite) for _ in range(20)]
    waiting = [lines() for _ in range(500)]
    for number, line in enumerate(waiting):
        line.begin_creation(crowd[number % 20], len(PHOTO), f"k{number}")
    for line in waiting:
        line.send(PHOTO)
    statuses = [line.answer().status for line in waiting]
    assert statuses.count(201) == 5
    assert statuses.count(403) == 495
    invite.refresh_from_db()
    assert invite.used == Upload.objects.count() == len(spool_files()) == 5


# --- two clients on one upload


def push(guest: TusGuest, upload_id: str, content: bytes) -> int:
    """Goes on with an upload, piece by piece, until it is whole, whoever else does. How many pieces were taken."""
    taken = 0
    while True:
        asked = guest.head(upload_id)
        if asked.status_code == HTTPStatus.LOCKED:
            continue
        assert asked.status_code == HTTPStatus.OK
        offset = int(asked.headers["Upload-Offset"])
        if offset == len(content):
            return taken
        answer = guest.patch(upload_id, offset, content[offset : offset + 250_000])
        assert answer.status_code in TAKEN_OVER, (answer.status_code, answer.text)
        taken += answer.status_code == HTTPStatus.NO_CONTENT


def test_two_clients_at_one_server(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(FILE))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda client: push(client, upload_id, FILE), [guest, twin_of(guest)]))
    assert_received(upload_id, FILE)


@pytest.mark.kill
def test_two_clients_at_two_servers(processes: Callable[..., Processes]) -> None:
    """On one data folder, without Redis: only the lock on the file stands between them."""
    first, second = processes(DATABASE_URL=""), processes(DATABASE_URL="")
    token = first.create_invite("--name", "Beach week")
    first.serve("--no-worker")
    second.serve("--no-worker")
    guest = TusGuest(first.url, token)
    guest.open()
    other = twin_of(guest)
    other.url = second.url
    upload_id = guest.begin(len(FILE))
    path = first.folder / "spool" / uuid.UUID(upload_id).hex
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(lambda client: push(client, upload_id, FILE), [guest, other]))
    assert sum(taken) >= 10
    assert other.statuses() == ["received"]
    assert hashlib.sha1(path.read_bytes()).digest() == hashlib.sha1(FILE).digest()


@pytest.mark.kill
@pytest.mark.skipif(not os.environ.get("TEST_REDIS_URL"), reason="TEST_REDIS_URL is not set; the whole suite sets it")
def test_a_server_takes_over_from_another(processes: Callable[..., Processes]) -> None:
    """A request that hangs at one server is asked, through Redis, to make room at the other."""
    shared = {"DATABASE_URL": "", "REDIS_URL": os.environ["TEST_REDIS_URL"]}
    first, second = processes(**shared), processes(**shared)
    token = first.create_invite("--name", "Beach week")
    first.serve("--no-worker")
    second.serve("--no-worker")
    guest = TusGuest(first.url, token)
    guest.open()
    other = twin_of(guest)
    other.url = second.url
    upload_id = guest.begin(len(FILE))
    path = first.folder / "spool" / uuid.UUID(upload_id).hex
    with Line(first.url) as hanging:
        hanging.begin_patch(guest, upload_id, 0, len(FILE))
        hanging.send(FILE[:1_500_000])
        eventually(lambda: path.stat().st_size > 1_000_000, "the bytes on disk")
        offset = int(other.head(upload_id).headers["Upload-Offset"])
        assert offset > 1_000_000, "what came to the first server counts at the second"
        assert other.patch(upload_id, offset, FILE[offset:]).status_code == 204
        assert hanging.answer().status == 423
    assert path.read_bytes() == FILE
