"""What Immich takes, by extension (recorded exchange 028)."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath

VIDEO = """
.3gp .3gpp .avi .flv .insv .m2t .m2ts .m4v .mkv .mov .mp4 .mpe .mpeg .mpg .mts .mxf .ts .vob
.webm .wmv
""".split()
IMAGE = """
.avif .bmp .gif .jpeg .jpg .png .webp .3fr .ari .arw .cap .cin .cr2 .cr3 .crw .dcr .dng .erf
.fff .iiq .k25 .kdc .mrw .nef .nrw .orf .ori .pef .psd .raf .raw .rw2 .rwl .sr2 .srf .srw
.x3f .heic .heif .hif .insp .jp2 .jpe .jxl .mpo .svg .tif .tiff
""".split()
SIDECAR = [".xmp"]

_TYPES = {
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jxl": "image/jxl",
    ".m4v": "video/x-m4v",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".webp": "image/webp",
}


def extension(name: str) -> str:
    """With dot, in lower case. A name that is nothing but an extension has one (144)."""
    base = PurePosixPath(name).name or name
    dot = base.rfind(".")
    return base[dot:].lower() if dot >= 0 else ""


def is_asset(name: str) -> bool:
    return extension(name) in IMAGE or is_video(name)


def is_video(name: str) -> bool:
    return extension(name) in VIDEO


def is_sidecar(name: str) -> bool:
    return extension(name) in SIDECAR


def mime_type(name: str) -> str:
    suffix = extension(name)
    guessed = _TYPES.get(suffix) or mimetypes.guess_type(f"file{suffix}")[0]
    if guessed is not None:
        return guessed
    return f"{'video' if is_video(name) else 'image'}/{suffix.removeprefix('.')}"
