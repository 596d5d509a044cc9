"""When a photo was taken, read from its EXIF without decoding the picture.

Files come from strangers: a broken header, or one made to keep a parser busy, costs nothing but the date.
"""

import io
import logging
import re
import struct
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

import exifread
import pillow_heif
from django.conf import settings
from exifread.core.exceptions import ExifError
from PIL import Image, UnidentifiedImageError

from uploads.models import Upload

logger = logging.getLogger(__name__)

LARGEST_HEIF = 256 << 20  # bytes: the HEIF library takes the whole file into memory
MOST_READS = 50_000  # of a file's metadata; honest files need a few hundred
LARGEST_READ = 4 << 20  # bytes at once: a header's own word for the length of a field is not believed

_EXIF_IFD = 0x8769
_TAKEN = 0x9003  # DateTimeOriginal
_OFFSET = 0x9011  # OffsetTimeOriginal
_DATE = re.compile(r"(\d{4})[:-](\d{2})[:-](\d{2})[ T](\d{2}):(\d{2}):(\d{2})")
_ZONE = re.compile(r"([+-])(\d{2}):?(\d{2})")

# What the parsers raise on files that are not what they say; anything else is a bug of ours and must be seen.
_UNREADABLE = (
    ValueError,
    OSError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    SyntaxError,
    RuntimeError,
    struct.error,
    UnidentifiedImageError,
    ExifError,
)


class _Budget(io.RawIOBase):
    """A file that can be read from only so often, so that a header that points in circles comes to an end."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.reads = 0

    def read(self, size: int = -1, /) -> bytes:
        self.reads += 1
        if self.reads > MOST_READS or not 0 <= size <= LARGEST_READ:
            raise ValueError("this header never ends")
        return self.file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()


def date_of(upload: Upload, file: BinaryIO) -> datetime:
    """The date an upload is sent with, always aware: when it was taken, else last changed, else received."""
    taken = taken_at(file, ZoneInfo(settings.TIME_ZONE))
    return taken or upload.last_modified or upload.received_at or upload.created_at


def taken_at(file: BinaryIO, zone: tzinfo) -> datetime | None:
    """DateTimeOriginal with its own offset, or in `zone` where the file names none. None when there is no date."""
    try:
        head = file.read(12)
        file.seek(0)
        words = _heif_dates(file) if head[4:8] == b"ftyp" else _exif_dates(file)
    except _UNREADABLE as error:
        logger.debug("event=no_date error=%s", type(error).__name__)
        return None
    return _parse(*words, zone)


def _exif_dates(file: BinaryIO) -> tuple[str, str]:
    tags = exifread.process_file(cast("BinaryIO", _Budget(file)), details=False, extract_thumbnail=False)
    taken, offset = tags.get("EXIF DateTimeOriginal"), tags.get("EXIF OffsetTimeOriginal")
    return str(taken or ""), str(offset or "")


def _heif_dates(file: BinaryIO) -> tuple[str, str]:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size > LARGEST_HEIF or not pillow_heif.is_supported(file):
        return "", ""
    file.seek(0)
    block = pillow_heif.open_heif(file, convert_hdr_to_8bit=False).info.get("exif")
    if not block:
        return "", ""
    exif = Image.Exif()
    exif.load(block)
    details = exif.get_ifd(_EXIF_IFD)
    return str(details.get(_TAKEN, "")), str(details.get(_OFFSET, ""))


def _parse(taken: str, offset: str, zone: tzinfo) -> datetime | None:
    date = _DATE.match(taken)
    if date is None:
        return None
    own = _ZONE.match(offset)
    if own:
        sign = -1 if own[1] == "-" else 1
        minutes = int(own[2]) * 60 + int(own[3])
        if minutes < 24 * 60:
            zone = timezone(sign * timedelta(minutes=minutes))
    try:
        moment = datetime(*map(int, date.groups()), tzinfo=zone)  # type: ignore[arg-type,misc]
        in_utc = moment.astimezone(UTC)  # the calendar may end in between
    except (ValueError, OverflowError):
        return None  # 0000:00:00 stands for "not set" in some cameras
    # Before there were time zones, towns differed by seconds, and ISO 8601 has no offset for that.
    whole_minutes = (moment.utcoffset() or timedelta()) % timedelta(minutes=1) == timedelta()
    return moment if whole_minutes else in_utc
