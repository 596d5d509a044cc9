"""What a file says of itself: when and how large it was taken, and how it looks."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import exifread
from exifread.core.exceptions import ExifError
from PIL import Image, ImageOps

_THUMBNAIL_PIXELS = 250
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    Image.DecompressionBombError,
    ExifError,
)

logging.getLogger("exifread").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Taken:
    """`moment` in UTC; `wall_clock` what the camera's clock showed, as if that were UTC.

    `time_zone` is None when the file has no offset: then the clock counts as UTC.
    """

    moment: datetime
    wall_clock: datetime
    time_zone: str | None


def taken(path: Path) -> Taken | None:
    """From EXIF (recorded exchange 163); None without it, or if the file can't be read."""
    try:
        with path.open("rb") as file:
            tags = exifread.process_file(file, details=False)
        return _taken({name: str(tag) for name, tag in tags.items()})
    except _UNREADABLE:
        return None


def dimensions(path: Path) -> tuple[int, int] | None:
    """Width and height as shown, None if Pillow can't read it."""
    try:
        with Image.open(path) as image:
            turned = image.getexif().get(0x0112, 1) >= 5
            return image.size[::-1] if turned else image.size
    except _UNREADABLE:
        return None


def make_thumbnail(path: Path, target: Path) -> bool:
    """A small JPEG; False if Pillow can't decode the file."""
    try:
        with Image.open(path) as image:
            image.draft("RGB", (_THUMBNAIL_PIXELS, _THUMBNAIL_PIXELS))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except _UNREADABLE:
        return False
    upright.thumbnail((_THUMBNAIL_PIXELS, _THUMBNAIL_PIXELS))
    fresh = target.with_suffix(".new")
    upright.save(fresh, "JPEG", quality=80)
    fresh.replace(target)
    return True


def _taken(tags: dict[str, str]) -> Taken | None:
    for kind, fraction in (("Original", "Original"), ("Digitized", "Digitized")):
        written = tags.get(f"EXIF DateTime{kind}")
        if written is not None:
            clock = datetime.strptime(written.strip(), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
            milliseconds = float(f"0.{tags.get(f'EXIF SubSecTime{fraction}', '0').strip() or 0}")
            clock += timedelta(milliseconds=int(milliseconds * 1000))
            return _located(clock, tags.get(f"EXIF OffsetTime{kind}"))
    return None


def _located(clock: datetime, offset: str | None) -> Taken:
    wall_clock = clock.replace(tzinfo=UTC)
    if not offset:
        return Taken(wall_clock, wall_clock, None)
    zone = datetime.strptime(offset.strip(), "%z").tzinfo or UTC
    moment = clock.replace(tzinfo=zone).astimezone(UTC)
    return Taken(moment, wall_clock, _zone_name(wall_clock - moment))


def _zone_name(ahead: timedelta) -> str:
    """As Immich writes it: "UTC+2", "UTC-3:30"."""
    minutes = int(ahead.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
