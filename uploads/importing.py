"""The import of immich-drop's `state.db`: its links, its dedupe table, and its log as history under these links.

Each row is known again by what it is: a link by its token, an asset by account and SHA-1, a line of the log by the id
made of it. So an import may be cut off, repeated, or made of a mended file, and nothing comes twice.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from django.db import connection, transaction

from immichdrop.models import ImmichAccount, StateImport
from invites.models import Invite
from uploads import state_db, state_rows
from uploads.import_report import Report, TableReport
from uploads.models import KnownAsset, Upload
from uploads.state_db import Row, StateFile, StateFileError, Table, UnreadableTableError
from uploads.state_owners import Owners
from uploads.state_rows import BadRowError, Complain

logger = logging.getLogger(__name__)

START_LOCK = 0x0D40A  # PostgreSQL's advisory lock of ours, beside `uploads.intake.ADMISSION_LOCK`

# Called after each batch: the table, its rows until now, and all of them, if they could be counted.
Progress = Callable[[str, int, int | None], None]
T = TypeVar("T")


def import_state(path: Path, *, dry_run: bool = False, progress: Progress = lambda *_: None) -> Report:
    """Takes over what the file at `path` has and is not here yet. Raises StateFileError when it is no `state.db`.

    Batch by batch, so that guests are not kept waiting. A dry run does the same in one transaction, and takes it back.
    """
    with state_db.opened(path) as state:
        job = _Import(state, progress)
        if not dry_run:
            return job.run()
        with transaction.atomic():
            report = job.run()
            transaction.set_rollback(True)
        return report


def import_at_start(path: Path) -> Report | None:
    """Takes over the file that a first start finds; None when there is none, or when anything is here already.

    In one transaction: what is cut off leaves nothing behind, and is made anew at the next start. A file that can't be
    read does not keep the server from starting.
    """
    if not path.is_file() or not _is_empty():
        return None
    try:
        with state_db.opened(path) as state, transaction.atomic():
            _wait_for_other_starts()
            if not _is_empty():
                return None
            logger.info("Importing what immich-drop left in %s.", path)
            report = _Import(state, lambda *_: None).run()
            _remember(report)
    except StateFileError as error:
        logger.error("%s Nothing was imported.", error)
        return None
    for line in report.describe():
        logger.log(logging.INFO if report.complete else logging.WARNING, "Import: %s", line)
    return report


def _remember(report: Report) -> None:
    """For the hosts, who did not see the log."""
    added = {name: table.added for name, table in report.tables.items()}
    if any(added.values()) or not report.complete:
        StateImport.objects.create(
            links=added[state_db.INVITES.name],
            files=added[state_db.EVENTS.name],
            known=added[state_db.UPLOADS.name],
            not_read=report.not_read(),
        )


def _is_empty() -> bool:
    return not Invite.objects.exists() and not Upload.objects.exists()


def _wait_for_other_starts() -> None:
    """One first start at a time. SQLite's IMMEDIATE transactions already hold everybody off."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [START_LOCK])


class _Import:
    """One run over an opened file. Each `_write_…` takes over a batch of one table; how many rows were new."""

    def __init__(self, state: StateFile, progress: Progress) -> None:
        self.state = state
        self.progress = progress
        self.report = Report()
        self.owners = Owners()

    def run(self) -> Report:
        """Links first: the log's lines belong to them."""
        self.account = ImmichAccount.objects.environment()  # immich-drop had no other
        for table, write in (
            (state_db.INVITES, self._write_invites),
            (state_db.UPLOADS, self._write_known),
            (state_db.EVENTS, self._write_events),
        ):
            self.report.tables[table.name] = report = TableReport()
            try:
                self._take_over(table, report, write)
            except UnreadableTableError as error:
                report.error = str(error)
        self.report.hosts_added = self.owners.added
        return self.report

    def _take_over(self, table: Table, report: TableReport, write: Callable[[Sequence[Row], TableReport], int]) -> None:
        report.missing = self.state.missing(table)
        report.rows = self.state.count(table)
        for batch in self.state.batches(table):
            with transaction.atomic():
                report.added += write(batch, report)
            report.read += len(batch)
            self.progress(table.name, report.read, report.rows)

    def _write_invites(self, rows: Sequence[Row], report: TableReport) -> int:
        owners: dict[str, tuple[Row, Complain]] = {}

        def make(row: Row, complain: Complain) -> Invite:
            invite = state_rows.invite_of(row, report.missing, complain)
            owners[invite.token] = row, complain
            return invite

        found = {invite.token: invite for invite in _read(rows, make, report)}
        here = set(Invite.objects.filter(token__in=list(found)).values_list("token", flat=True))
        new = [invite for token, invite in found.items() if token not in here]
        for invite in new:
            row, complain = owners[invite.token]
            invite.owner = self.owners.host(state_rows.owner_of(row), complain)
        Invite.objects.bulk_create(new, ignore_conflicts=True)
        return len(new)

    def _write_known(self, rows: Sequence[Row], report: TableReport) -> int:
        found = {
            known.sha1: known for known in _read(rows, lambda row, _: state_rows.known_of(row, self.account), report)
        }
        of_account = KnownAsset.objects.filter(account=self.account, sha1__in=list(found))
        here = set(of_account.values_list("sha1", flat=True))
        new = [known for sha1, known in found.items() if sha1 not in here]
        KnownAsset.objects.bulk_create(new, ignore_conflicts=True)
        return len(new)

    def _write_events(self, rows: Sequence[Row], report: TableReport) -> int:
        """Lines without a token came through the public page: they stay without a link, as those of unknown links."""
        tokens: dict[uuid.UUID, str] = {}

        def make(row: Row, complain: Complain) -> Upload:
            upload = state_rows.event_of(row, self.account, complain)
            tokens[upload.pk] = state_rows.text(row["token"], 100)
            return upload

        found = {upload.pk: upload for upload in _read(rows, make, report)}
        here = set(Upload.objects.filter(pk__in=list(found)).values_list("pk", flat=True))
        links = dict(Invite.objects.filter(token__in=set(tokens.values())).values_list("token", "pk"))
        new = [upload for pk, upload in found.items() if pk not in here]
        for upload in new:
            token = tokens[upload.pk]
            upload.invite_id = links.get(token)
            if token and upload.invite_id is None:
                upload.message = state_rows.GONE
        Upload.objects.bulk_create(new, ignore_conflicts=True)
        return len(new)


def _read(rows: Sequence[Row], make: Callable[[Row, Complain], T | None], report: TableReport) -> list[T]:
    """What can be made of these rows, which come after `report.read` others; of the rest the report is told."""
    made: list[T] = []
    for number, row in enumerate(rows, report.read + 1):
        complain = report.about_row(number)
        try:
            each = make(row, complain)
        except BadRowError as error:
            report.unread += 1
            complain(str(error))
            continue
        if each is None:
            report.left_out += 1
        else:
            made.append(each)
    return made
