"""Into the right album: found by its exact name, made once, and made again when somebody deleted it.

Immich lets several albums have one name, so that four workers who look at the same moment would make four (recorded
exchange 457). A row with a unique name and a lease, in the database all workers share, lets one of them do it.
"""

import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from immichdrop.immich import Forbidden, Immich, NotFound, Rejected, Unavailable
from immichdrop.models import ImmichAccount
from invites.models import Invite
from uploads import processes
from uploads.models import KnownAlbum, Upload

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
PATIENCE = 15.0  # seconds to wait for the worker who is making the album
LOOK_AGAIN = 0.05  # seconds
ASSETS_AT_ONCE = 500

# What Immich answers per asset when it is in the album afterwards.
_IN_ALBUM = (None, "duplicate")


@dataclass(slots=True)
class Placed:
    """How it went: a note for the host, whether the album was `missed`, what Immich `refused` (asset → its word).

    `gone`: it was missed because Immich has no such album any more, and it could not be made again.
    """

    note: str = ""
    missed: bool = False
    gone: bool = False
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """An album of an account: by its id, by its exact name, or by the id and else the name."""

    account: ImmichAccount
    name: str
    album_id: uuid.UUID | None = None


def put(wish: Wish, asset_ids: Sequence[str], immich: Immich) -> Placed:
    """Puts assets into the album that is wished; one that is named and does not exist is made.

    A key that may not do it, or a name that Immich does not take, is the host's to mend, and no reason to call files
    undelivered. Raises ImmichError for all else that goes wrong.
    """
    gone = False
    try:
        for album_id in _candidates(wish, immich):
            try:
                refused = _add(album_id, asset_ids, immich)
            except NotFound:
                _forget(wish.account, album_id)
                gone = True
                continue
            return Placed(_replaced(wish, album_id), refused=refused)
    except (Forbidden, Rejected) as error:
        if isinstance(error, Forbidden) and error.permission == "album.create":
            gone = True  # there is none of this name, and it can't be made
        return Placed(f"It is in Immich, but not in the album: {error.reason}.", missed=True, gone=gone)
    return Placed("It is in Immich, but the album was deleted there.", missed=True, gone=True)


def _add(album_id: str, asset_ids: Sequence[str], immich: Immich) -> dict[str, str]:
    said: dict[str, str | None] = {}
    for start in range(0, len(asset_ids), ASSETS_AT_ONCE):
        said |= immich.add_to_album(album_id, asset_ids[start : start + ASSETS_AT_ONCE])
    words = {asset_id: said.get(asset_id, "no answer") for asset_id in asset_ids}
    return {asset_id: word for asset_id, word in words.items() if word and word not in _IN_ALBUM}


def _candidates(wish: Wish, immich: Immich) -> Iterator[str]:
    """The album by its id, then by its name, then by its name once more when that one was deleted as well."""
    if wish.album_id:
        yield str(wish.album_id)
    if wish.name:
        yield resolve(wish.account, wish.name, immich)
        yield resolve(wish.account, wish.name, immich)


def _replaced(wish: Wish, album_id: str) -> str:
    """Where a chosen album was deleted, its link takes the one of the same name from now on. A note, or nothing."""
    chosen = wish.album_id
    if chosen is None or str(chosen) == album_id:
        return ""
    with transaction.atomic():
        links = Invite.objects.filter(album_id=chosen, album_name=wish.name)
        links.update(album_id=uuid.UUID(album_id))
        Upload.objects.filter(album_id=chosen, album_name=wish.name, in_album_at=None).update(
            album_id=uuid.UUID(album_id)
        )
    logger.warning("album=%s outcome=deleted replaced_by=%s", chosen, album_id)
    return "The link's album was deleted in Immich; this one is in another album of the same name."


def resolve(account: ImmichAccount, name: str, immich: Immich) -> str:
    """The id of the account's album of this name, which is made when there is none.

    Raises Unavailable when another worker, who is making it, does not come to an end.
    """
    row, _ = KnownAlbum.objects.get_or_create(account=account, name=name)
    give_up = time.monotonic() + PATIENCE
    while row.album_id is None:
        if _lease(row):
            return _find_or_make(row, immich)
        if time.monotonic() > give_up:
            # With a status, since it is not Immich that is silent.
            raise Unavailable(f"Another worker is still making the album {name!r}", status=HTTPStatus.LOCKED)
        time.sleep(LOOK_AGAIN)
        row.refresh_from_db()
    return str(row.album_id)


def _lease(row: KnownAlbum) -> bool:
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    until = now + LEASE
    taken = KnownAlbum.objects.filter(free, pk=row.pk, album_id=None)
    mine = taken.update(lease_until=until, lease_owner=processes.own_prefix())
    row.lease_until = until
    return mine == 1


def release_dead_leases(own_prefix: str) -> None:
    """Frees albums that processes of this machine were making when they were killed: see `processes.dead_prefixes`."""
    held = KnownAlbum.objects.filter(album_id=None, lease_until__isnull=False)
    for prefix in processes.dead_prefixes(held.values_list("lease_owner", flat=True), own_prefix):
        held.filter(lease_owner=prefix).update(lease_until=None)


def _find_or_make(row: KnownAlbum, immich: Immich) -> str:
    album_id = None
    try:
        found = immich.albums(row.name)
        album_id = found[0].id if found else immich.create_album(row.name).id
    finally:
        # Only under its own lease: who was too slow must not undo what the next one did.
        KnownAlbum.objects.filter(pk=row.pk, lease_until=row.lease_until).update(
            album_id=uuid.UUID(album_id) if album_id else None, lease_until=None
        )
    return album_id


def _forget(account: ImmichAccount, album_id: str) -> None:
    """Immich has this album no more."""
    gone = KnownAlbum.objects.filter(account=account, album_id=uuid.UUID(album_id))
    if gone.update(album_id=None):
        logger.warning("album=%s outcome=deleted", album_id)
