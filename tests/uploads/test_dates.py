"""The date a file is sent with; and files whose headers lie, circle, break off or bite."""

import io
import struct
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from tests import pictures
from uploads import dates
from uploads.models import Upload

DATE = "2024:06:15 18:30:00"
BERLIN = ZoneInfo("Europe/Berlin")
MAKERS = {"jpeg": pictures.jpeg, "heic": pictures.heic}
Maker = Callable[..., bytes]


def taken_at(file: bytes) -> datetime | None:
    return dates.taken_at(io.BytesIO(file), BERLIN)


def in_format(kind: str) -> bytes:
    out = io.BytesIO()
    pictures.picture(1).save(out, kind, exif=pictures.exif(DATE, "+02:00"))
    return out.getvalue()


# --- which date


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize(
    ("taken", "offset", "moment"),
    [
        (DATE, "+02:00", "2024-06-15T18:30:00+02:00"),
        (DATE, "-09:30", "2024-06-15T18:30:00-09:30"),
        (DATE, "+00:00", "2024-06-15T18:30:00+00:00"),
        (DATE, "+0545", "2024-06-15T18:30:00+05:45"),
        (DATE, "", "2024-06-15T18:30:00+02:00"),  # Berlin, in summer
        ("2024:12:15 18:30:00", "", "2024-12-15T18:30:00+01:00"),  # and in winter
        ("2024:03:31 02:30:00", "", "2024-03-31T02:30:00+01:00"),  # an hour that was left out
        ("2024:10:27 02:30:00", "", "2024-10-27T02:30:00+02:00"),  # an hour there was twice
        ("1890:01:01 12:00:00", "", "1890-01-01T11:06:32+00:00"),  # Berlin was 53 minutes and 28 seconds ahead
        (DATE, "   :  ", "2024-06-15T18:30:00+02:00"),
        (DATE, "+99:99", "2024-06-15T18:30:00+02:00"),
        ("2024-06-15 18:30:00", "+02:00", "2024-06-15T18:30:00+02:00"),  # as some apps write it
    ],
)
def test_when_it_was_taken(make: Maker, taken: str, offset: str, moment: str) -> None:
    read = taken_at(make(1, taken, offset))
    assert read is not None
    assert read.isoformat() == moment


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize(
    "taken",
    [
        "0000:00:00 00:00:00",
        "2024:13:40 99:99:99",
        "    :  :     :  :  ",
        "yesterday",
        "2024:06:15",
        "0001:01:01 00:00:00",
    ],
)
def test_a_date_that_is_none(make: Maker, taken: str) -> None:
    assert taken_at(make(1, taken)) is None


@pytest.mark.parametrize(("taken", "offset"), [("0001:01:01 00:00:00", "+01:00"), ("9999:12:31 23:59:59", "-10:00")])
def test_a_date_that_is_outside_the_calendar_elsewhere(taken: str, offset: str) -> None:
    assert taken_at(pictures.jpeg(1, taken, offset)) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "AVIF"])
def test_formats_with_exif(kind: str) -> None:
    read = taken_at(in_format(kind))
    assert read is not None
    assert read.isoformat() == "2024-06-15T18:30:00+02:00"


@pytest.mark.parametrize(
    "file", [pictures.png(1), pictures.jpeg(1), pictures.CLIP.read_bytes(), b"", b"\xff", b"not a photo at all" * 100]
)
def test_files_without_a_date(file: bytes) -> None:
    assert taken_at(file) is None


def test_a_makers_own_long_field_does_not_hide_the_date() -> None:
    block = Image.Exif()
    details = block.get_ifd(0x8769)
    details[0x9003] = DATE
    details[0x927C] = b"Maker\0" + bytes(range(256)) * 230  # as long as JPEG lets it be
    out = io.BytesIO()
    pictures.picture(1).save(out, "JPEG", exif=block.tobytes())
    assert taken_at(out.getvalue()) == datetime(2024, 6, 15, 18, 30, tzinfo=BERLIN)


def test_the_first_date_there_is(settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    modified, received, created = (datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2, 3))
    upload = Upload(last_modified=modified, received_at=received, created_at=created)
    own, zoned, plain = pictures.jpeg(1, DATE, "+02:00"), pictures.jpeg(1, DATE), pictures.jpeg(1)
    assert dates.date_of(upload, io.BytesIO(own)) == datetime(2024, 6, 15, 16, 30, tzinfo=UTC)
    assert dates.date_of(upload, io.BytesIO(zoned)) == datetime(2024, 6, 15, 9, 30, tzinfo=UTC)
    assert dates.date_of(upload, io.BytesIO(plain)) == modified
    upload.last_modified = None
    assert dates.date_of(upload, io.BytesIO(plain)) == received
    upload.received_at = None
    assert dates.date_of(upload, io.BytesIO(plain)) == created


@given(
    st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)),
    st.integers(-14 * 60, 14 * 60),
)
@settings(max_examples=50)
def test_any_moment_in_any_zone(moment: datetime, minutes: int) -> None:
    assume(1 < moment.year < 9999)
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    photo = pictures.jpeg(1, f"{moment.year:04}:{moment:%m:%d %H:%M:%S}", f"{sign}{hours:02}:{rest:02}")
    assert taken_at(photo) == moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))


# --- hostile files


def exif_of(*entries: tuple[int, int, int, int], behind: bytes = b"", link: int = 0) -> bytes:
    """A JPEG whose EXIF has one directory of (tag, type, count, value), then `behind`, then the next one at `link`."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + struct.pack("<I", link) + behind
    segment = b"Exif\0\0" + tiff
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + b"\xff\xd9"


ASCII, LONG, RATIONAL, UNDEFINED = 2, 4, 5, 7
EXIF_IFD, GPS_IFD, MAKER = 0x8769, 0x8825, 0x927C
HOSTILE = {
    "a directory that is its own next": exif_of((0x010F, ASCII, 4, 0x41414141), link=8),
    "a directory that is its own child": exif_of((EXIF_IFD, LONG, 1, 8), (GPS_IFD, LONG, 1, 8)),
    "a text of 4 GB": exif_of((0x010F, ASCII, 0xFFFFFFFF, 8)),
    "texts of 4 GB, many": exif_of(*[(0x010F + n, ASCII, 0xFFFFFFFF, 0) for n in range(200)]),
    "4 billion numbers": exif_of((0x0110, LONG, 0xFFFFFFFF, 8)),
    "4 billion ratios in the maker's field": exif_of((EXIF_IFD, LONG, 1, 8), (MAKER, RATIONAL, 0xFFFFFFFF, 8)),
    "999 numbers, 5000 times": exif_of(*[(0x0110, LONG, 999, 8)] * 5000),
    "places beyond the end": exif_of((EXIF_IFD, LONG, 1, 0xFFFFFFF0)),
    "an unknown type": exif_of((0x9003, 99, 20, 8)),
    "a date that is a number": exif_of(
        (EXIF_IFD, LONG, 1, 26), (0, 0, 0, 0), behind=struct.pack("<HHHII", 1, 0x9003, LONG, 1, 7)
    ),
    "a date that is bytes": exif_of((0x9003, UNDEFINED, 4, 0xFFFFFFFF)),
    "png with an endless chunk": b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR" + bytes(100),
    "png of empty chunks": b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0abcd\0\0\0\0" * 200_000,
    "webp that stands still": b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x08" + bytes(13) + b"\0\0\0\0\0\0\0\0" * 200_000,
    "jpeg of nothing but markers": b"\xff\xd8" + b"\xff\xe0\0\x02" * 100_000,
    "jpeg of jfif in jfif": b"\xff\xd8" + b"\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xe0\0\x07JFIF\0" * 50_000,
    "jxl": b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0\0\0\x01Exif" + b"\xff" * 100,
    "heic without anything": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1",
    "heic with a box of 16 EB": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1\0\0\0\x01meta" + b"\xff" * 8,
    "heic of boxes in boxes": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0\x01\0\0meta\0\0\0\0" * 20_000,
    "tiff": b"II*\0\xff\xff\xff\xff",
    "big tiff": b"MM\0+\0\x08\0\0" + b"\xff" * 64,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_header_costs_nothing_but_the_date(name: str) -> None:
    file = HOSTILE[name] + bytes(20 << 20)  # so that a length which is believed has something to read
    began = time.process_time()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    try:
        assert taken_at(file) is None
        most = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    # The HEIF library takes a file as a whole, by agreement; nothing else does.
    assert most < (60 if name.startswith("heic") else 10) << 20
    assert time.process_time() - began < 10


def test_a_heic_too_large_to_be_looked_at() -> None:
    class Huge(io.BytesIO):
        def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
            return dates.LARGEST_HEIF + 1 if whence == io.SEEK_END else super().seek(offset, whence)

    assert dates.taken_at(Huge(pictures.heic(1, DATE)), BERLIN) is None


JPEG, HEIC, PNG = pictures.jpeg(1, DATE, "+02:00"), pictures.heic(1, DATE, "+02:00"), in_format("PNG")


@given(st.sampled_from([JPEG, HEIC, PNG]), st.data())
@settings(max_examples=150)
def test_broken_files_never_raise(file: bytes, data: st.DataObject) -> None:
    """Bytes changed, and the end missing."""
    broken = bytearray(file)
    places = st.integers(0, min(len(file), 1500) - 1)  # where the headers are
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=12), "changed"):
        broken[place] = byte
    end = data.draw(st.integers(0, len(broken)) | st.just(len(broken)), "end")
    read = taken_at(bytes(broken[:end]))
    assert read is None or read.tzinfo is not None


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xd8", b"II*\0", b"MM\0*", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypheic"]),
)
@settings(max_examples=150)
def test_any_bytes_never_raise(rest: bytes, start: bytes) -> None:
    read = taken_at(start + rest)
    assert read is None or read.tzinfo is not None
