"""File names from strangers, made fit to show and to send on.

They are display text only: no path of ours is ever made from one.
"""

import unicodedata

MAX_BYTES = 200  # UTF-8; leaves room for what file systems add
_JOINERS = "\u200c\u200d"  # of emoji, and within Persian words
# Controls, surrogates, separators of lines and paragraphs, and formats: among them the marks that turn the writing
# direction around and let `gpj.exe` read as `exe.jpg`. What this Python does not know (Cn) may be a younger emoji.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def clean(name: str) -> str:
    """The last path component of `name` in NFC, without controls and bidi marks, at most 200 bytes; may be empty."""
    name = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(filter(_shown, name))
    return _shorten(unicodedata.normalize("NFC", kept).strip())


def _shown(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _INVISIBLE


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
