"""What a check says, and how questions to others are asked side by side in a bounded time."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

WITHIN = 4.5  # seconds for everything that others are asked
CONNECT_TIMEOUT = 2.0
READ_TIMEOUT = 3.0
T_co = TypeVar("T_co", covariant=True)


class State(StrEnum):
    OK = "ok"
    ATTENTION = "attention"  # it works, and something is missing or will be
    BAD = "bad"  # it does not work
    UNKNOWN = "unknown"  # it could not be found out


class Part(StrEnum):
    """What a check is about; the page has a card for each."""

    IMMICH = "immich"
    KEY = "key"
    SERVER_IMMICH = "server_immich"  # that of the environment, where the host has another one
    QUEUE = "queue"
    SERVER = "server"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Check:
    """A line: `seen` is what was found, `advice` what to do about it. Whatever is not in order has advice.

    `detail`: what it is called in Immich, such as the names of permissions.
    """

    name: str
    part: Part
    title: str
    state: State
    seen: str
    advice: str = ""
    detail: str = ""

    def __post_init__(self) -> None:
        if self.state in (State.BAD, State.ATTENTION) and not self.advice:
            raise ValueError(f"{self.name} does not say what to do")


# What stands above this package adds its own checks of the installation here, when it is loaded.
more: list[Callable[[], Iterable[Check]]] = []


class Question(Generic[T_co]):
    """Something that is asked in a thread of its own: it has an `answer`, or an `error`, or neither yet.

    It must not use the database, whose connection would stay with the thread.
    """

    def __init__(self, ask: Callable[[], T_co]) -> None:
        self.answer: T_co | None = None
        self.error: Exception | None = None
        self._ask = ask
        self.thread = threading.Thread(target=self._run, name="doctor", daemon=True)

    def _run(self) -> None:
        try:
            self.answer = self._ask()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this check's finding
            logger.debug("event=check_failed error=%s", type(error).__name__)
            self.error = error


def ask_all(questions: Sequence[Question[object]], within: float = WITHIN) -> None:
    """Asks all at once, and waits for them so many seconds at most. What takes longer ends by itself, unheard."""
    deadline = time.monotonic() + within
    for question in questions:
        question.thread.start()
    for question in questions:
        question.thread.join(max(0.0, deadline - time.monotonic()))
