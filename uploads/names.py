"""File names from strangers, made fit to show and to send on.

They are display text only: no path of ours is ever made from one.
"""

import unicodedata

MAX_BYTES = 200  # UTF-8; leaves room for what file systems add
_EMOJI_JOINER = "\u200d"
_INVISIBLE = ("C", "Zl", "Zp")  # controls, formats, surrogates, line and paragraph separators
# Marks that turn the writing direction around and let `gpj.exe` read as `exe.jpg`.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(name: str) -> str:
    """The last path component of `name` in NFC, without controls and bidi marks, at most 200 bytes; may be empty."""
    name = name.replace("\\", "/").rpartition("/")[2]
    kept = filter(_shown, unicodedata.normalize("NFC", name))
    return _shorten("".join(kept).strip())


def _shown(character: str) -> bool:
    if character == _EMOJI_JOINER:
        return True
    return character not in _BIDI and not unicodedata.category(character).startswith(_INVISIBLE)


def _shorten(name: str) -> str:
    """Cuts the middle out of a name that is too long, so that its extension stays."""
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    ending = f"{dot}{extension}" if stem and len(extension.encode()) <= 20 else ""
    room = MAX_BYTES - len(ending.encode())
    start = (stem if ending else name).encode()[:room].decode(errors="ignore")
    return f"{start.rstrip()}{ending}"


def extension_of(name: str) -> str:
    """The extension in lower case with its dot, or an empty text."""
    stem, dot, extension = name.rpartition(".")
    return f".{extension.lower()}" if dot and stem else ""
