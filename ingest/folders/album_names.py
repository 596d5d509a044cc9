"""Which album a file goes into: one name for all, a template with the date, or its folder's name."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

MOST = 200  # characters, as in `KnownAlbum`
_PART = re.compile(r"\{:((?:%[a-zA-Z]|[^{}%])+)\}")


class AlbumRuleError(ValueError):
    """This is no template for albums' names."""


@dataclass(frozen=True, slots=True)
class AlbumRule:
    """`template` may have parts like `{:%Y/%m}`, of the date when a photo was taken; "" is no album.

    `from_folder`: the name of the folder that the file lies in instead, `root` for those at the top.
    """

    template: str = ""
    from_folder: bool = False
    root: str = ""

    def __post_init__(self) -> None:
        if re.search(r"[{}]", _PART.sub("", self.template)):
            raise AlbumRuleError(
                f"{self.template!r} is not understood: parts of the date are written like {{:%Y}} or {{:%Y-%m}}."
            )

    def name(self, path: str, taken: datetime) -> str:
        """`path`: within the folder; `taken` in the time that the album shall speak of."""
        if self.from_folder:
            return (PurePosixPath(path).parent.name or self.root)[:MOST]
        return _PART.sub(lambda part: taken.strftime(part[1]), self.template)[:MOST]
