"""What the commands that go through folders have in common: exit codes, signals, the log, and how options are read."""

import logging
import signal
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import CommandError

from immichdrop.logs import TextFormatter

FAILED, USAGE, NO_SERVER, INTERRUPTED = 1, 2, 75, 130  # exit codes; 75 is EX_TEMPFAIL of sysexits.h
LOG_BYTES, LOG_FILES = 5_000_000, 3


@contextmanager
def logged(name: str, path: Path, largest: int = LOG_BYTES) -> Iterator[None]:
    """What the logger `name` is told goes there, and not onto the terminal.

    The last few files of `largest` bytes are kept.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=largest, backupCount=LOG_FILES, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"--log-file: {path} can't be written: {error.strerror}.", returncode=USAGE) from error
    handler.setFormatter(TextFormatter())
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = True
        logger.removeHandler(handler)
        handler.close()


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """The first SIGINT or SIGTERM ends the run cleanly, the second at once."""
    kinds: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in kinds}

    def first(number: int, _: object) -> None:
        stop()
        signal.signal(number, before[number])

    for number in kinds:
        signal.signal(number, first)
    try:
        yield
    finally:
        for number in kinds:
            signal.signal(number, before[number])


def addresses() -> list[str]:
    """Immich's, in the order in which they are asked; those that are not set are empty."""
    return [settings.IMMICH_ADDRESSES[f"IMMICH_{name}_URL"] for name in ("LOCAL", "BASE", "EXTERNAL")]


def texts(value: object) -> list[str]:
    """An option that may be given several times."""
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def day(text: str) -> datetime:
    """A day or a moment, in `TZ` where it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date like 2026-07-01") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no number of seconds") from None
    if not 0 <= number <= 86_400:
        raise ArgumentTypeError("between 0 and 86,400 seconds")
    return number
