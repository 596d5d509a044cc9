"""A ZIP archive as a stream: nothing of it is kept, neither in memory nor on a disk.

Entries are stored as they are (photos and videos don't get smaller), with their sums behind them (APPNOTE 4.3.9) and
64-bit sizes where needed: as Immich's own archives are written. The central directory at the end is what readers go
by, so that an entry can still be left out when its bytes broke off.
"""

import struct
import zipfile
from datetime import datetime

from django.utils import timezone

# Extended timestamp (Info-ZIP's field "UT"): the moment of the last change, in seconds since 1970, in UTC.
_TIMESTAMP = struct.Struct("<HHBl")
_UT, _UT_LENGTH, _HAS_MODIFIED = 0x5455, 5, 1
_READABLE = 0o100644 << 16
_FIRST_YEAR, _LAST_YEAR = 1980, 2107  # of MS-DOS


class _Tape:
    """Where `zipfile` writes: it can't be rewound, and what was taken is gone."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it."""

    def close(self) -> None:
        """What was written can still be taken."""

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


class ZipStream:
    """Begin an entry, write it, end it; take what is written at any time. `finish` or `abandon` it."""

    def __init__(self) -> None:
        self._tape = _Tape()
        self._zip = zipfile.ZipFile(self._tape, "w", zipfile.ZIP_STORED)
        self._entry: zipfile.ZipInfo | None = None

    def begin(self, name: str, modified: datetime, size: int | None) -> None:
        """An entry of so many bytes, if that is known. `name` is the caller's to make unique and safe."""
        entry = zipfile.ZipInfo(name, _dos_time(modified))
        entry.file_size, entry.external_attr, entry.extra = size or 0, _READABLE, _extra(modified)
        self._writer = self._zip.open(entry, "w", force_zip64=size is None)
        self._entry = entry

    def write(self, block: bytes) -> None:
        self._writer.write(block)

    def end(self, *, keep: bool = True) -> None:
        """The entry is done; without `keep` the archive's directory does not know it."""
        if self._entry is None:
            return
        self._writer.close()
        if not keep:
            self._zip.infolist().remove(self._entry)
        self._entry = None

    def add(self, name: str, modified: datetime, content: bytes) -> None:
        self.begin(name, modified, len(content))
        self.write(content)
        self.end()

    def finish(self) -> None:
        self._zip.close()

    def abandon(self) -> None:
        """Nobody reads on, or it is finished."""
        self.end(keep=False)
        self._zip.close()
        self._tape.take()

    def take(self) -> bytes:
        """What was written since the last time."""
        return self._tape.take()


def _dos_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    """By the clock of the place, since it has no zone."""
    local = timezone.localtime(moment)
    if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        local = local.replace(year=min(max(local.year, _FIRST_YEAR), _LAST_YEAR), month=1, day=1)
    return (local.year, local.month, local.day, local.hour, local.minute, local.second)


def _extra(moment: datetime) -> bytes:
    seconds = int(moment.timestamp())
    if not -(2**31) <= seconds < 2**31:
        return b""
    return _TIMESTAMP.pack(_UT, _UT_LENGTH, _HAS_MODIFIED, seconds)
