"""What a host may do about single files: try them again, give them up with their bytes, take the bytes out.

Who may is decided by whoever calls. Every change is one conditional UPDATE of `lifecycle`: a worker may claim a file in
the same moment, and one of the two wins.
"""

import logging
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from django.db.models import Sum
from django.utils import timezone

from uploads import arrivals, lifecycle, progress, withdrawals
from uploads.models import Upload
from uploads.spool import Spool, SpoolFileMissingError

logger = logging.getLogger(__name__)
Status = Upload.Status

# At a time: each file is a commit of its own.
MOST = 5000

# What can't be given up, and why, for the host.
IN_IMMICH = "it is in Immich"
KEPT = {
    Status.RECEIVING: "its guest is still sending it",
    Status.DELIVERING: "it is being sent to Immich right now",
    Status.DELIVERED: IN_IMMICH,
    Status.DUPLICATE: IN_IMMICH,
    Status.DISCARDED: "it was given up before",
}


@dataclass(frozen=True, slots=True)
class Retried:
    """How many files are tried again; `paused` of them only when their account was mended."""

    count: int
    paused: int


def retry(upload_ids: Collection[uuid.UUID]) -> Retried:
    """Waiting and failed files are due now, those that are not in their album, and wishes that Immich refused."""
    chosen = Upload.objects.filter(pk__in=upload_ids)
    stuck = list(chosen.retriable())
    count = lifecycle.retry([each.pk for each in stuck]) + withdrawals.try_again(upload_ids)
    for upload in stuck:
        logger.info("upload=%s outcome=waiting by=host", upload.pk)
    for upload in chosen.filter(pk__in=[each.pk for each in stuck if each.status == Status.FAILED]):
        progress.publish(upload)  # the guests read that it goes on
    arrivals.announce()
    return Retried(count, chosen.filter(status=Status.WAITING).exclude(account__pause="").count())


def may_be_tried_again(upload: Upload) -> bool:
    return Upload.objects.to_try_again().filter(pk=upload.pk).exists()


def restore(upload_ids: Collection[uuid.UUID]) -> int:
    """Those of these that are in Immich's trash come out of it, by the next delivery. Returns how many."""
    count = lifecycle.restore(upload_ids)
    arrivals.announce()
    return count


@dataclass(frozen=True, slots=True)
class Plan:
    """What giving these files up would do: `ids` and `bytes` of those that can be, `kept` those that can't.

    `sent` of them went out to Immich at least once, without its confirmation.
    """

    ids: Sequence[uuid.UUID]
    bytes: int
    sent: int
    kept: Sequence[Upload]


def plan(upload_ids: Collection[uuid.UUID]) -> Plan:
    """Looks, and changes nothing."""
    chosen = Upload.objects.filter(pk__in=upload_ids).order_by("created_at", "pk")
    going = chosen.exclude(status__in=KEPT).filter(delivered_at=None)
    return Plan(
        ids=list(going.values_list("pk", flat=True)),
        bytes=int(going.aggregate(Sum("offset"))["offset__sum"] or 0),
        sent=going.exclude(sent_at=None).count(),
        kept=list(chosen.exclude(pk__in=going)),
    )


@dataclass(slots=True)
class GivenUp:
    """The files that were given up, their bytes, and those that were not to be had."""

    uploads: list[Upload] = field(default_factory=list)
    bytes: int = 0
    kept: list[Upload] = field(default_factory=list)


def give_up(upload_ids: Collection[uuid.UUID], spool: Spool) -> GivenUp:
    """Discards these files and deletes their bytes; those in `KEPT` stay as they are.

    The bytes go after the row says so. A crash between the two leaves a discarded row, whose bytes the sweeper deletes.
    """
    done = GivenUp()
    for upload in list(Upload.objects.filter(pk__in=upload_ids).order_by("created_at", "pk")):
        if why_kept(upload) or not lifecycle.discard(upload, Upload.DiscardedBy.HOST):
            upload.refresh_from_db()
            done.kept.append(upload)
            continue
        _delete_bytes(upload, spool)
        progress.publish(upload)
        done.uploads.append(upload)
        done.bytes += upload.offset
    return done


def _delete_bytes(upload: Upload, spool: Spool) -> None:
    try:
        spool.remove(upload.pk)
    except OSError as error:
        # Given up it is; the sweeper tries again.
        logger.error("upload=%s outcome=discarded by=host error=%s", upload.pk, type(error).__name__)
        return
    Upload.objects.filter(pk=upload.pk).update(bytes_deleted_at=timezone.now())
    logger.info("upload=%s outcome=discarded by=host", upload.pk)


def why_kept(upload: Upload) -> str:
    """Why this file can't be given up, in words; empty when it can."""
    if upload.delivered_at:  # though it may wait to get into its album, or out of the trash
        return IN_IMMICH
    return KEPT.get(Status(upload.status), "")


def has_bytes(upload: Upload) -> bool:
    """Whether all of the file should be here, to be taken out."""
    return upload.complete and upload.bytes_deleted_at is None and upload.status != Status.DISCARDED


def open_bytes(upload: Upload, spool: Spool) -> BinaryIO:
    """The bytes, to read; they stay readable when they are deleted meanwhile. Raises SpoolFileMissingError."""
    if not has_bytes(upload):
        raise SpoolFileMissingError(str(upload.pk))
    return spool.read(upload.pk)
