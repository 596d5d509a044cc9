"""The history of a folder, in the database: what was dealt with, in blocks of rows."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby, islice
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from immichdrop.models import ImmichAccount
from ingest.folders.models import SIZE_UNKNOWN, SyncedFile, SyncFolder, key_of
from ingest.folders.walking import Seen

BLOCK = 500
# As long as a forced deletion may take Immich's jobs (`uploads.lifecycle` waits as long).
DOUBT = timedelta(minutes=5)
State = SyncedFile.State
_SETTLED = frozenset(str(state) for state in SyncedFile.SETTLED)
_WRITTEN = "path size mtime_ns sha1 state asset_id album in_album_at message handled_at recheck_at".split()


_KNOWN = (
    "SELECT path_key, size, mtime_ns, sha1, state, asset_id FROM folders_syncedfile"
    " WHERE folder_id = %s AND path_key IN"
)


class Known(NamedTuple):
    """What the history says of a path. `asset` as the database has it: see `asset_id`."""

    size: int
    mtime_ns: int
    sha1: str
    state: str
    asset: uuid.UUID | str | None

    @property
    def asset_id(self) -> uuid.UUID | None:
        return uuid.UUID(str(self.asset)) if self.asset else None

    def same(self, seen: Seen) -> bool:
        return (self.size, self.mtime_ns) == (seen.size, seen.mtime_ns)

    def settles(self, seen: Seen) -> bool:
        return self.same(seen) and self.state in _SETTLED


def folder_at(root: str, account: ImmichAccount, shown_path: str) -> SyncFolder:
    return SyncFolder.objects.get_or_create(path_key=key_of(root), defaults={"path": shown_path, "account": account})[0]


def known(folder: SyncFolder, paths: Iterable[str]) -> dict[str, Known]:
    """The rows of these paths, by path: at most a thousand at once.

    SQL by hand: Django took longer to put the question together than the database to answer it, and a run over files
    that are unchanged is nothing but this question.
    """
    keys = {key_of(path): path for path in paths}
    if folder.pk is None or not keys:
        return {}
    places = ", ".join(["%s"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(f"{_KNOWN} ({places})", [folder.pk, *keys])
        return {keys[row[0]]: Known._make(row[1:]) for row in cursor.fetchall()}


def changed(
    folder: SyncFolder, walk: Iterable[Seen], unchanged: "Counting", *, adopt: bool = True
) -> Iterator[tuple[Seen, Known | None]]:
    """Of a walk's files those that the history does not settle, with what it says of them. Without `adopt` nothing is
    written."""
    walking = iter(walk)
    while block := list(islice(walking, BLOCK)):
        rows = known(folder, (seen.path for seen in block))
        _adopt(folder, block, rows, write=adopt)
        for seen in block:
            row = rows.get(seen.path)
            if row is not None and row.size == seen.size and row.mtime_ns == seen.mtime_ns and row.state in _SETTLED:
                unchanged.count += 1
            else:
                yield seen, row


class Counting:
    """How many files were passed over."""

    def __init__(self) -> None:
        self.count = 0


def _adopt(folder: SyncFolder, block: Sequence[Seen], rows: dict[str, Known], *, write: bool) -> None:
    """What the earlier script sent it knew by name alone: it is taken as it lies there now, unless it changed since."""
    for seen in block:
        row = rows.get(seen.path)
        if row is None or row.state != State.EARLIER or row.size != SIZE_UNKNOWN:
            continue
        if row.mtime_ns and seen.mtime_ns > row.mtime_ns:
            continue
        if write:
            SyncedFile.objects.filter(folder=folder, path_key=key_of(seen.path)).update(
                size=seen.size, mtime_ns=seen.mtime_ns
            )
        rows[seen.path] = row._replace(size=seen.size, mtime_ns=seen.mtime_ns)


def record(rows: Sequence[SyncedFile]) -> None:
    """Writes rows, new and old ones alike, in one transaction."""
    with transaction.atomic():
        SyncedFile.objects.bulk_create(
            {row.path_key: row for row in rows}.values(),
            batch_size=BLOCK,
            update_conflicts=True,
            unique_fields=["folder", "path_key"],
            update_fields=_WRITTEN,
        )


def assets_by_sum(folder: SyncFolder, sums: Iterable[str]) -> dict[str, uuid.UUID]:
    """SHA-1 → asset, of files that went into this library under another name or from another folder."""
    rows = SyncedFile.objects.filter(
        folder__account=folder.account,
        folder__library=folder.library,
        sha1__in=set(sums),
        state__in=(State.SENT, State.DUPLICATE),
        recheck_at=None,
    )
    return {sha1: asset for sha1, asset in rows.values_list("sha1", "asset_id") if sha1 and asset}


def without_album(folder: SyncFolder) -> Iterator[tuple[str, list[SyncedFile]]]:
    """Files in Immich whose album is still to be done, an album's at a time, each block read when it is its turn."""
    rows = SyncedFile.objects.filter(folder=folder, in_album_at=None, asset_id__isnull=False).exclude(album="")
    rows = rows.filter(state__in=(State.SENT, State.DUPLICATE)).order_by("album", "pk")
    after = Q()
    while block := list(rows.filter(after)[:BLOCK]):
        for album, members in groupby(block, key=lambda row: row.album):
            yield album, list(members)
        last = block[-1]
        after = Q(album__gt=last.album) | Q(album=last.album, pk__gt=last.pk)


def doubtful(folder: SyncFolder) -> list[SyncedFile]:
    """The next files, at most a block, that Immich had before we came: an asset that was deleted for good may look so
    until a job has run."""
    return list(SyncedFile.objects.filter(folder=folder, recheck_at__lte=timezone.now())[:BLOCK])


def is_another_library(folder: SyncFolder, user_id: str) -> bool:
    """Whether the key opens another user's library than in the last run."""
    return bool(user_id and folder.library) and folder.library != user_id


def change_library(folder: SyncFolder, user_id: str) -> bool:
    """Where the key opens another user's library, everything has to be asked about again, by the sums that are known.
    Whether that is so."""
    if not user_id or folder.library == user_id:
        return False
    another = is_another_library(folder, user_id)
    with transaction.atomic():
        if another:
            rows = SyncedFile.objects.filter(folder=folder).exclude(state=State.EARLIER)
            rows.update(state=State.UNSURE, asset_id=None, in_album_at=None, recheck_at=None)
        folder.library = user_id
        folder.save(update_fields=["library"])
    return another
