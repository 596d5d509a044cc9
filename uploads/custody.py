"""Whether the spool and the table agree, asked at the start and every hour.

A row whose bytes are gone or fewer than acknowledged is an alarm for the host. A file that is longer than its row says
is cut: those bytes were never acknowledged. A file without a row goes to `lost+found`, never away.
"""

import logging
import uuid
from datetime import timedelta

from django.utils import timezone

from uploads import lifecycle
from uploads.models import CustodyAlarm, Upload
from uploads.spool import Spool, SpoolBusyError, SpoolFileMissingError

logger = logging.getLogger(__name__)

# A creation's file is there before its row.
YOUNG = timedelta(hours=1)
Reason = CustodyAlarm.Reason


def inspect(spool: Spool) -> int:
    """Compares every row that should have bytes with the disk, and every file with the rows. New alarms."""
    before = CustodyAlarm.objects.count()
    for upload in Upload.objects.in_custody().iterator():
        _inspect_row(upload, spool)
    for name in spool.names():
        _inspect_file(name, spool)
    return CustodyAlarm.objects.count() - before


def _inspect_row(upload: Upload, spool: Spool) -> None:
    try:
        size = spool.size(upload.pk)
    except SpoolFileMissingError:
        if upload.durable_end:
            _lost(upload, Reason.MISSING, f"none of {upload.durable_end} bytes are left")
        return
    if size < upload.durable_end:
        _lost(upload, Reason.SHORT, f"{size} of {upload.durable_end} bytes are left")
    elif size > upload.durable_end:
        _cut(upload.pk, spool)


def _lost(upload: Upload, reason: CustodyAlarm.Reason, detail: str) -> None:
    current = Upload.objects.in_custody().filter(pk=upload.pk, offset=upload.offset).first()
    if current is None or current.durable_end != upload.durable_end:
        return  # it went on, or was delivered, while we looked
    alarm, new = CustodyAlarm.objects.get_or_create(upload=upload, reason=reason, defaults={"detail": detail})
    if new:
        logger.critical('upload=%s alarm=%s detail="%s"', upload.pk, alarm.reason, detail)
    lifecycle.lose(upload, f"The bytes kept for this file are damaged: {detail}.")


def _cut(upload_id: uuid.UUID, spool: Spool) -> None:
    """Under the file's lock and by the row as it then is: somebody may be writing at this moment."""
    try:
        file = spool.open(upload_id)
    except (SpoolBusyError, SpoolFileMissingError):
        return
    try:
        upload = Upload.objects.in_custody().filter(pk=upload_id).first()
        if upload:
            file.cut_to(upload.durable_end)
    finally:
        file.close()


def _inspect_file(name: str, spool: Spool) -> None:
    try:
        upload_id = uuid.UUID(hex=name)
        known = Upload.objects.filter(pk=upload_id).exists()
        young = timezone.now() - spool.changed_at(upload_id) < YOUNG
    except (ValueError, SpoolFileMissingError):
        return  # not one of ours, or just gone
    if known or young or _held(upload_id, spool):
        return
    spool.set_aside(upload_id)
    CustodyAlarm.objects.get_or_create(reason=Reason.STRAY, detail=name)
    logger.critical("upload=%s alarm=%s kept_in=lost+found", upload_id, Reason.STRAY.value)


def _held(upload_id: uuid.UUID, spool: Spool) -> bool:
    """Whether somebody has it open: the first files of a long request wait for its end to get their rows."""
    try:
        spool.open(upload_id).close()
    except (SpoolBusyError, SpoolFileMissingError):
        return True
    return False
