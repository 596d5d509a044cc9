"""The plugin's file of pending photos: read where there is one, and kept up to date for whoever looks at it.

The database is what a run goes by. The file is for those who come from the plugin, or watch it.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from ingest.icloud.photos import Photo

LARGEST = 1_000_000_000  # bytes


class BatchLogError(Exception):
    """There is a file, and it is not the plugin's."""


class _File(msgspec.Struct):
    path: str


class _Photo(msgspec.Struct):
    files: list[_File]
    is_favorite: bool | None = None


def read(path: Path) -> Mapping[str, bool | None]:
    """The files that are pending, each with whether its photo is a favourite; none where there is no file. Raises
    BatchLogError."""
    try:
        content = path.read_bytes() if path.stat().st_size <= LARGEST else b"{}"
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BatchLogError(f"{path} can't be read: {error.strerror}.") from error
    try:
        photos = msgspec.json.decode(content, type=list[_Photo]) if content.strip() else []
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BatchLogError(f"{path} is no list of the plugin's pending files: {error}. Move it away.") from error
    return {
        os.path.abspath(os.path.expanduser(file.path)): photo.is_favorite  # noqa: PTH100, PTH111
        for photo in photos
        for file in photo.files
    }


def write(path: Path, photos: Iterable[Photo]) -> None:
    """In the plugin's form, whole or not at all. Raises BatchLogError."""
    beside = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Names that are no UTF-8 are escaped, as Python's JSON does.
        beside.write_text(json.dumps([_entry(photo) for photo in photos], indent=2))
        beside.replace(path)
    except OSError as error:
        raise BatchLogError(f"{path} can't be written: {error.strerror}.") from error


def _entry(photo: Photo) -> dict[str, object]:
    name = os.path.basename(photo.key)  # noqa: PTH119
    files = [
        {
            "status": "downloaded",
            "path": file.path,
            "size": file.size,
            "is_live": file.live,
            "photo_filename": name,
        }
        for file in photo.files
    ]
    return {
        "photo_id": photo.key,
        "files": files,
        "is_favorite": bool(photo.favorite),
        "created": photo.created.isoformat(),
        "filename": name,
    }
