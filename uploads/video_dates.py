"""When a video was taken: QuickTime and its family (MP4, M4V, 3GP), Matroska and WebM.

A few of the file's own headers are read, by their places: `moov` may stand behind 10 GB of film, or be 200 MB itself.
Why no library does this: docs/architecture.md, "Decisions".
"""

from datetime import UTC, datetime, timedelta, tzinfo

from uploads import moments
from uploads.headers import Box, Header, UnreadableError, boxes

# From before there was `ftyp`, a file began with any of these.
_QUICKTIME = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_APPLE = b"com.apple.quicktime.creationdate"
_MOST_KEYS = 1000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FROM_1904 = 2_082_844_800  # seconds from then to 1970
_MILLENNIUM = datetime(2001, 1, 1, tzinfo=UTC)
# Nothing filmed digitally is older. What clocks say that were never set is: 1904, 1970, 1980.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

_EBML, _SEGMENT, _INFO = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x15\x49\xa9\x66"
_DATE_UTC, _CLUSTER = b"\x44\x61", b"\x1f\x43\xb6\x75"


def video_date(header: Header, zone: tzinfo) -> datetime | None:
    """When it was begun, always aware; None where the file does not say, or is no video. Raises UnreadableError."""
    head = header.at(0, 8)
    if head.startswith(_EBML):
        return _matroska_date(header)
    return _quicktime_date(header, zone) if head[4:] in _QUICKTIME else None


# --- QuickTime


def _quicktime_date(header: Header, zone: tzinfo) -> datetime | None:
    """Apple's date, which has the offset of the place; else the movie's; else its first dated track's."""
    movie = next((box for box in boxes(header) if box.kind == b"moov"), None)
    if movie is None:
        return None
    counted = of_track = None
    for box in boxes(header, movie.start, movie.end):
        if box.kind in (b"meta", b"udta"):
            written = _apple_date(header, box, zone)
            if written:
                return written
        elif box.kind == b"mvhd":
            counted = counted or _counted_date(header, box)
        elif box.kind == b"trak":
            of_track = of_track or _track_date(header, box)
    return counted or of_track


def _counted_date(header: Header, box: Box) -> datetime | None:
    """Of `mvhd` and `mdhd`: seconds since 1904, in UTC.

    The standard says UTC (ISO/IEC 14496-12, 8.2.2.3), phones keep to it, and Immich believes it. Some cameras write
    the clock of the place instead, and nothing in the file tells; their films are off by its offset, there as here.
    Programs that count from 1970 give themselves away by a date before 1970: ExifTool, and thus Immich, reads them so.
    """
    head = header.at(box.start, 12)
    seconds = int.from_bytes(head[4:12] if head[:1] == b"\1" else head[4:8], "big")
    return _plausible(_EPOCH, timedelta(seconds=1), seconds - _FROM_1904 if seconds >= _FROM_1904 else seconds)


def _track_date(header: Header, track: Box) -> datetime | None:
    for media in boxes(header, track.start, track.end):
        if media.kind == b"mdia":
            heads = (box for box in boxes(header, media.start, media.end) if box.kind == b"mdhd")
            return next((_counted_date(header, box) for box in heads), None)
    return None


def _apple_date(header: Header, box: Box, zone: tzinfo) -> datetime | None:
    """From the metadata whose keys have names (QuickTime File Format, "Metadata"), beside `udta` or in it."""
    if box.kind == b"udta":
        box = next((part for part in boxes(header, box.start, box.end) if part.kind == b"meta"), Box(b"", 0, 0))
    # ISO put a version in front of what QuickTime begins with its first box.
    start = box.start if header.at(box.start + 4, 4) == b"hdlr" else box.start + 4
    parts = {part.kind: part for part in boxes(header, start, box.end)}
    if b"keys" not in parts or b"ilst" not in parts:
        return None
    index = _key(header, parts[b"keys"])
    for item in boxes(header, parts[b"ilst"].start, parts[b"ilst"].end):
        if index and int.from_bytes(item.kind, "big") == index:
            for data in boxes(header, item.start, item.end):
                if data.kind == b"data":  # its type and language come first
                    text = header.at(data.start + 8, min(40, max(0, data.end - data.start - 8)))
                    return moments.moment(text.decode("latin-1"), zone)
    return None


def _key(header: Header, keys: Box) -> int | None:
    """The number of Apple's date among the keys, which count from 1."""
    place = keys.start + 8
    for index in range(1, _MOST_KEYS + 1):
        if place + 8 > keys.end:
            return None
        head = header.at(place, 8 + len(_APPLE))
        size = int.from_bytes(head[:4], "big")
        if size == len(head) and head[8:] == _APPLE:
            return index
        if size < 8:
            raise UnreadableError("a key is smaller than its own head")
        place += size
    return None


# --- Matroska


def _matroska_date(header: Header) -> datetime | None:
    """DateUTC in the segment's Info: nanoseconds since 2001 (RFC 9559, 5.1.2.10)."""
    start, end = 0, header.size
    for kind in (_SEGMENT, _INFO, _DATE_UTC):
        found = _element(header, kind, start, end)
        if found is None:
            return None
        start, end = found
    nanoseconds = int.from_bytes(header.at(start, 8), "big", signed=True) if end - start == 8 else 0
    return _plausible(_MILLENNIUM, timedelta(microseconds=1), nanoseconds // 1000) if nanoseconds else None


def _element(header: Header, wanted: bytes, place: int, end: int) -> tuple[int, int] | None:
    """Start and end of the content of the first such element between two places, in front of the film."""
    while place < end:
        head = header.at(place, 12)
        kind = head[: _width(head, 0, most=4)]
        width = _width(head, len(kind), most=8)
        most = (1 << 7 * width) - 1
        size = int.from_bytes(head[len(kind) : len(kind) + width], "big") & most
        start = place + len(kind) + width
        unknown = size == most  # a live recording: to the end
        stop = end if unknown else min(end, start + size)
        if kind == wanted:
            return start, stop
        if kind == _CLUSTER or unknown:
            return None
        place = stop
    return None


def _width(head: bytes, place: int, most: int) -> int:
    """The length of a number in bytes: the zeros that its first byte begins with, and one."""
    width = 9 - head[place].bit_length() if place < len(head) else 0
    if not 1 <= width <= most or place + width > len(head):
        raise UnreadableError("no element where one should begin")
    return width


def _plausible(epoch: datetime, unit: timedelta, count: int) -> datetime | None:
    """A date that a counter says, unless its clock was never set, or is ahead of ours."""
    try:
        date = epoch + unit * count
    except OverflowError:
        return None
    return date if _EARLIEST <= date <= datetime.now(UTC) + timedelta(days=1) else None
