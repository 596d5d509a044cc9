"""The spool: where the bytes of uploads are kept. The only module that touches its disk.

One file per upload, named by the upload's id. All functions block; the receiving side calls them in its thread pool.
"""

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.conf import settings

MEBIBYTE = 1 << 20
READ_BYTES = MEBIBYTE
LOST_AND_FOUND = "lost+found"


class SpoolFileMissingError(Exception):
    """A row says that there are bytes, but there is no file."""


class SpoolFileShortError(Exception):
    """The file is shorter than what was acknowledged. An alarm, never a reason for a new offset."""


class SpoolBusyError(Exception):
    """Another process is writing this file."""


class Used(NamedTuple):
    """How much lies in the spool."""

    files: int
    bytes: int


class Room(NamedTuple):
    """A disk in bytes: all of it, what is free, and what of that stays free (`floor`)."""

    total: int
    free: int
    floor: int

    @property
    def left(self) -> int:
        """What may still be taken in; negative below the floor."""
        return self.free - self.floor


class SpoolFile:
    """An upload's file, open for writing by this process alone (`flock`)."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def lock(self, *, shared: bool = False) -> None:
        """Keeps every other process from writing, or from cutting (`shared`: many may write, each at its own place).

        Raises BlockingIOError when another holds the file already.
        """
        fcntl.flock(self.descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def close(self) -> None:
        os.close(self.descriptor)
        self.descriptor = -1  # the number may be another file's next

    def write_at(self, offset: int, data: bytes | bytearray) -> None:
        """Writes all of `data` at `offset`; durable only after `sync`."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self.descriptor, view, offset)
            view, offset = view[written:], offset + written

    def sync(self) -> None:
        """Makes what was written durable. A failure is final: the descriptor must not be used again."""
        os.fdatasync(self.descriptor)

    def cut_to(self, offset: int) -> None:
        """Drops what lies behind the acknowledged offset; refuses to make a file longer."""
        size = os.fstat(self.descriptor).st_size
        if size < offset:
            raise SpoolFileShortError(f"{size} bytes on disk, {offset} acknowledged")
        if size > offset:
            os.ftruncate(self.descriptor, offset)

    def head(self, length: int) -> bytes:
        return self.read_at(0, length)

    def read_at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes; fewer at the file's end."""
        return os.pread(self.descriptor, length, offset)

    def copy_to(self, other: "SpoolFile", offset: int) -> None:
        """Writes all of this file into another one at `offset`."""
        at = 0
        while block := os.pread(self.descriptor, READ_BYTES, at):
            other.write_at(offset + at, block)
            at += len(block)


class Spool:
    """The spool's folder. `root` must be on a local disk that honours flush."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, upload_id: uuid.UUID) -> Path:
        return self.root / upload_id.hex

    def create(self, upload_id: uuid.UUID) -> SpoolFile:
        """A new file, open for writing. Its name is durable once `sync_folder` was called."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        file = SpoolFile(os.open(self.path(upload_id), flags, 0o600))
        file.lock()
        return file

    def scratch(self) -> SpoolFile:
        """A file without a name, for bytes whose place is not known yet: gone when it is closed, or at a crash."""
        path = self.root / f".scratch-{uuid.uuid4().hex}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        path.unlink()
        return SpoolFile(descriptor)

    def open(self, upload_id: uuid.UUID, *, shared: bool = False) -> SpoolFile:
        """The file of an upload that goes on, open for writing; `shared` by writers of different places."""
        try:
            file = SpoolFile(os.open(self.path(upload_id), os.O_RDWR | os.O_CLOEXEC))
        except FileNotFoundError as error:
            raise SpoolFileMissingError(str(upload_id)) from error
        try:
            file.lock(shared=shared)
        except BlockingIOError as error:
            file.close()
            raise SpoolBusyError(str(upload_id)) from error
        return file

    def sync_folder(self) -> None:
        """Makes the names of new files durable."""
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self, upload_id: uuid.UUID) -> BinaryIO:
        """The bytes, for delivery."""
        try:
            return self.path(upload_id).open("rb")
        except FileNotFoundError as error:
            raise SpoolFileMissingError(str(upload_id)) from error

    def size(self, upload_id: uuid.UUID) -> int:
        try:
            return self.path(upload_id).stat().st_size
        except FileNotFoundError as error:
            raise SpoolFileMissingError(str(upload_id)) from error

    def changed_at(self, upload_id: uuid.UUID) -> datetime:
        """When the last byte was written, or the file was made."""
        try:
            return datetime.fromtimestamp(self.path(upload_id).stat().st_mtime, UTC)
        except FileNotFoundError as error:
            raise SpoolFileMissingError(str(upload_id)) from error

    def names(self) -> Iterator[str]:
        """The names of all files in the spool, one after another."""
        with os.scandir(self.root) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    yield entry.name

    def used(self) -> "Used":
        """What lies here, `lost+found` included."""
        files = size = 0
        for folder in (self.root, self.root / LOST_AND_FOUND):
            if folder is not self.root and not folder.exists():
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):  # deleted while we looked
                        if entry.is_file(follow_symlinks=False):
                            size += entry.stat(follow_symlinks=False).st_size
                            files += 1
        return Used(files, size)

    def set_aside(self, upload_id: uuid.UUID) -> None:
        """Moves a file that belongs to nobody to `lost+found`, where the host finds it."""
        shelf = self.root / LOST_AND_FOUND
        shelf.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):  # another process was quicker
            self.path(upload_id).rename(shelf / upload_id.hex)

    def remove(self, upload_id: uuid.UUID) -> None:
        """Deletes the bytes; does nothing when they are gone."""
        self.path(upload_id).unlink(missing_ok=True)

    def free(self) -> int:
        """Bytes that may still be taken in before the disk's floor is reached; may be negative."""
        return self.room().left

    def room(self) -> "Room":
        """The disk's room."""
        usage = shutil.disk_usage(self.root)
        return Room(usage.total, usage.free, floor(usage.total))

    def probe(self) -> None:
        """Raises OSError when the spool can't be written to."""
        path = self.root / f".probe-{uuid.uuid4().hex}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, b"probe")
        finally:
            os.close(descriptor)
            path.unlink()


def floor(total: int) -> int:
    """Bytes of a disk of `total` bytes that stay free: `SPOOL_FREE_MB`, else 5 %, within 2 and 20 GiB."""
    if settings.SPOOL_FREE_MB:
        return int(settings.SPOOL_FREE_MB) * 1_000_000
    gibibyte = 1 << 30
    return min(max(2 * gibibyte, total // 20), 20 * gibibyte)


def default() -> Spool:
    return Spool(settings.SPOOL_DIR)
