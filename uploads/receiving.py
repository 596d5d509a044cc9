"""Request bodies into the spool: bytes are written as they come, made durable, and only then acknowledged.

The order is the promise's: `pwrite` at the row's offset, `fdatasync`, conditional UPDATE of the offset, commit, answer.
"""

import asyncio
import errno
import hashlib
import itertools
import time
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from immichdrop.asgi_types import Message, Receive
from uploads import blocking, crowd
from uploads.crowd import Place
from uploads.spool import MEBIBYTE, SpoolFile

SILENCE = 60.0  # seconds without a byte, after which a peer is given up
SLOWEST = 1000  # bytes a second over that time, below which it is given up too
TAKE_OVER = 10.0  # seconds the running request has to stop for a newer one
BLOCK = MEBIBYTE  # bytes gathered for one write
CHECKPOINT = 8 * MEBIBYTE  # bytes after which a long body is acknowledged to the database


class BusyError(Exception):
    """Another request is writing this upload and did not stop in time."""


class DiskFullError(Exception):
    """The spool's disk took no more bytes."""


@contextmanager
def disk_full_told() -> Iterator[None]:
    """Raises DiskFullError for what the system says when a disk or a quota is full."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError from error
        raise


class ChecksumMismatchError(Exception):
    """The body is not what its checksum says, or broke off before that could be told."""


class Checksum:
    """A digest that a body has to have, in a hash of `hashlib`."""

    def __init__(self, algorithm: str, expected: bytes) -> None:
        self.digest = hashlib.new(algorithm, usedforsecurity=False)
        self.expected = expected

    def holds(self) -> bool:
        return self.digest.digest() == self.expected


class End(Enum):
    """How a body ended."""

    WHOLE = auto()
    LEFT = auto()  # the client went away, or fell silent
    STOPPED = auto()  # a newer request, or the end of the server, asked
    TOO_LONG = auto()  # more than was announced


_numbers = itertools.count()


class Turn:
    """One request's right to write an upload, until a newer request asks for it."""

    def __init__(self, silence: float = SILENCE, slowest: float = SLOWEST) -> None:
        self.number = next(_numbers)
        self.silence = silence
        self.slowest = slowest
        self.stopped = False
        self._window_began = time.monotonic()
        self._window_bytes = 0
        self.over = asyncio.Event()
        self._patience: asyncio.Timeout | None = None

    def stop(self) -> None:
        """Asks the request to persist what it has and to end."""
        if self.stopped:
            return  # its timeout may be expiring just now, and can't be set again
        self.stopped = True
        if self._patience and not self._patience.expired():
            self._patience.reschedule(0)

    async def next(self, receive: Receive) -> Message | None:
        """The request's next message; None when it was asked to stop, or when the peer is silent or too slow."""
        if self.stopped or self._too_slow():
            return None
        try:
            async with asyncio.timeout(self.silence) as self._patience:
                message = await receive()
        except TimeoutError:
            return None
        finally:
            self._patience = None
        self._window_bytes += len(message.get("body", b""))
        return message

    def _too_slow(self) -> bool:
        """Whether the last window of `silence` seconds brought fewer than `slowest` bytes a second."""
        elapsed = time.monotonic() - self._window_began
        if elapsed < self.silence:
            return False
        slow = self._window_bytes < self.slowest * elapsed
        self._window_began, self._window_bytes = time.monotonic(), 0
        return slow


class Turns:
    """At most one writer per upload in this process; across processes, `flock` on the file sees to it."""

    def __init__(self, patience: float = TAKE_OVER) -> None:
        self.patience = patience
        self._running: dict[uuid.UUID, Turn] = {}

    @asynccontextmanager
    async def take(self, upload_id: uuid.UUID) -> AsyncIterator[Turn]:
        """Waits for the running request to stop. Raises BusyError when it doesn't within `patience` seconds."""
        turn = Turn()
        try:
            async with asyncio.timeout(self.patience):
                while running := self._running.get(upload_id):
                    if running.number > turn.number:  # it came later, and was quicker
                        raise BusyError
                    running.stop()
                    await running.over.wait()
        except TimeoutError:
            raise BusyError from None
        self._running[upload_id] = turn
        try:
            yield turn
        finally:
            del self._running[upload_id]
            turn.over.set()

    def stop(self, upload_id: uuid.UUID) -> None:
        """Asks the request that writes this upload here, if any, to stop."""
        if running := self._running.get(upload_id):
            running.stop()

    def stop_all(self) -> None:
        for turn in self._running.values():
            turn.stop()


class Sums:
    """SHA-1 of uploads in progress, so that a file sent in several requests need not be read again at its end."""

    MOST = 1000

    def __init__(self) -> None:
        self._kept: OrderedDict[uuid.UUID, tuple[int, hashlib._Hash]] = OrderedDict()

    def resume(self, upload_id: uuid.UUID, offset: int) -> "hashlib._Hash | None":
        """The sum of the bytes before `offset`; None when this process did not see them all pass."""
        if offset == 0:
            self._kept.pop(upload_id, None)
            return hashlib.sha1(usedforsecurity=False)
        at, sum_ = self._kept.pop(upload_id, (-1, None))
        return sum_ if at == offset else None

    def keep(self, upload_id: uuid.UUID, offset: int, sum_: "hashlib._Hash | None") -> None:
        if sum_ is not None:
            self._kept[upload_id] = offset, sum_
            if len(self._kept) > self.MOST:
                self._kept.popitem(last=False)


class Basin(Protocol):
    """Bytes on their way: how many may still come, and those that came and are not written yet."""

    room: int
    buffer: bytearray


@dataclass
class Gathered:
    """A basin in memory alone."""

    room: int
    buffer: bytearray = field(default_factory=bytearray)


@dataclass
class Sink:
    """Where a body goes: the file, the next byte's offset, how many may come, and what acknowledges them.

    `acknowledge(offset)` runs in a thread, after `fdatasync`: at the end and, with `checkpoints`, on the way there.
    """

    file: SpoolFile
    offset: int
    room: int
    sum: "hashlib._Hash | None"
    acknowledge: Callable[[int], None] | None = None
    buffer: bytearray = field(default_factory=bytearray)
    checksum: Checksum | None = None
    checkpoints: bool = True

    def write(self, block: bytearray) -> None:
        with disk_full_told():
            self.file.write_at(self.offset, block)
        if self.sum is not None:
            self.sum.update(block)
        if self.checksum:
            self.checksum.digest.update(block)
        self.offset += len(block)

    def settle(self) -> None:
        """Makes what was written durable, then acknowledges it."""
        with disk_full_told():
            self.file.sync()  # some file systems look for room only now
        if self.acknowledge:
            self.acknowledge(self.offset)


async def gather(receive: Receive, turn: Turn, room: int) -> tuple[bytearray, End]:
    """A body of at most `room` bytes into memory: what came of it, and how it ended."""
    place = crowd.here().place()
    basin = Gathered(room)
    end: End | None = None
    while end is None:
        end = await _take_block(receive, turn, basin, place)
    return basin.buffer, end


async def pour(receive: Receive, turn: Turn, sink: Sink) -> End:
    """Writes a request's body into the sink and settles it. Reading goes on while the disk works.

    Whatever came is kept, also when the client left or the turn was stopped. Raises DiskFullError, and
    ChecksumMismatchError before anything is acknowledged.
    """
    place = crowd.here().place()
    working: asyncio.Future[None] | None = None
    end: End | None = None
    unsettled = 0
    try:
        while (end := await _take_block(receive, turn, sink, place)) is None:
            if working:
                await blocking.finish(working)
            block, sink.buffer = sink.buffer, bytearray()
            unsettled += len(block)
            # Nothing of a body with a checksum is acknowledged before its end, where the sum can be compared.
            checkpoint = unsettled >= CHECKPOINT and sink.checkpoints and not sink.checksum
            unsettled = 0 if checkpoint else unsettled
            working = blocking.start(_work, sink, block, settle=checkpoint)
    finally:
        if working:  # also when this is cancelled: the file is closed next
            await blocking.finish(working)
    await blocking.run(finish, sink, end)
    return end


async def _take_block(receive: Receive, turn: Turn, basin: Basin, place: Place) -> End | None:
    """A block's worth of messages into the basin; None while there are more to come."""
    async with place:
        while (end := await _take_in(receive, turn, basin)) is None and len(basin.buffer) < BLOCK:
            pass
    crowd.note(len(basin.buffer))
    return end


async def _take_in(receive: Receive, turn: Turn, basin: Basin) -> End | None:
    """The next message's bytes into the basin; None while there are more to come."""
    message = await turn.next(receive)
    if message is None:
        return End.STOPPED if turn.stopped else End.LEFT
    if message["type"] == "http.disconnect":
        return End.LEFT
    body = message.get("body", b"")
    if len(body) > basin.room:
        return End.TOO_LONG
    basin.room -= len(body)
    basin.buffer += body
    return None if message.get("more_body") else End.WHOLE


def finish(sink: Sink, end: End) -> None:
    """Writes the last bytes of a body, in one step with what makes all of them count. Runs in a thread."""
    sink.write(sink.buffer)
    if sink.checksum and not (end is End.WHOLE and sink.checksum.holds()):
        raise ChecksumMismatchError
    if end is not End.TOO_LONG:
        sink.settle()


def _work(sink: Sink, block: bytearray, *, settle: bool) -> None:
    sink.write(block)
    if settle and sink.acknowledge:
        sink.settle()
