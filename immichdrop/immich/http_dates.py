"""Moments as HTTP headers write them (RFC 9110, section 5.6.7)."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime


def http_date(text: str) -> datetime | None:
    """The moment that a header such as `Date` names, to the second; None when it names none."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    # "-0000": the sender does not say its zone.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
