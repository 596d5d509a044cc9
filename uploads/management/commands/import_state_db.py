"""`manage.py import_state_db`: what immich-drop left, taken over."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from immichdrop.schema import ensure_migrated
from uploads.import_report import Report
from uploads.importing import import_state
from uploads.state_db import StateFileError


class Command(BaseCommand):
    help = "Takes over links, known files and history of immich-drop's state.db, which is only read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the file, state.db in immich-drop's data folder")
        parser.add_argument("--dry-run", action="store_true", help="say what would be taken over, and take nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *, path: Path, dry_run: bool, **options: object) -> None:
        ensure_migrated()
        on_terminal = self.stderr.isatty()
        try:
            report = import_state(path, dry_run=dry_run, progress=self._progress if on_terminal else lambda *_: None)
        except StateFileError as error:
            raise CommandError(str(error)) from error
        finally:
            if on_terminal:
                self.stderr.write("\r\033[K", ending="")
        self.stdout.write(self._words(report, dry_run=dry_run, as_json=bool(options["json"])))
        if not report.complete:
            sys.exit(1)

    def _progress(self, table: str, done: int, rows: int | None) -> None:
        of_all = f" of {rows:,}" if rows is not None else ""
        self.stderr.write(f"\r\033[K{table}: {done:,}{of_all}", ending="")
        self.stderr.flush()

    @staticmethod
    def _words(report: Report, *, dry_run: bool, as_json: bool) -> str:
        if as_json:
            return json.dumps({"dry_run": dry_run, **report.as_json()})
        last = [] if report.complete else ["Not everything could be read. What could be was taken over."]
        if dry_run:
            last = ["This was a dry run: nothing was changed."]
        return "\n".join([*report.describe(), *last])
