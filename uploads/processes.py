"""Processes as they stand in leases, `machine:pid:`: the next start on a machine can tell which of them live."""

import os
import socket
from collections.abc import Iterable, Iterator


def own_prefix() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:"


def dead_prefixes(owners: Iterable[str], own: str) -> Iterator[str]:
    """Those of this machine whose process runs no more.

    `own` belongs to this process, which has begun nothing yet: what is under it is a dead predecessor's.
    """
    host = own.split(":")[0]
    for prefix in {f"{':'.join(owner.split(':')[:2])}:" for owner in owners if owner.startswith(f"{host}:")}:
        if prefix == own or not _runs(int(prefix.split(":")[1])):
            yield prefix


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
