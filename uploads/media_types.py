"""Which files are taken: by extension, and by the family of their first bytes.

Immich goes by the extension alone and takes a text that is called .jpg; a link that is open to strangers looks inside.
"""

import re
import threading
from collections.abc import Collection

from invites.models import Invite

HEAD_BYTES = 4096  # how much of a file's start is looked at

# What Immich v2.7 and v3.1 list, for the time until the server itself was asked (recorded exchange 028).
BUILT_IN_IMAGES = frozenset(
    ".3fr .ari .arw .avif .bmp .cap .cin .cr2 .cr3 .crw .dcr .dng .erf .fff .gif .heic .heif .hif .iiq .insp .jp2 .jpe"
    " .jpeg .jpg .jxl .k25 .kdc .mpo .mrw .nef .nrw .orf .ori .pef .png .psd .raf .raw .rw2 .rwl .sr2 .srf .srw .tif"
    " .tiff .webp .x3f".split()
)
BUILT_IN_VIDEOS = frozenset(
    ".3gp .3gpp .avi .flv .insv .m2t .m2ts .m4v .mkv .mov .mp4 .mpe .mpeg .mpg .mts .mxf .ts .vob .webm .wmv".split()
)
# Taken by Immich, but it may carry script, which a browser that opens the original would run.
NEVER = frozenset({".svg", ".svgz"})

_lock = threading.Lock()
_images: frozenset[str] = BUILT_IN_IMAGES
_videos: frozenset[str] = BUILT_IN_VIDEOS


def learn(images: Collection[str], videos: Collection[str]) -> None:
    """Takes over the lists that Immich gave (extensions with their dot, lower case)."""
    global _images, _videos
    with _lock:
        _images, _videos = frozenset(images) - NEVER, frozenset(videos) - NEVER


def kind_of(extension: str) -> str | None:
    """`photos` or `videos`, as `Invite.Kinds` has it; None for what is not taken at all."""
    if extension in _images:
        return Invite.Kinds.PHOTOS.value
    if extension in _videos:
        return Invite.Kinds.VIDEOS.value
    return None


def accepted(kinds: str) -> frozenset[str]:
    """The extensions that a link of these kinds takes."""
    images = _images if kinds != Invite.Kinds.VIDEOS else frozenset()
    videos = _videos if kinds != Invite.Kinds.PHOTOS else frozenset()
    return images | videos


# What browsers and share sheets call the usual ones.
_MIME_TYPES = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe"), "image/jpeg"),
    **dict.fromkeys((".heic", ".heif", ".hif"), "image/heic"),
    **dict.fromkeys((".tif", ".tiff"), "image/tiff"),
    **dict.fromkeys((".mp4", ".m4v"), "video/mp4"),
    **dict.fromkeys((".mpg", ".mpeg", ".mpe"), "video/mpeg"),
    **dict.fromkeys((".3gp", ".3gpp"), "video/3gpp"),
    **{f".{name}": f"image/{name}" for name in ("png", "gif", "webp", "avif", "bmp", "jxl")},
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
}


def mime_type_of(extension: str) -> str:
    """Of a photo or video by its extension, whatever its sender called it."""
    return _MIME_TYPES.get(extension, "application/octet-stream")


# First bytes that no photo or video has: documents, archives, programs, pages.
_REFUSED_STARTS = (
    b"%PDF",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"SQLite format 3\x00",
    b"{\\rtf",
    b"#!/",
    b"#! /",
)
_UNPRINTABLE = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MARKUP = re.compile(rb"<[a-z!?/]")  # a tag, whichever it is, where the rest is text too
# What makes browsers take anything for a page (MIME Sniffing Standard, "Identifying an unknown MIME type").
_PAGES = (
    *(b"<!doctype", b"<!--", b"<?xml", b"<?php", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<svg"),
    *(b"<title", b"<style", b"<table", b"<font", b"<div", b"<h1", b"<a ", b"<b>", b"<br", b"<p>", b"<p ", b"<img"),
)
_PHOTO_STARTS = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"8BPS", b"\xff\x0a", b"II*\0", b"MM\0*"),
    *(b"\0\0\0\x0cJXL ", b"\0\0\0\x0cjP  ", b"FUJIFILMCCD-RAW"),
)
_VIDEO_STARTS = (
    *(b"\x1a\x45\xdf\xa3", b"FLV", b"\0\0\x01\xba", b"\0\0\x01\xb3"),  # Matroska, Flash, MPEG
    *(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\x06\x0e\x2b\x34"),  # Windows Media, MXF
)
_STILLS = (
    *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1", b"miaf"),
    *(b"avif", b"avis", b"avci", b"avcs", b"jpeg", b"crx "),
)
_OLD_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")  # from before there was `ftyp`


def looks_wrong(head: bytes) -> bool:
    """Whether the first bytes belong to something that is surely neither a photo nor a video.

    A `.jpg` that is really a HEIC is fine, and what is not recognised is left to Immich: camera makers invent formats.
    """
    if head.startswith(_REFUSED_STARTS):
        return True
    if head.startswith(b"MZ") and b"\0\0" in head[2:64]:  # a Windows program; two letters alone may be chance
        return True
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16, as some editors save pages
        text = head[2:].replace(b"\0", b"").lstrip().lower()
    return text.startswith(_PAGES) or bool(_MARKUP.match(text) and not _UNPRINTABLE.search(text[:256]))


def family_of(head: bytes) -> str | None:
    """`photos` or `videos` where the first bytes tell, else None."""
    if head.startswith(_PHOTO_STARTS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return Invite.Kinds.PHOTOS.value
    if head[4:8] == b"ftyp":
        return (Invite.Kinds.PHOTOS if head[8:12] in _STILLS else Invite.Kinds.VIDEOS).value
    if head.startswith(_VIDEO_STARTS) or head[4:8] in _OLD_QUICKTIME:
        return Invite.Kinds.VIDEOS.value
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return Invite.Kinds.VIDEOS.value
    # Transport streams: a G every 188 bytes, or every 192 behind a time stamp.
    if head[:1] == head[188:189] == head[376:377] == b"G" or head[4:5] == head[196:197] == head[388:389] == b"G":
        return Invite.Kinds.VIDEOS.value
    return None


def refuses(head: bytes, kinds: str) -> bool:
    """Whether a link of these kinds refuses a file that starts like this."""
    family = family_of(head)
    return looks_wrong(head) or (family is not None and kinds != Invite.Kinds.BOTH and family != kinds)
