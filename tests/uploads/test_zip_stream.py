"""Archives as streams, and the names in them."""

import io
import struct
import zipfile
from datetime import UTC, datetime

import pytest

from uploads.archive_names import ArchiveNames
from uploads.zip_stream import ZipStream

TAKEN = datetime(2024, 7, 14, 12, 30, 8, tzinfo=UTC)


def opened(data: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def test_what_goes_in_comes_out() -> None:
    stream, data = ZipStream(), b""
    stream.begin("Grüße.jpg", TAKEN, 6)
    for block in (b"abc", b"", b"def"):
        stream.write(block)
        data += stream.take()
    stream.end()
    stream.add("unknown.bin", TAKEN, b"")
    stream.finish()
    archive = opened(data + stream.take())
    assert archive.namelist() == ["Grüße.jpg", "unknown.bin"]
    assert archive.read("Grüße.jpg") == b"abcdef"
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_dates_are_those_of_the_place_and_exact() -> None:
    stream = ZipStream()
    for name, year in (("then.jpg", 1961), ("taken.jpg", 2024), ("far.jpg", 2199)):
        stream.add(name, TAKEN.replace(year=year), b"x")
    stream.finish()
    data = stream.take()
    dates = {entry.filename: entry.date_time for entry in opened(data).infolist()}
    assert dates["taken.jpg"][:3] == (2024, 7, 14)
    assert (dates["then.jpg"][0], dates["far.jpg"][0]) == (1980, 2107)
    extra = opened(data).getinfo("taken.jpg").extra  # Info-ZIP's "UT"
    assert struct.unpack("<2sHBl", extra) == (b"UT", 5, 1, int(TAKEN.timestamp()))
    assert opened(data).getinfo("far.jpg").extra == b""


def test_what_broke_off_is_not_in_it() -> None:
    stream = ZipStream()
    stream.begin("half.jpg", TAKEN, 100)
    stream.write(b"half")
    stream.end(keep=False)
    stream.add("whole.jpg", TAKEN, b"whole")
    stream.finish()
    archive = opened(stream.take())
    assert (archive.namelist(), archive.read("whole.jpg")) == (["whole.jpg"], b"whole")


def test_large_entries_have_large_sizes() -> None:
    """Written for real it would take a while: the marks of ZIP64 are in the first bytes."""
    stream = ZipStream()
    stream.begin("film.mov", TAKEN, 5_000_000_000)
    assert zipfile.ZIP64_VERSION in stream.take()[4:6]
    stream.abandon()
    unknown = ZipStream()
    unknown.begin("film.mov", TAKEN, None)
    assert zipfile.ZIP64_VERSION in unknown.take()[4:6]
    unknown.abandon()
    assert unknown.take() == b""


def test_it_can_be_left_at_any_time() -> None:
    for wanted in (0, 1, 2):
        stream = ZipStream()
        if wanted:
            stream.add("a.jpg", TAKEN, b"a")
        if wanted == 2:
            stream.begin("b.jpg", TAKEN, 10)
            stream.write(b"b")
        stream.abandon()
        stream.abandon()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["IMG_1.jpg", "img_1.JPG", "IMG_1.jpg"], ["IMG_1.jpg", "img_1 (2).JPG", "IMG_1 (3).jpg"]),
        (["a (2).jpg", "a.jpg", "a.jpg"], ["a (2).jpg", "a.jpg", "a (3).jpg"]),
        (["../../etc/passwd", "..\\x.jpg", "/abs.jpg"], ["passwd", "x.jpg", "abs.jpg"]),
        (["...", "", "no extension", "no extension"], ["_", "_ (2)", "no extension", "no extension (2)"]),
        (["a<b>:c?.jpg", "CON.jpg", "lpt1", "ends. "], ["a_b__c_.jpg", "_CON.jpg", "_lpt1", "ends"]),
        (["\u202egpj.exe", ".hidden.jpg"], ["gpj.exe", "hidden.jpg"]),
    ],
)
def test_names_are_safe_and_given_out_once(given: list[str], wanted: list[str]) -> None:
    names = ArchiveNames()
    assert [names.unique(name) for name in given] == wanted


def test_a_thousand_of_one_name_take_no_time() -> None:
    names = ArchiveNames()
    assert len({names.unique("image.jpg").casefold() for _ in range(5000)}) == 5000
