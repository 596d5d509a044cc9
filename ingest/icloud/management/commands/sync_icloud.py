"""`manage.py sync_icloud`: what icloudpd downloads becomes a tidy Immich library."""

import json
import os
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from immichdrop.environment import is_address
from immichdrop.schema import ensure_migrated
from ingest.commands import FAILED, INTERRUPTED, NO_SERVER, USAGE, addresses, logged, stopped_by_signals, texts
from ingest.folders.models import shown
from ingest.folders.network import Network, NoServerError, Pace
from ingest.folders.watching import Watching
from ingest.icloud import arguments, batch_log, store
from ingest.icloud.batch_log import BatchLogError
from ingest.icloud.job import Job
from ingest.icloud.options import UPLOAD, Options
from ingest.icloud.outcomes import Report
from ingest.icloud.reporting import JsonReport, PlainReport, TerminalReport
from ingest.icloud.steps.album_rules import read_rule
from ingest.icloud.steps.path_map import PathMap, without_dates
from ingest.icloud.steps.registering import Patience
from ingest.icloud.steps.sizes import STACKED, OptionError, read_sizes
from ingest.icloud.steps.validating import SetupError
from ingest.jobs import BusyError


class Command(BaseCommand):
    help = "Registers what icloudpd downloads in Immich's external library: stacks, live photos, favourites, albums."
    # Immich and the database are all it needs.
    requires_system_checks = ()
    stealth_options = ("pace",)  # how patient it is, for tests

    def create_parser(self, prog_name: str, subcommand: str, **options: object) -> CommandParser:
        """No abbreviations: `--library` is icloudpd's, and not `--library-id`."""
        return super().create_parser(prog_name, subcommand, **{**options, "allow_abbrev": False})

    def add_arguments(self, parser: ArgumentParser) -> None:
        arguments.add(parser)

    def handle(
        self,
        *,
        pace: Pace = Pace(),  # noqa: B008 - it is frozen
        **given: object,
    ) -> None:
        ignored = arguments.settle(given)
        report = self._report(bool(given["json"]))
        if given["pending"] or given["clear_pending"]:
            ensure_migrated()
            self._tell_pending(given)
            return
        options = self._options(given)
        if given["watch"] and options.dry_run:
            raise CommandError("--watch and --dry-run exclude each other.", returncode=USAGE)
        job = self._job(report, given, pace)
        ensure_migrated()
        if ignored:
            report.notes(f"Options of icloudpd, ignored here: {', '.join(ignored)}.")
        log_file = given["log_file"] if isinstance(given["log_file"], Path) else settings.DATA_DIR / "sync_icloud.log"
        failed = False
        with logged("ingest", log_file), stopped_by_signals(job.stop):
            if given["watch"]:
                self._guarded(report, lambda: self._watch(job, options, float(str(given["interval"]))))
                return
            failed = self._guarded(report, lambda: self._once(job, options))
        if job.stopping.is_set():
            sys.exit(INTERRUPTED)
        if failed:
            sys.exit(FAILED)

    def _guarded(self, report: Report, work: Callable[[], bool]) -> bool:
        try:
            return work()
        except NoServerError as error:
            message, code = f"Immich can't be reached. Nothing is lost: run this again. {error}", NO_SERVER
        except SetupError as error:
            message, code = str(error), FAILED
        except BatchLogError as error:
            message, code = str(error), USAGE
        report.fails(message)
        raise CommandError(message, returncode=code)

    def _once(self, job: Job, options: Options) -> bool:
        """Whether anything is pending or failed."""
        try:
            return job.run(options).failed
        except BusyError as error:
            job.report.notes(str(error))
            return False

    def _watch(self, job: Job, options: Options, interval: float) -> bool:
        """Each folder by itself; what is known is gone through again once."""
        renewed: set[str] = set()

        def look(root: str, only: Collection[str] | None) -> bool:
            again = root not in renewed
            own = replace(
                options,
                directories=(root,),
                roots=options.directories,
                process_existing=options.process_existing and again,
                process_existing_favorites=options.process_existing_favorites and again,
            )
            try:
                job.run(own, None if only is None else [os.path.join(root, path) for path in only])  # noqa: PTH118
            except NoServerError as error:
                job.report.notes(f"Immich can't be reached, and is asked again. {error}")
                return False
            except BusyError as error:
                job.report.notes(str(error))
            renewed.add(root)
            return True

        notes, glance = job.report.notes, job.pace.glance
        Watching(options.directories, look, notes, job.stopping, interval=interval, recursive=True, glance=glance).run()
        return False

    def _tell_pending(self, given: dict[str, object]) -> None:
        place = UPLOAD if given["upload"] else str(given["library_id"]) if given["library_id"] else None
        roots = self._roots(given) or None
        if given["clear_pending"]:
            count = store.clear_pending(place, roots)
            if isinstance(given["batch_log_file"], Path):
                batch_log.write(given["batch_log_file"].expanduser(), ())
            self.stdout.write(f"{count:,} photos are pending no more.")
            return
        for row in store.pending(place, roots):
            path = os.path.join(row.folder.path, row.path)  # noqa: PTH118
            line = {"event": "pending", "library": row.folder.place, "path": path, "reason": row.reason}
            self.stdout.write(json.dumps(line) if given["json"] else f"{path}: {row.reason or 'not tried yet'}")

    # What was asked for

    def _options(self, given: dict[str, object]) -> Options:
        try:
            options = self._read_options(given)
        except OptionError as error:
            raise CommandError(str(error), returncode=USAGE) from error
        if not options.directories:
            raise CommandError("Name icloudpd's download folder with --directory.", returncode=USAGE)
        if bool(options.library_id) == bool(given["upload"]):
            message = "Name Immich's external library with --library-id, or have the files sent with --upload."
            raise CommandError(message, returncode=USAGE)
        if options.process_existing and options.process_existing_favorites:
            message = "--process-existing and --process-existing-favorites exclude each other."
            raise CommandError(message, returncode=USAGE)
        if (options.process_existing_favorites or options.unset_favorites) and not options.favorite:
            name = "--unset-favorites" if options.unset_favorites else "--process-existing-favorites"
            raise CommandError(f"{name} needs --favorite.", returncode=USAGE)
        for directory in options.directories:
            if not given["watch"] and not Path(directory).is_dir():
                raise CommandError(f"There is no folder {shown(directory)}.", returncode=USAGE)
        return options

    def _read_options(self, given: dict[str, object]) -> Options:
        def sizes(name: str, every: Collection[str] | None = None) -> tuple[str, ...]:
            words = given[name.replace("-", "_")]
            if words is None:
                return ()
            return read_sizes(f"--{name}", texts(words), *([tuple(every)] if every else []))

        since, log = given["since"], given["batch_log_file"]
        return Options(
            directories=self._roots(given),
            library_id=str(given["library_id"] or ""),
            path_map=PathMap(texts(given["path_map"])),
            patience=Patience(float(str(given["scan_timeout"])), float(str(given["poll_interval"]))),
            stack=sizes("stack-media", STACKED),
            favorite=sizes("favorite"),
            live=sizes("associate-live-with-extra-sizes"),
            albums=tuple(map(read_rule, texts(given["album"]))),
            unset_favorites=bool(given["unset_favorites"]),
            favorite_rating=int(str(given["favorite_rating"])),
            process_existing=bool(given["process_existing"]),
            process_existing_favorites=bool(given["process_existing_favorites"]),
            since=since if isinstance(since, datetime) else None,
            batch=int(str(given["batch_process"])) or None,
            batch_log=log.expanduser() if isinstance(log, Path) else None,
            dry_run=bool(given["dry_run"]),
        )

    def _roots(self, given: dict[str, object]) -> tuple[str, ...]:
        """Absolute, each once, and with their links: so does Immich know them."""
        paths = (os.path.abspath(Path(path).expanduser()) for path in texts(given["directory"]))  # noqa: PTH100
        roots = dict.fromkeys(without_dates(path) for path in paths)
        return tuple(root for root in roots if not any(Path(root).is_relative_to(top) for top in roots if top != root))

    def _job(self, report: Report, given: dict[str, object], pace: Pace) -> Job:
        places = addresses()
        if url := given["server_url"]:
            if not is_address(str(url)):
                raise CommandError(f"--server-url: {url} is no address like http://immich:2283.", returncode=USAGE)
            places = [str(url).rstrip("/").removesuffix("/api").rstrip("/")]
        if not any(places):
            raise CommandError("Set IMMICH_LOCAL_URL or IMMICH_BASE_URL, or give --server-url.", returncode=USAGE)
        key = str(given["api_key"] or settings.IMMICH_API_KEY)
        if not key:
            message = "Set IMMICH_API_KEY to an API key of the library's owner, who is an administrator of Immich."
            raise CommandError(message, returncode=USAGE)
        return Job(Network(places, key), key, report, threading.Event(), pace)

    def _report(self, as_json: bool) -> Report:
        if as_json:
            return JsonReport(self.stdout)
        return TerminalReport(sys.stdout) if self.stdout.isatty() else PlainReport(self.stdout)
