"""Dates as files write them, made into moments with an offset."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_DATE = re.compile(
    r"\s*(\d{4})[:-](\d{2})[:-](\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?\s*(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_OFFSET = re.compile(r"\s*(?:(Z)|([+-])(\d{2}):?(\d{2}))", re.ASCII)
_FRACTION = re.compile(r"\s*(\d+)", re.ASCII)


def moment(text: str, zone: tzinfo, *, offset: str = "", fraction: str = "") -> datetime | None:
    """`2024:06:15 18:30:00` and the like, always aware; None where that is no date.

    Its own offset counts, then `offset`, then `zone`; its own fraction of a second, then `fraction` (digits alone).
    """
    date = _DATE.match(text)
    if date is None:
        return None
    year, month, day, hour, minute, second = (int(number) for number in date.groups()[:6])
    digits = _FRACTION.match(date[7] or fraction)
    microsecond = int(digits[1][:6].ljust(6, "0")) if digits else 0
    zone = _zone(date[8] or "") or _zone(offset) or zone
    try:
        read = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone)
        in_utc = read.astimezone(UTC)  # the calendar may end in between
    except (ValueError, OverflowError):
        return None  # 0000:00:00 stands for "not set" in some cameras
    # Before there were time zones, towns differed by seconds, and ISO 8601 has no offset for that.
    whole_minutes = (read.utcoffset() or timedelta()) % timedelta(minutes=1) == timedelta()
    return read if whole_minutes else in_utc


def has_offset(text: str) -> bool:
    return _zone(text) is not None


def _zone(text: str) -> tzinfo | None:
    offset = _OFFSET.match(text)
    if offset is None:
        return None
    if offset[1]:
        return UTC
    minutes = int(offset[3]) * 60 + int(offset[4])
    return timezone(timedelta(minutes=-minutes if offset[2] == "-" else minutes)) if minutes < 24 * 60 else None
