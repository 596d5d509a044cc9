"""The folders of one command: gone through once or watched, one run at a time."""

import fcntl
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from immichdrop.immich import Immich
from ingest.folders.job import BusyError
from ingest.folders.models import key_of, shown
from ingest.folders.network import Line, Network, Pace
from ingest.icloud.options import Options
from ingest.icloud.outcomes import Report, Summary
from ingest.icloud.run import Run


@dataclass(slots=True)
class Job:
    """`stopping` ends it; `pace` is how patient it is with Immich."""

    network: Network
    key: str
    report: Report
    stopping: threading.Event
    pace: Pace
    line: Line | None = None

    def stop(self) -> None:
        """From any thread, or from a signal's handler."""
        self.stopping.set()
        if self.line is not None:
            self.line.stopping.set()

    def run(self, options: Options, only: Collection[str] | None = None) -> Summary:
        """Goes through the folders. `only`: paths in them that changed. Raises BusyError, and what `Run` does."""
        place = options.library_id
        with _alone(place, dry_run=options.dry_run):
            self.report.begins(", ".join(map(shown, options.directories)), f"library {shown(place)}")
            self.line = Line(self.network, lambda each: Immich(each, self.key), self.pace, threading.Event())
            if self.stopping.is_set():
                self.line.stopping.set()
            try:
                summary = Run(place, options, self.line, self.report)(only)
            finally:
                self.report.close()
        self.report.ends(summary)
        return summary


@contextmanager
def _alone(place: str, *, dry_run: bool) -> Iterator[None]:
    """Two at once would do everything twice."""
    if dry_run:
        yield
        return
    with (settings.DATA_DIR / f"icloud-{key_of(place)}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"Another sync_icloud is at work in the library {place}.") from error
        yield
