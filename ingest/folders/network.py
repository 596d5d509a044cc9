"""Which of Immich's addresses is asked, and how patiently."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from immichdrop.immich import AccessError, Immich, ImmichError, NotImmich, Unavailable

PING_SECONDS = 2.0
# No answer, or a proxy's in Immich's place (as `uploads.setbacks` has it).
_NOBODY_THERE = (None, 502, 503, 504)
T = TypeVar("T")
Connect = Callable[[str], Immich]


class NoServerError(Exception):
    """None of the addresses leads to an Immich."""


class StoppedError(Exception):
    """The run was asked to end."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`tries` of one question, `first` to `longest` seconds apart.

    `outage`: seconds that a silent Immich is waited for, asked every `probe`. `glance`: seconds between two looks at
    whether a watched folder is there.
    """

    tries: int = 5
    first: float = 1.0
    longest: float = 30.0
    outage: float = 60.0
    probe: float = 2.0
    glance: float = 0.5

    def pauses(self) -> Iterator[float]:
        for number in range(self.tries - 1):
            yield min(self.longest, self.first * 2**number)


class Network:
    """`addresses` in the order in which they are asked: the local one first. For many threads."""

    def __init__(self, addresses: Sequence[str], key: str) -> None:
        self.addresses = list(dict.fromkeys(filter(None, addresses)))
        self._key = key
        self._lock = threading.Lock()
        self._chosen_at = 0.0
        self.address: str | None = None
        self.why: list[str] = []

    def choose(self) -> str | None:
        """Asks each, the local one first, and keeps what answers as Immich does; None when none does."""
        with self._lock:
            return self._choose()

    def lost(self, address: str, since: float) -> str | None:
        """`address` did not answer at `since` (monotonic seconds): what does, if any, asked once for all threads."""
        with self._lock:
            if self._chosen_at > since or self.address not in (None, address):
                return self.address
            return self._choose()

    def _choose(self) -> str | None:
        self.why = []
        self.address = next((each for each in self.addresses if self._answers(each)), None)
        self._chosen_at = time.monotonic()
        return self.address

    def _answers(self, address: str) -> bool:
        try:
            with Immich(address, self._key, connect_timeout=PING_SECONDS, read_timeout=PING_SECONDS) as immich:
                immich.ping()
        except ImmichError as error:
            self.why.append(f"{address}: {error.reason}")
            return False
        return True


class Line:
    """Questions to whichever address answers. Each thread has clients of its own; `close_own` ends them."""

    def __init__(self, network: Network, connect: Connect, pace: Pace, stopping: threading.Event) -> None:
        self.network = network
        self.pace = pace
        self.stopping = stopping
        self._connect = connect
        self._own = threading.local()

    def ask(self, question: Callable[[Immich], T]) -> T:
        """What `question` gives. What passes is tried again; then its Unavailable is raised, as is all that stays.

        Raises NoServerError when no address answers for `Pace.outage` seconds, and StoppedError.
        """
        pauses = self.pace.pauses()
        while True:
            address = self.network.address or self._wait_for_server()
            try:
                return question(self._client(address))
            except Unavailable as error:
                pause = next(pauses, None)
                if pause is None:
                    raise
                if _is_away(error) and self._moved_from(address):
                    continue  # the other address answers: at once
                self._pause(max(pause, error.retry_after or 0.0))
            except AccessError:
                # Said by somebody else's router, perhaps, which has this address in another network.
                if len(self.network.addresses) == 1 or not self._moved_from(address):
                    raise

    def stop_here(self) -> None:
        """Raises StoppedError where the run was asked to end."""
        if self.stopping.is_set():
            raise StoppedError

    def close_own(self) -> None:
        for client in self._clients().values():
            client.close()

    def _moved_from(self, address: str) -> bool:
        """Whether another address answers as Immich does, and is asked from now on."""
        return self.network.lost(address, time.monotonic()) not in (None, address)

    def _wait_for_server(self) -> str:
        give_up = time.monotonic() + self.pace.outage
        while (address := self.network.lost("", time.monotonic())) is None:
            if time.monotonic() > give_up:
                raise NoServerError("; ".join(self.network.why))
            self._pause(self.pace.probe)
        return address

    def _pause(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise StoppedError

    def _client(self, address: str) -> Immich:
        clients = self._clients()
        if address not in clients:
            clients[address] = self._connect(address)
        return clients[address]

    def _clients(self) -> dict[str, Immich]:
        clients: dict[str, Immich] = self._own.__dict__.setdefault("clients", {})
        return clients


def _is_away(error: Unavailable) -> bool:
    return error.status in _NOBODY_THERE or isinstance(error, NotImmich)
