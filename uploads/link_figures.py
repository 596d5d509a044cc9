"""A link in figures: what came in all, and on which days."""

from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

from immichdrop import local_forms
from uploads.models import Upload, UploadQuerySet

DAYS = 14  # that a chart has room for
# The chart's measures, in units of its own: a phone shows 400 of them.
WIDTH, BASE, ROOM, WIDEST = 400, 120, 93, 46


class Totals(NamedTuple):
    """Of the files that came whole; `stuck` are those that a host may have tried again, `failed` some of them."""

    files: int
    guests: int
    size: str
    in_immich: int
    failed: int
    stuck: int

    @property
    def size_parts(self) -> list[str]:
        """`6.4` and `GB`."""
        return self.size.split(" ")


class Bar(NamedTuple):
    """A day of the chart: its rectangle, and where its words stand. `labelled`: there is room for the date."""

    day: date
    files: int
    x: float
    y: float
    width: float
    height: float
    middle: float
    above: float
    labelled: bool


def totals(files: UploadQuerySet) -> Totals:
    whole = Q(received_at__isnull=False)
    sums = files.aggregate(
        files=Count("pk", filter=whole),
        guests=Count("guest", filter=whole, distinct=True),
        size=Sum("size", filter=whole, default=0),
        in_immich=Count("pk", filter=Q(status__in=Upload.CONFIRMED)),
        failed=Count("pk", filter=Q(status=Upload.Status.FAILED)),
    )
    return Totals(**{**sums, "size": local_forms.size(int(sums["size"]))}, stuck=files.retriable().count())


def days(files: UploadQuerySet) -> list[tuple[date, int]]:
    """The latest days (of `TZ`) on which files came whole, `DAYS` and one at most, oldest first, with their number."""
    per_day = files.filter(received_at__isnull=False).order_by().annotate(day=TruncDate("received_at")).values("day")
    latest = per_day.annotate(files=Count("pk")).order_by("-day").values_list("day", "files")[: DAYS + 1]
    return list(latest)[::-1]


def bars(per_day: list[tuple[date, int]]) -> list[Bar]:
    """What the chart draws of them."""
    most = max((files for _, files in per_day), default=0)
    slot = WIDTH / max(7, len(per_day))
    left = (WIDTH - slot * len(per_day)) / 2  # few days stand in the middle
    thinned = 2 if len(per_day) > 7 else 1
    drawn = []
    for number, (day, files) in enumerate(per_day):
        width, height = min(WIDEST, slot - 5), max(6.0, ROOM * files / most)
        middle = left + slot * (number + 0.5)
        labelled = (len(per_day) - 1 - number) % thinned == 0
        drawn.append(
            Bar(day, files, middle - width / 2, BASE - height, width, height, middle, BASE - height - 7, labelled)
        )
    return drawn
