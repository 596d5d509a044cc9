"""The folders of one command: gone through once or watched, one run at a time."""

import hashlib
import threading
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from immichdrop.immich import Immich
from ingest.folders.models import key_of, shown
from ingest.folders.network import Line, Network, NoServerError, Pace
from ingest.icloud.models import ICloudKey
from ingest.icloud.options import Options
from ingest.icloud.outcomes import Report, Summary
from ingest.icloud.run import Run
from ingest.icloud.steps.validating import whose_key
from ingest.icloud.targets import Library, Storage
from ingest.jobs import alone


@dataclass(slots=True)
class Job:
    """`stopping` ends it; `pace` is how patient it is with Immich."""

    network: Network
    key: str
    report: Report
    stopping: threading.Event
    pace: Pace
    lines: list[Line] = field(default_factory=list)

    def stop(self) -> None:
        """From any thread, or from a signal's handler."""
        self.stopping.set()
        for line in self.lines:
            line.stopping.set()

    def run(self, options: Options, only: Collection[str] | None = None) -> Summary:
        """Goes through the folders. `only`: paths in them that changed. Raises BusyError, and what `Run` does."""
        if not options.library_id:
            options = replace(options, user_id=self._user_id(options))
        lock = f"icloud-{key_of(options.place)}"
        with alone(lock, "Another sync_icloud is at work there.", dry_run=options.dry_run):
            where = f"library {shown(options.library_id)}" if options.library_id else "Immich"
            self.report.begins(", ".join(map(shown, options.directories)), where)
            self.lines.clear()
            line = self._line()
            target = Library(options, line) if options.library_id else Storage(options, line, self._line)
            try:
                summary = Run(options, line, target, self.report)(only)
            finally:
                self.report.close()
        self.report.ends(summary)
        return summary

    def _user_id(self, options: Options) -> str:
        """Whose library the key opens. Asked once for each key, so that a run over known files costs no request."""
        key_hash = hashlib.sha256(self.key.encode()).hexdigest()
        if known := ICloudKey.objects.filter(key_hash=key_hash).first():
            return known.user_id
        if self.network.choose() is None:
            raise NoServerError("; ".join(self.network.why))
        line = self._line()
        try:
            user_id = whose_key(line, options.permissions).id
        finally:
            line.close_own()
        if not options.dry_run:
            ICloudKey.objects.update_or_create(key_hash=key_hash, defaults={"user_id": user_id})
        return user_id

    def _line(self) -> Line:
        line = Line(self.network, lambda each: Immich(each, self.key), self.pace, threading.Event())
        self.lines.append(line)
        if self.stopping.is_set():
            line.stopping.set()
        return line
