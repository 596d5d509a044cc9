"""What a file says of itself: when and how large it was taken, and how it looks."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import exifread
import pillow_heif
from exifread.core.exceptions import ExifError
from PIL import ExifTags, Image, ImageOps

_THUMBNAIL_PIXELS = 250
_UNREADABLE = (
    ArithmeticError,
    AssertionError,
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

_DATE_TAGS = frozenset(
    {
        ExifTags.Base.DateTimeOriginal,
        ExifTags.Base.DateTimeDigitized,
        ExifTags.Base.OffsetTimeOriginal,
        ExifTags.Base.OffsetTimeDigitized,
        ExifTags.Base.SubsecTimeOriginal,
    }
)

logging.getLogger("exifread").setLevel(logging.CRITICAL)
pillow_heif.register_heif_opener()


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
        return _taken(_tags(path))
    except _UNREADABLE:
        return None


def _tags(path: Path) -> dict[str, str]:
    """EXIF by the names exifread gives it. Its reader fails on many HEIF files, which Pillow's plugin reads."""
    with path.open("rb") as file:
        if file.read(8)[4:] != b"ftyp":
            file.seek(0)
            return {name: str(tag) for name, tag in exifread.process_file(file, details=False).items()}
    with Image.open(path) as image:
        details = image.getexif().get_ifd(ExifTags.IFD.Exif)
    return {f"EXIF {ExifTags.Base(tag).name}": str(value) for tag, value in details.items() if tag in _DATE_TAGS}


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
    return Taken(moment, wall_clock, zone_name(wall_clock - moment))


def zone_name(ahead: timedelta) -> str:
    """As Immich writes it: "UTC+2", "UTC-3:30"."""
    minutes = int(ahead.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
