"""Names of files that scripts and Shortcuts send, which often have none, or one without an extension."""

from datetime import datetime

from uploads import media_types, names

# By the first bytes. Of HEIF, and of the rest that begins with `ftyp`, the brand says what it is.
_STARTS = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tiff"),
    (b"MM\0*", ".tiff"),
)
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def extension_by(head: bytes) -> str:
    """The extension that a file's first bytes ask for; empty where they tell none."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _HEIC:
            return ".heic"
        if brand in (b"avif", b"avis"):
            return ".avif"
        return ".mov" if brand == b"qt  " else ".mp4"
    return next((extension for start, extension in _STARTS if head.startswith(start)), "")


def name_of(said: str, head: bytes, now: datetime) -> str:
    """The file's name: as it is said, with the extension of its type where it has none that is known."""
    name = names.clean(said) or f"upload_{now:%Y%m%d_%H%M%S}"
    if media_types.kind_of(names.extension_of(name)):
        return name
    return names.clean(f"{name.rstrip('.')}{extension_by(head)}")
