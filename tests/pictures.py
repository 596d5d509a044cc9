"""Photos and videos for tests, made as small as they can be."""

import io
import random
import struct
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pillow_heif
from PIL import Image

CLIP = Path(__file__).parent / "media" / "clip.mp4"  # one second, H.264, made in 2023

_TAKEN = 0x9003  # DateTimeOriginal
_OFFSET = 0x9011  # OffsetTimeOriginal
_EXIF_IFD = 0x8769


def picture(seed: int, width: int = 64, height: int = 48) -> Image.Image:
    """An image that differs for each seed."""
    dice = random.Random(seed)
    image = Image.new("RGB", (width, height), tuple(dice.randrange(256) for _ in range(3)))
    for _ in range(40):
        spot = (dice.randrange(width), dice.randrange(height))
        image.putpixel(spot, (dice.randrange(256), dice.randrange(256), dice.randrange(256)))
    return image


def exif(taken: str = "", offset: str = "", more: Mapping[int, str] | None = None) -> bytes:
    """EXIF with `taken` as `2024:06:15 18:30:00`, its zone such as `+02:00` where given, and `more` of its fields."""
    block = Image.Exif()
    details = block.get_ifd(_EXIF_IFD)
    if taken:
        details[_TAKEN] = taken
    if offset:
        details[_OFFSET] = offset
    details.update(more or {})
    return block.tobytes()


def photo(kind: str, block: bytes, seed: int = 1) -> bytes:
    """In one of Pillow's formats, with an EXIF block."""
    out = io.BytesIO()
    picture(seed).save(out, kind, exif=block)
    return out.getvalue()


def jpeg(seed: int, taken: str = "", offset: str = "", **size: int) -> bytes:
    out = io.BytesIO()
    picture(seed, **size).save(out, "JPEG", quality=90, exif=exif(taken, offset) if taken else b"")
    return out.getvalue()


def heic(seed: int, taken: str = "", offset: str = "") -> bytes:
    out = io.BytesIO()
    file = pillow_heif.from_pillow(picture(seed))
    file.save(out, exif=exif(taken, offset) if taken else None)
    return out.getvalue()


def png(seed: int) -> bytes:
    out = io.BytesIO()
    picture(seed).save(out, "PNG")
    return out.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


FTYP = b"\0\0\0\x14ftypqt  \0\0\0\0qt  "


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of MP4 and QuickTime."""
    inside = b"".join(content)
    return struct.pack(">I4s", 8 + len(inside), kind) + inside


def since_1904(moment: datetime) -> int:
    return int((moment - datetime(1904, 1, 1, tzinfo=UTC)).total_seconds())


def counted(kind: bytes, seconds: int, version: int = 0) -> bytes:
    """`mvhd` or `mdhd` with so many seconds since 1904."""
    return box(kind, bytes([version, 0, 0, 0]), struct.pack(">Q" if version else ">I", seconds), bytes(88))


def track(*content: bytes) -> bytes:
    return box(b"trak", box(b"tkhd", bytes(84)), box(b"mdia", *content))


def apple(written: str, *, before: tuple[str, ...] = (), iso: bool = False) -> bytes:
    """`meta` with Apple's date behind other keys, as QuickTime writes it, or with ISO's version in front."""
    keys = [f"com.apple.quicktime.{key}".encode() for key in (*before, "creationdate")]
    items = [*before, written]
    return box(
        b"meta",
        bytes(4) if iso else b"",
        box(b"hdlr", bytes(8), b"mdta", bytes(13)),
        box(b"keys", bytes(4), struct.pack(">I", len(keys)), *(box(b"mdta", key) for key in keys)),
        box(
            b"ilst",
            *(
                box(struct.pack(">I", index), box(b"data", struct.pack(">II", 1, 0), item.encode()))
                for index, item in enumerate(items, 1)
            ),
        ),
    )


def element(kind: bytes, *content: bytes) -> bytes:
    """An element of Matroska and WebM, its size in eight bytes."""
    inside = b"".join(content)
    return kind + struct.pack(">Q", 1 << 56 | len(inside)) + inside


def matroska(nanoseconds: int, *before: bytes) -> bytes:
    """A file that says when it was made, as nanoseconds since 2001; `before` stands in front of its Info."""
    date = element(b"\x44\x61", struct.pack(">q", nanoseconds))
    info = element(b"\x15\x49\xa9\x66", element(b"\x2a\xd7\xb1", b"\x0f\x42\x40"), date)
    return element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"matroska")) + element(b"\x18\x53\x80\x67", *before, info)
