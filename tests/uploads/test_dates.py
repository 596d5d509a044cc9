"""When photos were taken, and the date a file is sent with."""

import io
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from tests import pictures
from tests.pictures import chunk
from uploads import dates
from uploads.models import Upload

DATE = "2024:06:15 18:30:00"
BERLIN = ZoneInfo("Europe/Berlin")
MAKERS = {"jpeg": pictures.jpeg, "heic": pictures.heic}
Maker = Callable[..., bytes]


def taken_at(file: bytes) -> datetime | None:
    return dates.taken_at(io.BytesIO(file), BERLIN)


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


# --- which of the dates in EXIF

TAKEN, DIGITIZED, OFFSET, OFFSET_DIGITIZED = 0x9003, 0x9004, 0x9011, 0x9012
OFFSET_CHANGED, FRACTION, FRACTION_DIGITIZED = 0x9010, 0x9291, 0x9292
LATER = "2024:07:20 10:00:00"


@pytest.mark.parametrize("kind", ["JPEG", "HEIF"])
@pytest.mark.parametrize(
    ("fields", "moment"),
    [
        ({DIGITIZED: DATE}, "2024-06-15T18:30:00+02:00"),
        ({DIGITIZED: DATE, OFFSET_DIGITIZED: "-05:00"}, "2024-06-15T18:30:00-05:00"),
        ({TAKEN: DATE, DIGITIZED: LATER}, "2024-06-15T18:30:00+02:00"),
        ({TAKEN: "0000:00:00 00:00:00", DIGITIZED: LATER}, "2024-07-20T10:00:00+02:00"),
        ({TAKEN: DATE, OFFSET: "+01:00", DIGITIZED: LATER, OFFSET_DIGITIZED: "+09:00"}, "2024-06-15T18:30:00+01:00"),
        # The precise one first, as Immich has it.
        ({TAKEN: DATE, DIGITIZED: LATER, OFFSET_DIGITIZED: "+09:00"}, "2024-07-20T10:00:00+09:00"),
        ({TAKEN: DATE, DIGITIZED: LATER, FRACTION_DIGITIZED: "5"}, "2024-07-20T10:00:00.500000+02:00"),
        # One camera is in one place.
        ({TAKEN: DATE, OFFSET_CHANGED: "+09:00"}, "2024-06-15T18:30:00+09:00"),
        ({TAKEN: DATE, OFFSET: "   :  ", OFFSET_CHANGED: "+09:00"}, "2024-06-15T18:30:00+09:00"),
        ({TAKEN: DATE, FRACTION: "123"}, "2024-06-15T18:30:00.123000+02:00"),
        ({TAKEN: DATE, OFFSET: "+02:00", FRACTION: "05"}, "2024-06-15T18:30:00.050000+02:00"),
        ({TAKEN: DATE, FRACTION: "123456789"}, "2024-06-15T18:30:00.123456+02:00"),
        ({TAKEN: DATE, FRACTION: "   "}, "2024-06-15T18:30:00+02:00"),
        ({TAKEN: "2024:06:15 18:30:00.25-03:00"}, "2024-06-15T18:30:00.250000-03:00"),
        ({TAKEN: "2024-06-15T18:30:00Z"}, "2024-06-15T18:30:00+00:00"),
    ],
)
def test_which_of_its_dates(kind: str, fields: dict[int, str], moment: str) -> None:
    read = taken_at(pictures.photo(kind, pictures.exif(more=fields)))
    assert read is not None
    assert read.isoformat() == moment


def test_when_a_program_changed_it_is_no_date() -> None:
    block = Image.Exif()
    block[0x0132] = DATE
    assert taken_at(pictures.photo("JPEG", block.tobytes())) is None


# --- in which formats

EXIF = pictures.exif(DATE, "+02:00")
TIFF = EXIF.removeprefix(b"Exif\0\0")
JPEG = pictures.photo("JPEG", EXIF)
PNG = pictures.png(1)


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", 2 + len(content)) + content


def png_with(*chunks: bytes) -> bytes:
    """Behind its header."""
    return PNG[:33] + b"".join(chunks) + PNG[33:]


def exif_directory(moment: bytes) -> bytes:
    """A TIFF whose first directory has the date, as CR3 keeps it."""
    return b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x9003, 2, 20, 26, 0) + moment + b"\0"


CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
FORMATS = {
    **{kind: pictures.photo(kind, EXIF) for kind in ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "AVIF", "HEIF")},
    "webp with a prefix": b"RIFF\0\0\0\0WEBPICCP\3\0\0\0abc\0EXIF" + struct.pack("<I", len(EXIF)) + EXIF,
    "jpeg behind a colour profile": JPEG[:2] + segment(0xE2, b"ICC_PROFILE\0" + bytes(9000)) + JPEG[2:],
    "jpeg behind XMP": JPEG[:2] + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b" " * 60_000) + JPEG[2:],
    "jpeg behind a remark, with filling": JPEG[:2] + b"\xff\xff" + segment(0xFE, b"by me") + b"\xff\x01" + JPEG[2:],
    "png behind its pixels": PNG[:-12] + chunk(b"eXIf", TIFF) + PNG[-12:],
    "dng, nef, cr2, arw": TIFF,
    "orf": TIFF[:2] + b"RO" + TIFF[4:],
    "rw2": TIFF[:2] + b"U\0" + TIFF[4:],
    "raf": b"FUJIFILMCCD-RAW ".ljust(84, b"0") + struct.pack(">II", 200, len(JPEG)) + bytes(108) + JPEG,
    "jxl": pictures.box(b"JXL ", b"\r\n\x87\n") + pictures.box(b"Exif", struct.pack(">I", 6), EXIF),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_with_exif(name: str) -> None:
    read = taken_at(FORMATS[name])
    assert read is not None
    assert read.isoformat() == "2024-06-15T18:30:00+02:00"


def test_dates_in_the_first_directory() -> None:
    directory = exif_directory(DATE.encode())
    cr3 = pictures.box(b"ftyp", b"crx \0\0\0\1") + pictures.box(
        b"moov",
        pictures.box(b"uuid", bytes(16), b"another's"),
        pictures.box(b"uuid", CANON, pictures.box(b"CMT1", b"II*\0"), pictures.box(b"CMT2", directory)),
    )
    moment = datetime(2024, 6, 15, 18, 30, tzinfo=BERLIN)
    assert taken_at(directory) == moment
    assert taken_at(cr3) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sat, 15 Jun 2024 18:30:00 +0300", "2024-06-15T18:30:00+03:00"),
        ("15 Jun 2024 18:30:00 GMT", "2024-06-15T18:30:00+00:00"),
        ("2024-06-15T18:30:00+03:00", "2024-06-15T18:30:00+03:00"),
        ("2024:06:15 18:30:00", "2024-06-15T18:30:00+02:00"),
        ("Sat, 15 Jun 2024 18:30:00", "2024-06-15T18:30:00+02:00"),
    ],
)
def test_the_creation_time_of_a_png(text: str, moment: str) -> None:
    plain = chunk(b"tEXt", b"Creation Time\0" + text.encode())
    international = chunk(b"iTXt", b"Creation Time\0\0\0en\0\0" + text.encode())
    for written in (plain, international):
        read = taken_at(png_with(chunk(b"tEXt", b"Title\0Creation Time"), written))
        assert read is not None
        assert read.isoformat() == moment
        assert taken_at(png_with(written, chunk(b"eXIf", TIFF))) == datetime(2024, 6, 15, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "other",
    [
        chunk(b"tEXt", b"Creation Time\0long ago"),
        chunk(b"tEXt", b"Creation Time\0Sat, 99 Jun 2024 99:30:00 +0300"),
        chunk(b"tEXt", b"Creation Time"),
        chunk(b"tEXt", b"date:create\x002024-06-15T18:30:00+03:00"),
        chunk(b"tIME", struct.pack(">HBBBBB", 2024, 6, 15, 18, 30, 0)),
        chunk(b"iTXt", b"Creation Time\0\1\0\0\0" + zlib.compress(DATE.encode())),
        chunk(b"zTXt", b"Creation Time\0\0" + zlib.compress(DATE.encode())),
    ],
    ids=["no date", "no day", "nothing", "of the file", "when it was changed", "compressed", "compressed text"],
)
def test_what_is_no_creation_time(other: bytes) -> None:
    assert taken_at(png_with(other)) is None


@pytest.mark.parametrize("file", [pictures.png(1), pictures.jpeg(1), pictures.heic(1), b"", b"\xff", b"no photo" * 100])
def test_files_without_a_date(file: bytes) -> None:
    assert taken_at(file) is None


def test_a_makers_own_long_field_does_not_hide_the_date() -> None:
    block = Image.Exif()
    details = block.get_ifd(0x8769)
    details[TAKEN] = DATE
    details[0x927C] = b"Maker\0" + bytes(range(256)) * 230  # as long as JPEG lets it be
    assert taken_at(pictures.photo("JPEG", block.tobytes())) == datetime(2024, 6, 15, 18, 30, tzinfo=BERLIN)


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
