"""A brake on guessing passwords, kept in the database so that every process and restart knows it.

Counted per subject (a link, an account) and address together, so that a stranger who guesses slows only himself down.
The first failures are free, then the wait doubles with each one; it is checked before any password is hashed.
"""

import hashlib
import ipaddress
from datetime import timedelta
from math import ceil

from django.db import transaction
from django.db.models import F
from django.http import JsonResponse
from django.utils import timezone

from immichdrop.models import FailedAttempts

FREE_FAILURES = 5
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(hours=24)


def network_of(address: str) -> str:
    """Whom an address stands for: itself for IPv4, its /64 for IPv6, since a household holds a whole one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))


class Guard:
    """The brake on one kind of guess, at one subject, from one address; the first `free` failures cost nothing."""

    def __init__(self, kind: str, subject: str, address: str, free: int = FREE_FAILURES) -> None:
        self.free = free
        # Hashed: neither addresses nor what was guessed at are kept in clear.
        joined = "\0".join((kind, subject, network_of(address)))
        self.key = hashlib.sha256(joined.encode()).hexdigest()

    def wait(self) -> int:
        """Seconds until the next try is allowed; 0 when it is allowed now."""
        row = FailedAttempts.objects.filter(key=self.key).first()
        if row is None:
            return 0
        return max(0, ceil((row.blocked_until - timezone.now()).total_seconds()))

    def failed(self) -> None:
        """Counts a wrong guess, and blocks the next ones for longer and longer."""
        now = timezone.now()
        with transaction.atomic():
            FailedAttempts.objects.filter(last_at__lt=now - FORGOTTEN_AFTER).delete()
            FailedAttempts.objects.get_or_create(key=self.key, defaults={"last_at": now, "blocked_until": now})
            rows = FailedAttempts.objects.filter(key=self.key)
            rows.update(failures=F("failures") + 1, last_at=now)
            beyond = rows.get().failures - self.free
            if beyond >= 0:
                pause = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(beyond, 20))
                rows.update(blocked_until=now + pause)

    def passed(self) -> None:
        FailedAttempts.objects.filter(key=self.key).delete()


def too_many(wait: int) -> JsonResponse:
    response = JsonResponse({"error": "too_many_requests"}, status=429)
    response["Retry-After"] = str(wait)
    return response
