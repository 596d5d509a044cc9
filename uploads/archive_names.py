"""Names of files in an archive: each once, and such that every system can unpack them."""

import re

from uploads import names

# What Windows takes in no name, at no end, and for devices, whatever comes after the point.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")


class ArchiveNames:
    """Gives out names; compared without case, as macOS and Windows do."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def unique(self, filename: str) -> str:
        """`IMG_1.jpg`, and of others called like it `IMG_1 (2).jpg`."""
        name = _safe(filename)
        stem, dot, extension = name.rpartition(".")
        stem, ending = (stem, f"{dot}{extension}") if stem else (name, "")
        key = name.casefold()
        number = self._taken.get(key, 0) + 1
        while number > 1:
            name = f"{stem} ({number}){ending}"
            if name.casefold() not in self._taken:
                break
            number += 1
        self._taken[key] = number
        self._taken.setdefault(name.casefold(), 1)
        return name


def _safe(filename: str) -> str:
    name = _FORBIDDEN.sub("_", names.clean(filename)).rstrip(". ").lstrip(".")
    return f"_{name}" if not name or _DEVICE.match(name) else name
