"""Every change of an upload's status, each one conditional UPDATE whose count is checked.

    receiving ──► received ──► delivering ──► delivered | duplicate ──► received again, when Immich lost it
        │             ▲   ╲         │  │
        │             │    held     │  └────► failed      (bytes kept)
        ▼             └── waiting ◄─┘                      (bytes kept)
    discarded  (by the guest, the host, or because it expired)

A worker changes only what it holds the lease of; `lease_owner` is another one for each claim, so that a worker which
was too slow can't take its own next claim for the old one. No function here touches the disk or the network.
"""

import random
import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import connection, models, transaction
from django.db.models import F
from django.utils import timezone

from invites.finding import held
from invites.models import Invite, ShareBack
from uploads.models import Upload, UploadQuerySet

Status = Upload.Status
Ranges = list[tuple[int, int]]

LEASE = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=30)
RECHECK = timedelta(minutes=5)
KNOWN_AT_ONCE = 1000  # files that Immich probably has, asked about in one request


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
        if complete and upload.chunk_length is not None:
            held(upload.invite_id or 0)  # first, as `intake.grow` does, which may run for another chunk of this file
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
    """Gives an unfinished or waiting upload up, freeing its place and its key. False when it was not to be had.

    What is in Immich already, and waits only to get into its album or out of the trash, is not given up.
    """
    giving_up = (Status.RECEIVING, Status.RECEIVED, Status.WAITING, Status.HELD, Status.FAILED)
    changes: dict[str, object] = {"status": Status.DISCARDED, "discarded_by": by, "key": ""}
    rows = Upload.objects.filter(pk=upload.pk, status__in=giving_up, offset=upload.offset, delivered_at=None)
    if rows.update(**changes) != 1:
        return False
    for name, value in changes.items():
        setattr(upload, name, value)
    return True


def withdraw(upload: Upload) -> bool:
    """The guest takes back what is in Immich: to the guest it is gone, and a worker moves the asset to the trash.

    Only what this upload brought there: what Immich had already is not this guest's. False when it was not to be had.
    """
    now = timezone.now()
    changes: dict[str, object] = {
        "status": Status.DISCARDED,
        "discarded_by": Upload.DiscardedBy.GUEST,
        "key": "",
        "withdrawal": Upload.Withdrawal.WISHED,
        "withdraw_at": now,
        "recheck_at": None,
    }
    with transaction.atomic():
        if Upload.objects.filter(pk=upload.pk, status=Status.DELIVERED).update(**changes) != 1:
            return False
        ShareBack.objects.look_again([upload.invite_id])
    for name, value in changes.items():
        setattr(upload, name, value)
    return True


def lose(upload: Upload, message: str) -> None:
    """The disk lost acknowledged bytes. What was complete is shown as failed, an unfinished one is given up.

    Both without their key, so that their guest, who may still have the file, can send it anew.
    """
    rows = Upload.objects.filter(pk=upload.pk, offset=upload.offset)
    rows.filter(status=Status.RECEIVING).update(
        status=Status.DISCARDED, discarded_by=Upload.DiscardedBy.EXPIRED, key="", message=message[:500]
    )
    complete = (Status.RECEIVED, Status.WAITING, Status.HELD, Status.FAILED)
    rows.filter(status__in=complete).update(status=Status.FAILED, key="", message=message[:500])


# --- delivering


def claim(owner: str, accounts: Collection[int], limit: int, *, known: bool = False) -> list[Upload]:
    """Takes the leases of the next uploads that are due at these accounts, `limit` at most.

    With `known` also of up to `KNOWN_AT_ONCE` more that the dedupe table has: what Immich probably has takes one
    question for all, and no bytes. Many workers may ask at once; on PostgreSQL each skips what another is just taking.
    """
    now = timezone.now()
    due = Upload.objects.due(now).filter(account__in=accounts)
    if not due.exists():
        return []  # without a transaction, for which SQLite would keep all others from writing
    probably_known = _in_turn(due).probably_known(KNOWN_AT_ONCE) if known else []
    free = due.select_for_update(skip_locked=True)  # SQLite's IMMEDIATE transaction keeps everybody else off
    with transaction.atomic():
        ids = list(_in_turn(free).values_list("pk", flat=True)[:limit])
        if probably_known:
            ids += free.filter(pk__in=probably_known).exclude(pk__in=ids).values_list("pk", flat=True)
        Upload.objects.filter(pk__in=ids).update(
            status=Status.DELIVERING, lease_owner=owner, lease_until=now + LEASE, attempts=F("attempts") + 1
        )
    return list(_in_turn(Upload.objects.filter(pk__in=ids)).select_related("account", "invite"))


def _in_turn(uploads: UploadQuerySet) -> UploadQuerySet:
    return uploads.order_by("next_attempt_at", "created_at", "pk")


def _leased(upload: Upload) -> models.QuerySet[Upload]:
    return Upload.objects.filter(pk=upload.pk, status=Status.DELIVERING, lease_owner=upload.lease_owner)


def _change_leased(upload: Upload, **changes: object) -> None:
    """Changes an upload that its worker still holds. Raises LeaseLostError when it doesn't."""
    if _leased(upload).update(**changes) != 1:
        raise LeaseLostError(str(upload.pk))
    for name, value in changes.items():
        setattr(upload, name, value)


def renew_leases(uploads: Iterable[Upload]) -> None:
    """Heartbeat, while these are on their way. What was taken over meanwhile stays with whoever did."""
    pairs: dict[str, list[uuid.UUID]] = {}
    for upload in uploads:
        pairs.setdefault(upload.lease_owner, []).append(upload.pk)
    for owner, ids in pairs.items():
        held = Upload.objects.filter(pk__in=ids, status=Status.DELIVERING, lease_owner=owner)
        held.update(lease_until=timezone.now() + LEASE)


def keep_sum(upload: Upload, sha1: str) -> None:
    """Stores the SHA-1 where the receiving side could not follow all bytes."""
    _change_leased(upload, sha1=sha1)


def sending(uploads: Iterable[Upload]) -> None:
    """Remembers that their bytes go out now: if this worker dies, what Immich then has is these uploads' own.

    Many at once, since a write for each file would stand in the way of those who receive. What was taken over meanwhile
    stays with whoever did: the worker finds out when it confirms.
    """
    fresh = [upload for upload in uploads if upload.sent_at is None]
    now = timezone.now()
    for owner in {upload.lease_owner for upload in fresh}:
        ids = [upload.pk for upload in fresh if upload.lease_owner == owner]
        Upload.objects.filter(pk__in=ids, status=Status.DELIVERING, lease_owner=owner).update(sent_at=now)
    for upload in fresh:
        upload.sent_at = now


def confirm(
    upload: Upload, asset_id: uuid.UUID, *, duplicate: bool, certain: bool, in_album: bool, in_trash: bool, note: str
) -> None:
    """Immich confirmed an asset with the same SHA-1: the only way into `delivered` and `duplicate`.

    `certain`: Immich has just made the asset. Otherwise it is asked about once more later, and the bytes are kept until
    then, because an asset that was deleted by force is still told of until a job runs (recorded exchanges 461, 462).
    What was certain before, and is only to get into an album, is not asked about: a deletion is its owner's will. What
    comes out of the trash is, since that may be where Immich shows what it is about to delete.
    """
    now = timezone.now()
    was_certain = upload.delivered_at is not None and upload.recheck_at is None
    certain = certain or (was_certain and upload.trash != Upload.Trash.RESTORE)
    _change_leased(
        upload,
        status=Status.DUPLICATE if duplicate else Status.DELIVERED,
        asset_id=asset_id,
        message=note[:500],
        delivered_at=now,
        in_album_at=now if in_album else None,
        trash=Upload.Trash.KEPT if in_trash else "",
        recheck_at=None if certain else now + RECHECK,
        lease_owner="",
        lease_until=None,
    )


def put_back(upload: Upload, pause: timedelta = timedelta()) -> None:
    """Gives the lease up without a try, for another time or worker."""
    _change_leased(
        upload,
        status=Status.WAITING if upload.message else Status.RECEIVED,
        next_attempt_at=timezone.now() + pause,
        attempts=upload.attempts - 1,
        lease_owner="",
        lease_until=None,
    )


def wait(upload: Upload, message: str, retry_after: float | None = None) -> None:
    """Immich can't take it now: tried again after a growing, jittered pause, or the seconds that Immich asked for."""
    pause = backoff(upload.attempts)
    if retry_after is not None:
        pause = max(FIRST_RETRY, timedelta(seconds=retry_after))
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


def lose_leased(upload: Upload, message: str) -> None:
    """The bytes can't be read: shown to the host. Without its key, so that its guest may send the file anew."""
    _change_leased(upload, status=Status.FAILED, message=message[:500], key="", lease_owner="", lease_until=None)


def backoff(attempts: int) -> timedelta:
    """The pause after the n-th attempt (from 1): doubling, capped, and half of it random so that retries spread."""
    full: timedelta = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(attempts - 1, 20))
    return full * random.uniform(0.5, 1.0)


def wake(accounts: Collection[int]) -> int:
    """Immich answered again: whatever waits for these accounts is due now. Returns how many."""
    waiting = Upload.objects.filter(account__in=accounts, status=Status.WAITING)
    return waiting.update(next_attempt_at=timezone.now())


def release_leases(owner_prefix: str) -> int:
    """Frees what a dead process of this machine had in hand, without waiting for its lease to end."""
    return Upload.objects.filter(status=Status.DELIVERING, lease_owner__startswith=owner_prefix).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )


# --- after the confirmation


def claim_doubtful(accounts: Collection[int], limit: int) -> list[Upload]:
    """Confirmed uploads about which Immich has to be asked once more now; put off for everybody else meanwhile."""
    now = timezone.now()
    doubtful = Upload.objects.doubtful(now).filter(account__in=accounts)
    if not doubtful.exists():
        return []
    with transaction.atomic():
        ids = list(
            doubtful.select_for_update(skip_locked=True).order_by("recheck_at").values_list("pk", flat=True)[:limit]
        )
        Upload.objects.filter(pk__in=ids).update(recheck_at=now + RECHECK)
    return list(Upload.objects.filter(pk__in=ids).select_related("account", "invite"))


def now_certain(uploads: Collection[Upload]) -> None:
    """Immich still has these: they are never sent again by themselves, and their bytes may go."""
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).update(recheck_at=None)


def send_again(upload: Upload, message: str) -> bool:
    """Immich said that it had this file, and has it no more: it is due once more, with its bytes."""
    row = Upload.objects.filter(pk=upload.pk, status__in=Upload.CONFIRMED, recheck_at=upload.recheck_at)
    with transaction.atomic():
        again = row.update(
            status=Status.WAITING, message=message, next_attempt_at=timezone.now(), recheck_at=None, asset_id=None,
            sent_at=None, delivered_at=None, in_album_at=None, trash="",
        )  # fmt: skip
        ShareBack.objects.look_again([upload.invite_id])
    if again:
        upload.status = Status.WAITING
    return again == 1


# --- the host's hand


def retry(upload_ids: Collection[uuid.UUID] | models.QuerySet[Upload, uuid.UUID]) -> int:
    """The host wants these tried again now (`UploadQuerySet.retriable`). Returns how many."""
    stuck = Upload.objects.retriable().filter(pk__in=upload_ids)
    return stuck.update(status=Status.WAITING, next_attempt_at=timezone.now())


def restore(upload_ids: Collection[uuid.UUID] | models.QuerySet[Upload, uuid.UUID]) -> int:
    """The host wants these back from Immich's trash. Returns how many."""
    trashed = Upload.objects.filter(pk__in=upload_ids, status__in=Upload.CONFIRMED, trash=Upload.Trash.KEPT)
    return trashed.update(status=Status.WAITING, trash=Upload.Trash.RESTORE, next_attempt_at=timezone.now())
