"""What earlier runs left: files that Immich may have lost since, and such as are not in their album yet."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from immichdrop.immich import Existing
from ingest.folders import history
from ingest.folders.finishing import into_album
from ingest.folders.history import State
from ingest.folders.models import SyncedFile, SyncFolder
from ingest.folders.network import Line
from ingest.folders.outcomes import Line as OutcomeLine
from ingest.folders.outcomes import Outcomes

logger = logging.getLogger("ingest.folders")


@dataclass(frozen=True, slots=True)
class Leftovers:
    folder: SyncFolder
    line: Line
    outcomes: Outcomes

    def finish(self) -> None:
        """Raises what `Line.ask` does."""
        self._recheck()
        for album, rows in history.without_album(self.folder):
            self.line.stop_here()
            refused, problem = into_album(self.line, self.folder, album, [str(row.asset_id) for row in rows])
            for row in rows:
                row.message = problem or refused.get(str(row.asset_id), "")
                row.in_album_at = None if row.message else timezone.now()
            self._forget_deleted([row for row in rows if str(row.asset_id) in refused])
            columns = ["message", "in_album_at", "album", "state"]
            SyncedFile.objects.bulk_update(rows, columns, batch_size=history.BLOCK)
            self.outcomes.add([OutcomeLine(row.path, "no_album", row.message) for row in rows if row.message])

    def _forget_deleted(self, refused: Sequence[SyncedFile]) -> None:
        """Of what Immich does not put into an album, some may have been deleted there: these are due no more."""
        if not refused:
            return
        answers = self._check(refused)
        for row in refused:
            existing = answers.get(str(row.pk))
            if existing is None:
                row.album = row.message = ""
            elif existing.is_trashed:
                row.state, row.message = State.TRASHED, ""  # the walk comes by it, and tells

    def _recheck(self) -> None:
        while rows := history.doubtful(self.folder):
            self.line.stop_here()
            answers = self._check(rows)
            for row in rows:
                row.recheck_at = None
                if answers.get(str(row.pk)) is None:
                    row.state = State.UNSURE  # the walk comes by it
                    logger.warning('file="%s" outcome=vanished asset=%s', row.path, row.asset_id)
            SyncedFile.objects.bulk_update(rows, ["recheck_at", "state"], batch_size=history.BLOCK)

    def _check(self, rows: Sequence[SyncedFile]) -> dict[str, Existing | None]:
        sums = {str(row.pk): row.sha1 for row in rows}
        return self.line.ask(lambda immich: immich.bulk_check(sums))
