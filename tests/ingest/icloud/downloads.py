"""Folders as icloudpd leaves them: its names for sizes, live videos and clashes, its dates and its sidecars."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath
from xml.sax.saxutils import escape

from tests import pictures

CREATED = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
_CLIP = Path(__file__).parents[2] / "media" / "clip.mp4"
# These are always part of the name; the others only where the name is taken.
_ALWAYS_NAMED = ("medium", "thumb")


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo in iCloud. `sizes`: size → extension of the file icloudpd writes for it; `live`: it moves.

    `id7`: the seven characters that policy puts behind the stem. `rating`: 5 a favourite, -1 hidden, None neither.
    """

    name: str = "IMG_0001.HEIC"
    sizes: dict[str, str] = field(default_factory=lambda: {"original": ".HEIC"})
    live: bool = False
    created: datetime = CREATED
    id7: str | None = None
    rating: int | None = None
    title: str = ""


class Downloads:
    """A download folder. `folders` is icloudpd's `--folder-structure`; `sidecars`: with `--xmp-sidecar`."""

    def __init__(self, top: Path, folders: str = "{:%Y/%m/%d}", *, sidecars: bool = True) -> None:
        self.top = top
        self._folders = folders
        self._sidecars = sidecars
        self._written = 0

    def write(self, photo: Photo) -> dict[str, Path]:
        """Write its files: size → path, with `live` for the moving half."""
        folder = self.top if self._folders == "none" else self.top / self._folders.format(photo.created)
        folder.mkdir(parents=True, exist_ok=True)
        stem = PurePath(photo.name).stem + (f"_{photo.id7}" if photo.id7 is not None else "")
        written: dict[str, Path] = {}
        for size, extension in photo.sizes.items():
            data = self._content(extension)
            path = folder / f"{stem}{f'-{size}' if size in _ALWAYS_NAMED else ''}{extension}"
            if path in written.values():
                path = folder / f"{stem}-{size}{extension}"
            elif path.exists():
                path = folder / f"{stem}-{len(data)}{extension}"
            self._put(path, data, photo.created)
            written[size] = path
            if self._sidecars:
                self._put(path.with_name(f"{path.name}.xmp"), sidecar(photo), photo.created)
        if photo.live:
            still = next(iter(written.values()))
            moving = f"{still.stem}_HEVC.MOV" if still.suffix.upper() == ".HEIC" else f"{still.stem}.MOV"
            written["live"] = folder / moving
            self._put(written["live"], _CLIP.read_bytes(), photo.created)
        return written

    def _content(self, extension: str) -> bytes:
        """A file of that kind, unlike any other in the folder."""
        self._written += 1
        match extension.upper():
            case ".HEIC" | ".HEIF":
                return pictures.heic(self._written)
            case ".PNG":
                return pictures.png(self._written)
            case ".MOV" | ".MP4":
                return _CLIP.read_bytes() + bytes(self._written)
            case _:
                return pictures.jpeg(self._written)

    @staticmethod
    def _put(path: Path, data: bytes, created: datetime) -> None:
        path.write_bytes(data)
        os.utime(path, (created.timestamp(), created.timestamp()))


def sidecar(photo: Photo) -> bytes:
    """As icloudpd writes it: its root is `x:xml_doc`, not `x:xmpmeta`."""
    rating = "" if photo.rating is None else f"<xmp:Rating>{photo.rating}</xmp:Rating>"
    title = f"<dc:title>{escape(photo.title)}</dc:title>" if photo.title else ""
    moment = photo.created.strftime("%Y-%m-%dT%H:%M:%S%z")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<x:xml_doc xmlns:x="adobe:ns:meta/"'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">'
        f'<rdf:RDF><rdf:Description rdf:about="">{title}<xmp:CreateDate>{moment}</xmp:CreateDate>'
        f"<photoshop:DateCreated>{moment}</photoshop:DateCreated>{rating}</rdf:Description></rdf:RDF></x:xml_doc>\n"
    ).encode()
