"""What the extension routes for files answer, in the older Shortcuts' shapes (contract: extension routes)."""

import logging
import re
from collections.abc import Sequence
from typing import TypedDict

from django.db import Error as DatabaseFailure

from ingest.shortcuts.base64_body import Base64Error, JsonError
from invites.credentials import Caller, CredentialError, Refused
from invites.refusals import Refusal, RefusedError
from uploads.exchange import AnswerError
from uploads.lifecycle import NotReceivingError
from uploads.models import Upload
from uploads.multipart_stream import FormCutError, FormError, FormTooLargeError
from uploads.receiving import BusyError, DiskFullError
from uploads.spool import SpoolBusyError

logger = logging.getLogger(__name__)
Status = Upload.Status
RETRY = {"Retry-After": "5"}  # seconds
# A detail begins with the field where a program can look: people know nothing of headers.
_FIELD = re.compile(r"^[\w-]+: ")
# Of these a detail says the same in other words.
_TELL_ALL = (Refusal.EMPTY_FILE, Refusal.DISK_FULL, Refusal.CLAIMED)
# What a request may end with; anything else is a bug of ours and must be seen.
KNOWN = (
    *(AnswerError, CredentialError, RefusedError, Base64Error, JsonError, FormError, FormTooLargeError, FormCutError),
    *(BusyError, NotReceivingError, SpoolBusyError, DiskFullError, DatabaseFailure, OSError),
)


class UploadResult(TypedDict):
    """What became of one file. A duplicate is a success; so is what is safe here, and not in Immich yet."""

    filename: str
    status: str
    asset_id: str | None
    duplicate: bool
    error: str | None
    platform: str | None


class Batch(TypedDict):
    """What became of several. `successful` are those that Immich did not have before."""

    total: int
    successful: int
    duplicates: int
    failed: int
    results: list[UploadResult]


class Problem(TypedDict):
    """One field of a request that is not what is wanted."""

    loc: list[str]
    msg: str
    type: str


class FieldError(AnswerError):
    """422: a field is missing, or is not what is wanted. `kind` is the older server's word for that.

    The older server knew no headers; what is said of those comes with its words, for recipes that show `error`.
    """

    def __init__(self, field: str, words: str, kind: str, place: str = "body") -> None:
        problem = Problem(loc=[place, field] if field else [place], msg=words, type=kind)
        body: dict[str, object] = {"detail": [problem]}
        if place == "header":
            body |= {"error": f"{field}: {words}", "success": False}
        super().__init__(422, kind, body=body)


def plain(status: int, words: str, headers: dict[str, str] | None = None) -> AnswerError:
    """An error in the older server's plain shape, `{"detail": words}`."""
    return AnswerError(status, "", headers=headers or {}, body={"detail": words})


def result_of(upload: Upload, caller: Caller) -> UploadResult:
    """What became of a received file. Ids of assets that others brought, and Immich's words, are for hosts alone."""
    failed = upload.status in (Status.FAILED, Status.DISCARDED)
    duplicate = upload.status == Status.DUPLICATE
    shown = upload.asset_id if caller.token or upload.status == Status.DELIVERED else None
    words = (upload.message if caller.token else "") or "Immich does not take this file. It is kept for the host."
    if upload.status == Status.DISCARDED:
        words = "This file was removed again."
    return UploadResult(
        filename=upload.filename,
        status="error" if failed else "success",
        asset_id=str(shown) if shown else None,
        duplicate=duplicate,
        error=words if failed else None,
        platform=None,
    )


def failure(filename: str, words: str) -> UploadResult:
    """A file that was not taken."""
    return UploadResult(filename=filename, status="error", asset_id=None, duplicate=False, error=words, platform=None)


def batch_of(results: Sequence[UploadResult]) -> Batch:
    failed = sum(1 for each in results if each["status"] != "success")
    duplicates = sum(1 for each in results if each["duplicate"])
    return Batch(
        total=len(results),
        successful=len(results) - failed - duplicates,
        duplicates=duplicates,
        failed=failed,
        results=list(results),
    )


def words_of(error: RefusedError) -> str:
    """Why a file was refused: what an API says of the code, and what the service knows about this case."""
    detail = _FIELD.sub("", error.detail)
    if not detail or error.refusal in _TELL_ALL:
        return error.refusal.words
    if error.refusal is Refusal.WRONG_TYPE:  # the same, and of which type
        return detail[:1].upper() + detail[1:]
    return f"{error.refusal.words} ({detail})"


def answer_to(error: Exception, filename: str) -> AnswerError:
    """The answer to a request that came to nothing."""
    match error:
        case AnswerError() if error.body is not None:
            return error
        case AnswerError():
            return _told(error.status, error.detail or error.code, filename, error.headers)
        case CredentialError():
            return AnswerError(error.status, "", headers=error.headers, body=dict(error.body))
        case RefusedError():
            return _told(error.refusal.status, words_of(error), filename, error.headers)
        case Base64Error():
            return plain(400, f"Invalid base64 data: {error}")
        case JsonError():
            return FieldError("", f"JSON decode error: {error}", "json_invalid")
        case FormError():
            return plain(400, str(error))
        case FormTooLargeError():
            return _told(413, "The form has more than 1 MB beside the file.", filename)
        case FormCutError() | TimeoutError():
            return _told(408, "The request broke off, or nothing came for too long.", filename)
        case BusyError() | SpoolBusyError() | NotReceivingError():
            return _told(423, "Another request is sending this.", filename, RETRY)
        case DiskFullError():
            return _told(507, "The server has no room for this file now.", filename)
    logger.error("event=storage_failed path=/api/upload error=%s", type(error).__name__, exc_info=error)
    return _told(503, "The server can't keep the file now; try again.", filename, RETRY)


def _told(status: int, words: str, filename: str, headers: dict[str, str] | None = None) -> AnswerError:
    """An error as every recipe finds its words: some look at `error`, some at `detail`, some count by `status`."""
    body: dict[str, object] = dict(Refused(detail=words, error=words, success=False))
    if status not in (401, 403, 429):
        body |= failure(filename, words)
    return AnswerError(status, "", headers=headers or {}, body=body)
