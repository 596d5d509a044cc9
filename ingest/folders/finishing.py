"""After sending, many files at once: verified by their sums, put into their albums, written into the history."""

import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from django.db import connections
from django.utils import timezone

from immichdrop.immich import Existing, Forbidden, Immich, ImmichError, Rejected
from ingest.folders import history
from ingest.folders.candidate import Candidate
from ingest.folders.history import State
from ingest.folders.models import SyncedFile, SyncFolder, key_of, shown
from ingest.folders.network import Line
from ingest.folders.outcomes import Line as OutcomeLine
from ingest.folders.outcomes import Outcomes
from ingest.folders.sending import FATAL, Failed, Found, Sent, Step
from uploads import albums
from uploads.delivery import IN_TRASH

logger = logging.getLogger("ingest.folders")

GATHER = 0.3  # seconds that files wait for company
AT_THE_END = 0.02  # seconds, when no more are being looked into
MOST = 500  # files


@dataclass(slots=True)
class Settled:
    """A file that Immich has, on its way into the history."""

    found: Found
    in_album: bool = False
    no_album: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def candidate(self) -> Candidate:
        return self.found.candidate


class Finishing:
    """One thread. `again` is given files that Immich took and does not have; `give_up` why a run can't go on."""

    def __init__(
        self,
        folder: SyncFolder,
        line: Line,
        outcomes: Outcomes,
        again: Callable[[Candidate], bool],
        give_up: Callable[[Exception], None],
        *,
        restore_trashed: bool,
    ) -> None:
        self.folder = folder
        self.line = line
        self.outcomes = outcomes
        self.again = again
        self.give_up = give_up
        self.restore_trashed = restore_trashed
        self.queue: queue.Queue[Step | None] = queue.Queue(4 * MOST)
        self.hurry = threading.Event()  # nobody looks into more files: who has come need not wait for long
        self._thread = threading.Thread(target=self._run, name="folder-finishing", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self.queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            last = False
            while not last:
                batch, last = self._gather()
                try:
                    self._finish(batch)
                except FATAL as error:
                    self.give_up(error)
                except Exception as error:  # whatever it is: the run must end, and say so
                    logger.exception("event=own_fault")
                    self.give_up(error)
                finally:
                    for _ in batch:
                        self.queue.task_done()
        finally:
            self.line.close_own()
            connections.close_all()

    def _gather(self) -> tuple[list[Step], bool]:
        first = self.queue.get()
        if first is None:
            return [], True
        batch, until = [first], time.monotonic() + GATHER
        while len(batch) < MOST:
            try:
                left = max(0.0, until - time.monotonic())
                each = self.queue.get(timeout=min(left, AT_THE_END) if self.hurry.is_set() else left)
            except queue.Empty:
                break
            if each is None:
                return batch, True
            batch.append(each)
        return batch, False

    def _finish(self, batch: Sequence[Step]) -> None:
        failed = [each for each in batch if isinstance(each, Failed)]
        found = [each for each in batch if isinstance(each, Found)]
        missing = self._verify([each for each in batch if isinstance(each, Sent)], found)
        settled = [Settled(each) for each in found]
        self._restore(settled)
        alive = [each for each in settled if not each.found.existing.is_trashed]
        self._link(alive)
        self._into_albums([each for each in alive if each.candidate.album])
        rows = [row for each in settled for row in self._rows(each)]
        rows += [row for each in (*failed, *missing) for row in self._failed_rows(each)]
        history.record(rows)
        self.outcomes.add([line for each in settled for line in _lines(each)])
        self.outcomes.add([line for each in (*failed, *missing) for line in _failed_lines(each)])

    def _verify(self, sent: Sequence[Sent], found: list[Found]) -> list[Failed]:
        """Adds to `found` what Immich really has; returns what could not be found out, and what it lost twice."""
        if not sent:
            return []
        sums = {each.candidate.sha1: each.candidate.sha1 for each in sent}
        try:
            answers = self.line.ask(lambda immich: immich.bulk_check(sums))
        except FATAL:
            raise
        except ImmichError as error:
            return [Failed(each.candidate, f"Immich did not confirm it: {error.reason}") for each in sent]
        lost = []
        for each in sent:
            existing = answers.get(each.candidate.sha1)
            if existing is not None:
                found.append(Found(each.candidate, existing, made=not each.uploaded.duplicate))
            elif not self.again(each.candidate):
                lost.append(
                    Failed(each.candidate, "Immich took the file, and does not have it, or it changed meanwhile.")
                )
        return lost

    def _restore(self, settled: Sequence[Settled]) -> None:
        trashed = [each for each in settled if each.found.existing.is_trashed]
        if not trashed:
            return
        if self.restore_trashed:
            ids = [each.found.existing.asset_id for each in trashed]
            try:
                self.line.ask(lambda immich: immich.restore(ids))
            except (Forbidden, Rejected) as error:
                for each in trashed:
                    each.notes.append(f"It could not be restored from Immich's trash: {error.reason}.")
            else:
                for each in trashed:
                    existing = Existing(each.found.existing.asset_id, is_trashed=False)
                    each.found = Found(each.candidate, existing, each.found.made, each.found.renamed)
        for each in trashed:
            if each.found.existing.is_trashed and not each.notes:
                each.notes.append(IN_TRASH)

    def _link(self, settled: Sequence[Settled]) -> None:
        """Makes live photos of halves that came to Immich apart from each other."""
        for each in settled:
            candidate, asset_id = each.candidate, each.found.existing.asset_id
            if candidate.still_id is not None:
                still, video = str(candidate.still_id), asset_id
            elif candidate.video_id is not None and not each.found.made:
                still, video = asset_id, str(candidate.video_id)
            else:
                continue
            try:
                self.line.ask(partial(_make_live, still, video))
            except (Forbidden, Rejected) as error:
                each.notes.append(f"It was not made a live photo: {error.reason}.")

    def _into_albums(self, settled: Sequence[Settled]) -> None:
        by_album: dict[str, list[Settled]] = defaultdict(list)
        for each in settled:
            by_album[each.candidate.album].append(each)
        for album, members in by_album.items():
            refused, problem = into_album(
                self.line, self.folder, album, [each.found.existing.asset_id for each in members]
            )
            for each in members:
                each.no_album = problem or refused.get(each.found.existing.asset_id, "")
                each.in_album = not each.no_album

    def _rows(self, each: Settled) -> list[SyncedFile]:
        found, candidate = each.found, each.candidate
        trashed = found.existing.is_trashed
        state = State.TRASHED if trashed else State.SENT if found.made else State.DUPLICATE
        now = timezone.now()
        doubt = None if found.made or found.renamed else now + history.DOUBT
        note = " ".join(filter(None, [*each.notes, each.no_album]))
        return [
            self._row(
                one,
                state=state,
                asset_id=found.existing.asset_id,
                in_album_at=now if each.in_album else None,
                message=note[:500],
                recheck_at=None if trashed else doubt,
            )
            for one in (candidate, *candidate.twins)
        ]

    def _failed_rows(self, each: Failed) -> list[SyncedFile]:
        state = State.REFUSED if each.refused else State.FAILED
        candidates = (each.candidate, *each.candidate.twins)
        return [self._row(one, state=state, message=each.message[:500]) for one in candidates]

    def _row(self, candidate: Candidate, **fields: object) -> SyncedFile:
        seen = candidate.seen
        return SyncedFile(
            folder=self.folder,
            path_key=key_of(seen.path),
            path=shown(seen.path),
            size=seen.size,
            mtime_ns=seen.mtime_ns,
            sha1=candidate.sha1,
            album=candidate.album,
            **fields,
        )


def _make_live(still: str, video: str, immich: Immich) -> None:
    if immich.asset(still).live_photo_video_id is None:
        immich.link_live_video(still, video)


def into_album(line: Line, folder: SyncFolder, album: str, asset_ids: Sequence[str]) -> tuple[dict[str, str], str]:
    """Asset → why Immich did not put it into the album, and what kept all of them out of it, or ""."""
    wish = albums.Wish(folder.account, album)
    try:
        placed = line.ask(lambda immich: albums.put(wish, list(dict.fromkeys(asset_ids)), immich))
    except FATAL:
        raise
    except ImmichError as error:
        return {}, f"It is in Immich, but not in the album: {error.reason}."
    refused = {asset: f"Immich did not put it into the album: {word}." for asset, word in placed.refused.items()}
    return refused, placed.note if placed.missed else ""


def _lines(each: Settled) -> list[OutcomeLine]:
    found, candidate = each.found, each.candidate
    if found.existing.is_trashed:
        outcome = "trashed"
    elif found.made:
        outcome = "sent"
    else:
        outcome = "renamed" if found.renamed else "duplicate"
    detail, asset_id = " ".join(each.notes), found.existing.asset_id
    lines = [OutcomeLine(candidate.seen.path, outcome, detail, candidate.seen.size, asset_id, candidate.album)]
    other = outcome if outcome == "trashed" else "duplicate"
    lines += [
        OutcomeLine(twin.seen.path, other, detail, twin.seen.size, asset_id, twin.album) for twin in candidate.twins
    ]
    if each.no_album:
        lines.append(OutcomeLine(candidate.seen.path, "no_album", each.no_album, 0, asset_id, candidate.album))
    return lines


def _failed_lines(each: Failed) -> list[OutcomeLine]:
    outcome = "refused" if each.refused else "failed"
    candidates = (each.candidate, *each.candidate.twins)
    return [OutcomeLine(one.seen.path, outcome, each.message, one.seen.size) for one in candidates]
