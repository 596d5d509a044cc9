"""What a download's process may do, from its first moment on: little memory, one connection out, two programs.

It runs other people's code on other people's data. The limits are the kernel's; the audit hook (PEP 578) sees every
connection, look-up of a name and start of a program that Python code makes, and can't be taken away again.
"""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Collection
from pathlib import Path

# Of memory that can be written to, not of addresses: V8 (Deno) reserves many gigabytes of those and does not start
# under a limit of them. 512 MiB are too few for it too.
MEMORY = 1 << 30  # bytes
FILES = 256  # open at a time
PARENT_DIED = 1  # PR_SET_PDEATHSIG

_STARTS = ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "pty.spawn")
_TALKS = ("socket.bind", "socket.gethostbyaddr", "socket.gethostbyname", "socket.sendmsg", "socket.sendto")


class ForbiddenError(PermissionError):
    """Something that a download must not do."""


def confine(folder: Path, *, port: int, programs: Collection[str], seconds: int, largest_file: int) -> None:
    """From here on this process writes files of at most `largest_file` bytes, connects to the proxy at `port` of
    loopback alone, starts `programs` alone, and ends after `seconds`, or with whoever started it."""
    ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGKILL)
    os.chdir(folder)
    for what, most in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, largest_file),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(10)
    sys.addaudithook(_hook(port, frozenset(programs)))


def _hook(port: int, programs: frozenset[str]):  # type: ignore[no-untyped-def]  # a callback of the interpreter's
    def look(event: str, said: tuple[object, ...]) -> None:
        if event == "socket.connect":
            if said[1] != ("127.0.0.1", port):
                raise ForbiddenError(f"a connection to {said[1]!r}")
        elif event == "socket.getaddrinfo":
            if said[0] not in ("127.0.0.1", b"127.0.0.1"):
                raise ForbiddenError(f"a look-up of {said[0]!r}")
        elif event == "subprocess.Popen":
            if str(said[0]) not in programs:
                raise ForbiddenError(f"a start of {said[0]!r}")
        elif event in _STARTS or event in _TALKS:
            raise ForbiddenError(event)

    return look
