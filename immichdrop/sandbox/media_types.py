"""What Immich takes, by extension (recorded exchange 028)."""

from __future__ import annotations

import mimetypes

from .versions import V3, Api

_VIDEO = """
.3gp .3gpp .avi .flv .insv .m2t .m2ts .m4v .mkv .mov .mp4 .mpe .mpeg .mpg .mts .mxf .ts .vob
.webm .wmv
"""
_IMAGE = """
.avif .bmp .gif .jpeg .jpg .png .webp .3fr .ari .arw .cap .cin .cr2 .cr3 .crw .dcr .dng .erf
.fff .iiq .k25 .kdc .mrw .nef .nrw .orf .ori .pef .psd .raf .raw .rw2 .rwl .sr2 .srf .srw
.x3f .heic .heif .hif .insp .jp2 .jpe .jxl .mpo .svg .tif .tiff
"""
VIDEO = _VIDEO.split()
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


def images(api: Api) -> list[str]:
    """v3 also takes `.mpo`."""
    return [suffix for suffix in _IMAGE.split() if api.strict or suffix != ".mpo"]


def extension(name: str, api: Api) -> str:
    """With dot, in lower case. For v3 a name that is nothing but an extension has one (144)."""
    base = name.rpartition("/")[2]
    dot = base.rfind(".")
    return base[dot:].lower() if dot > 0 or (dot == 0 and api.strict) else ""


def is_asset(name: str, api: Api) -> bool:
    return extension(name, api) in images(api) or is_video(name, api)


def is_video(name: str, api: Api) -> bool:
    return extension(name, api) in VIDEO


def is_sidecar(name: str, api: Api) -> bool:
    return extension(name, api) in SIDECAR


def mime_type(name: str) -> str:
    suffix = extension(name, V3)
    guessed = _TYPES.get(suffix) or mimetypes.guess_type(f"file{suffix}")[0]
    if guessed is not None:
        return guessed
    return f"{'video' if is_video(name, V3) else 'image'}/{suffix.removeprefix('.')}"
