"""The end of a lane: what was sent is verified, put into its album and confirmed, many files at a time."""

import logging
import queue
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from uploads import delivery, extras, progress, setbacks
from uploads.delivery import Found, Sent
from uploads.line import Line
from uploads.models import Upload

logger = logging.getLogger(__name__)

GATHER = 0.05  # seconds that sent files wait for others, to be verified together
ALBUM_GATHER = 1.0  # seconds that verified files wait for others, to go into the album together
ALBUM_PAUSE = 0.2  # seconds between two additions to albums, though there be no others to wait for
ALBUM_MOST = 500  # files that do so
T = TypeVar("T")
Step = Found | Sent


class Finishing:
    """Nothing waits for company that can't come: when no other file is on its way, all is done at once.

    But for `ALBUM_PAUSE`: when files are done with as fast as they come, none of them is ever on its way with others.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.queue: queue.Queue[Step | None] = queue.Queue()  # None: nothing comes any more
        self._verified: list[Found] = []
        self._oldest = 0.0  # of these, when it came
        self._settled_at = 0.0

    def run(self) -> None:
        last = False
        while not last:
            batch, last = self._gather()
            self.finish(batch, flush=last)

    def finish_all(self) -> None:
        """Finishes what has come, in the calling thread."""
        batch = []
        while not self.queue.empty():
            if each := self.queue.get():
                batch.append(each)
        self.finish(batch, flush=True)

    def finish(self, batch: Sequence[Step], *, flush: bool) -> None:
        """Verifies what was sent, and confirms what is in Immich: with `flush` or when it is time."""
        before, self._verified = self._verified, []
        with self.line.all_or_none([each.upload for each in (*before, *batch)]):
            if batch and not before:
                self._oldest = time.monotonic()
            verified = [*before, *(each for each in batch if isinstance(each, Found))]
            sent = [each for each in batch if isinstance(each, Sent)]
            for of_account in groups(sent, lambda each: each.upload.account_id):
                verified += self._verify(of_account)
            if flush or self._is_time(len(verified)):
                for of_album in groups(verified, lambda each: str(delivery.wish_of(each.upload))):
                    self._settle(of_album)
                    self._settled_at = time.monotonic()
                verified = []
            self._verified = verified

    def _gather(self) -> tuple[list[Step], bool]:
        """What came to be finished; and whether it was the last."""
        batch: list[Step] = []
        patience = max(0.0, self._album_at(len(self._verified)) - time.monotonic()) if self._verified else None
        while True:
            try:
                each = self.queue.get(timeout=patience)
            except queue.Empty:
                return batch, False
            if each is None:
                return batch, True
            batch.append(each)
            everything = len(batch) + len(self._verified) >= len(self.line.hand)
            patience = 0.0 if everything or len(batch) >= ALBUM_MOST else GATHER

    def _is_time(self, verified: int) -> bool:
        return verified >= ALBUM_MOST or time.monotonic() >= self._album_at(verified)

    def _album_at(self, verified: int) -> float:
        """When so many are to be put into albums."""
        latest = self._oldest + ALBUM_GATHER
        return min(latest, self._settled_at + ALBUM_PAUSE) if verified >= len(self.line.hand) else latest

    def _verify(self, sent: list[Sent]) -> list[Found]:
        uploads = [each.upload for each in sent]
        found: list[Found] = []
        with self.line.minding(uploads, setbacks.of_questions):
            found, vanished = delivery.verify(sent, self.line.client(uploads[0].account))
            setbacks.of_vanishing(vanished)
            self._let_go(vanished)
        return found

    def _settle(self, found: list[Found]) -> None:
        uploads = [each.upload for each in found]
        with self.line.minding(uploads, setbacks.of_questions):
            confirmed = delivery.settle(found, self.line.client(uploads[0].account), extras.add)
            self.line.reach.worked()
            for upload in confirmed:
                logger.info("upload=%s outcome=%s attempt=%d", upload.pk, upload.status, upload.attempts)
            self._let_go(uploads)

    def _let_go(self, uploads: Sequence[Upload]) -> None:
        self.line.hand.let_go(uploads)
        for upload in uploads:
            progress.publish(upload)


def groups(items: Sequence[T], key: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """The items that have the same key, together."""
    for _, group in groupby(sorted(items, key=lambda item: str(key(item))), key):
        yield list(group)
