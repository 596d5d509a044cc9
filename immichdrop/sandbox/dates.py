"""The dates of an upload: v2 takes nearly any ISO 8601, v3 wants an offset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from .refusals import Fault, bad_request
from .versions import Api

# As v3 quotes it in its refusals (recorded exchange 084).
_STRICT = (
    r"^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29"
    r"|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
    r"(?:Z|([+-](?:[01]\d|2[0-3]):[0-5]\d)))$"
)
_STRICT_PATTERN = re.compile(_STRICT)
_NAMES = ("fileCreatedAt", "fileModifiedAt")


def upload_dates(fields: Mapping[str, object]) -> tuple[datetime, datetime]:
    """When the file was created and modified. Call after `faults` found nothing."""
    created, modified = (moment(str(fields[name])) for name in _NAMES)
    return created, modified


def faults(fields: Mapping[str, object], api: Api) -> list[Fault]:
    """What is wrong with the dates. v2 stops at the first malformed one (083)."""
    found = []
    for name in _NAMES:
        value = fields.get(name)
        if value is None:
            found.append(_missing(name))
        elif api.strict and not _STRICT_PATTERN.match(str(value)):
            found.append(_malformed(name))
        elif not api.strict and not _is_lenient_date(str(value)):
            raise bad_request(f"{name} must be a date string")
    return found


def fault(name: str, value: object, api: Api) -> Fault | None:
    """What is wrong with a date of a JSON body, in the words of exchange 380."""
    if api.strict:
        return None if _STRICT_PATTERN.match(str(value)) else _malformed(name)
    if not _is_lenient_date(str(value)):
        raise bad_request(f"{name} must be a date string")
    return None


def _missing(name: str) -> Fault:
    words = (f"{name} must be a Date instance", f"{name} should not be empty")
    expected = "Invalid input: expected ISO 8601 datetime string, received undefined"
    return Fault(
        words,
        (
            {
                "expected": "string",
                "code": "invalid_type",
                "path": [name],
                "message": expected,
            },
        ),
    )


def _malformed(name: str) -> Fault:
    return Fault(
        (),
        (
            {
                "origin": "string",
                "code": "invalid_format",
                "format": "datetime",
                "pattern": f"/{_STRICT}/",
                "path": [name],
                "message": "Invalid input: expected ISO 8601 datetime string, received string",
            },
        ),
    )


def _is_lenient_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return "-" in value


def moment(value: str) -> datetime:
    """In UTC, to the millisecond; without offset it is the server's time, which is UTC here.

    Years below 100 come back in this or the last century: Immich's database reads them so (093).
    """
    moment = datetime.fromisoformat(value)
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    if moment.year < 100:
        moment = moment.replace(year=moment.year + (2000 if moment.year < 70 else 1900))
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)
