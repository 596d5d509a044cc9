"""Receiving goes first: while bytes come in as fast as this machine takes them, files go out at a measured pace.

A guest waits for the receipt, nobody waits for the delivery, and both want the same processor. Guests on ordinary
networks hold nothing up (`crowd.rushing`), and sending to a far Immich is waiting more than work (`latency.far`).
"""

import threading
import time
from collections.abc import Callable

from immichdrop import latency
from uploads import crowd

PACE = 1 / 12  # seconds from file to file
LOOK_EVERY = 0.05  # seconds between two looks whether bytes still come in


class Precedence:
    """Shared by the threads that send."""

    def __init__(
        self,
        pace: float = PACE,
        rushing: Callable[[], bool] = crowd.rushing,
        far: Callable[[], bool] = latency.far,
    ) -> None:
        self.pace = pace
        self.rushing = rushing
        self.far = far
        self._next_at = 0.0  # monotonic seconds
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Returns when the next file may go out."""
        with self._lock:  # one after another, in the order of coming
            while self.rushing() and not self.far() and (early := self._next_at - time.monotonic()) > 0:
                time.sleep(min(early, LOOK_EVERY))
            self._next_at = time.monotonic() + self.pace


of_this_process = Precedence()
