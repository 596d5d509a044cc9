"""What can go wrong between us and Immich. The class says what to do.

    ImmichError
      - Unavailable            wait and try again (network, timeout, 408, 429, 5xx)
        · NotImmich            something answered, and it is not Immich's API
      - AccessError            stop using this account until the host has looked at it
        · Unauthorised         401: the key or the login is not accepted
        · Forbidden            403: the key lacks a permission
          - AdminNeeded        403: the key is not an administrator's
      - QuotaExceeded          the account is full
      - Rejected               this request will never be taken (400, 404, 415, …)
        · Invalid              400 that names fields: this version of Immich wants them otherwise
        · TooLarge             413: a proxy in front of Immich limits sizes
        · NotFound             the asset, album or shared link is gone, or is not this account's
        · SlugTaken            another shared link has this custom address

`reason` holds Immich's own words. They are for the host; guests never see them.
"""

# The names say what happened, as a host would: "Unavailable", not "UnavailableError".
# ruff: noqa: N818

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from .http_dates import http_date

_WORDS_LIMIT = 500
LONGEST_WAIT = 1800.0  # seconds
_MISSING_PERMISSION = re.compile(r"Missing required permission: ([\w.]+)")
_GONE = re.compile(
    r"^Not found or no [\w.]+ access$|^(Album|Asset|Shared link|Library|Tag|Live photo video) not found$"
)
# v2's words, and v3's. Both say it of nothing else that was seen.
_SLUG_TAKEN = frozenset({"Shared link with this slug already exists", "Failed to save shared link"})
_TRY_AGAIN = frozenset({408, 425, 429})


class ImmichError(Exception):
    """Any failed request. `status` is the HTTP status, or None when no answer came."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(reason if status is None else f"{status}: {reason}")
        self.status = status
        self.reason = reason


class Unavailable(ImmichError):
    """Immich can't be reached or is busy. `retry_after`: seconds it asked us to wait, if it did."""

    def __init__(self, reason: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason, status=status)
        self.retry_after = retry_after


class NotImmich(Unavailable):
    """The address answers with something that is not Immich's API: often a page, or a proxy."""


class AccessError(ImmichError):
    """This account may not do that."""


class Unauthorised(AccessError):
    """The API key or login is not accepted (recorded exchanges 021, 022, 153)."""


class Forbidden(AccessError):
    """`permission`: the name the key lacks, None when Immich only said "Forbidden" (020, 445)."""

    def __init__(self, reason: str, *, status: int | None = 403) -> None:
        super().__init__(reason, status=status)
        named = _MISSING_PERMISSION.search(reason)
        self.permission: str | None = named.group(1) if named else None


class AdminNeeded(Forbidden):
    """The route is for administrators: another key of this account would not help (445, 446)."""


class QuotaExceeded(ImmichError):
    """The account's storage quota is used up (441)."""


class Rejected(ImmichError):
    """Immich understood and will not take this request, however often it is sent."""


class Invalid(Rejected):
    """A field is missing or malformed (076 of both versions)."""


class TooLarge(Rejected):
    """413. Immich itself has no limit: a proxy in front of it does."""


class NotFound(Rejected):
    """Gone, or never ours: Immich says it with 400, not 404 (174, 267, 274)."""


class SlugTaken(Rejected):
    """Another shared link on this server has the slug (372, 396 of both versions)."""


def from_answer(status: int, body: bytes, headers: Mapping[str, str]) -> ImmichError:
    """The error for an answer whose status is not a success."""
    message = _message(body)
    words = _words(message)
    reason = words or f"HTTP {status}"
    if status in _TRY_AGAIN or status >= 500:
        return Unavailable(reason, status=status, retry_after=_retry_after(headers))
    if status < 400:
        target = headers.get("location", "another address")
        return NotImmich(f"The address redirects to {target}: enter that one", status=status)
    if status == 401:
        return Unauthorised(reason, status=status)
    if status == 403:
        return Forbidden(reason, status=status)
    if status == 413:
        return TooLarge(reason, status=status)
    if message is None:
        # Immich says why in JSON, whatever it refuses: this is a router's page, or a proxy's.
        words = "There is no Immich at this address"
        return NotImmich(words if status == 404 else f"{words}: it answers with HTTP {status}", status=status)
    if status == 400 and words == "Quota has been exceeded!":
        return QuotaExceeded(reason, status=status)
    if status == 400 and (isinstance(message, list) or words.startswith("Validation failed")):
        return Invalid(reason, status=status)
    if status == 400 and words in _SLUG_TAKEN:
        return SlugTaken(reason, status=status)
    if _GONE.match(words):
        return NotFound(reason, status=status)
    return Rejected(reason, status=status)


def _message(body: bytes) -> str | list[str] | None:
    """What Immich said: one text, or (up to v2) a list of faults. None: not Immich's answer."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    if not isinstance(answer, dict) or "message" not in answer:
        return None
    message = answer["message"]
    if isinstance(message, list):
        return [str(fault) for fault in message]
    faults = [error for error in answer.get("errors") or [] if isinstance(error, dict)]
    return "; ".join([str(message), *map(_fault, faults)])


def _fault(error: dict[str, object]) -> str:
    """One of v3's validation errors, as `field: words`."""
    path = error.get("path")
    steps = path if isinstance(path, list) else []
    return f"{'.'.join(map(str, steps))}: {error.get('message', '')}"


def _words(message: str | list[str] | None) -> str:
    words = "; ".join(message) if isinstance(message, list) else message or ""
    return words[:_WORDS_LIMIT]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds, whether it is a number or a date; at most `LONGEST_WAIT`, whatever it says."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(LONGEST_WAIT, float(value))
    moment = http_date(value)
    if moment is None:
        return None
    return min(LONGEST_WAIT, max(0.0, (moment - datetime.now(UTC)).total_seconds()))
