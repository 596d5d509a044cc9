"""What is known of directories and their photos, in the database.

A directory's fingerprint is written together with what is pending because of it: whoever is killed in between finds
either the directory changed, or its photos pending.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from ingest.folders.models import key_of, shown
from ingest.icloud.models import ICloudFolder, ICloudPhoto
from ingest.icloud.options import UPLOAD
from ingest.icloud.photos import Photo, PhotoFile
from ingest.icloud.reading import Found, Listing

BLOCK = 500  # rows
Pending = ICloudPhoto.Pending
_STEPS = ("stacked", "live_linked", "favored", "albums")
_READ = ("path", "signature", "files", "created", "created_offset", "favorite", "pending", "reason", *_STEPS)
_NEVER = {"stacked": False, "live_linked": False, "albums": "[]"}


class Known(NamedTuple):
    """A directory in the database. `path` is shown; `photos`: how many there are."""

    id: int
    fingerprint: str
    path: str
    photos: int


@dataclass(slots=True)
class Change:
    """What reading a directory came to: rows to write, keys of photos that are gone, and how many are as before."""

    rows: list[ICloudPhoto]
    gone: Collection[str] = ()
    as_before: int = 0


def photo_of(row: ICloudPhoto) -> Photo:
    files = tuple(PhotoFile(path, size, live) for path, size, live in json.loads(row.files))
    return Photo(files, row.taken, row.favorite, files[0].path)


def albums_of(row: ICloudPhoto) -> list[str]:
    """The albums that it was put into."""
    return [str(name) for name in json.loads(row.albums)]


# What directories are read for


def folders(place: str, path_key: str | None = None) -> dict[str, Known]:
    """The directories of a place, or one of them, by the keys of their paths."""
    rows = ICloudFolder.objects.filter(place=place, **({} if path_key is None else {"path_key": path_key}))
    rows = rows.annotate(count=Count("photos"))
    columns = rows.values_list("path_key", "pk", "fingerprint", "path", "count")
    return {key: Known._make(values) for key, *values in columns.iterator(BLOCK)}


def compare(
    known: Known | None,
    found: Iterable[Found],
    *,
    favorites: bool,
    unset: bool,
    albums: bool,
    forced: Mapping[str, bool | None] = MappingProxyType({}),
) -> Change:
    """What has to be done for the photos of a directory. Writes nothing.

    `favorites`: photos that became one are pending; with `unset`, those that ceased to be one as well;
    `albums`: those of another day than was thought before their sidecar came. `forced`: files
    whose photos are pending in any case, with whether these are favourites where no sidecar says; what was done for
    those that are pending already stays.
    """
    rows = {} if known is None else {row.path_key: row for row in ICloudPhoto.objects.filter(folder=known.id)}
    change = Change([])
    for each in found:
        photo = each.photo
        row = rows.pop(key := key_of(photo.key), None)
        named = [file.path for file in photo.files if file.path in forced]
        if named and photo.favorite is None:
            photo = replace(photo, favorite=forced[named[0]] or None)
        if row is None or row.signature != each.signature or (named and not row.pending):
            change.rows.append(_renewed(photo, each.signature, row or ICloudPhoto(path_key=key)))
        elif photo.favorite in (None, row.favorite) and _as_dated(photo, row):
            change.as_before += 1
        else:
            if photo.favorite not in (None, row.favorite):
                row.favorite = photo.favorite
                if favorites and not row.pending and (photo.favorite or (unset and row.favored)):
                    row.pending, row.reason = Pending.FAVORITE, ""
            if not _as_dated(photo, row):
                row.taken = photo.created
                if albums and row.pending != Pending.ALL:
                    row.pending, row.reason = Pending.ALL, ""
            change.as_before += not row.pending
            change.rows.append(row)
    change.gone = list(rows)
    return change


def _as_dated(photo: Photo, row: ICloudPhoto) -> bool:
    """The same moment, by the same clock: another clock may make another day of it."""
    return photo.created == row.created and photo.created.utcoffset() == row.taken.utcoffset()


def _renewed(photo: Photo, signature: str, row: ICloudPhoto) -> ICloudPhoto:
    """A photo that is new, or whose files are other ones than before."""
    row.path, row.signature = shown(photo.key.rpartition("/")[2]), signature
    row.files = json.dumps([(file.path, file.size, file.live) for file in photo.files])
    row.taken, row.favorite = photo.created, row.favorite if photo.favorite is None else photo.favorite
    row.pending, row.reason = Pending.ALL, ""
    row.stacked, row.live_linked, row.albums = False, False, "[]"
    return row


def save(place: str, listing: Listing, fingerprint: str, change: Change) -> Known:
    """Writes down how a directory lies, and what is pending there."""
    with transaction.atomic():
        folder, _ = ICloudFolder.objects.update_or_create(
            place=place,
            path_key=key_of(listing.path),
            defaults={"path": shown(listing.path), "fingerprint": fingerprint},
        )
        if change.gone:
            ICloudPhoto.objects.filter(folder=folder, path_key__in=change.gone).delete()
        for row in change.rows:
            row.folder = folder
        old = [row for row in change.rows if row.pk is not None]
        new = [row for row in change.rows if row.pk is None]
        ICloudPhoto.objects.bulk_create(new, batch_size=BLOCK)
        ICloudPhoto.objects.bulk_update(old, _READ, batch_size=BLOCK)
    return Known(folder.pk, fingerprint, folder.path, change.as_before + len(old) + len(new))


def forget(gone: Iterable[Known]) -> None:
    """Directories that are not there any more, with their photos."""
    for block in _blocks(known.id for known in gone):
        ICloudFolder.objects.filter(pk__in=block).delete()


# What is pending


def pending(place: str | None = None, roots: Sequence[str] | None = None) -> Iterator[ICloudPhoto]:
    """What is pending, oldest first; read by blocks, so that rows may change meanwhile. `roots`: of these folders.
    `place`: UPLOAD for all that is sent, whoever it is sent to."""
    rows = ICloudPhoto.objects.exclude(pending="").select_related("folder").order_by("pk")
    if place is not None:
        rows = rows.filter(Q(folder__place__startswith=UPLOAD) if place == UPLOAD else Q(folder__place=place))
    last = 0
    while block := list(rows.filter(pk__gt=last)[:BLOCK]):
        last = block[-1].pk
        yield from (row for row in block if roots is None or below(row.folder.path, roots))


def photos(place: str, roots: Sequence[str]) -> Iterator[ICloudPhoto]:
    """All that are known of these folders."""
    for found in _photos(place, roots):
        yield from found.order_by("pk").iterator(BLOCK)


def clear_pending(place: str | None, roots: Sequence[str] | None) -> int:
    """Photos that are pending count as done. How many these were."""
    blocks = _blocks(row.pk for row in pending(place, roots))
    return sum(ICloudPhoto.objects.filter(pk__in=block).update(pending="", reason="") for block in blocks)


def renew(place: str, roots: Sequence[str], since: datetime | None = None) -> None:
    """Everything that was taken `since` is pending again."""
    for found in _photos(place, roots):
        wanted = found if since is None else found.filter(created__gte=since)
        wanted.update(pending=Pending.ALL, reason="", **_NEVER)


def renew_favorites(place: str, roots: Sequence[str]) -> None:
    """Favourites are pending again."""
    for found in _photos(place, roots):
        found.filter(favorite=True, pending="").update(pending=Pending.FAVORITE, reason="")


def unset_favorites(place: str, roots: Sequence[str]) -> None:
    """Pending is what was made a favourite in Immich, and is none in iCloud any more."""
    for found in _photos(place, roots):
        found.filter(favorite=False, favored=True, pending="").update(pending=Pending.FAVORITE, reason="")


def step_done(rows: Sequence[ICloudPhoto]) -> None:
    """Writes what was done for these photos, and why they are pending if they are."""
    now = timezone.now()
    for row in rows:
        row.handled_at = now
    columns = ["pending", "reason", "handled_at", *_STEPS]
    for start in range(0, len(rows), BLOCK):  # each for itself: the database is not held for all of them
        ICloudPhoto.objects.bulk_update(rows[start : start + BLOCK], columns)


def _photos(place: str, roots: Sequence[str]) -> "Iterator[QuerySet[ICloudPhoto]]":
    """All photos of these folders, in parts: a database takes so many values at once."""
    for block in _blocks(known.id for known in folders(place).values() if below(known.path, roots)):
        yield ICloudPhoto.objects.filter(folder__in=block)


def _blocks(values: Iterable[int]) -> Iterator[list[int]]:
    remaining = iter(values)
    while block := list(islice(remaining, BLOCK)):
        yield block


def below(path: str, roots: Sequence[str]) -> bool:
    """Of shown paths."""
    return any(f"{path}/".startswith(f"{shown(root).rstrip('/')}/") for root in roots)
