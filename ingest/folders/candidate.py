"""A file that may have to be sent: opened once, read where it lies, and never changed."""

import errno
import fcntl
import os
import signal
import stat
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.conf import settings

from immichdrop.immich import Existing
from ingest.folders.models import shown
from ingest.folders.walking import Seen
from uploads import names
from uploads.dates import safely_taken_at
from uploads.delivery import sha1_of


class UnsettledError(Exception):
    """The file is still being written."""


@dataclass(eq=False, slots=True)
class Candidate:
    """`seen`: how it was when it was opened, and still is unless `unchanged` says otherwise.

    `taken`: when the photo was taken, else when the file was changed. `existing`: what Immich has of it. `video`: the
    moving half of this live photo; `still_id`: the asset of the still that this is the moving half of. `twins`: files
    with the same bytes.
    """

    seen: Seen
    descriptor: int
    sha1: str
    taken: datetime
    album: str = ""
    sidecar: bytes | None = None
    existing: Existing | None = None
    video: "Candidate | None" = None
    video_id: uuid.UUID | None = None
    still_id: uuid.UUID | None = None
    twins: list["Candidate"] = field(default_factory=list)

    @property
    def filename(self) -> str:
        """As it shall stand in Immich."""
        return names.clean(shown_name(self.seen.path))

    def open(self) -> BinaryIO:
        """The bytes from their start. Closing it leaves the file open here."""
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        return os.fdopen(os.dup(self.descriptor), "rb")

    def unchanged(self) -> bool:
        return _as_seen(self.descriptor, self.seen)

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
        if self.video is not None:
            self.video.close()


def shown_name(path: str) -> str:
    return os.fsencode(path).decode(errors="replace")


def fresh(mtime_ns: int, settle: float) -> bool:
    """Whether a file was changed within the last `settle` seconds, so that more may come."""
    return abs(time.time_ns() - mtime_ns) < settle * 1e9


def look_into(root: str, seen: Seen, *, known_sha1: str = "", follow_symlinks: bool = False) -> Candidate:
    """Opens and sums up a file. UnsettledError when it changes meanwhile, or somebody has it open to write to it.

    `known_sha1`: its sum, if it is known. Raises OSError when it can't be read.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow_symlinks else os.O_NOFOLLOW)
    descriptor = os.open(os.path.join(root, seen.path), flags)  # noqa: PTH118
    try:
        if not _as_seen(descriptor, seen) or _is_being_written(descriptor):
            raise UnsettledError
        with os.fdopen(os.dup(descriptor), "rb") as file:
            sha1 = known_sha1 or sha1_of(file)
            taken = safely_taken_at(file, f'file="{shown(seen.path)}"')
        if not _as_seen(descriptor, seen):
            raise UnsettledError
        return Candidate(seen, descriptor, sha1, taken or _moment(seen.mtime_ns))
    except BaseException:
        os.close(descriptor)
        raise


def _as_seen(descriptor: int, seen: Seen) -> bool:
    now = os.fstat(descriptor)
    return stat.S_ISREG(now.st_mode) and (now.st_size, now.st_mtime_ns) == (seen.size, seen.mtime_ns)


def ignore_lease_signal() -> None:
    """Lets `_is_being_written` ask: who wants to write in that instant is let in, and we are told by a signal that
    would end the process. Signals are the main thread's to set."""
    if hasattr(signal, "SIGIO") and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGIO, signal.SIG_IGN)


def _is_being_written(descriptor: int) -> bool:
    """Linux grants a lease for reading only when nobody has the file open to write. Elsewhere, on file systems without
    leases and for files of other users nothing is known: then size and time have to say it."""
    if not hasattr(fcntl, "F_SETLEASE") or signal.getsignal(signal.SIGIO) is not signal.SIG_IGN:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _moment(mtime_ns: int) -> datetime:
    try:
        return datetime.fromtimestamp(mtime_ns / 1e9, ZoneInfo(settings.TIME_ZONE))
    except (OverflowError, ValueError, OSError):
        return datetime.now(UTC)  # a disk that says the year 300,000
