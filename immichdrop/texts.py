"""Which texts can be kept at all."""

import re

# NUL, and half of a surrogate pair, which JSON may carry: no database can be asked for either.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None


def size_words(size: float) -> str:
    """So many bytes in decimal units, at most one digit behind the point: `4.2 MB`, `612 MB`, `2 GB`."""
    units = ["B", "kB", "MB", "GB", "TB"]
    while size >= 999.5 and len(units) > 1:
        size /= 1000
        del units[0]
    digits = 0 if units[0] in ("B", "kB") or size >= 99.95 else 1
    return f"{size:.{digits}f}".removesuffix(".0") + f" {units[0]}"
