"""The state of custody in numbers, for `/metrics`, `manage.py queue` and the admin: computed from the rows, so that it
is the same whichever process is asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from immichdrop.models import ImmichAccount
from uploads.models import CustodyAlarm, Upload

Status = Upload.Status
Pause = ImmichAccount.Pause

# Every byte is here, and Immich has to take them yet.
QUEUED = (Status.RECEIVED, Status.DELIVERING, Status.WAITING, Status.HELD)

ADVICE = {
    Pause.UNAUTHORISED: "Give it a valid API key. It is asked again every minute, and the rest goes by itself.",
    Pause.FORBIDDEN: "Give its API key the missing permission. It is asked again every minute.",
    Pause.QUOTA: "Make room in Immich, or raise the account's quota. It is asked again every half hour.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The uploads of one status. `bytes`: durable here at some time; `oldest`: when the first of them was received, or
    begun. `received` and `received_bytes` count those that came whole."""

    status: Status
    count: int = 0
    bytes: int = 0
    oldest: datetime | None = None
    received: int = 0
    received_bytes: int = 0


def standings() -> list[Standing]:
    """Every status, also those that no upload has.

    One pass over the table: 0.4 s for a million rows on SQLite (docs/operations.md, "Metrics").
    """
    whole = Q(received_at__isnull=False)
    rows = (
        Upload.objects.order_by()
        .values_list("status")
        .annotate(
            count=Count("pk"),
            bytes=Sum("offset"),
            oldest=Min(Coalesce("received_at", "created_at")),
            received=Count("received_at"),
            received_bytes=Sum("offset", filter=whole, default=0),
        )
    )
    known = {
        # PostgreSQL gives sums as decimals.
        status: Standing(Status(status), count, int(size), oldest, received, int(received_size))
        for status, count, size, oldest, received, received_size in rows
    }
    return [known.get(status, Standing(status)) for status in Status]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What Immich has to take yet. `oldest`: when the first of it was received."""

    count: int
    bytes: int
    oldest: datetime | None


def waiting() -> Waiting:
    """Looks at these rows alone, which an index finds."""
    sums = queued().order_by().aggregate(count=Count("*"), bytes=Sum("offset", default=0), oldest=Min("received_at"))
    return Waiting(sums["count"], int(sums["bytes"]), sums["oldest"])


def counts() -> dict[Status, int]:
    """How many uploads there are of every status: 55 ms for a million rows on SQLite.

    Rows are counted, not primary keys, which are not in the index.
    """
    known = dict(Upload.objects.order_by().values_list("status").annotate(count=Count("*")))
    return {status: known.get(status, 0) for status in Status}


def queued() -> QuerySet[Upload]:
    """What Immich has to take yet, oldest first."""
    return Upload.objects.filter(status__in=QUEUED).order_by("received_at", "pk")


def failed() -> QuerySet[Upload]:
    """What Immich will not take, oldest first: the host has to do something."""
    return Upload.objects.filter(status=Status.FAILED).order_by("received_at", "pk")


@dataclass(frozen=True, slots=True)
class PausedAccount:
    account: ImmichAccount
    advice: str
    waiting: int


def paused_accounts() -> list[PausedAccount]:
    """Accounts that Immich refuses, each with what is to be done and how many files wait for that."""
    accounts = list(ImmichAccount.objects.exclude(pause="").select_related("owner").order_by("pk"))
    rows = Upload.objects.filter(status__in=QUEUED, account__in=accounts).order_by().values_list("account")
    waiting = dict(rows.annotate(Count("pk")))
    return [PausedAccount(each, ADVICE[Pause(each.pause)], waiting.get(each.pk, 0)) for each in accounts]


def pauses() -> dict[Pause, int]:
    """How many accounts are paused for each reason."""
    rows = ImmichAccount.objects.exclude(pause="").order_by().values_list("pause")
    known = dict(rows.annotate(Count("pk")))
    return {reason: known.get(reason, 0) for reason in Pause}


def alarms() -> dict[CustodyAlarm.Reason, int]:
    """How many alarms there are of each reason."""
    known = dict(CustodyAlarm.objects.order_by().values_list("reason").annotate(Count("pk")))
    return {reason: known.get(reason, 0) for reason in CustodyAlarm.Reason}


def size_words(count: int) -> str:
    """`4.2 MB`; a MB is 1,000,000 bytes."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 99.95 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def age_words(age: timedelta) -> str:
    """`17 s`, `5 min`, `3 h`, `12 d`."""
    seconds = max(0, int(age.total_seconds()))
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
