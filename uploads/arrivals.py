"""Tells this process's delivery threads that there is something to deliver, so that they need not look all the time."""

import threading

_condition = threading.Condition()
_count = 0


def announce() -> None:
    """A file was received, or waiting ones became due."""
    global _count
    with _condition:
        _count += 1
        _condition.notify_all()


def count() -> int:
    with _condition:
        return _count


def wait(seen: int, timeout: float) -> int:
    """Returns when something arrived since `seen` was counted, or after `timeout` seconds; the new count."""
    with _condition:
        _condition.wait_for(lambda: _count != seen, timeout)
        return _count
