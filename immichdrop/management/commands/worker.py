"""`manage.py worker`: deliveries alone, beside `serve --no-worker` processes on the same data."""

import signal
import threading

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from immichdrop.schema import ensure_migrated
from ingest.downloads.worker import downloads_here
from uploads import spool
from uploads.worker import Worker

STOP_SECONDS = 20.0


class Command(BaseCommand):
    help = "Delivers received files to Immich, until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--concurrency",
            type=int,
            default=settings.MAX_CONCURRENT,
            help="deliveries at a time (MAX_CONCURRENT)",
        )

    def handle(self, *, concurrency: int, **options: object) -> None:
        ensure_migrated()
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        worker = Worker(spool.default(), concurrency)
        worker.start()
        downloads = downloads_here()
        self.stdout.write(f"Delivering to Immich, {concurrency} at a time.")
        stop.wait()
        if downloads:
            downloads.stop(STOP_SECONDS)
        worker.stop(STOP_SECONDS)
