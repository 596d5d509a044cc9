"""Creations that come at the same moment share a commit: whoever is first takes along all that wait behind it."""

import threading
from collections import deque
from dataclasses import dataclass

from uploads import intake
from uploads.intake import Creation
from uploads.models import Upload
from uploads.receiving import disk_full_told
from uploads.spool import Spool


@dataclass(eq=False)
class _Waiting:
    creation: Creation
    outcome: Upload | BaseException | None = None


class Registry:
    """Makes the rows of one process's creations. Called by many threads."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self._waiting: deque[_Waiting] = deque()
        self._one_at_a_time = threading.Lock()

    def enter(self, creation: Creation) -> Upload:
        """Makes the file's name durable, then its row; returns that, or the one its guest made with this key before.

        Raises what `intake.create_or_find` raises, and DiskFullError.
        """
        own = _Waiting(creation)
        self._waiting.append(own)
        with self._one_at_a_time:
            if own.outcome is None:
                self._enter_all([self._waiting.popleft() for _ in range(len(self._waiting))])
        if isinstance(own.outcome, Upload):
            return own.outcome
        assert own.outcome
        raise own.outcome

    def _enter_all(self, together: list[_Waiting]) -> None:
        try:
            with disk_full_told():
                self.spool.sync_folder()
            outcomes = intake.create_together([each.creation for each in together], self.spool)
        except BaseException as error:  # whatever it is, nobody may wait for an outcome that never comes
            for each in together:
                each.outcome = error
            raise
        for each, outcome in zip(together, outcomes, strict=True):
            each.outcome = outcome
