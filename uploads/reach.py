"""Whether an Immich answers, as this process last saw it."""

import random
import time
from collections.abc import Callable

FIRST_PROBE = 1.0  # seconds after it stopped answering
LONGEST_PROBE = 30.0


class Reach:
    """One server. A silent one is left alone but for one probe at a time, less and less often.

    An answered probe lets deliveries go on; the pauses start from the beginning only after a delivery worked, so that
    a server which answers probes and fails deliveries is not asked in a hot loop. `clock` is in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._probe_at: float | None = None
        self._pause = FIRST_PROBE

    @property
    def silent(self) -> bool:
        return self._probe_at is not None

    def lost(self, retry_after: float | None = None) -> bool:
        """It did not answer, or wants to be left alone for so long. Whether that is new."""
        if self._probe_at is not None:
            return False
        self._put_off(retry_after or 0.0)
        return True

    def until_probe(self) -> float:
        """Seconds until it is asked again; 0 when it answers, or when that is now."""
        return 0.0 if self._probe_at is None else max(0.0, self._probe_at - self.clock())

    def probing(self) -> None:
        """It is asked now; the next probe is put off."""
        self._put_off(0.0)

    def answered(self) -> None:
        self._probe_at = None

    def worked(self) -> None:
        self._pause = FIRST_PROBE

    def _put_off(self, least: float) -> None:
        self._probe_at = self.clock() + max(least, self._pause * random.uniform(1.0, 1.2))
        self._pause = min(LONGEST_PROBE, self._pause * 2)
