"""What an error on the way to Immich means for the files it befell: wait, pause the account, or fail."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from immichdrop.immich import (
    AccessError,
    Forbidden,
    ImmichError,
    QuotaExceeded,
    Rejected,
    TooLarge,
    Unavailable,
)
from immichdrop.models import ImmichAccount
from uploads import lifecycle
from uploads.models import Upload

logger = logging.getLogger(__name__)

# No answer, or a proxy's in Immich's place. Another 5xx may be about this one file, and must not stop the others.
_NOBODY_THERE = (None, 502, 503, 504)
_TOO_MUCH = 429


@dataclass(frozen=True, slots=True)
class Setback:
    """`away`: Immich did not answer, or wants to be left alone, for `retry_after` seconds if it said so."""

    away: bool = False
    retry_after: float | None = None


def of_questions(uploads: Iterable[Upload], error: ImmichError) -> Setback:
    """A question about many files was not answered, which is the fault of none of them."""
    if isinstance(error, Rejected):
        return _each(uploads, lambda upload: lifecycle.wait(upload, f"Immich refused a question: {error.reason}."))
    return of_sending(uploads, error)


def of_sending(uploads: Iterable[Upload], error: ImmichError) -> Setback:
    """A file's bytes were not taken."""
    match error:
        case Unavailable():
            away = error.status in _NOBODY_THERE or error.status == _TOO_MUCH
            words = f"Immich can't be reached: {error.reason}."
            _each(uploads, lambda upload: lifecycle.wait(upload, words, error.retry_after))
            return Setback(away, error.retry_after)
        case AccessError():
            forbidden = isinstance(error, Forbidden)
            reason = ImmichAccount.Pause.FORBIDDEN if forbidden else ImmichAccount.Pause.UNAUTHORISED
            return _each(uploads, lambda upload: _pause(upload, reason, error.reason))
        case QuotaExceeded():
            return _each(uploads, lambda upload: _pause(upload, ImmichAccount.Pause.QUOTA, error.reason))
        case TooLarge():
            words = "A proxy in front of Immich limits the size of files (413)."
            return _each(uploads, lambda upload: lifecycle.fail(upload, words))
    return _each(uploads, lambda upload: lifecycle.fail(upload, f"Immich refused the file: {error.reason}"))


def of_vanishing(uploads: Iterable[Upload]) -> Setback:
    """Immich answered that it made these, and knows nothing of them right afterwards."""
    return _each(uploads, lambda upload: lifecycle.wait(upload, "Immich took the file, and does not have it."))


def of_disk(uploads: Iterable[Upload], error: Exception) -> Setback:
    """The kept bytes can't be read."""
    logger.error("event=bytes_unreadable", exc_info=error)
    return _each(uploads, lambda upload: lifecycle.lose_leased(upload, "The bytes kept for it can't be read."))


def of_secret(uploads: Iterable[Upload]) -> Setback:
    """The account's key is encrypted with another secret."""
    words = "The Immich key can't be read: SESSION_SECRET was changed."
    return _each(uploads, lambda upload: lifecycle.wait(upload, words))


def of_ours(uploads: Iterable[Upload], error: Exception) -> Setback:
    """A fault of this program. It must not stop other files, nor these for ever."""
    logger.error("event=own_fault", exc_info=error)
    words = f"An error in Immich Drop ({type(error).__name__}); see its log."
    return _each(uploads, lambda upload: lifecycle.wait(upload, words))


def put_back(upload: Upload, pause: timedelta) -> None:
    """Nothing happened to it: it is due again after `pause`."""
    _each([upload], lambda upload: lifecycle.put_back(upload, pause))


def _pause(upload: Upload, reason: ImmichAccount.Pause, detail: str) -> None:
    """Stops asking with this account until its key or space was mended; the file waits."""
    paused = ImmichAccount.objects.filter(pk=upload.account_id, pause="").update(
        pause=reason, pause_detail=detail[:300]
    )
    if paused:
        logger.error('account=%s outcome=paused reason=%s detail="%s"', upload.account_id, reason.value, detail)
    lifecycle.wait(upload, f"Deliveries are paused: {reason.label} ({detail}).")


def _each(uploads: Iterable[Upload], change: Callable[[Upload], None]) -> Setback:
    for upload in uploads:
        try:
            change(upload)
        except lifecycle.LeaseLostError:
            logger.warning("upload=%s outcome=lease_lost", upload.pk)
        else:
            logger.info("upload=%s outcome=%s attempt=%d", upload.pk, upload.status, upload.attempts)
    return Setback()
