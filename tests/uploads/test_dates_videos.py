"""When videos were taken, by what their own headers say."""

import io
import struct
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests import pictures
from tests.pictures import FTYP, apple, box, counted, element, matroska, since_1904, track
from uploads import dates

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2024, 6, 15, 16, 30, tzinfo=UTC)
SECONDS = since_1904(MOMENT)
WRITTEN = "2024-06-15T18:30:00+0200"
FILM = box(b"mdat", bytes(1000))


def taken_at(*parts: bytes) -> datetime | None:
    return dates.taken_at(io.BytesIO(b"".join(parts)), BERLIN)


def movie(*content: bytes) -> bytes:
    return FTYP + box(b"moov", *content) + FILM


def test_a_real_clip() -> None:
    assert taken_at(pictures.CLIP.read_bytes()) == datetime(2023, 7, 8, 9, 10, 11, tzinfo=UTC)


# --- QuickTime, MP4, M4V, 3GP


@pytest.mark.parametrize("version", [0, 1])
def test_the_movies_own_date_is_in_utc(version: int) -> None:
    read = taken_at(movie(counted(b"mvhd", SECONDS, version)))
    assert read is not None
    assert read.isoformat() == "2024-06-15T16:30:00+00:00"


@pytest.mark.parametrize("brand", [b"qt  ", b"isom", b"mp42", b"M4V ", b"3gp5", b"XAVC", b"MSNV"])
def test_brands(brand: bytes) -> None:
    film = box(b"ftyp", brand, bytes(4), brand) + box(b"moov", counted(b"mvhd", SECONDS)) + FILM
    assert taken_at(film) == MOMENT


MOOV = box(b"moov", counted(b"mvhd", SECONDS))
PLACES = {
    "in front": FTYP + MOOV + FILM,
    "behind the film": FTYP + FILM + MOOV,
    "without ftyp": MOOV + FILM,
    "behind the film, without ftyp": box(b"wide") + FILM + MOOV,
    "behind a film with a size of 64 bits": FTYP + struct.pack(">I4sQ", 1, b"mdat", 1016) + bytes(1000) + MOOV,
    "to the end of the file": FTYP + FILM + struct.pack(">I", 0) + MOOV[4:],
    "broken off behind it": FTYP + MOOV + FILM[:300],
    "broken off inside": FTYP + box(b"moov", counted(b"mvhd", SECONDS), box(b"trak", bytes(500)))[:-400],
    "in pieces": FTYP + MOOV + box(b"moof", bytes(40)) + FILM + box(b"moof", bytes(40)) + FILM,
    "with bytes left over": FTYP + FILM + MOOV + b"\0\0\0",
}


@pytest.mark.parametrize("name", PLACES)
def test_where_it_stands(name: str) -> None:
    assert taken_at(PLACES[name]) == MOMENT


@pytest.mark.parametrize("iso", [False, True])
@pytest.mark.parametrize("inside", [False, True])
def test_apples_date_wins(iso: bool, inside: bool) -> None:
    meta = apple(WRITTEN, before=("make", "model", "location.ISO6709"), iso=iso)
    read = taken_at(movie(counted(b"mvhd", SECONDS + 5000), box(b"udta", box(b"name", b"x"), meta) if inside else meta))
    assert read is not None
    assert read.isoformat() == "2024-06-15T18:30:00+02:00"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-06-15T18:30:00-0700", "2024-06-15T18:30:00-07:00"),
        ("2024-06-15T18:30:00+05:45", "2024-06-15T18:30:00+05:45"),
        ("2024-06-15T18:30:00Z", "2024-06-15T18:30:00+00:00"),
        ("2024-12-15T18:30:00", "2024-12-15T18:30:00+01:00"),  # where the server stands
        ("1962-12-15T18:30:00+0100", "1962-12-15T18:30:00+01:00"),  # an old film, dated by hand
        ("last summer", "2024-06-15T16:30:00+00:00"),  # the movie's
        ("2024-13-15T18:30:00+0100", "2024-06-15T16:30:00+00:00"),
        ("", "2024-06-15T16:30:00+00:00"),
    ],
)
def test_what_apple_writes(written: str, moment: str) -> None:
    read = taken_at(movie(counted(b"mvhd", SECONDS), apple(written)))
    assert read is not None
    assert read.isoformat() == moment


@pytest.mark.parametrize(
    "meta",
    [
        box(b"meta", bytes(4), box(b"hdlr", bytes(25)), box(b"ilst", box(b"\xa9day", box(b"data", bytes(8), b"2001")))),
        box(b"meta", box(b"hdlr", bytes(25)), box(b"keys", bytes(4), struct.pack(">I", 0)), box(b"ilst")),
        box(b"meta"),
        box(b"udta", box(b"\xa9day", b"\0\4\0\02001")),
    ],
    ids=["of iTunes", "without keys", "empty", "of the user"],
)
def test_other_metadata_says_nothing(meta: bytes) -> None:
    assert taken_at(movie(counted(b"mvhd", SECONDS), meta)) == MOMENT


AHEAD = since_1904(datetime.now(UTC) + timedelta(days=3))
NOT_SET = {
    "1904": (0, 0),
    "1904 and a second": (1, 0),
    "1970": (since_1904(datetime(1970, 1, 1, tzinfo=UTC)), 0),
    "1980": (since_1904(datetime(1980, 1, 1, tzinfo=UTC)), 0),
    "a clock ahead of ours": (AHEAD, 0),
    "2040": (0xFFFFFFFF, 0),
    "the year 9000": (since_1904(datetime(9000, 1, 1, tzinfo=UTC)), 1),
    "the end of numbers": ((1 << 64) - 1, 1),
}


@pytest.mark.parametrize("name", NOT_SET)
def test_clocks_that_were_never_set(name: str) -> None:
    seconds, version = NOT_SET[name]
    head = counted(b"mvhd", seconds, version)
    assert taken_at(movie(head)) is None
    # Another part of the file may know better.
    tracks = track(counted(b"mdhd", 0)), track(box(b"hdlr")), track(counted(b"mdhd", SECONDS)), track()
    assert taken_at(movie(head, *tracks)) == MOMENT
    assert taken_at(movie(head, apple(WRITTEN))) == MOMENT


def test_seconds_counted_from_1970() -> None:
    assert taken_at(movie(counted(b"mvhd", int(MOMENT.timestamp())))) == MOMENT


# --- Matroska, WebM

NANOSECONDS = int((MOMENT - datetime(2001, 1, 1, tzinfo=UTC)).total_seconds()) * 10**9


def test_matroska() -> None:
    void = element(b"\xec", bytes(300))
    assert taken_at(matroska(NANOSECONDS)) == MOMENT
    assert taken_at(matroska(NANOSECONDS, element(b"\x11\x4d\x9b\x74", bytes(40)), void), bytes(100)) == MOMENT
    assert taken_at(matroska(NANOSECONDS + 250_000_000)) == MOMENT + timedelta(milliseconds=250)


def test_a_live_recording_has_no_size() -> None:
    size = matroska(NANOSECONDS).index(b"\x18\x53\x80\x67") + 4
    live = matroska(NANOSECONDS)
    assert taken_at(live[:size] + b"\x01" + b"\xff" * 7 + live[size + 8 :]) == MOMENT


@pytest.mark.parametrize(
    "file",
    [
        matroska(0),
        matroska(-(10**18)),  # 1969
        matroska((1 << 63) - 1),
        matroska(NANOSECONDS, element(b"\x1f\x43\xb6\x75", bytes(40))),  # the film is not searched
        matroska(NANOSECONDS)[:-12],
        matroska(NANOSECONDS)[:20],
        b"\x1a\x45\xdf\xa3" + bytes(100),
        b"\x1a\x45\xdf\xa3",
    ],
    ids=["not set", "1969", "2293", "behind the film", "broken off", "its head alone", "zeros", "nothing"],
)
def test_matroska_without_a_date(file: bytes) -> None:
    assert taken_at(file) is None


@pytest.mark.parametrize("file", [FTYP, FTYP + FILM, movie(), movie(box(b"mvhd")), FTYP + box(b"moov", b"cmov")])
def test_videos_without_a_date(file: bytes) -> None:
    assert taken_at(file) is None
