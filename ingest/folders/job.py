"""The folders of one command: set up, gone through once or watched, one run at a time."""

import os
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import connections

from immichdrop.immich import Immich
from immichdrop.models import ImmichAccount
from ingest import jobs
from ingest.folders import history, old_history
from ingest.folders.history import Counting
from ingest.folders.looking import Options
from ingest.folders.models import SyncFolder, key_of, shown
from ingest.folders.network import Line, Network, NoServerError, Pace
from ingest.folders.outcomes import Report, Summary
from ingest.folders.run import Run
from ingest.folders.walking import Walk
from uploads import media_types
from uploads.names import extension_of

_MEDIA = media_types.BUILT_IN_IMAGES | media_types.BUILT_IN_VIDEOS


@dataclass(slots=True)
class Job:
    """`stopping` ends it; `pace` is how patient it is with Immich; `old` the file of the script before this one."""

    network: Network
    key: str
    report: Report
    stopping: threading.Event
    pace: Pace
    old: Path | None = None
    line: Line | None = None

    def stop(self) -> None:
        """From any thread, or from a signal's handler."""
        self.stopping.set()
        if self.line is not None:
            self.line.stopping.set()

    def run(self, options: Options, only: Collection[str] | None = None) -> Summary:
        """Goes through a folder. Raises NoServerError, and then has noted nothing unless Immich went away on the way,
        BusyError and OldHistoryError."""
        address = self.network.choose()
        if address is None:
            raise NoServerError("; ".join(self.network.why))
        account = ImmichAccount.objects.environment()
        folder = self._folder(options, account)
        with alone(folder, dry_run=options.dry_run):
            earlier = old_history.read(self.old) if self.old else None
            if earlier and not options.dry_run:
                new = old_history.take_over(folder, earlier)
                if new:
                    self.report.notes(f"{new:,} names taken over from {self.old}.")
            self.report.begins(shown(options.root), address)
            self.line = Line(self.network, lambda each: Immich(each, self.key), self.pace, threading.Event())
            if self.stopping.is_set():
                self.line.stopping.set()
            with _ahead(folder, options, self.report, whole=only is None):
                try:
                    summary = Run(folder, options, self.line, self.report, earlier)(only)
                finally:
                    self.report.close()
        self.report.ends(summary)
        return summary

    def _folder(self, options: Options, account: ImmichAccount) -> SyncFolder:
        if options.dry_run:
            known = SyncFolder.objects.filter(path_key=key_of(options.root)).first()
            return known or SyncFolder(path=shown(options.root), account=account)
        return history.folder_at(options.root, account, shown(options.root))


def options_for(options: Options, root: str) -> Options:
    return replace(options, root=root, album=replace(options.album, root=os.path.basename(root)))  # noqa: PTH119


def alone(folder: SyncFolder, *, dry_run: bool = False) -> AbstractContextManager[None]:
    """Raises BusyError."""
    return jobs.alone(f"folder-{folder.pk}", f"Another sync_folder is at work in {folder.path}.", dry_run=dry_run)


@contextmanager
def _ahead(folder: SyncFolder, options: Options, report: Report, *, whole: bool) -> Iterator[None]:
    """Where a bar is shown, a thread counts what there is to do, so that it can tell how long it will take."""
    if not (report.wants_total and whole):
        yield
        return
    done = threading.Event()

    def count() -> None:
        files = size = 0
        try:
            walk = Walk(options.root, options.choice, lambda *_: None)
            for seen, _ in history.changed(folder, walk, Counting(), adopt=False):
                if done.is_set():
                    return
                if extension_of(seen.path) in _MEDIA:
                    files, size = files + 1, size + seen.size
            report.looked_ahead(files, size)
        finally:
            connections.close_all()

    thread = threading.Thread(target=count, name="folder-counting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def roots_of(paths: Sequence[str]) -> list[str]:
    """Absolute, without links on the way, each once; those that are not there as well."""
    return list(dict.fromkeys(os.path.realpath(Path(path).expanduser()) for path in paths))
