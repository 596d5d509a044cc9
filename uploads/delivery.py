"""One received file's way into Immich: SHA-1, ask, send, verify, album, done.

Custody ends only with Immich's own confirmation that it has an asset with the same SHA-1. Every step may be cut off by
a crash and is taken again from the row: Immich knows files by their SHA-1, so sending twice makes no second asset.
"""

import hashlib
import logging
import time
import uuid
from dataclasses import dataclass
from typing import BinaryIO

from django.utils import timezone

from immichdrop.immich import (
    AccessError,
    AssetUpload,
    Existing,
    FileUnreadable,
    Forbidden,
    Immich,
    QuotaExceeded,
    Rejected,
    TooLarge,
    Unavailable,
)
from immichdrop.models import ImmichAccount
from uploads import albums, lifecycle
from uploads.dates import date_of
from uploads.models import KnownAsset, Upload
from uploads.spool import READ_BYTES, Spool, SpoolFileMissingError

logger = logging.getLogger(__name__)

HEARTBEAT = 15.0  # seconds between renewals of the lease while bytes go out


# No answer, or a proxy's in Immich's place. Another 5xx may be about this one file, and must not stop the others.
_NOBODY_THERE = (None, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt, for the worker: `unreachable` when Immich did not answer at all."""

    status: str
    unreachable: bool = False


def deliver(upload: Upload, immich: Immich, spool: Spool) -> Outcome:
    """Tries once to bring a leased upload into Immich, and records what became of it.

    Raises LeaseLostError when another worker took over meanwhile.
    """
    try:
        _attempt(upload, immich, spool)
    except Unavailable as error:
        lifecycle.wait(upload, f"Immich can't be reached: {error.reason}.", error.retry_after)
        return Outcome(upload.status, unreachable=error.status in _NOBODY_THERE)
    except AccessError as error:
        _pause(upload, _pause_reason(error), error.reason)
    except QuotaExceeded as error:
        _pause(upload, ImmichAccount.Pause.QUOTA, error.reason)
    except TooLarge:
        lifecycle.fail(upload, "A proxy in front of Immich limits the size of files (413).")
    except Rejected as error:
        lifecycle.fail(upload, f"Immich refused the file: {error.reason}")
    except (FileUnreadable, SpoolFileMissingError):
        logger.exception("Upload %s has no readable bytes in the spool", upload.pk)
        lifecycle.fail(upload, "The bytes kept for this file can't be read.")
    return Outcome(upload.status)


def _attempt(upload: Upload, immich: Immich, spool: Spool) -> None:
    if not upload.sha1:
        with spool.read(upload.pk) as file:
            lifecycle.keep_sum(upload, sha1_of(file))
    existing = _ask(upload, immich)
    ours = upload.sent_at is not None and not _known_from_elsewhere(upload, existing)
    duplicate = existing is not None and not ours
    if existing is None:
        duplicate = _send(upload, immich, spool)
        existing = _ask(upload, immich)
        if existing is None:
            raise Unavailable("it took the file, but does not have it")
    lifecycle.keep_asset(upload, uuid.UUID(existing.asset_id))
    note = _into_album(upload, existing, immich)
    _remember(upload, existing)
    lifecycle.confirm(upload, duplicate=duplicate, in_album=upload.wants_album and not note, note=note)


def sha1_of(file: BinaryIO) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    while block := file.read(READ_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _ask(upload: Upload, immich: Immich) -> Existing | None:
    key = str(upload.pk)
    return immich.bulk_check({key: upload.sha1})[key]


def _known_from_elsewhere(upload: Upload, existing: Existing | None) -> bool:
    """Whether another upload brought this asset: then it is a duplicate, though our own bytes went out once."""
    if existing is None:
        return False
    return Upload.objects.filter(asset_id=existing.asset_id).exclude(pk=upload.pk).exists()


def _send(upload: Upload, immich: Immich, spool: Spool) -> bool:
    """Sends the bytes; whether Immich says that it had them already."""
    with spool.read(upload.pk) as file:
        taken = date_of(upload, file)
    lifecycle.sending(upload)
    last_beat = time.monotonic()

    def beat(_sent: int) -> None:
        nonlocal last_beat
        if time.monotonic() - last_beat > HEARTBEAT:
            last_beat = time.monotonic()
            lifecycle.renew_lease(upload)

    asset = AssetUpload(
        filename=upload.filename,
        size=upload.size,
        open=lambda: spool.read(upload.pk),
        created_at=taken,
        # The same in both: Immich lets the earlier one win for a file that has no date of its own.
        modified_at=taken,
        sha1=upload.sha1,
        on_progress=beat,
    )
    return immich.upload(asset).duplicate


def _into_album(upload: Upload, existing: Existing, immich: Immich) -> str:
    if existing.is_trashed:
        # A guest must not undo a host's deletion.
        return "It is in Immich's trash, and stays there until the host restores it."
    return albums.put(upload, existing.asset_id, immich) if upload.wants_album else ""


def _remember(upload: Upload, existing: Existing) -> None:
    KnownAsset.objects.update_or_create(
        account_id=upload.account_id,
        sha1=upload.sha1,
        defaults={"asset_id": uuid.UUID(existing.asset_id), "seen_at": timezone.now()},
    )


def _pause(upload: Upload, reason: ImmichAccount.Pause, detail: str) -> None:
    """Stops asking with this account until its key or space was mended; the file waits."""
    paused = ImmichAccount.objects.filter(pk=upload.account_id, pause="").update(
        pause=reason, pause_detail=detail[:300]
    )
    if paused:
        logger.error("Deliveries to %s are paused: %s (%s)", upload.account, reason.label, detail)
    lifecycle.wait(upload, f"Deliveries are paused: {reason.label} ({detail}).")


def _pause_reason(error: AccessError) -> ImmichAccount.Pause:
    forbidden = isinstance(error, Forbidden)
    return ImmichAccount.Pause.FORBIDDEN if forbidden else ImmichAccount.Pause.UNAUTHORISED
