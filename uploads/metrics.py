"""`/metrics`: the state of custody in Prometheus' text format 0.0.4.

All but Immich's latency is computed from the rows and the disk at the moment of asking: counters that live in one
process's memory would be wrong as soon as there are two.
"""

from collections.abc import Iterable

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client.core import CounterMetricFamily as Counter
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from immichdrop import latency
from immichdrop.scraping import for_scrapers
from uploads import overview, spool
from uploads.models import Upload
from uploads.spool import Spool

Status = Upload.Status


@require_safe
@for_scrapers
def metrics(request: HttpRequest) -> HttpResponse:
    """What there is to scrape; 503 while the database does not answer."""
    try:
        text = generate_latest(Custody(spool.default())) + generate_latest(latency.REGISTRY)
    except (DatabaseError, InterfaceError):
        return HttpResponse("The database does not answer.\n", status=503, content_type="text/plain")
    return HttpResponse(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


class Custody(Collector):
    """What the rows and the disk say, as Prometheus' families."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool

    def collect(self) -> Iterable[Metric]:
        yield from _uploads()
        yield from _spool(self.spool)
        paused = Gauge("immichdrop_accounts_paused", "Immich accounts that deliveries wait for.", labels=["reason"])
        for reason, count in overview.pauses().items():
            paused.add_metric([reason], count)
        alarms = Gauge("immichdrop_custody_alarms", "Alarms about kept bytes.", labels=["reason"])
        for alarm, count in overview.alarms().items():
            alarms.add_metric([alarm], count)
        yield from (paused, alarms)


def _uploads() -> Iterable[Metric]:
    standings = overview.standings()
    by_status = Gauge("immichdrop_uploads", "Uploads by what they are now.", labels=["status"])
    for each in standings:
        by_status.add_metric([each.status], each.count)
    yield by_status
    received = sum(each.received for each in standings)
    yield Counter("immichdrop_received", "Files of which every byte came.", received)
    received_bytes = sum(each.received_bytes for each in standings)
    yield Counter("immichdrop_received_bytes", "Bytes of those files.", received_bytes)
    # The one state that an upload never leaves. What was delivered may have vanished from Immich, or be tried again for
    # its album's sake, and a counter that falls is read as a restart.
    discarded = next(each.count for each in standings if each.status == Status.DISCARDED)
    yield Counter("immichdrop_discarded", "Uploads that ended as discarded.", discarded)
    waiting = [each for each in standings if each.status in overview.QUEUED]
    yield Gauge(
        "immichdrop_waiting", "Files that are safe here and not in Immich yet.", sum(each.count for each in waiting)
    )
    yield Gauge("immichdrop_waiting_bytes", "Bytes of those files.", sum(each.bytes for each in waiting))
    oldest = min((each.oldest for each in waiting if each.oldest), default=None)
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield Gauge(
        "immichdrop_oldest_waiting_seconds", "Since the first of them was received; 0: none waits.", max(0.0, age)
    )


def _spool(place: Spool) -> Iterable[Metric]:
    """Nothing when the disk can't be read: a missing series says so, a 0 would lie."""
    try:
        used, free = place.used(), place.free()
    except OSError:
        return
    yield Gauge("immichdrop_spool_files", "Files in the spool.", used.files)
    yield Gauge("immichdrop_spool_bytes", "Bytes of the files in the spool.", used.bytes)
    yield Gauge(
        "immichdrop_spool_free_bytes", "Bytes that may still be taken in; negative: the disk is too full.", free
    )
