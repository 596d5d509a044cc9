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

from ingest.downloads import landlock

# Of memory that can be written to, not of addresses: V8 (Deno) reserves many gigabytes of those and does not start
# under a limit of them. 512 MiB are too few for it too.
MEMORY = 1 << 30  # bytes
FILES = 256  # open at a time
PARENT_DIED = 1  # PR_SET_PDEATHSIG

_STARTS = ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "pty.spawn")
_TALKS = ("socket.bind", "socket.gethostbyaddr", "socket.gethostbyname", "socket.sendmsg", "socket.sendto")


# Not all of /proc: other processes' environments are there.
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc", "/sys", "/dev", "/proc/self", "/proc/cpuinfo", "/proc/meminfo"),
    *("/proc/stat", "/proc/version", "/proc/sys"),
)


class ForbiddenError(PermissionError):
    """Something that a download must not do."""


def confine(
    folder: Path,
    *,
    port: int,
    programs: Collection[str],
    seconds: int,
    largest_file: int,
    python_path: Collection[str] = (),
) -> None:
    """From here on this process writes files of at most `largest_file` bytes, connects to the proxy at `port` of
    loopback alone, starts `programs` alone, and ends after `seconds`, or with whoever started it. Where the kernel has
    Landlock it reads no file of ours either, and what it starts is held to the same."""
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
    landlock.give_up(_readable(programs, python_path), [folder, Path("/dev/null")], port)
    sys.addaudithook(_hook(port, frozenset(programs)))


def _readable(programs: Collection[str], python_path: Collection[str]) -> list[Path]:
    """What Python, its packages and the programs are made of, and what the system says of itself; nothing of ours but
    the code of downloads."""
    own = Path(__file__).resolve()
    python = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent, own.parent]
    system = [Path(path) for path in _SYSTEM]
    return [*python, *system, *map(Path, programs), *map(Path, python_path)]


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
