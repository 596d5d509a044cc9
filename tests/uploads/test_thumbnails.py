"""Thumbnails of strangers' files: small, upright, without their secrets; and never a burden."""

import io
import struct
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests import pictures
from tests.pictures import chunk, png_of
from tests.uploads.test_dates_hostile import PHOTOS
from uploads import thumbnail_maker, thumbnails

ORIENTATION, MAKE = 0x0112, 0x010F


def made_of(content: bytes, folder: Path) -> Image.Image | None:
    path = folder / "file"
    path.write_bytes(content)
    with path.open("rb") as file:
        made = thumbnails.jpeg_of(file)
    return Image.open(io.BytesIO(made)) if made is not None else None


def drawn(kind: str, mode: str = "RGB", size: tuple[int, int] = (900, 600), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "navy" if mode in ("RGB", "RGBA") else 0).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "MPO"])
def test_every_kind_that_browsers_and_phones_make(tmp_path: Path, kind: str) -> None:
    image = made_of(drawn(kind), tmp_path)
    assert image is not None
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (320, 213))


def test_heic(tmp_path: Path) -> None:
    image = made_of(pictures.heic(1), tmp_path)
    assert image is not None
    assert image.size == (64, 48)  # a small one stays as it is


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_colours_than_red_green_and_blue(tmp_path: Path, mode: str) -> None:
    image = made_of(drawn("JPEG", mode), tmp_path)
    assert image is not None
    assert image.mode == "RGB"


def test_what_is_clear_is_white(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(out, "PNG")
    image = made_of(out.getvalue(), tmp_path)
    assert image is not None
    assert image.getpixel((25, 25)) == (255, 255, 255)


def test_it_is_upright_and_says_nothing_of_its_camera(tmp_path: Path) -> None:
    block = Image.Exif()
    block[ORIENTATION], block[MAKE] = 6, "Secret camera"
    image = made_of(drawn("JPEG", exif=block.tobytes()), tmp_path)
    assert image is not None
    assert image.size == (213, 320)
    assert dict(image.getexif()) == {}


def test_its_colours_stay_those_of_the_phone(tmp_path: Path) -> None:
    image = made_of(drawn("JPEG", icc_profile=b"profile" * 50), tmp_path)
    assert image is not None
    assert image.info["icc_profile"] == b"profile" * 50
    image = made_of(drawn("JPEG", icc_profile=bytes(1_000_000)), tmp_path)
    assert image is not None
    assert "icc_profile" not in image.info


# --- made to bite


def png_that_claims(width: int, height: int, content: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return png_of(header, chunk(b"IDAT", content), chunk(b"IEND", b""))


SIDE = 30_000
BITES = {
    "a bomb": png_that_claims(SIDE, SIDE, zlib.compress(bytes(100 << 20), 9)),
    "the largest sides there are": png_that_claims(0x7FFFFFFF, 0x7FFFFFFF, b""),
    "one line without end": png_that_claims(0x7FFFFFFF, 1, b""),
    "more than its content": png_that_claims(4000, 4000, zlib.compress(bytes(10))),
    "a page": b"<html><script>alert(1)</script>",
    "a drawing with script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
    "a TIFF": drawn("TIFF"),
    "nothing": b"",
    "a cut JPEG": drawn("JPEG")[:300],
    **PHOTOS,
}


@pytest.mark.parametrize("name", sorted(BITES))
def test_a_file_that_bites_has_no_picture_and_costs_little(tmp_path: Path, name: str) -> None:
    began = time.monotonic()
    assert made_of(BITES[name], tmp_path) is None
    assert time.monotonic() - began < thumbnails.PATIENCE


def test_as_many_pixels_as_the_memory_holds_are_decoded_and_no_more(tmp_path: Path) -> None:
    width = 8000
    height = thumbnail_maker.MOST_PIXELS // width
    assert made_of(drawn("JPEG", "L", (width, height)), tmp_path) is not None
    assert made_of(drawn("JPEG", "L", (width, height + 1)), tmp_path) is None


def test_two_at_a_time_and_the_turn_is_given_back(tmp_path: Path) -> None:
    for _ in range(thumbnails.AT_ONCE + 1):
        assert made_of(b"no picture", tmp_path) is None
    assert made_of(drawn("JPEG"), tmp_path) is not None
