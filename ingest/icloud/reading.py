"""A download folder, read directory by directory: what lies there, and what photos that are."""

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from ingest.folders.models import shown
from ingest.folders.walking import visible
from ingest.icloud import naming, sidecars
from ingest.icloud.naming import Entry
from ingest.icloud.photos import Photo, PhotoFile
from uploads.dates import safely_taken_at

logger = logging.getLogger("ingest.icloud")

Trouble = Callable[[str, OSError], None]


@dataclass(frozen=True, slots=True)
class Listing:
    """A directory. `path` is absolute. `entries`: its pictures, videos and sidecars. `fingerprint`: another one as soon
    as one of these comes, goes or changes."""

    path: str
    entries: Sequence[tuple[str, int, int]]  # name, bytes, nanoseconds since 1970
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Found:
    """A photo as it lies there. `signature`: another one when one of its files changes."""

    photo: Photo
    signature: str


def listings(root: str, trouble: Trouble, salt: str = "", *, recursive: bool = True) -> Iterator[Listing]:
    """The directories of a folder, itself first. Symbolic links are not followed. `salt`: see `fingerprint`."""
    waiting = [root]
    while waiting:
        path = waiting.pop()
        entries: list[tuple[str, int, int]] = []
        below: list[str] = []
        try:
            with os.scandir(path) as found:
                for entry in found:
                    name = entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if visible(name):
                            below.append(entry.path)
                    elif _counts(name) and entry.is_file(follow_symlinks=False):
                        with suppress(FileNotFoundError):  # it is gone since its name was read
                            status = entry.stat(follow_symlinks=False)
                            entries.append((name, status.st_size, status.st_mtime_ns))
        except FileNotFoundError as error:
            if path == root:
                trouble(path, error)
            continue
        except OSError as error:
            trouble(path, error)
            continue
        if recursive:
            waiting += sorted(below, reverse=True)
        yield Listing(path, entries, fingerprint(entries, salt))


def fingerprint(entries: Sequence[tuple[str, int, int]], salt: str = "") -> str:
    """32 hex digits. `salt`: what else the reading of a directory depends on."""
    return hashlib.blake2b(os.fsencode(f"{salt}{sorted(entries)!r}"), digest_size=16).hexdigest()


def photos(listing: Listing, favorite_rating: int) -> Iterator[Found]:
    """The photos of a directory. Opens each one's sidecar, and where that tells no date the photo itself."""
    entries = {name: (name, size, mtime) for name, size, mtime in listing.entries}
    names = {name.lower(): name for name in entries}
    for members in naming.group(Entry(name, size, mtime / 1e9) for name, size, mtime in entries.values()):
        files = tuple(
            PhotoFile(os.path.join(listing.path, each.entry.name), each.size, each.live)  # noqa: PTH118
            for each in members
        )
        beside = (names.get(f"{each.entry.name}{naming.SIDECAR}".lower()) for each in members)
        described = next(filter(None, beside), None)
        told = sidecars.read(os.path.join(listing.path, described)) if described else None  # noqa: PTH118
        created = told.created if told else None
        favorite = None if told is None else told.rating == favorite_rating
        yield Found(
            Photo(files, created or _taken(files[0].path, members[0].entry.mtime), favorite, files[0].path),
            fingerprint([entries[each.entry.name] for each in members]),
        )


def _counts(name: str) -> bool:
    return (naming.is_media(name) or name[-4:].lower() == naming.SIDECAR) and visible(name)


def _taken(path: str, mtime: float) -> datetime:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            taken = safely_taken_at(file, f'file="{shown(path)}"')
    except OSError as error:
        logger.warning('file="%s" event=unreadable detail="%s"', shown(path), error.strerror)
        taken = None
    return taken or _moment(mtime)


def _moment(mtime: float) -> datetime:
    try:
        return datetime.fromtimestamp(mtime, ZoneInfo(settings.TIME_ZONE))
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)  # a disk that says the year 300,000
