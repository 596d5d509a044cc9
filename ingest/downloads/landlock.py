"""Linux's Landlock (landlock(7)): a process gives up files and connections for good, for itself and all that it starts.

Without any rights of its own, and where the kernel has it (5.13 and later; connections 6.7). There is no call of it in
C's library, hence the numbers, which are the same on every architecture.
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATH_BENEATH, _NET_PORT = 1, 2
_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_CONNECT_TCP = 1 << 1
_NET = 0b11  # bind and connect
_SCOPES = 0b11  # abstract sockets, signals

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Which Landlock the kernel has; 0 for none."""
    return max(0, int(_libc.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)))


def give_up(readable: Iterable[Path], writable: Iterable[Path], port: int) -> bool:
    """From here on files beneath these folders alone can be read, or written, and TCP leads to `port` alone.

    Whether the kernel has it. Raises OSError where it has, and refuses.
    """
    kernel = version()
    if not kernel:
        return False
    everything = _rights(kernel)
    attributes = struct.pack("QQQ", everything, _NET if kernel >= 4 else 0, _SCOPES if kernel >= 6 else 0)
    size = 8 if kernel < 4 else 16 if kernel < 6 else 24
    ruleset = _call(_CREATE, attributes[:size], ctypes.c_size_t(size), 0)
    for folders, rights in ((readable, _READ), (writable, everything)):
        for path in folders:
            _allow(ruleset, path, rights & everything)
    if kernel >= 4:
        _call(_ADD, ruleset, _NET_PORT, struct.pack("QQ", _CONNECT_TCP, port), 0)
    if _libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    _call(_RESTRICT, ruleset, 0)
    os.close(ruleset)
    return True


def _rights(kernel: int) -> int:
    """All rights of files that this kernel knows."""
    return (1 << (13 if kernel < 2 else 14 if kernel < 3 else 15)) - 1


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rights = rights if path.is_dir() else rights & _OF_A_FILE
        _call(_ADD, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    found = int(_libc.syscall(number, *arguments))
    if found < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return found
