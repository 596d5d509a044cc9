"""Files broken by chance: nothing is raised that is not known to be, for `taken_at` lets the unknown through.

`make fuzz` searches deeper (`HYPOTHESIS_PROFILE=deep`).
"""

import io
import os
import struct
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pictures
from tests.pictures import FTYP, apple, box, counted, matroska, since_1904
from uploads import dates

EXAMPLES = {"": 80, "deep": 5_000}[os.environ.get("HYPOTHESIS_PROFILE", "")]
DATE = "2024:06:15 18:30:00"
MOMENT = datetime(2024, 6, 15, 16, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def taken_at(file: bytes) -> datetime | None:
    return dates.taken_at(io.BytesIO(file), BERLIN)


HEADER = pictures.chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 8, 6, 0, 0, 0))
BLOCK = pictures.exif(DATE, "+02:00", {0x9004: DATE, 0x9291: "12", 0x9010: "+01:00"})
FILES = {
    **{kind: pictures.photo(kind, BLOCK) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF")},
    "PNG with text": pictures.png_of(
        HEADER, pictures.chunk(b"tEXt", b"Creation Time\0Sat, 15 Jun 2024 18:30:00 +0300"), pictures.chunk(b"IEND", b"")
    ),
    "JXL": box(b"JXL ", b"\r\n\x87\n") + box(b"Exif", struct.pack(">I", 6), BLOCK),
    "CR3": box(b"ftyp", b"crx \0\0\0\1")
    + box(b"moov", box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48"), box(b"CMT2", BLOCK[6:]))),
    "MP4": pictures.CLIP.read_bytes()[:1000],
    "MOV": FTYP
    + box(b"moov", counted(b"mvhd", since_1904(MOMENT)), apple("2024-06-15T18:30:00+0200", before=("make",))),
    "MKV": matroska(10**17),
}
TELLING = st.sampled_from(
    [b"\0", b"\1", b"\7", b"\x08", b"\x7f", b"\x80", b"\xff", b"\0\0\0\0", b"\0\0\0\1", b"\xff" * 4]
)


@pytest.mark.parametrize("name", FILES)
def test_whole_they_have_a_date(name: str) -> None:
    assert taken_at(FILES[name]) is not None


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@settings(max_examples=EXAMPLES)
def test_broken_files(name: str, data: st.DataObject) -> None:
    """Bytes changed, put in and left out, and the end missing."""
    broken = bytearray(FILES[name])
    places = st.integers(0, min(len(broken), 1500) - 1)  # where the headers are
    changes = st.tuples(places, st.integers(0, 8), TELLING | st.binary(max_size=6))
    for place, without, instead in data.draw(st.lists(changes, max_size=8), "changes"):
        broken[place : place + (len(instead) if without > 4 else without)] = instead
    end = data.draw(st.just(len(broken)) | st.integers(0, len(broken)), "end")
    read = taken_at(bytes(broken[:end]))
    assert read is None or read.tzinfo is not None


STARTS = [
    *(b"", b"\xff\xd8\xff\xe1", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"),
    *(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1", b"\0\0\0\x0cftypcrx ", b"\0\0\0\x0cJXL \r\n\x87\n", b"FUJIFILMCCD-RAW"),
    *(b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67", FTYP, b"\0\0\x10\0moov"),
]


@given(st.sampled_from(STARTS), st.binary(max_size=300))
@settings(max_examples=EXAMPLES)
def test_any_bytes(start: bytes, rest: bytes) -> None:
    read = taken_at(start + rest)
    assert read is None or read.tzinfo is not None


@st.composite
def directories(draw: st.DrawFn) -> bytes:
    """A TIFF whose directories are well-formed and senseless."""
    order = draw(st.sampled_from("<>"))
    tags = st.sampled_from([0x8769, 0x8825, 0xA005, 0x014A, 0x9003, 0x9004, 0x9011, 0x9291, 0x927C]) | st.integers(
        0, 65535
    )
    entries = st.tuples(tags, st.integers(0, 13), st.sampled_from([0, 1, 2, 20, 70]), st.integers(0, 300))
    parts = [b"II*\0" if order == "<" else b"MM\0*", struct.pack(order + "I", 8)]
    for _ in range(draw(st.integers(1, 4))):
        directory = draw(st.lists(entries, max_size=6))
        parts += [
            struct.pack(order + "H", len(directory)),
            *(struct.pack(order + "HHII", *entry) for entry in directory),
        ]
        parts += [struct.pack(order + "I", draw(st.integers(0, 200))), draw(st.binary(max_size=20))]
    return b"".join(parts) + DATE.encode() + b"\0"


@given(directories())
@settings(max_examples=EXAMPLES)
def test_senseless_directories(file: bytes) -> None:
    read = taken_at(file)
    assert read is None or read.tzinfo is not None
