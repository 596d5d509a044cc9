"""One run over a folder: walk, history, question, sending, finishing.

    walk ──► history ──► look into, sum up ──► ask about 64 files ──┬─► found ────────► finishing (1 thread):
    (calling thread)                                                └─► sending (n) ──► verify, album, history

Nothing has to be written before a file is sent: Immich knows files by their SHA-1, so what was on its way when a run
was cut off is found by the next one's question.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from django.utils import timezone

from immichdrop.immich import AccessError, Existing, Forbidden, ImmichError, QuotaExceeded
from ingest.folders import history
from ingest.folders.candidate import Candidate
from ingest.folders.finishing import Finishing
from ingest.folders.history import Counting, Known
from ingest.folders.leftovers import Leftovers
from ingest.folders.looking import Looking, Options
from ingest.folders.models import SyncFolder, shown
from ingest.folders.network import Line, NoServerError, StoppedError
from ingest.folders.old_history import OldHistory
from ingest.folders.outcomes import Line as OutcomeLine
from ingest.folders.outcomes import Outcomes, Report, Summary, words_of
from ingest.folders.sending import AHEAD, FATAL, Found, Senders
from ingest.folders.walking import Seen, Walk

logger = logging.getLogger("ingest.folders")

ROUNDS = 5  # looks at files that were still being written


class Run:
    """`only`: paths within the folder that changed; None for all of it. `earlier`: what the script before this one
    sent, which a dry run may not note."""

    def __init__(
        self, folder: SyncFolder, options: Options, line: Line, report: Report, earlier: OldHistory | None = None
    ) -> None:
        self.earlier = earlier
        self.folder = folder
        self.options = options
        self.line = line
        self.outcomes = Outcomes(report, shown(options.root))
        self.report = report
        self._error: Exception | None = None
        self.looking = Looking(folder, options, line, self.outcomes, self._wait_for)
        self._later: list[Seen] = []
        self._tried: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, only: Iterable[str] | None = None) -> Summary:
        """Raises NoServerError when Immich went away and did not come back; what was confirmed is in the history."""
        began = time.monotonic()
        summary = self.outcomes.summary
        try:
            self._prepare()
            self._whole(only)
        except (*FATAL, ImmichError) as error:
            self._give_up(error)
        finally:
            self.line.close_own()
            summary.seconds = time.monotonic() - began
        summary.stopped = self.line.stopping.is_set() and self._error is None
        self._write(summary)
        if isinstance(self._error, NoServerError):
            raise self._error
        return summary

    # The way of a run

    def _prepare(self) -> None:
        library = self._library()
        if self.options.dry_run:
            if history.is_another_library(self.folder, library):
                # Nothing is known of that one, and nothing may be noted.
                self.folder = self.looking.folder = SyncFolder(path=self.folder.path, account=self.folder.account)
            return
        self.folder.last_started_at, self.folder.last_ended_at = timezone.now(), None
        self.folder.last_outcome, self.folder.last_message = SyncFolder.Outcome.RUNNING, ""
        if history.change_library(self.folder, library):
            self.report.notes("The key opens another library than before: Immich is asked about every file again.")
        self.folder.save()

    def _library(self) -> str:
        """Immich's id of the user; "" where the key may not ask."""
        try:
            return self.line.ask(lambda immich: immich.me()).id
        except Forbidden:
            return ""

    def _whole(self, only: Iterable[str] | None) -> None:
        walk = Walk(self.options.root, self.options.choice, self._trouble)
        found = iter(walk) if only is None else walk.several(only)
        if self.options.dry_run:
            self._take_all(found, self._foresee)
            self._tell_waiting()
            return
        self._finishing = Finishing(
            self.folder,
            self.line,
            self.outcomes,
            self._again,
            self._give_up,
            restore_trashed=self.options.restore_trashed,
        )
        self._senders = Senders(
            self.line,
            self.options.concurrency,
            self.report,
            self._finishing.queue.put,
            self._put_off,
            self._give_up,
        )
        try:
            Leftovers(self.folder, self.line, self.outcomes).finish()
            self._take_all(found, self._hand_over)
            self._take_later()
        finally:
            self._senders.end()
            self._finishing.end()

    def _take_all(self, found: Iterable[Seen], hand_over: Callable[[list[Candidate]], None]) -> None:
        passed = Counting()
        due = history.changed(self.folder, found, passed, adopt=not self.options.dry_run)
        if earlier := self.earlier:
            due = ((seen, row) for seen, row in due if row is not None or not earlier.holds(seen))
        wanted = ((seen, row) for seen, row in due if self.looking.is_media(seen))
        while batch := list(islice(wanted, AHEAD)):
            self.line.stop_here()
            self.report.expects(len(batch), sum(seen.size for seen, _ in batch))
            self._take(batch, hand_over)
        self.outcomes.summary.counts["unchanged"] += passed.count

    def _take_later(self) -> None:
        """Once more what was still being written, and what Immich lost."""
        for _ in range(ROUNDS):
            self._finishing.hurry.set()
            self._senders.queue.join()
            self._finishing.queue.join()
            self._finishing.hurry.clear()
            with self._lock:
                later, self._later = self._later, []
            if not later:
                return
            if self.line.stopping.wait(self.options.settle):
                raise StoppedError
            walk = Walk(self.options.root, self.options.choice, self._trouble)
            self._take_all((seen for each in later for seen in walk.one(each.path)), self._hand_over)
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        with self._lock:
            waiting, self._later = self._later, []
        self.outcomes.add([OutcomeLine(seen.path, "waiting", "It is still being written.") for seen in waiting])

    def _take(self, batch: list[tuple[Seen, Known | None]], hand_over: Callable[[list[Candidate]], None]) -> None:
        open_ones: list[Candidate] = []
        try:
            for seen, row in batch:
                self.line.stop_here()
                candidate = self.looking.candidate(seen, row)
                if candidate is not None:
                    open_ones.append(candidate)
            self._ask(open_ones)
        except BaseException:
            for candidate in open_ones:
                candidate.close()
            raise
        hand_over(open_ones)  # from here on they are closed by whoever has them

    # What is to be done with files

    def _ask(self, candidates: list[Candidate]) -> None:
        """What Immich has of these, by one question."""
        everything = [each for one in candidates for each in (one, one.video) if each is not None]
        if not everything:
            return
        sums = {each.sha1: each.sha1 for each in everything}
        answers = self.line.ask(lambda immich: immich.bulk_check(sums))
        for each in everything:
            each.existing = answers.get(each.sha1)

    def _hand_over(self, candidates: list[Candidate]) -> None:
        """Of several files with the same bytes, the first is sent."""
        halves = (each for one in candidates for each in (one, one.video) if each is not None)
        renamed = history.assets_by_sum(self.folder, (each.sha1 for each in halves))
        candidates = [each for one in candidates for each in self._without_deleted(one, renamed)]
        first: dict[str, Candidate] = {}
        for candidate in candidates:
            pair = candidate.video is not None
            if not pair and candidate.sha1 in first and first[candidate.sha1].album == candidate.album:
                first[candidate.sha1].twins.append(candidate)
                candidate.close()
                continue
            first.setdefault(candidate.sha1, candidate)
        whole = set(map(id, (twin for one in first.values() for twin in one.twins)))
        for candidate in candidates:
            if id(candidate) in whole:
                continue
            existing = candidate.existing
            if existing is None or candidate.video is not None:
                self._senders.put(candidate)
                continue
            is_renamed = str(renamed.get(candidate.sha1)) == existing.asset_id
            self._finishing.queue.put(Found(candidate, existing, renamed=is_renamed))
            candidate.close()

    def _without_deleted(self, candidate: Candidate, renamed: Mapping[str, uuid.UUID]) -> Iterator[Candidate]:
        """The file, and its moving half by itself where one of the two was deleted by its owner since: a new name is no
        reason to bring it back, nor has Immich what to file or to link."""
        video = candidate.video
        deleted = [each for each in (candidate, video) if each and each.existing is None and each.sha1 in renamed]
        for each in deleted:
            each.existing, each.album = Existing(str(renamed[each.sha1]), is_trashed=False), ""
        if deleted and video is not None:
            candidate.video = None
            yield video
        yield candidate

    def _foresee(self, candidates: list[Candidate]) -> None:
        """A dry run's end of the way."""
        for one in candidates:
            for each in filter(None, (one.video, one)):
                outcome = (
                    "would_send" if each.existing is None else "trashed" if each.existing.is_trashed else "duplicate"
                )
                asset_id = each.existing.asset_id if each.existing else ""
                self.outcomes.add([OutcomeLine(each.seen.path, outcome, "", each.seen.size, asset_id, each.album)])
            one.close()

    # Trouble

    def _wait_for(self, seen: Seen) -> None:
        with self._lock:
            self._later.append(seen)

    def _put_off(self, candidate: Candidate) -> None:
        for each in (candidate, *candidate.twins):
            self._wait_for(each.seen)

    def _again(self, candidate: Candidate) -> bool:
        """Immich took it and does not have it: once more in this run. Whether it is."""
        with self._lock:
            if candidate.seen.path in self._tried:
                return False
            self._tried.add(candidate.seen.path)
            self._later += [each.seen for each in (candidate, *candidate.twins)]
            return True

    def _trouble(self, path: str, error: OSError) -> None:
        """A folder that can't be listed, or a file that can't be looked at."""
        self.outcomes.add([OutcomeLine(path or ".", "failed", f"It can't be read: {error.strerror}.")])

    def _give_up(self, error: Exception) -> None:
        """The first reason counts; the others follow from it."""
        with self._lock:
            if self._error is None and not isinstance(error, StoppedError):
                self._error = error
        self.line.stopping.set()

    def _write(self, summary: Summary) -> None:
        Outcome = SyncFolder.Outcome  # noqa: N806
        outcome = Outcome.SOME_FAILED if summary.failed else Outcome.DONE
        match self._error:
            case None:
                outcome = Outcome.STOPPED if summary.stopped else outcome
            case NoServerError():
                outcome, summary.message = Outcome.NO_SERVER, str(self._error)
            case AccessError() | QuotaExceeded():
                outcome, summary.message = Outcome.REFUSED, words_of(self._error)
            case _:
                outcome, summary.message = Outcome.SOME_FAILED, words_of(self._error)
        if self.options.dry_run:
            return
        self.folder.last_ended_at = timezone.now()
        self.folder.last_outcome, self.folder.last_message = outcome, summary.message[:500]
        self.folder.last_counts = summary.as_json()
        self.folder.save()
