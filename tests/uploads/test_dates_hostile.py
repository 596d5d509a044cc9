"""Files whose headers lie, circle, break off or bite cost nothing but the date."""

import errno
import io
import logging
import struct
import time
import tracemalloc
import uuid
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

import pytest

from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.pictures import FTYP, apple, box, chunk, counted, png_of, since_1904
from tests.serving import eventually
from uploads import dates, exif_blocks, headers, spool
from uploads.models import Upload
from uploads.spool import Spool
from uploads.worker import Worker

DATE = "2024:06:15 18:30:00"
MOMENT = datetime(2024, 6, 15, 16, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


# --- made to bite


def exif_of(*entries: tuple[int, int, int, int], behind: bytes = b"", link: int = 0) -> bytes:
    """A JPEG whose EXIF has one directory of (tag, type, count, value), then `behind`, then the next one at `link`."""
    segment = b"Exif\0\0" + tiff_of(*entries, behind=behind, link=link)
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + b"\xff\xd9"


def tiff_of(*entries: tuple[int, int, int, int], behind: bytes = b"", link: int = 0) -> bytes:
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + struct.pack("<I", link) + behind


def nested(kind: bytes, depth: int) -> bytes:
    """Boxes in boxes, each as large as what it holds."""
    inside = b""
    for _ in range(depth):
        inside = box(kind, inside)
    return inside


ASCII, LONG, RATIONAL, UNDEFINED = 2, 4, 5, 7
EXIF_IFD, GPS_IFD, MAKER = 0x8769, 0x8825, 0x927C
BOMB = zlib.compress(bytes(200 << 20), 9)
HUGE = chunk(b"IHDR", struct.pack(">IIBBBBB", 0x7FFFFFFF, 0x7FFFFFFF, 8, 6, 0, 0, 0))
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1"
KEYS = b"\0\0\0\0" + struct.pack(">I", 0xFFFFFFFF)
MKV = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67"
PHOTOS = {
    "a directory that is its own next": exif_of((0x010F, ASCII, 4, 0x41414141), link=8),
    "a directory that is its own child": exif_of((EXIF_IFD, LONG, 1, 8), (GPS_IFD, LONG, 1, 8)),
    "a text of 4 GB": exif_of((0x010F, ASCII, 0xFFFFFFFF, 8)),
    "texts of 4 GB, many": exif_of(*[(0x010F + n, ASCII, 0xFFFFFFFF, 0) for n in range(200)]),
    "texts of 1 MB, many": tiff_of(*[(n, ASCII, 1 << 20, 8) for n in range(1, 60_000)]),
    "4 billion numbers": exif_of((0x0110, LONG, 0xFFFFFFFF, 8)),
    "4 billion ratios in the maker's field": exif_of((EXIF_IFD, LONG, 1, 8), (MAKER, RATIONAL, 0xFFFFFFFF, 8)),
    "999 numbers, 5000 times": exif_of(*[(0x0110, LONG, 999, 8)] * 5000),
    "places beyond the end": exif_of((EXIF_IFD, LONG, 1, 0xFFFFFFF0)),
    "an unknown type": exif_of((0x9003, 99, 20, 8)),
    "a date that is a number": exif_of(
        (EXIF_IFD, LONG, 1, 26), (0, 0, 0, 0), behind=struct.pack("<HHHII", 1, 0x9003, LONG, 1, 7)
    ),
    "a date that is bytes": exif_of((0x9003, UNDEFINED, 4, 0xFFFFFFFF)),
    "a child that is a text": exif_of((EXIF_IFD, ASCII, 4, 0x41414141)),
    "a child that is nothing": exif_of((EXIF_IFD, LONG, 0, 8)),
    "a ratio of nothing": exif_of((GPS_IFD, RATIONAL, 1, 100)),
    "png with an endless chunk": b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR" + bytes(100),
    "png of empty chunks": b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0abcd\0\0\0\0" * 50_000,
    "png of empty texts": png_of(*[chunk(b"tEXt", b"Title\0")] * 50_000),
    "png of 2 billion pixels a line": png_of(HUGE),
    "png with bombs": png_of(
        HUGE,
        chunk(b"zTXt", b"Creation Time\0\0" + BOMB),
        chunk(b"iTXt", b"Creation Time\0\1\0\0\0" + BOMB),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + BOMB),
        chunk(b"iCCP", b"profile\0\0" + BOMB),
        chunk(b"IDAT", BOMB),
    ),
    "a heic in the EXIF of a png": png_of(chunk(b"eXIf", pictures.heic(1, DATE)[:200])),
    "a jpeg in the EXIF of a jpeg": b"\xff\xd8\xff\xe1\xff\xff" + b"Exif\0\0" + pictures.jpeg(1, DATE),
    "webp that stands still": b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x08" + bytes(13) + b"\0\0\0\0\0\0\0\0" * 50_000,
    "webp with an endless chunk": b"RIFF\xff\xff\xff\xffWEBPVP8X\xff\xff\xff\xff" + bytes(20),
    "jpeg of nothing but markers": b"\xff\xd8" + b"\xff\xe0\0\x02" * 50_000,
    "jpeg of nothing but filling": b"\xff\xd8" + b"\xff" * 50_000,
    "jpeg whose segments have no length": b"\xff\xd8" + b"\xff\xe1\0\0" * 50_000,
    "jpeg of jfif in jfif": b"\xff\xd8" + b"\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xe0\0\x07JFIF\0" * 50_000,
    "raf that holds itself": b"FUJIFILMCCD-RAW ".ljust(84, b"0") + struct.pack(">II", 0, 0xFFFFFFFF),
    "jxl": b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0\0\0\x01Exif" + b"\xff" * 100,
    "cr3 of boxes in boxes": FTYP[:8] + b"crx " + FTYP[12:] + nested(b"moov", 3000),
    "heic without anything": HEIC,
    "heic with a box of 16 EB": HEIC + b"\0\0\0\x01meta" + b"\xff" * 8,
    "heic of boxes in boxes": HEIC + b"\0\x01\0\0meta\0\0\0\0" * 20_000,
    "tiff": b"II*\0\xff\xff\xff\xff",
    "big tiff": b"MM\0+\0\x08\0\0" + b"\xff" * 64,
}
VIDEOS = {
    "a box of 16 EB": FTYP + b"\0\0\0\x01moov" + b"\xff" * 8,
    "a box of 4 GB": FTYP + b"\xff\xff\xff\xffmoov\xff\xff\xff\xffmeta",
    "a box smaller than its head": FTYP + b"\0\0\0\x07moov",
    "a box of 64 bits and no size": FTYP + b"\0\0\0\x01moov" + bytes(8),
    "a box whose size has no room": FTYP + b"\0\0\0\x01moov",
    "boxes without size": FTYP + box(b"moov", b"\0\0\0\0meta" * 1000),
    "empty boxes": FTYP + box(b"free") * 50_000,
    "a movie of empty boxes": FTYP + box(b"moov", box(b"free") * 50_000),
    "a movie of tracks": FTYP + box(b"moov", box(b"trak", box(b"mdia", box(b"mdhd", bytes(24)))) * 50_000),
    "a movie of metadata": FTYP + box(b"moov", apple("never") * 20_000),
    "movies in movies": FTYP + nested(b"moov", 3000),
    "tracks in tracks": FTYP + box(b"moov", nested(b"trak", 3000)),
    "metadata in metadata": FTYP + box(b"moov", nested(b"udta", 1000), nested(b"meta", 1000)),
    "4 billion keys": FTYP + box(b"moov", box(b"meta", box(b"hdlr"), box(b"keys", KEYS, box(b"mdta") * 20_000))),
    "keys without size": FTYP + box(b"moov", box(b"meta", box(b"hdlr"), box(b"keys", KEYS, bytes(99)), box(b"ilst"))),
    "a key of 4 GB": FTYP + box(b"moov", box(b"meta", box(b"keys", KEYS, b"\xff\xff\xff\xffmdta"), box(b"ilst"))),
    "a date of 100 MB": FTYP + box(b"moov", apple("x" * (10 << 20))),
    "matroska of empty elements": MKV + b"\x01" + b"\xff" * 7 + b"\xec\x80" * 50_000,
    "matroska of 64 PB": MKV + b"\x01\xff\xff\xff\xff\xff\xff\xfe\x15\x49\xa9\x66\x01" + b"\xff" * 6 + b"\xfe",
    "matroska in matroska": MKV + (b"\x01" + b"\xff" * 7 + b"\x18\x53\x80\x67") * 20_000,
}


class Counted(io.BytesIO):
    """Counts what is read of it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data


@pytest.mark.parametrize("file", [pytest.param(file, id=name) for name, file in (PHOTOS | VIDEOS).items()])
def test_it_costs_nothing_but_the_date(file: bytes, caplog: pytest.LogCaptureFixture) -> None:
    counted_file = Counted(file + bytes(20 << 20))  # so that a length which is believed has something to read
    began = time.process_time()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    try:
        assert dates.taken_at(counted_file, BERLIN) is None
        most = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert caplog.records == []  # a stranger does not fill the log either
    # The HEIF library takes a file as a whole, by agreement; nothing else does.
    assert counted_file.bytes_read <= 2 * headers.MOST_BYTES or file.startswith(HEIC)
    assert most < (60 if file.startswith(HEIC) else 10) << 20
    assert time.process_time() - began < 10


def test_of_a_movies_header_little_is_read() -> None:
    table = box(b"stbl", bytes(30 << 20))
    film = Counted(FTYP + box(b"moov", pictures.track(table), counted(b"mvhd", since_1904(MOMENT))))
    assert dates.taken_at(film, BERLIN) == MOMENT
    assert film.bytes_read < 2000


class Endless(io.RawIOBase):
    """A film of `length` bytes of nothing, between a head and a tail."""

    def __init__(self, head: bytes, length: int, tail: bytes) -> None:
        self.head, self.length, self.tail = head, length, tail
        self.place = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        total = len(self.head) + self.length + len(self.tail)
        self.place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: total}[whence]
        return self.place

    def read(self, size: int = -1, /) -> bytes:
        assert 0 <= size <= headers.LARGEST_READ
        if self.place < len(self.head):
            data = self.head[self.place :][:size]
        else:
            behind = self.place - len(self.head) - self.length
            data = self.tail[behind:][:size] if behind >= 0 else bytes(size)
        self.place += len(data)
        return data


def test_a_movie_whose_header_stands_behind_a_terabyte() -> None:
    length = 1 << 40
    head = FTYP + struct.pack(">I4sQ", 1, b"mdat", length + 16)
    film = Endless(head, length, box(b"moov", counted(b"mvhd", since_1904(MOMENT))))
    assert dates.taken_at(film, BERLIN) == MOMENT  # type: ignore[arg-type]  # has what is used of a file


def test_a_heic_too_large_to_be_looked_at() -> None:
    class Huge(io.BytesIO):
        def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
            return exif_blocks.LARGEST_HEIF + 1 if whence == io.SEEK_END else super().seek(offset, whence)

    assert dates.taken_at(Huge(pictures.heic(1, DATE)), BERLIN) is None
    assert dates.taken_at(io.BytesIO(pictures.heic(1, DATE)), BERLIN) is not None


# --- and if a parser has a bug all the same, or the disk


class Balky(io.BytesIO):
    """Raises at the first read."""

    def __init__(self, error: Exception) -> None:
        super().__init__(pictures.jpeg(1, DATE))
        self.error = error

    def read(self, size: int | None = -1, /) -> bytes:
        raise self.error


def errors() -> Iterator[type[Exception]]:
    """Python's own but those that end loops, and those of the parsers."""
    not_mistakes = (StopIteration, StopAsyncIteration, ExceptionGroup)
    for kind in Exception.__subclasses__():
        ours = kind.__module__ == "builtins" and kind not in not_mistakes
        if ours or kind.__module__.partition(".")[0] in ("exifread", "PIL", "pillow_heif", "struct"):
            yield kind


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in errors()])
def test_a_bug_costs_the_date_and_is_seen(kind: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
    modified = datetime(2020, 1, 1, tzinfo=UTC)
    upload = Upload(last_modified=modified)
    error = kind.__new__(kind)
    with pytest.raises(kind):
        dates.taken_at(Balky(error), BERLIN)
    with caplog.at_level(logging.ERROR, "uploads.dates"):
        assert dates.date_of(upload, Balky(error)) == modified
    (record,) = caplog.records
    assert str(upload.pk) in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is error


class BalkySpool(Spool):
    """On a disk that fails whoever looks for the end of a file; delivery reads it from the start."""

    def read(self, upload_id: uuid.UUID) -> BinaryIO:
        class File(io.FileIO):
            def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
                if whence == io.SEEK_END:
                    raise OSError(errno.EIO, "Input/output error")
                return super().seek(offset, whence)

        return io.BufferedReader(File(self.path(upload_id)))


def test_the_file_is_delivered_all_the_same(
    web: str,
    sandbox: Sandbox,
    make_invite: MakeInvite,
    guest_at: Callable[[Invite], TusGuest],
    caplog: pytest.LogCaptureFixture,
) -> None:
    guest = guest_at(make_invite())
    guest.send(pictures.png(1), filename="shot.png", lastModified="1718469000000")
    worker = Worker(BalkySpool(spool.default().root), 1)
    worker.start()
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    worker.stop(60)
    (asset,) = sandbox.assets()
    assert asset.file_created_at == MOMENT
    assert "event=date_unreadable" in caplog.text
