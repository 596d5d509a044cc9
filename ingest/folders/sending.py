"""The threads that send files, several at a time, each over a connection of its own."""

import logging
import queue
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connections

from immichdrop.immich import (
    AccessError,
    AssetUpload,
    Existing,
    FileUnreadable,
    ImmichError,
    NotFound,
    QuotaExceeded,
    Rejected,
    TooLarge,
    Uploaded,
)
from ingest.folders.candidate import Candidate
from ingest.folders.network import Line, NoServerError, StoppedError
from ingest.folders.outcomes import Report

logger = logging.getLogger("ingest.folders")

AHEAD = 64  # files that are open and wait for their turn


@dataclass(frozen=True, slots=True)
class Sent:
    """Immich took the bytes."""

    candidate: Candidate
    uploaded: Uploaded


@dataclass(frozen=True, slots=True)
class Found:
    """Immich has it. `made`: by our sending it in this run; `renamed`: the history had it under another name."""

    candidate: Candidate
    existing: Existing
    made: bool = False
    renamed: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """`refused`: for good, until the file changes."""

    candidate: Candidate
    message: str
    refused: bool = False


Step = Sent | Found | Failed
# What no other file would fare better with: the run ends.
FATAL = (AccessError, QuotaExceeded, NoServerError, StoppedError)


class Senders:
    """`done` is given every step, `put_off` what changed before it was sent; `give_up` is told why a run can't go on.
    Candidates are closed here."""

    def __init__(
        self,
        line: Line,
        threads: int,
        report: Report,
        done: Callable[[Step], None],
        put_off: Callable[[Candidate], None],
        give_up: Callable[[Exception], None],
    ) -> None:
        self.line = line
        self.report = report
        self.done = done
        self.put_off = put_off
        self.give_up = give_up
        self.queue: queue.Queue[Candidate | None] = queue.Queue(AHEAD)  # None: a thread's end
        self._threads = [
            threading.Thread(target=self._run, name=f"folder-sending-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, candidate: Candidate) -> None:
        self.queue.put(candidate)

    def end(self) -> None:
        """Returns when everything was sent or given up."""
        for _ in self._threads:
            self.queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        try:
            while (candidate := self.queue.get()) is not None:
                try:
                    self._take(candidate)
                finally:
                    candidate.close()
                    self.queue.task_done()
        finally:
            self.line.close_own()
            connections.close_all()

    def _take(self, candidate: Candidate) -> None:
        if self.line.stopping.is_set():
            return
        try:
            if candidate.video is not None:
                candidate.video_id = self._video(candidate.video)
            self._step(candidate)
        except FATAL as error:
            self.give_up(error)
        except Exception as error:  # whatever it is: a thread that ends would let the run wait for ever
            logger.exception("event=own_fault")
            self.done(Failed(candidate, f"An error in Immich Drop ({type(error).__name__}); see its log."))

    def _video(self, video: Candidate) -> uuid.UUID | None:
        """The asset of a live photo's moving half, which has to be there first."""
        if video.existing is not None:
            self.done(Found(video, video.existing))
            return None if video.existing.is_trashed else uuid.UUID(video.existing.asset_id)
        uploaded = self._step(video)
        return uuid.UUID(uploaded.id) if uploaded else None

    def _step(self, candidate: Candidate) -> Uploaded | None:
        if candidate.existing is not None:
            self.done(Found(candidate, candidate.existing))
            return None
        if not candidate.unchanged():
            # It stood in line since it was summed up: half of what is there now is nobody's photo.
            self.put_off(candidate)
            return None
        try:
            uploaded = self._upload(candidate)
        except FATAL:
            raise
        except TooLarge:
            # Not for good: at home there is none in between.
            self.done(Failed(candidate, "A proxy in front of Immich limits the size of files (413)."))
        except Rejected as error:
            self.done(Failed(candidate, f"Immich refused the file: {error.reason}", refused=True))
        except ImmichError as error:
            self.done(Failed(candidate, f"Immich did not take it: {error.reason}"))
        except FileUnreadable as error:
            if candidate.unchanged():
                self.done(Failed(candidate, f"It can't be read: {error}"))
            else:
                self.put_off(candidate)
        else:
            self.done(Sent(candidate, uploaded))
            return uploaded
        return None

    def _upload(self, candidate: Candidate) -> Uploaded:
        try:
            return self.line.ask(lambda immich: immich.upload(self._asset(candidate)))
        except NotFound:
            if candidate.video_id is None:
                raise
        candidate.video_id = None  # its owner deleted the moving half since
        return self.line.ask(lambda immich: immich.upload(self._asset(candidate)))

    def _asset(self, candidate: Candidate) -> AssetUpload:
        told = 0

        def progress(sent: int) -> None:
            nonlocal told
            if self.line.stopping.is_set():
                raise StoppedError
            self.report.sending(sent - told)
            told = sent

        return AssetUpload(
            filename=candidate.filename,
            size=candidate.seen.size,
            open=candidate.open,
            created_at=candidate.taken,
            # The same in both, as deliveries have it.
            modified_at=candidate.taken,
            sha1=candidate.sha1,
            on_progress=progress,
            sidecar=candidate.sidecar,
            live_video_id=str(candidate.video_id) if candidate.video_id else None,
        )
