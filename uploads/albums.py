"""Into the right album: found by its exact name, made once, and made again when somebody deleted it.

Immich lets several albums have one name, so that four workers who look at the same moment would make four (recorded
exchange 457). A row with a unique name and a lease, in the database all workers share, lets one of them do it.
"""

import logging
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from immichdrop.immich import AccessError, Immich, NotFound, Unavailable
from immichdrop.models import ImmichAccount
from uploads.models import KnownAlbum, Upload

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
PATIENCE = 15.0  # seconds to wait for the worker who is making the album
LOOK_AGAIN = 0.05  # seconds

# What Immich answers per asset when it is in the album afterwards.
_IN_ALBUM = (None, "duplicate")


def put(upload: Upload, asset_id: str, immich: Immich) -> str:
    """Puts the asset into the album its upload wishes. Returns a note for the host, empty when all went well.

    A key that may not do it is the host's to mend, and no reason to call the file undelivered. Raises Unavailable,
    like everything that talks to Immich.
    """
    try:
        for album_id in _candidates(upload, immich):
            try:
                said = immich.add_to_album(album_id, [asset_id]).get(asset_id)
            except NotFound:
                _forget(upload.account, album_id)
                continue
            return "" if said in _IN_ALBUM else f"Immich did not put it into the album: {said}."
    except AccessError as error:
        return f"It is in Immich, but not in the album: {error.reason}."
    return "It is in Immich, but the album was deleted there."


def _candidates(upload: Upload, immich: Immich) -> Iterator[str]:
    """The album by its id, then by its name, then by its name once more when that one was deleted as well."""
    if upload.album_id:
        yield str(upload.album_id)
    if upload.album_name:
        yield resolve(upload.account, upload.album_name, immich)
        yield resolve(upload.account, upload.album_name, immich)


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
            raise Unavailable(f"Another worker is still making the album {name!r}")
        time.sleep(LOOK_AGAIN)
        row.refresh_from_db()
    return str(row.album_id)


def _lease(row: KnownAlbum) -> bool:
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    mine = KnownAlbum.objects.filter(free, pk=row.pk, album_id=None).update(lease_until=now + LEASE)
    return mine == 1


def _find_or_make(row: KnownAlbum, immich: Immich) -> str:
    album_id = None
    try:
        found = immich.albums(row.name)
        album_id = found[0].id if found else immich.create_album(row.name).id
    finally:
        KnownAlbum.objects.filter(pk=row.pk).update(
            album_id=uuid.UUID(album_id) if album_id else None, lease_until=None
        )
    return album_id


def _forget(account: ImmichAccount, album_id: str) -> None:
    """Immich has this album no more."""
    gone = KnownAlbum.objects.filter(account=account, album_id=uuid.UUID(album_id))
    if gone.update(album_id=None):
        logger.warning("An album was deleted in Immich; it is looked up again by its name.")
