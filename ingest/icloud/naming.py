"""Which files of one directory belong together, by the names that icloudpd gives.

    IMG_1.HEIC  IMG_1-medium.JPG  IMG_1_HEVC.MOV      a photo with its medium size, which moves
    IMG_1-48211.HEIC  IMG_1_HEVC-9004.MOV             another one of that name: the numbers are the files' own bytes

Where photos share a name, names alone do not say which of them a file belongs to. Its time does: icloudpd gives all
files of a photo the moment when it was taken.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ingest.icloud.photos import SIZES
from uploads import media_types
from uploads.names import extension_of

SIDECAR = ".xmp"
SAME_MOMENT = 60  # seconds: room for disks and copies that were less exact

_SIZED = re.compile(r"(.+)-(original|adjusted|alternative|medium|thumb)", re.DOTALL)
_CLASH = re.compile(r"(.+)-([1-9][0-9]*)", re.DOTALL)
_LIVE = "_HEVC"
_MOVING = ".mov"
_MEDIA = media_types.BUILT_IN_IMAGES | media_types.BUILT_IN_VIDEOS
_RAW = frozenset({".dng", ".cr2", ".cr3", ".crw", ".arw", ".raf", ".rw2", ".nrf", ".pef", ".nef", ".orf"})
# Of several kinds under one name the first is what the camera made.
_KINDS = (_RAW, frozenset({".heic", ".heif"}), frozenset({".png"}))
_EDITED = frozenset({".jpg", ".jpeg"})
_SMALLER = ("medium", "thumb")
_MADE_SMALLER = _EDITED | {".mov", ".mp4"}  # the kinds in which iCloud has them


class Entry(NamedTuple):
    """A file: its name within the directory, its bytes, its time in seconds since 1970."""

    name: str
    size: int
    mtime: float


class Member(NamedTuple):
    """A file of a photo. `size`: one of `photos.SIZES`. `live`: the moving half of that size."""

    entry: Entry
    size: str
    live: bool


@dataclass(frozen=True, slots=True)
class _Name:
    """What a name says. `size` is empty where it says none; `live`: by its name a moving half; `clashes`: another photo
    had the plain name."""

    entry: Entry
    stem: str
    extension: str
    size: str
    live: bool
    clashes: bool

    @property
    def is_video(self) -> bool:
        return self.extension in media_types.BUILT_IN_VIDEOS

    @property
    def rank(self) -> int:
        last = len(_KINDS)
        return next((n for n, kind in enumerate(_KINDS) if self.extension in kind), last + (self.extension in _EDITED))


@dataclass(slots=True)
class _Group:
    """A photo in the making, or a video."""

    is_video: bool
    names: list[_Name] = field(default_factory=list)
    moving: list[_Name] = field(default_factory=list)

    @property
    def clashes(self) -> bool:
        return self.names[0].clashes

    def distance(self, entry: Entry) -> float:
        return abs(self.names[0].entry.mtime - entry.mtime)

    def takes(self, name: _Name, *, live: bool) -> bool:
        """Whether there is room for such a file. Without a size, files of a photo differ in their kinds."""
        beside = self.moving if live else self.names
        if name.size or live:
            return all(each.size != name.size for each in beside)
        return all(each.size or each.extension != name.extension for each in beside)


def group(entries: Iterable[Entry]) -> list[tuple[Member, ...]]:
    """The photos of one directory, each with its leading file first. Sidecars, and what is no picture or video, are in
    none of them."""
    entries = list(entries)
    described = {each.name.lower() for each in entries if each.name.lower().endswith(SIDECAR)}
    names = sorted(filter(None, map(_read, entries)), key=lambda name: name.entry.name)
    photos = [photo for family in _families(names) for each in _groups(family, described) for photo in _members(each)]
    return sorted(photos, key=lambda photo: photo[0].entry.name)


def is_media(name: str) -> bool:
    return extension_of(name) in _MEDIA


def _read(entry: Entry) -> _Name | None:
    extension = extension_of(entry.name)
    if extension not in _MEDIA:
        return None
    stem = entry.name[: -len(extension)]
    clashes = live = False
    size = ""
    if (found := _CLASH.fullmatch(stem)) and found[2] == str(entry.size):
        stem, clashes = found[1], True
    if (found := _SIZED.fullmatch(stem)) and (found[2] not in _SMALLER or extension in _MADE_SMALLER):
        stem, size = found[1], found[2]
    if extension == _MOVING and stem.endswith(_LIVE) and stem != _LIVE:
        stem, live = stem.removesuffix(_LIVE), True
    return _Name(entry, stem, extension, size, live, clashes)


def _families(names: Iterable[_Name]) -> Iterable[list[_Name]]:
    """Names of one stem. What only looks as if it were a part of another name is returned to its own."""
    families: dict[str, list[_Name]] = defaultdict(list)
    for name in names:
        families[name.stem].append(name)
    for stem, family in list(families.items()):
        if any(not name.size and not name.live for name in family):
            continue
        if all(name.is_video and name.live for name in family):
            # There is no still: IMG_HEVC.MOV is a video's own name.
            families[f"{stem}{_LIVE}"] += [
                replace(name, stem=f"{stem}{_LIVE}", live=False) for name in families.pop(stem)
            ]
            continue
        for name in [name for name in family if not name.live and f"{stem}-{name.size}" in families]:
            # sun-medium.JPG is a photo's own name where sun-medium-thumb.JPG is, and no sun.JPG.
            family.remove(name)
            families[f"{stem}-{name.size}"].append(replace(name, stem=f"{stem}-{name.size}", size=""))
    return families.values()


def _groups(family: Collection[_Name], described: Collection[str]) -> list[_Group]:
    """Files that differ by size, kind and clash alone. First those that lead."""
    groups: list[_Group] = []
    stills = [name for name in family if not name.is_video]
    videos = [name for name in family if name.is_video]
    for name in sorted(stills, key=lambda name: (bool(name.size), name.rank, name.clashes)):
        _join(groups, name, may_live=False, by_name=bool(name.size))
    for name in sorted(videos, key=lambda name: (bool(name.size), not name.live, name.clashes)):
        # icloudpd writes sidecars of photos and videos, and none of a moving half.
        may_live = name.extension == _MOVING and (name.live or f"{name.entry.name}{SIDECAR}".lower() not in described)
        _join(groups, name, may_live=may_live, by_name=bool(name.size) or name.live)
    return groups


def _join(groups: list[_Group], name: _Name, *, may_live: bool, by_name: bool) -> None:
    """Into the photo of the same moment; else, where `by_name` it must have one, to the only one that it can be of."""

    def fits(each: _Group) -> bool:
        live = name.is_video and not each.is_video
        if live and not may_live:
            return False
        return (
            (name.is_video or not each.is_video) and not (name.live and each.is_video) and each.takes(name, live=live)
        )

    fitting = [each for each in groups if fits(each)]
    near = [each for each in fitting if each.distance(name.entry) <= SAME_MOMENT]
    if near:
        found = min(near, key=lambda each: (each.distance(name.entry), each.clashes != name.clashes))
    else:
        alike = [each for each in fitting if each.clashes == name.clashes] if by_name else []
        found = alike[0] if len(alike) == 1 else _Group(is_video=name.is_video)
    if not found.names:
        groups.append(found)
    (found.moving if name.is_video and not found.is_video else found.names).append(name)


def _members(found: _Group) -> Iterable[tuple[Member, ...]]:
    """The photo with its sizes, and one more for each file beyond the sizes that a photo can have."""
    taken = {name.size for name in found.names if name.size}
    # A camera's JPG beside its raw file is the alternative, not an edited one.
    beside = ("alternative", "adjusted") if any(name.extension in _RAW for name in found.names) else SIZES[1:3]
    free = [size for size in ("original", *beside) if size not in taken]
    members, more = [], []
    for name in found.names:
        if name.size or free:
            members.append(Member(name.entry, name.size or free.pop(0), live=False))
        else:
            more.append((Member(name.entry, "original", live=False),))
    members += [Member(name.entry, name.size or "original", live=True) for name in found.moving]
    members.sort(key=lambda each: (each.live, SIZES.index(each.size)))
    return [tuple(members), *more]
