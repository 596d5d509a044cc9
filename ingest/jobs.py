"""One job at a time in one folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


class BusyError(Exception):
    """Another process goes through this folder. Its words are for people."""


@contextmanager
def alone(name: str, words: str, *, dry_run: bool = False) -> Iterator[None]:
    """Two at once would do no harm but do everything twice. `name`: what the lock is called in `DATA_DIR`; `words`:
    those of the BusyError. A dry run minds nobody."""
    if dry_run:
        yield
        return
    with (settings.DATA_DIR / f"{name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(words) from error
        yield
