"""Folders as icloudpd leaves them: its names for sizes, live videos and clashes, its dates and its sidecars."""

from __future__ import annotations

import os
from collections.abc import Collection
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
    """A photo in iCloud. `sizes`: size → extension of the file that icloudpd writes; `live`: it moves, in `live_size`.

    `id7`: the seven characters that policy puts behind the stem. `rating`: 5 a favourite, -1 hidden, None neither.
    `legacy`: written by an icloudpd that called originals so.
    """

    name: str = "IMG_0001.HEIC"
    sizes: dict[str, str] = field(default_factory=lambda: {"original": ".HEIC"})
    live: bool = False
    created: datetime = CREATED
    id7: str | None = None
    rating: int | None = None
    title: str = ""
    live_size: str = "original"
    legacy: bool = False


def still_name(photo: Photo, size: str, before: Collection[str]) -> str:
    """What icloudpd calls a size of it. `before`: names of its sizes that came before."""
    stem = PurePath(photo.name).stem + (f"_{photo.id7}" if photo.id7 is not None else "")
    named = size in _ALWAYS_NAMED or (size == "original" and photo.legacy)
    name = f"{stem}{f'-{size}' if named else ''}{photo.sizes[size]}"
    return f"{stem}-{size}{photo.sizes[size]}" if name in before else name


def live_name(photo: Photo, policy: str = "suffix") -> str:
    """What icloudpd calls the moving half. `policy`: its `--live-photo-mov-filename-policy`."""
    stem = PurePath(photo.name).stem + (f"_{photo.id7}" if photo.id7 is not None else "")
    heic = PurePath(photo.name).suffix.upper() == ".HEIC"
    size = "" if photo.live_size == "original" else f"-{photo.live_size}"
    return f"{stem}{'_HEVC' if heic and policy == 'suffix' else ''}{size}.MOV"


def deduplicated(name: str, size: int) -> str:
    """Where another photo has that name. `size`: bytes."""
    path = PurePath(name)
    return f"{path.stem}-{size}{path.suffix}"


class Downloads:
    """A download folder. `folders` is icloudpd's `--folder-structure`; `sidecars`: with `--xmp-sidecar`."""

    def __init__(
        self, top: Path, folders: str = "{:%Y/%m/%d}", *, sidecars: bool = True, live_policy: str = "suffix"
    ) -> None:
        self.top = top
        self._folders = folders
        self._sidecars = sidecars
        self._live_policy = live_policy
        self._written = 0

    def write(self, photo: Photo) -> dict[str, Path]:
        """Write its files: size → path, with `live` for the moving half."""
        folder = self.top if self._folders == "none" else self.top / self._folders.format(photo.created)
        folder.mkdir(parents=True, exist_ok=True)
        written: dict[str, Path] = {}
        names: list[str] = []
        for size, extension in photo.sizes.items():
            names.append(still_name(photo, size, names))
            written[size] = self._put(folder / names[-1], self._content(extension), photo.created)
            if self._sidecars:
                self.write_sidecar(written[size], photo)
        if photo.live:
            written["live"] = self._put(
                folder / live_name(photo, self._live_policy), self._content(".MOV"), photo.created
            )
        return written

    @staticmethod
    def write_sidecar(path: Path, photo: Photo) -> None:
        """Beside a file of it, as icloudpd does at every run that comes by."""
        beside = path.with_name(f"{path.name}.xmp")
        beside.write_bytes(sidecar(photo))

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
            case ".DNG" | ".CR2":
                return bytes(self._written) + b"raw"
            case _:
                return pictures.jpeg(self._written)

    @staticmethod
    def _put(path: Path, data: bytes, created: datetime) -> Path:
        """Where it was put: beside a file of that name that is another photo's."""
        if path.exists():
            path = path.with_name(deduplicated(path.name, len(data)))
        path.write_bytes(data)
        os.utime(path, (created.timestamp(), created.timestamp()))
        return path


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
