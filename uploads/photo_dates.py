"""When a photo was taken, from its EXIF, or from the text of a PNG, without decoding the picture."""

import email.utils
from datetime import datetime, tzinfo
from typing import BinaryIO, cast

import exifread
from exifread.core.exceptions import ExifError

from uploads import moments
from uploads.exif_blocks import PNG, exif_block, png_chunks
from uploads.headers import Header, UnreadableError

# What exifread trips over where a directory is not what it says; it checks little before it reads.
_TRIPS = (ArithmeticError, ExifError, LookupError, TypeError, ValueError)
_KINDS = ("Original", "Digitized")


def photo_date(file: BinaryIO, zone: tzinfo) -> datetime | None:
    """DateTimeOriginal, else DateTimeDigitized; with its own offset, or in `zone` where the file names none.

    None without these: DateTime alone is when a program changed the file. Raises UnreadableError.
    """
    header = Header(file)
    block = exif_block(file, header)
    taken = _exif_date(block, zone) if block is not None else None
    return taken or (_png_date(header, zone) if header.at(0, len(PNG)) == PNG else None)


def _exif_date(block: Header, zone: tzinfo) -> datetime | None:
    try:
        read = exifread.process_file(cast("BinaryIO", block), details=False, extract_thumbnail=False)
    except _TRIPS as error:
        raise UnreadableError(f"EXIF: {error}") from error

    def tag(name: str) -> str:
        # TIFF/EP and Canon's CR3 have the dates in the first directory.
        return str(read.get(f"EXIF {name}") or read.get(f"Image {name}") or "").strip()

    offsets = {kind: tag(f"OffsetTime{kind}") for kind in (*_KINDS, "")}
    known = next(filter(moments.has_offset, offsets.values()), "")  # one camera is in one place
    fractions = {kind: tag(f"SubSecTime{kind}") for kind in _KINDS}

    def is_precise(kind: str) -> bool:
        return bool(fractions[kind] or offsets[kind])

    # Immich's order: of both dates the precise one first (SubSecDateTimeOriginal, SubSecCreateDate, DateTimeOriginal,
    # CreateDate in its metadata service).
    dates = (
        moments.moment(
            tag(f"DateTime{kind}"),
            zone,
            offset=offsets[kind] if moments.has_offset(offsets[kind]) else known,
            fraction=fractions[kind],
        )
        for kind in sorted(_KINDS, key=is_precise, reverse=True)
    )
    return next(filter(None, dates), None)


def _png_date(header: Header, zone: tzinfo) -> datetime | None:
    """`Creation Time`: when the picture first came to be, says the PNG specification (11.3.3.2).

    Not `tIME`, which is when it was last changed. Compressed text is left alone: no date is worth a decompression.
    """
    for kind, chunk in png_chunks(header):
        if kind in (b"tEXt", b"iTXt"):
            keyword, _, rest = chunk.at(0, 200).partition(b"\0")
            if keyword == b"Creation Time" and (kind == b"tEXt" or rest.startswith(b"\0")):
                text = (rest if kind == b"tEXt" else rest[2:].split(b"\0", 2)[-1]).decode("latin-1")
                return moments.moment(text, zone) or _mail_date(text, zone)
    return None


def _mail_date(text: str, zone: tzinfo) -> datetime | None:
    """`Sat, 15 Jun 2024 18:30:00 +0200`, which the PNG specification suggests."""
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return moments.moment(date.isoformat(), zone)
