"""A spool on a simulated disk, which forgets at a crash what it was not made to keep.

Bytes are durable after `sync`, names after `sync_folder`. What was neither may be there after a power loss, or not, or
in part. A fault is armed in advance: the n-th operation from then on loses power, finds no room, or fails to sync.
"""

import enum
import errno
import io
import random
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from uploads.spool import Spool, SpoolBusyError, SpoolFile, SpoolFileMissingError, SpoolFileShortError

PAGE = 4096  # bytes


class PowerLossError(BaseException):
    """The machine is off: nothing that runs may do anything any more."""


class Fault(enum.Enum):
    POWER_BEFORE = "the power goes before the operation"
    POWER_AFTER = "the power goes after the operation"
    NO_ROOM = "a write finds no room after its first half"
    BAD_SYNC = "a sync fails, and what it should have kept is lost"


class Fate(enum.Enum):
    """What becomes of un-synced bytes and names at a crash."""

    FORGOTTEN = "all are gone"
    KEPT = "all are there"
    TORN = "some pages and names are there, some not"


@dataclass(eq=False)
class Inode:
    """A file as programs see it, and as the disk has it. `dirty`: [start, end) not yet on their way to the disk.

    `version` changes with what is durable.
    """

    seen: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    dirty: list[tuple[int, int]] = field(default_factory=list)
    changed_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    locked: bool = False
    version: int = 0

    def settle(self, pages: list[tuple[int, int]], length: int) -> None:
        """These ranges, and this length, reach the disk."""
        self.version += 1
        for start, end in pages:
            self.durable.extend(bytes(max(0, end - len(self.durable))))
            self.durable[start:end] = self.seen[start:end]
        self.durable.extend(bytes(max(0, length - len(self.durable))))
        del self.durable[length:]

    def sync(self) -> None:
        self.settle(self.dirty, len(self.seen))
        self.dirty.clear()

    def crash(self, fate: Fate, dice: random.Random) -> None:
        if fate is Fate.KEPT:
            self.sync()
        elif fate is Fate.TORN:
            length = dice.choice([len(self.seen), len(self.durable)])
            pages = [
                (at, min(at + PAGE, end, length))
                for start, end in self.dirty
                for at in range(start, end, PAGE)
                if at < length and dice.random() < 0.5
            ]
            self.settle(pages, length)
        self.seen = bytearray(self.durable)
        self.dirty.clear()
        self.locked = False


class ForgetfulFile(SpoolFile):
    def __init__(self, disk: "ForgetfulSpool", inode: Inode) -> None:
        super().__init__(-1)
        self.disk = disk
        self.inode = inode
        self.closed = False

    def lock(self, *, shared: bool = False) -> None:
        if self.inode.locked:
            raise BlockingIOError
        self.inode.locked = True

    def close(self) -> None:
        assert not self.closed, "closed twice"
        self.closed = True
        self.inode.locked = False

    def write_at(self, offset: int, data: bytes | bytearray) -> None:
        with self.disk.operation(Fault.NO_ROOM) as full:
            self._open()
            taken = data[: len(data) // 2] if full else data
            end = offset + len(taken)
            self.inode.seen.extend(bytes(max(0, offset - len(self.inode.seen))))
            self.inode.seen[offset:end] = taken
            self.inode.dirty.append((offset, end))
            self.inode.changed_at = datetime.now(UTC)
            if full:
                raise OSError(errno.ENOSPC, "No space left on device")

    def sync(self) -> None:
        with self.disk.operation(Fault.BAD_SYNC) as failing:
            self._open()
            if failing:  # as systems do: told once, and the pages called clean
                self.inode.dirty.clear()
                raise OSError(errno.EIO, "Input/output error")
            self.inode.sync()

    def cut_to(self, offset: int) -> None:
        with self.disk.operation():
            self._open()
            if len(self.inode.seen) < offset:
                raise SpoolFileShortError(f"{len(self.inode.seen)} bytes on disk, {offset} acknowledged")
            del self.inode.seen[offset:]
            self.inode.dirty = [(start, min(end, offset)) for start, end in self.inode.dirty if start < offset]

    def head(self, length: int) -> bytes:
        with self.disk.operation():
            self._open()
            return bytes(self.inode.seen[:length])

    def _open(self) -> None:
        assert not self.closed, "used after it was closed"


class Operation:
    """One step of the disk, under its lock; true inside `with` when the armed fault strikes this step."""

    def __init__(self, disk: "ForgetfulSpool", weakness: Fault | None) -> None:
        self.disk = disk
        self.weakness = weakness
        self.struck: Fault | None = None

    def __enter__(self) -> bool:
        self.disk.lock.acquire()
        try:
            self.struck = self.disk.step(self.weakness)
        except PowerLossError:
            self.disk.lock.release()
            raise
        return self.struck is self.weakness and self.struck is not None

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.disk.lock.release()
        if self.struck is Fault.POWER_AFTER and kind is None:
            self.disk.off = True
            raise PowerLossError


class ForgetfulSpool(Spool):
    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"))
        self.lock = threading.RLock()
        self.files: dict[uuid.UUID, Inode] = {}
        self.durable_names: dict[uuid.UUID, Inode] = {}
        self.lost_and_found: dict[uuid.UUID, Inode] = {}
        self.off = False
        # A fault that strikes after so many more operations, at the first one that it can strike.
        self.armed: tuple[int, Fault] | None = None

    # --- faults

    def step(self, weakness: Fault | None) -> Fault | None:
        if self.off:
            raise PowerLossError
        if self.armed is None:
            return None
        steps, fault = self.armed
        if steps > 0:
            self.armed = steps - 1, fault
            return None
        if fault in (Fault.NO_ROOM, Fault.BAD_SYNC) and fault is not weakness:
            return None
        self.armed = None
        if fault is Fault.POWER_BEFORE:
            self.off = True
            raise PowerLossError
        return fault

    def operation(self, weakness: Fault | None = None) -> Operation:
        return Operation(self, weakness)

    def crash(self, fate: Fate, seed: int) -> None:
        """The power goes, and comes again: what is left is what the disk kept."""
        dice = random.Random(seed)
        for upload_id in sorted(set(self.files) | set(self.durable_names)):
            now, before = self.files.get(upload_id), self.durable_names.get(upload_id)
            keep = fate is Fate.KEPT or (fate is Fate.TORN and dice.random() < 0.5)
            found = now if keep else before
            if found is None:
                self.files.pop(upload_id, None)
            else:
                self.files[upload_id] = found
        for inode in self.files.values():
            inode.crash(fate, dice)
        self.durable_names = dict(self.files)
        self.off, self.armed = False, None

    def kept(self, upload_id: uuid.UUID) -> Inode:
        """The file that would be there if the power went now, at the very worst."""
        return self.durable_names.get(upload_id) or Inode()

    def age(self, time: timedelta) -> None:
        """As if all files had been written so much earlier."""
        for inode in self.files.values():
            inode.changed_at -= time

    # --- the spool

    def create(self, upload_id: uuid.UUID) -> SpoolFile:
        with self.operation():
            if upload_id in self.files:
                raise FileExistsError(upload_id)
            inode = self.files[upload_id] = Inode()
            file = ForgetfulFile(self, inode)
            file.lock()
            return file

    def open(self, upload_id: uuid.UUID, *, shared: bool = False) -> SpoolFile:
        with self.operation():
            file = ForgetfulFile(self, self._inode(upload_id))
            try:
                file.lock(shared=shared)
            except BlockingIOError as error:
                raise SpoolBusyError(str(upload_id)) from error
            return file

    def sync_folder(self) -> None:
        with self.operation():
            self.durable_names = dict(self.files)

    def read(self, upload_id: uuid.UUID) -> BinaryIO:
        with self.operation():
            return io.BytesIO(self._inode(upload_id).seen)

    def size(self, upload_id: uuid.UUID) -> int:
        with self.operation():
            return len(self._inode(upload_id).seen)

    def changed_at(self, upload_id: uuid.UUID) -> datetime:
        with self.operation():
            return self._inode(upload_id).changed_at

    def names(self) -> Iterator[str]:
        with self.operation():
            found = [upload_id.hex for upload_id in self.files]
        yield from found

    def set_aside(self, upload_id: uuid.UUID) -> None:
        with self.operation():
            self.lost_and_found[upload_id] = self._inode(upload_id)
            del self.files[upload_id]

    def remove(self, upload_id: uuid.UUID) -> None:
        with self.operation():
            self.files.pop(upload_id, None)

    def free(self) -> int:
        with self.operation():
            return 1 << 40

    def probe(self) -> None:
        with self.operation():
            return

    def _inode(self, upload_id: uuid.UUID) -> Inode:
        try:
            return self.files[upload_id]
        except KeyError:
            raise SpoolFileMissingError(str(upload_id)) from None
