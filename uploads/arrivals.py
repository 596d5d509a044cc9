"""Tells this process's delivery threads that there is something to deliver, so that they need not look all the time."""

import logging
import threading

from uploads import progress
from uploads.models import Upload

logger = logging.getLogger(__name__)

_condition = threading.Condition()
_count = 0


def received(upload: Upload) -> None:
    """The last byte of a file is safe here: the guest's pages and the delivery threads are told."""
    logger.info(
        "upload=%s outcome=received bytes=%d link=%s guest=%s",
        upload.pk,
        upload.size,
        upload.invite_id,
        upload.guest_id,
    )
    progress.publish(upload)
    announce()


def announce() -> None:
    """A file was received, or waiting ones became due."""
    global _count
    with _condition:
        _count += 1
        _condition.notify_all()


def count() -> int:
    with _condition:
        return _count


def wait(seen: int, timeout: float) -> int:
    """Returns when something arrived since `seen` was counted, or after `timeout` seconds; the new count."""
    with _condition:
        _condition.wait_for(lambda: _count != seen, timeout)
        return _count
