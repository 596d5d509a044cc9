"""`manage.py queue`: the state of custody as a table, for whoever looks after the server."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NotRequired, TypedDict

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from uploads import overview
from uploads.models import CustodyAlarm, Upload
from uploads.overview import age_words, size_words


class File(TypedDict):
    """One upload. `next_attempt_at` is null when none is planned; `name` is there when names were asked for."""

    id: str
    status: str
    account: int
    bytes: int
    received_at: str | None
    attempts: int
    next_attempt_at: str | None
    message: str
    name: NotRequired[str]


class Command(BaseCommand):
    help = "Prints what is here, what waits and why, and what has to be done. File names only with --names."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=20, help="files and alarms listed of each kind (default 20)")
        parser.add_argument("--names", action="store_true", help="with file names, and the names of accounts")
        parser.add_argument("--json", action="store_true", help="print an object for programs")

    def handle(self, *, limit: int, names: bool, json: bool, **options: object) -> None:
        if limit < 0:
            raise CommandError("--limit must be 0 or more.")
        if json:
            self._print_json(limit, names=names)
            return
        self._print_standings()
        self._print_accounts(names=names)
        self._print_alarms(limit)
        self._print_files("Waiting", list(overview.queued()[: limit + 1]), limit, names=names)
        self._print_files("Failed", list(overview.failed()[: limit + 1]), limit, names=names)

    # --- for people

    def _print_standings(self) -> None:
        now = timezone.now()
        rows = [
            (each.status, str(each.count), size_words(each.bytes), age_words(now - each.oldest) if each.oldest else "-")
            for each in overview.standings()
        ]
        self._print_table(("STATUS", "FILES", "BYTES", "OLDEST"), rows, right=(1, 2, 3))

    def _print_accounts(self, *, names: bool) -> None:
        for paused in overview.paused_accounts():
            account = paused.account
            who = f" ({account})" if names else ""
            self.stdout.write(f"\nImmich account {account.pk}{who} is paused, {paused.waiting} files wait for it:")
            self.stdout.write(f"  {account.get_pause_display()}: {account.pause_detail}")
            self.stdout.write(f"  {paused.advice}")

    def _print_alarms(self, limit: int) -> None:
        count = sum(overview.alarms().values())
        if not count:
            return
        self.stdout.write(f"\nAlarms: {count}, the latest first")
        rows = [
            (_moment(each.created_at), each.reason, str(each.upload_id or "-"), each.detail)
            for each in CustodyAlarm.objects.all()[:limit]
        ]
        self._print_table(("SINCE", "REASON", "UPLOAD", "DETAIL"), rows)

    def _print_files(self, title: str, files: Sequence[Upload], limit: int, *, names: bool) -> None:
        if not files:
            return
        more = ", and more (--limit)" if len(files) > limit else ""
        self.stdout.write(f"\n{title}, the oldest first{more}")
        now = timezone.now()
        heads = ["ID", "STATUS", "AGE", "BYTES", "TRIES", "NEXT TRY", "MESSAGE"]
        rows = [
            [
                str(each.pk),
                each.status,
                age_words(now - (each.received_at or each.created_at)),
                size_words(each.offset),
                str(each.attempts),
                _next_try(each, now),
                " ".join(each.message.split()) or "-",
            ]
            for each in files[:limit]
        ]
        if names:
            heads.insert(1, "NAME")
            for row, each in zip(rows, files, strict=False):
                row.insert(1, each.filename)
        self._print_table(heads, rows)

    def _print_table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
        for row in (heads, *rows):
            cells = [
                cell.rjust(widths[column]) if column in right else cell.ljust(widths[column])
                for column, cell in enumerate(row)
            ]
            self.stdout.write("  ".join(cells).rstrip())

    # --- for programs

    def _print_json(self, limit: int, *, names: bool) -> None:
        state = {
            "statuses": {
                each.status: {"count": each.count, "bytes": each.bytes, "oldest": _iso(each.oldest)}
                for each in overview.standings()
            },
            "paused_accounts": [
                {
                    "id": each.account.pk,
                    "reason": each.account.pause,
                    "detail": each.account.pause_detail,
                    "advice": each.advice,
                    "waiting": each.waiting,
                    **({"name": str(each.account)} if names else {}),
                }
                for each in overview.paused_accounts()
            ],
            "alarms": {
                "counts": overview.alarms(),
                "latest": [
                    {
                        "created_at": _iso(each.created_at),
                        "reason": each.reason,
                        "upload": str(each.upload_id) if each.upload_id else None,
                        "detail": each.detail,
                    }
                    for each in CustodyAlarm.objects.all()[:limit]
                ],
            },
            "waiting": [_file(each, names=names) for each in overview.queued()[:limit]],
            "failed": [_file(each, names=names) for each in overview.failed()[:limit]],
        }
        self.stdout.write(json.dumps(state, indent=2))


def _file(upload: Upload, *, names: bool) -> File:
    planned = upload.status in (Upload.Status.RECEIVED, Upload.Status.WAITING)
    said = File(
        id=str(upload.pk),
        status=upload.status,
        account=upload.account_id,
        bytes=upload.offset,
        received_at=_iso(upload.received_at),
        attempts=upload.attempts,
        next_attempt_at=_iso(upload.next_attempt_at) if planned else None,
        message=upload.message,
    )
    if names:
        said["name"] = upload.filename
    return said


def _next_try(upload: Upload, now: datetime) -> str:
    if upload.status == Upload.Status.DELIVERING:
        return "now"
    if upload.status not in (Upload.Status.RECEIVED, Upload.Status.WAITING):
        return "-"
    return "due" if upload.next_attempt_at <= now else f"in {age_words(upload.next_attempt_at - now)}"


def _moment(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
