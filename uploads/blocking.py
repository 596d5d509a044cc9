"""Calls that block (database, disk), made from the server's event loop.

A bounded pool of threads of their own: Django's `sync_to_async` would run them all in one thread, one after another.
Each thread keeps its database connection.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

P = ParamSpec("P")
T = TypeVar("T")

# Enough to keep a disk busy. More would only stand in line for Python's one lock, before those who answer pages.
THREADS = 4
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="intake")


def _with_fresh_connection(call: Callable[[], T]) -> T:
    try:
        return call()
    except (OperationalError, InterfaceError):
        # The server may have been restarted: the next call opens a connection of its own.
        connections.close_all()
        raise


def start(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "asyncio.Future[T]":
    """Begins the call; the future is awaited, or looked at, later."""
    loop = asyncio.get_running_loop()
    return loop.run_in_executor(_pool, _with_fresh_connection, partial(function, *args, **kwargs))


async def finish(call: "asyncio.Future[T]") -> T:
    """The result of a call that was begun.

    Also when the caller is cancelled the call is waited for: a thread can't be stopped, and what it works on (an open
    file, a transaction) must not be taken away under it.
    """
    cancelled: asyncio.CancelledError | None = None
    while not call.done():
        try:
            await asyncio.wait([call])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled
    return call.result()


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await finish(start(function, *args, **kwargs))


def close_connections() -> None:
    """Closes every pool thread's database connections. For tests, which drop the database afterwards."""
    import threading

    gate = threading.Barrier(THREADS)

    def close() -> None:
        gate.wait(timeout=10)
        connections.close_all()

    for future in [_pool.submit(close) for _ in range(THREADS)]:
        future.result()
