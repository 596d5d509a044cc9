"""Every change of an upload's status, each one conditional UPDATE whose count is checked.

    receiving ──► received ──► delivering ──► delivered | duplicate
        │             ▲   ╲         │  │
        │             │    held     │  └────► failed      (bytes kept)
        ▼             └── waiting ◄─┘                      (bytes kept)
    discarded  (by the guest, the host, or because it expired)

A worker changes only what it holds the lease of. No function here touches the disk or the network.
"""

import random
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, models, transaction
from django.db.models import F
from django.utils import timezone

from invites.models import Invite
from uploads.models import Upload

Status = Upload.Status
Ranges = list[tuple[int, int]]

LEASE = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=30)


class LeaseLostError(Exception):
    """Another worker took this upload over: whatever was done counts for it, and this one must stop."""


class NotReceivingError(Exception):
    """The upload takes no more bytes: it is complete, was discarded, or another writer went on."""


# --- receiving


def advance(upload: Upload, offset: int, sha1: str = "") -> None:
    """Records that the bytes up to `offset` are durable; the last byte makes the upload `received`.

    `sha1` is given when the receiving side saw every byte pass. Raises NotReceivingError when the row is not where
    `upload` was read.
    """
    changes: dict[str, object] = {"offset": offset}
    complete = upload.size_known and offset == upload.size
    if complete:
        changes |= {"sha1": sha1}
    _receive(upload, changes, complete=complete)


def advance_to(upload: Upload, ranges: Ranges, chunk_length: int, size: int | None) -> None:
    """Records that these ranges of a file in chunks are durable; when no hole is left it becomes `received`.

    `size` is given once it is known. Raises NotReceivingError like `advance`: what was read before must be read again.
    """
    offset = sum(end - start for start, end in ranges)
    changes: dict[str, object] = {"ranges": ranges, "offset": offset, "chunk_length": chunk_length}
    if size is not None:
        changes |= {"size": size, "size_known": True}
    _receive(upload, changes, complete=offset == size)


def _receive(upload: Upload, changes: dict[str, object], *, complete: bool) -> None:
    """Changes a row that still takes bytes and is where `upload` was read."""
    now = timezone.now()
    if complete:
        changes = {**changes, "status": Status.RECEIVED, "received_at": now, "next_attempt_at": now}
    with transaction.atomic():
        row = Upload.objects.filter(pk=upload.pk, status=Status.RECEIVING, offset=upload.offset)
        if row.update(**changes) != 1:
            raise NotReceivingError(str(upload.pk))
        if complete:
            count_use(upload, now)
    for name, value in changes.items():
        setattr(upload, name, value)


def count_use(upload: Upload, now: datetime) -> None:
    """Counts a received file at its link, and gives a one-time link to the guest who sent it. Inside a transaction."""
    if upload.invite_id is None:
        return
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invites_invite SET used = used + 1 WHERE id = %s", [upload.invite_id])
    if upload.invite is None or upload.invite.one_time:
        link = Invite.objects.filter(pk=upload.invite_id, max_uses=1, claimed_at=None)
        link.update(claimed_by=upload.guest_id, claimed_at=now)


def discard(upload: Upload, by: Upload.DiscardedBy) -> bool:
    """Gives an unfinished or waiting upload up, freeing its place and its key. False when it was not to be had."""
    giving_up = (Status.RECEIVING, Status.RECEIVED, Status.WAITING, Status.HELD, Status.FAILED)
    changes: dict[str, object] = {"status": Status.DISCARDED, "discarded_by": by, "key": ""}
    rows = Upload.objects.filter(pk=upload.pk, status__in=giving_up, offset=upload.offset)
    if rows.update(**changes) != 1:
        return False
    for name, value in changes.items():
        setattr(upload, name, value)
    return True


def lose(upload: Upload, message: str) -> None:
    """The disk lost acknowledged bytes. What was complete is shown as failed; an unfinished one is given up, so that
    its guest's browser, which still has the file, sends it anew."""
    rows = Upload.objects.filter(pk=upload.pk, offset=upload.offset)
    rows.filter(status=Status.RECEIVING).update(
        status=Status.DISCARDED, discarded_by=Upload.DiscardedBy.EXPIRED, key="", message=message[:500]
    )
    complete = (Status.RECEIVED, Status.WAITING, Status.HELD, Status.FAILED)
    rows.filter(status__in=complete).update(status=Status.FAILED, message=message[:500])


# --- delivering


def claim(worker: str, *, except_accounts: Collection[int] = ()) -> Upload | None:
    """Takes the lease of the next upload that is due, or None. Many workers may ask at once."""
    now = timezone.now()
    due = Upload.objects.claimable(now).exclude(account__in=except_accounts)
    due = due.order_by("next_attempt_at", "created_at")
    # A few candidates, so that workers who looked at the same moment don't all go away empty-handed.
    for upload_id in due.values_list("pk", flat=True)[:10]:
        taken = (
            Upload.objects.due(now)
            .filter(pk=upload_id)
            .update(
                status=Status.DELIVERING,
                lease_owner=worker,
                lease_until=now + LEASE,
                attempts=F("attempts") + 1,
            )
        )
        if taken:
            return Upload.objects.select_related("account", "invite").get(pk=upload_id)
    return None


def _change_leased(upload: Upload, **changes: object) -> None:
    """Changes an upload that its worker still holds. Raises LeaseLostError when it doesn't."""
    row = Upload.objects.filter(
        pk=upload.pk, status=Status.DELIVERING, lease_owner=upload.lease_owner, attempts=upload.attempts
    )
    if row.update(**changes) != 1:
        raise LeaseLostError(str(upload.pk))
    for name, value in changes.items():
        setattr(upload, name, value)


def renew_lease(upload: Upload) -> None:
    """Heartbeat, while a large file is on its way."""
    _change_leased(upload, lease_until=timezone.now() + LEASE)


def keep_sum(upload: Upload, sha1: str) -> None:
    """Stores the SHA-1 where the receiving side could not follow all bytes."""
    _change_leased(upload, sha1=sha1)


def sending(upload: Upload) -> None:
    """Remembers that the bytes go out now: if this worker dies, what Immich then has is this upload's own."""
    if upload.sent_at is None:
        _change_leased(upload, sent_at=timezone.now())


def keep_asset(upload: Upload, asset_id: uuid.UUID) -> None:
    """Remembers the asset as soon as Immich names it, so that a crash before the album step forgets nothing."""
    _change_leased(upload, asset_id=asset_id)


def confirm(upload: Upload, *, duplicate: bool, in_album: bool, note: str = "") -> None:
    """Immich confirmed an asset with the same SHA-1: the only way into `delivered` and `duplicate`."""
    now = timezone.now()
    _change_leased(
        upload,
        status=Status.DUPLICATE if duplicate else Status.DELIVERED,
        message=note,
        delivered_at=now,
        in_album_at=now if in_album else None,
        lease_owner="",
        lease_until=None,
    )


def wait(upload: Upload, message: str, retry_after: float | None = None) -> None:
    """Immich can't take it now: tried again after a growing, jittered pause, or the seconds that Immich asked for."""
    pause = backoff(upload.attempts) if retry_after is None else timedelta(seconds=retry_after)
    _change_leased(
        upload,
        status=Status.WAITING,
        message=message[:500],
        next_attempt_at=timezone.now() + min(pause, LONGEST_RETRY),
        lease_owner="",
        lease_until=None,
    )


def fail(upload: Upload, message: str) -> None:
    """Immich will never take it: shown to the host, with its bytes kept."""
    _change_leased(upload, status=Status.FAILED, message=message[:500], lease_owner="", lease_until=None)


def wake(account_id: int) -> int:
    """Immich answered again: whatever waits for this account is due now. Returns how many."""
    return Upload.objects.filter(account_id=account_id, status=Status.WAITING).update(next_attempt_at=timezone.now())


def retry(upload_ids: Collection[uuid.UUID] | models.QuerySet[Upload, uuid.UUID]) -> int:
    """The host wants these tried again now: failed and waiting ones become due. Returns how many."""
    stuck = (Status.WAITING, Status.FAILED)
    return Upload.objects.filter(pk__in=upload_ids, status__in=stuck).update(
        status=Status.WAITING, next_attempt_at=timezone.now()
    )


def backoff(attempts: int) -> timedelta:
    """The pause after the n-th attempt (from 1): doubling, capped, and half of it random so that retries spread."""
    full: timedelta = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(attempts - 1, 20))
    return full * random.uniform(0.5, 1.0)


def release_leases(worker_prefix: str) -> int:
    """Frees what a dead process of this machine had in hand, without waiting for its lease to end."""
    return Upload.objects.filter(status=Status.DELIVERING, lease_owner__startswith=worker_prefix).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
