"""`manage.py sync_folder`: what is new in a folder goes to Immich, once."""

import sys
import threading
from argparse import ArgumentTypeError, BooleanOptionalAction
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from immichdrop.schema import ensure_migrated
from ingest.commands import INTERRUPTED, NO_SERVER, USAGE, addresses, day, logged, seconds, stopped_by_signals, texts
from ingest.folders import old_history
from ingest.folders.album_names import AlbumRule, AlbumRuleError
from ingest.folders.candidate import ignore_lease_signal
from ingest.folders.job import Job, options_for, roots_of
from ingest.folders.looking import Options
from ingest.folders.models import shown
from ingest.folders.network import Network, NoServerError, Pace
from ingest.folders.outcomes import Report
from ingest.folders.reporting import JsonReport, PlainReport, TerminalReport
from ingest.folders.walking import Choice
from ingest.folders.watching import Watching, is_news
from ingest.jobs import BusyError
from uploads import albums, processes


class Command(BaseCommand):
    help = "Sends what is new in a folder to Immich, exactly once. Files are only read."
    # Immich and the history are all it needs.
    requires_system_checks = ()
    stealth_options = ("pace",)  # how patient it is, for tests

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", metavar="PATH", nargs="*", help="folders (SCREENSHOTS_PATH)")
        album = parser.add_mutually_exclusive_group()
        album.add_argument(
            "--album", metavar="NAME", help="the album, made if it is missing; may have parts like {:%%Y/%%m}"
        )
        album.add_argument("--album-from-folder", action="store_true", help="an album for each folder, by its name")
        parser.add_argument("--recursive", action=BooleanOptionalAction, default=True, help="folders below, too")
        parser.add_argument("--follow-symlinks", action="store_true", help="also what symbolic links lead to")
        parser.add_argument("--include", metavar="GLOB", action="append", default=[], help="only such names or paths")
        parser.add_argument("--exclude", metavar="GLOB", action="append", default=[], help="no such names or paths")
        parser.add_argument("--since", metavar="DATE", type=day, help="only files changed on this day or later")
        parser.add_argument("--watch", action="store_true", help="go on, and send files as they come")
        parser.add_argument(
            "--interval", metavar="SECONDS", type=seconds, default=300.0, help="with --watch: a full look so often"
        )
        parser.add_argument(
            "--settle", metavar="SECONDS", type=seconds, default=2.0, help="how long a file must have been left alone"
        )
        parser.add_argument("--restore-trashed", action="store_true", help="take what is sent out of Immich's trash")
        parser.add_argument(
            "--concurrency", metavar="N", type=_count, default=settings.MAX_CONCURRENT, help="at a time"
        )
        parser.add_argument("--history", metavar="FILE", type=Path, help=f"the earlier script's {old_history.NAME}")
        parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and send nothing")
        parser.add_argument("--json", action="store_true", help="a JSON object on each line")
        parser.add_argument("--log-file", metavar="FILE", type=Path, help="instead of sync_folder.log in DATA_DIR")

    def handle(
        self,
        *,
        watch: bool,
        interval: float,
        json: bool,
        log_file: Path | None,
        pace: Pace = Pace(),  # noqa: B008 - it is frozen
        **given: object,
    ) -> None:
        options, roots = self._options(given), self._roots(given, must_exist=not watch)
        if watch and options.dry_run:
            raise CommandError("--watch and --dry-run exclude each other.", returncode=USAGE)
        report = self._report(json)
        job = self._job(report, roots, given, pace)
        ensure_migrated()
        if not options.dry_run:
            albums.release_dead_leases(processes.own_prefix())
        ignore_lease_signal()
        with logged("ingest.folders", log_file or settings.DATA_DIR / "sync_folder.log"), stopped_by_signals(job.stop):
            try:
                if watch:
                    self._watch(job, options, roots, interval)
                    return
                failed = [self._once(job, options_for(options, root)) for root in roots if not job.stopping.is_set()]
            except NoServerError as error:
                message = f"Immich can't be reached. Nothing is lost: run this again. {error}"
                report.fails(message)
                raise CommandError(message, returncode=NO_SERVER) from error
            except old_history.OldHistoryError as error:
                report.fails(str(error))
                raise CommandError(str(error), returncode=USAGE) from error
        if job.stopping.is_set():
            sys.exit(INTERRUPTED)
        if any(failed):
            sys.exit(1)

    def _once(self, job: Job, options: Options) -> bool:
        """Whether anything failed."""
        try:
            return job.run(options).failed
        except BusyError as error:
            job.report.notes(str(error))
            return False

    def _watch(self, job: Job, options: Options, roots: list[str], interval: float) -> None:
        def look(root: str, only: Collection[str] | None) -> bool:
            if only is not None:
                only = [path for path in only if is_news(Path(root), path, settings.DATA_DIR)]
                if not only:
                    return True
            try:
                job.run(options_for(options, root), only)
            except NoServerError as error:
                job.report.notes(f"Immich can't be reached, and is asked again. {error}")
                return False
            except BusyError as error:
                job.report.notes(str(error))
            return True

        recursive, glance = options.choice.recursive, job.pace.glance
        notes, stopping = job.report.notes, job.stopping
        Watching(roots, look, notes, stopping, interval=interval, recursive=recursive, glance=glance).run()

    # What was asked for

    def _options(self, given: dict[str, object]) -> Options:
        album, from_folder = given["album"], bool(given["album_from_folder"])
        since = given["since"]
        template = settings.IMMICH_ALBUM_NAME if album is None and not from_folder else album or ""
        try:
            rule = AlbumRule(str(template), from_folder)
        except AlbumRuleError as error:
            name = "--album" if album is not None or from_folder else "IMMICH_ALBUM_NAME"
            raise CommandError(f"{name}: {error}", returncode=USAGE) from error
        choice = Choice(
            include=tuple(texts(given["include"])),
            exclude=tuple(texts(given["exclude"])),
            since_ns=int(since.timestamp() * 1e9) if isinstance(since, datetime) else None,
            recursive=bool(given["recursive"]),
            follow_symlinks=bool(given["follow_symlinks"]),
        )
        return Options(
            root="",
            choice=choice,
            album=rule,
            concurrency=int(str(given["concurrency"])),
            restore_trashed=bool(given["restore_trashed"]) or settings.RESTORE_TRASHED,
            dry_run=bool(given["dry_run"]),
            settle=float(str(given["settle"])),
        )

    def _roots(self, given: dict[str, object], *, must_exist: bool) -> list[str]:
        roots = roots_of(texts(given["paths"]) or list(filter(None, [settings.SCREENSHOTS_PATH])))
        if not roots:
            raise CommandError("Name a folder, or set SCREENSHOTS_PATH.", returncode=USAGE)
        for root in roots:
            if Path(root).exists() and not Path(root).is_dir():
                raise CommandError(f"{shown(root)} is not a folder.", returncode=USAGE)
            if must_exist and not Path(root).exists():
                raise CommandError(f"There is no folder {shown(root)}.", returncode=USAGE)
        return roots

    def _job(self, report: Report, roots: list[str], given: dict[str, object], pace: Pace) -> Job:
        if not any(addresses()):
            raise CommandError("Set IMMICH_LOCAL_URL, IMMICH_EXTERNAL_URL or both.", returncode=USAGE)
        if not settings.IMMICH_API_KEY:
            raise CommandError("Set IMMICH_API_KEY to an API key of Immich.", returncode=USAGE)
        old = given["history"]
        if isinstance(old, Path) and len(roots) > 1:
            raise CommandError("--history is of one folder: name that one alone.", returncode=USAGE)
        beside = Path.cwd() / old_history.NAME
        if old is None and roots == roots_of([settings.SCREENSHOTS_PATH]) and beside.exists():
            old = beside
        network = Network(addresses(), settings.IMMICH_API_KEY)
        return Job(
            network,
            settings.IMMICH_API_KEY,
            report,
            threading.Event(),
            pace,
            old if isinstance(old, Path) else None,
        )

    def _report(self, json: bool) -> Report:
        if json:
            return JsonReport(self.stdout)
        return TerminalReport(sys.stdout) if self.stdout.isatty() else PlainReport(self.stdout)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 64):
        raise ArgumentTypeError(f"{text!r} is no number from 1 to 64")
    return int(text)
