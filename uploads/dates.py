"""The date that a file is sent to Immich with.

Files come from strangers: a broken header, or one made to keep a parser busy, costs nothing but the date.
"""

import logging
import struct
from datetime import datetime, tzinfo
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.conf import settings
from exifread.core.exceptions import ExifError
from PIL import Image

from uploads.headers import Header, UnreadableError
from uploads.models import Upload
from uploads.photo_dates import photo_date
from uploads.video_dates import video_date

logger = logging.getLogger(__name__)

# Whatever a slip in a parser may raise (ours, exifread's, Pillow's, the HEIF library's), and a disk. No stranger's file
# may end a delivery thread with it, again and again with each thread that takes the file over.
_SLIPS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    OSError,
    ReferenceError,
    RuntimeError,
    SyntaxError,
    SystemError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
    ExifError,
    Image.DecompressionBombError,
)


def date_of(upload: Upload, file: BinaryIO) -> datetime:
    """The date an upload is sent with, always aware: when it was taken, else last changed, else received.

    Raises nothing.
    """
    taken = safely_taken_at(file, f"upload={upload.pk}")
    return taken or upload.last_modified or upload.received_at or upload.created_at


def safely_taken_at(file: BinaryIO, whose: str) -> datetime | None:
    """`taken_at` by the file's own offset, else in `TZ`; whatever it does not know to expect is logged as an error of
    `whose` file, and costs only the date."""
    try:
        return taken_at(file, ZoneInfo(settings.TIME_ZONE))
    except _SLIPS:
        logger.exception("%s event=date_unreadable", whose)
        return None


def taken_at(file: BinaryIO, zone: tzinfo) -> datetime | None:
    """When the photo or video was taken, by the offset in the file, or in `zone` where it names none.

    None when the file does not say, or is broken. Raises what disks raise, and what is a bug of ours.
    """
    try:
        return photo_date(file, zone) or video_date(Header(file), zone)
    except UnreadableError as error:
        logger.debug("event=no_date reason=%s", error)
        return None
