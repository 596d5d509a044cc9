"""Where a picture's EXIF stands, in the formats that wrap it. Nothing is decoded or decompressed.

exifread's own search looks at the first 4,000 bytes of a JPEG, so that a colour profile or XMP in front hides the date,
and misses the EXIF of many WebP and HEIF files. What is found here is handed to it as the TIFF file that it is.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO

import pillow_heif

from uploads.headers import Header, UnreadableError, boxes

LARGEST_HEIF = 256 << 20  # bytes: the HEIF library takes the whole file into memory

# What it raises on files that are not what they say: its documentation, and no picture at all.
_NO_HEIF = (EOFError, LookupError, MemoryError, RuntimeError, SyntaxError, ValueError)

PNG = b"\x89PNG\r\n\x1a\n"
_TIFF = (b"II", b"MM")  # and most RAW formats: DNG, NEF, CR2, ARW, PEF, RW2, ORF
_RAF = b"FUJIFILMCCD-RAW"  # holds a JPEG, whose place and size stand at byte 84
_JXL = b"\0\0\0\x0cJXL "
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")  # the box of a CR3 file that holds its EXIF directories
_PREFIX = b"Exif\0\0"

_START_OF_SCAN, _END_OF_IMAGE, _APP1, _FILL = 0xDA, 0xD9, 0xE1, 0xFF
_LONE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})  # that have no length


def exif_block(file: BinaryIO, header: Header) -> Header | None:
    """The TIFF structure inside a picture; None where there is none. `header` is the file's.

    Raises UnreadableError.
    """
    head = header.at(0, 16)
    if head.startswith(_TIFF):
        return header
    if head.startswith(b"\xff\xd8"):
        block = _in_jpeg(header)
    elif head.startswith(_RAF):
        where = header.at(84, 8)
        start = int.from_bytes(where[:4], "big")
        block = _in_jpeg(header.window(start, start + int.from_bytes(where[4:], "big")))
    elif head.startswith(PNG):
        block = next((chunk for kind, chunk in png_chunks(header) if kind == b"eXIf"), None)
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        block = _in_webp(header)
    elif head.startswith(_JXL):
        block = _in_jpeg_xl(header)
    elif head[4:12] == b"ftypcrx ":
        block = _in_cr3(header)
    elif head[4:8] == b"ftyp":
        block = _in_heif(file, header.size)
    else:
        return None
    if block is not None and block.at(0, len(_PREFIX)) == _PREFIX:
        block = block.window(len(_PREFIX))
    # exifread would try to make something of other formats, a picture inside the picture.
    return block if block is not None and block.at(0, 2) in _TIFF else None


def png_chunks(header: Header) -> Iterator[tuple[bytes, Header]]:
    """Name and content of each chunk."""
    place = len(PNG)
    while len(head := header.at(place, 8)) == 8:
        size = int.from_bytes(head[:4], "big")
        yield head[4:], header.window(place + 8, place + 8 + size)
        place += 12 + size


def _in_jpeg(header: Header) -> Header | None:
    place = 2
    while len(head := header.at(place, 4)) == 4:
        if head[0] != _FILL:
            raise UnreadableError("no marker where a segment should begin")
        marker, size = head[1], int.from_bytes(head[2:], "big")
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return None
        if marker == _FILL:
            place += 1
        elif marker in _LONE_MARKERS:
            place += 2
        elif marker == _APP1 and header.at(place + 4, len(_PREFIX)) == _PREFIX:
            return header.window(place + 4, place + 2 + size)
        else:
            place += 2 + size
    return None


def _in_webp(header: Header) -> Header | None:
    place = 12
    while len(head := header.at(place, 8)) == 8:
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"EXIF":
            return header.window(place + 8, place + 8 + size)
        place += 8 + size + size % 2
    return None


def _in_jpeg_xl(header: Header) -> Header | None:
    for box in boxes(header):
        if box.kind == b"Exif":  # `brob` would hold it compressed
            return header.window(box.start + 4 + int.from_bytes(header.at(box.start, 4), "big"), box.end)
    return None


def _in_cr3(header: Header) -> Header | None:
    for movie in boxes(header):
        if movie.kind != b"moov":
            continue
        for box in boxes(header, movie.start, movie.end):
            if box.kind == b"uuid" and header.at(box.start, 16) == _CANON:
                inner = boxes(header, box.start + 16, box.end)
                return next((header.window(part.start, part.end) for part in inner if part.kind == b"CMT2"), None)
    return None


def _in_heif(file: BinaryIO, size: int) -> Header | None:
    file.seek(0)
    if size > LARGEST_HEIF or not pillow_heif.is_supported(file):
        return None
    file.seek(0)
    try:
        block = pillow_heif.open_heif(file, convert_hdr_to_8bit=False).info.get("exif")
    except _NO_HEIF as error:
        raise UnreadableError(f"HEIF: {error}") from error
    return Header(io.BytesIO(block)) if block else None
