"""A photo in iCloud as icloudpd's folder has it: its files, and what is known of it."""

from dataclasses import dataclass
from datetime import datetime

SIZES = ("original", "adjusted", "alternative", "medium", "thumb")


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """`path`: absolute, as `os.fsdecode` has it. `size`: one of SIZES. `live`: the moving half of that size."""

    path: str
    size: str
    live: bool


@dataclass(frozen=True, slots=True)
class Photo:
    """`created` is aware. `favorite`: None where no sidecar says. `key`: the path of the file that leads."""

    files: tuple[PhotoFile, ...]
    created: datetime
    favorite: bool | None
    key: str
