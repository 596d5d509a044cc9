"""Paths of this machine as Immich knows them: a container sees a folder under another name."""

import ntpath
import os
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from ingest.icloud.steps.sizes import OptionError

OPTION = "--path-map"
_DRIVE = re.compile(r"[A-Za-z]:(?:[\\/]|$)|\\\\")
# What icloudpd fills in: the beginning of `{:%Y}`, or `%Y` within one. A bare sign is a part of a name.
_DATE = re.compile(r"\{\w*:|%[A-Za-z]")
# The sign between two absolute paths: one within a name is not followed by the start of a path.
_BETWEEN = re.compile(r"=(?=/|[A-Za-z]:[\\/]|\\\\)")


@dataclass(frozen=True, slots=True)
class _Pair:
    host: str
    immich: str


class PathMap:
    """`rules`: `HOST=IMMICH` each; the longest HOST that a path lies under is exchanged. Raises OptionError.

    IMMICH may be a path of Windows: then the separators are exchanged as well.
    """

    def __init__(self, rules: Sequence[str] = ()) -> None:
        pairs = [_read(rule) for rule in rules]
        self._pairs = sorted(pairs, key=lambda pair: len(pair.host), reverse=True)
        doubled = {pair.host for pair in pairs if sum(pair.host == each.host for each in pairs) > 1}
        if doubled:
            raise OptionError(f"{OPTION}: {min(doubled)} is given more than once.")

    def __call__(self, path: str) -> str:
        """The path as Immich has it; the same where no rule is about it."""
        for pair in self._pairs:
            steps = steps_below(path, pair.host)
            if steps is not None:
                return _flavour(pair.immich).join(pair.immich, *steps) if steps else pair.immich
        return path


def steps_below(path: str, top: str) -> list[str] | None:
    """The names that lead from `top` to `path`, none when they are the same; None when it lies elsewhere.

    By whole names: `/photos2` does not lie under `/photos`.
    """
    if _is_windows(path) != _is_windows(top):
        return None
    ours, theirs = _steps(path), _steps(top)
    fold = ntpath.normcase if _is_windows(top) else str
    if [fold(step) for step in ours[: len(theirs)]] != [fold(step) for step in theirs]:
        return None
    return ours[len(theirs) :]


def folder_of(path: str) -> str:
    """The folder a path lies in, with a separator at its end."""
    return path[: max(path.rfind(sign) for sign in ("/\\" if _is_windows(path) else "/")) + 1]


def without_dates(directory: str) -> str:
    """A download folder up to the first name that icloudpd fills in: `/photos/{:%Y}/all` is `/photos`.

    A folder that is there is meant as it is called, also with `%` in its name.
    """
    parts = directory.split("/")
    for number, part in enumerate(parts):
        if _DATE.search(part) and not os.path.isdir("/".join(parts[: number + 1])):  # noqa: PTH112
            return _normal("/".join(parts[:number]) or ("/" if directory.startswith("/") else "."))
    return _normal(directory)


def _read(rule: str) -> _Pair:
    match _BETWEEN.split(rule, maxsplit=1):
        case [host, immich] if host.startswith("/") and _is_absolute(immich):
            return _Pair(_normal(host), _normal(immich))
    raise OptionError(
        f"{OPTION}: {rule!r} is not HOST=IMMICH with two absolute paths, like /home/ada/iCloud=/mnt/iCloud."
    )


def _normal(path: str) -> str:
    return str(_flavour(path).normpath(path))


def _steps(path: str) -> list[str]:
    """The drive, or nothing, and every name of a path."""
    normal = _normal(path)
    drive, rest = _flavour(normal).splitdrive(normal)
    return [drive, *(step for step in rest.split(_flavour(normal).sep) if step)]


def _flavour(path: str) -> ModuleType:
    return ntpath if _is_windows(path) else posixpath


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or _is_windows(path)


def _is_windows(path: str) -> bool:
    return _DRIVE.match(path) is not None
