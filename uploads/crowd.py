"""A crowd's bodies are read by turns, so that everybody else on the server's loop is answered meanwhile.

A hundred guests who send as fast as they can keep the loop busy with nothing but their bytes. So only a few bodies are
read at a time, a block of each. Who waits for a slow peer gives the place up and goes on without one: it costs nothing.
"""

import asyncio
import time
from types import TracebackType
from weakref import WeakKeyDictionary

RUSH = 30_000_000  # bytes a second, from which on receiving keeps this machine busy
WINDOW = 0.1  # seconds that these are counted over
AT_ONCE = 2  # bodies that are read at the same moment
PATIENCE = 0.05  # seconds that a place is kept for a peer whose bytes don't come


class Inflow:
    """How fast bytes come in. Noted on the server's loop, asked about by any thread."""

    def __init__(self) -> None:
        self._began = self._bytes = 0.0
        self._before = 0.0  # bytes a second in the window before

    def note(self, count: int) -> None:
        now = time.monotonic()
        elapsed = now - self._began
        if elapsed >= WINDOW:
            self._before = self._bytes / elapsed
            self._began, self._bytes = now, 0.0
        self._bytes += count

    def rushing(self) -> bool:
        lately = time.monotonic() - self._began < 2 * WINDOW
        return lately and max(self._before, self._bytes / WINDOW) >= RUSH


_inflow = Inflow()
note, rushing = _inflow.note, _inflow.rushing


class Crowd:
    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._places = asyncio.Semaphore(at_once)

    def place(self) -> "Place":
        """A body's place, which it holds while a block of it is read: `async with place: ...`, again and again."""
        return Place(self._places, self.patience)


class Place:
    def __init__(self, places: asyncio.Semaphore, patience: float) -> None:
        self._places = places
        self._patience = patience
        self._held = False

    async def __aenter__(self) -> None:
        await self._places.acquire()
        self._held = True
        self._timer = asyncio.get_running_loop().call_later(self._patience, self._leave_to_others)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._held:
            self._timer.cancel()
            self._held = False
            self._places.release()

    def _leave_to_others(self) -> None:
        self._held = False
        self._places.release()


_crowds: WeakKeyDictionary[asyncio.AbstractEventLoop, Crowd] = WeakKeyDictionary()


def here() -> Crowd:
    """The crowd at the running loop."""
    loop = asyncio.get_running_loop()
    crowd = _crowds.get(loop)
    if crowd is None:
        crowd = _crowds[loop] = Crowd()
    return crowd
