"""Looking through a folder: every file is asked for its size and time once, and nothing is kept in memory."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import NamedTuple

# What programs call files that they have not finished, and what NAS systems put beside photos.
PARTIAL = (".part", ".partial", ".crdownload", ".download", ".tmp", ".temp", "~")
NOT_PHOTOS = ("@eaDir", "#recycle", "lost+found", "$RECYCLE.BIN", "System Volume Information")


class Seen(NamedTuple):
    """A regular file. `path`: within the folder; `size` in bytes; `mtime_ns` since 1970."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Which files are wanted. Globs are compared with the name and with the path within the folder, in any case.

    `since_ns`: only files that were changed then or later.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    since_ns: int | None = None
    recursive: bool = True
    follow_symlinks: bool = False

    def file(self, path: str, name: str) -> bool:
        """`name`: the last part of the path."""
        if not visible(name):
            return False
        if self.include and not _matches(path, name, self.include):
            return False
        return not (self.exclude and _matches(path, name, self.exclude))

    def folder(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        return self.recursive and visible(name) and not (self.exclude and _matches(path, name, self.exclude))

    def time(self, mtime_ns: int) -> bool:
        return self.since_ns is None or mtime_ns >= self.since_ns


def visible(name: str) -> bool:
    """Neither hidden, nor a download's half, nor a NAS system's own."""
    return not name.startswith(".") and not name.lower().endswith(PARTIAL) and name not in NOT_PHOTOS


def _matches(path: str, name: str, globs: Iterable[str]) -> bool:
    path, name = path.lower(), name.lower()
    return any(fnmatchcase(name, glob.lower()) or fnmatchcase(path, glob.lower()) for glob in globs)


Trouble = Callable[[str, OSError], None]


@dataclass(slots=True)
class Walk:
    """`trouble` is told of folders and files that can't be looked at. Iterating gives the wanted files as they lie."""

    root: str
    choice: Choice
    trouble: Trouble
    _entered: set[tuple[int, int]] = field(default_factory=set)

    def __iter__(self) -> Iterator[Seen]:
        return self.below("")

    def below(self, start: str) -> Iterator[Seen]:
        """The files of the folder `start` (within the root), and of those in it."""
        waiting = [start]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(os.path.join(self.root, folder)) as entries:  # noqa: PTH118
                    for entry in entries:
                        yield from self._entry(entry, f"{folder}/{entry.name}" if folder else entry.name, waiting)
            except OSError as error:
                self.trouble(folder, error)

    def one(self, path: str) -> Iterator[Seen]:
        """What lies at a path that may have changed: a file, a folder's files, or nothing."""
        parents = [str(parent) for parent in PurePosixPath(path).parents][:-1]
        if not all(self.choice.folder(parent) for parent in parents):
            return
        full = os.path.join(self.root, path)  # noqa: PTH118
        try:
            if any(os.path.islink(os.path.join(self.root, parent)) for parent in parents) and (  # noqa: PTH118, PTH114
                not self.choice.follow_symlinks
            ):
                return
            found = os.stat(full, follow_symlinks=self.choice.follow_symlinks)  # noqa: PTH116
        except OSError:
            return  # gone again
        if stat.S_ISREG(found.st_mode):
            if self.choice.file(path, path.rpartition("/")[2]) and self.choice.time(found.st_mtime_ns):
                yield Seen(path, found.st_size, found.st_mtime_ns)
        elif stat.S_ISDIR(found.st_mode) and self.choice.folder(path):
            yield from self.below(path)

    def several(self, paths: Iterable[str]) -> Iterator[Seen]:
        """What lies at paths that may have changed, each file once: a new folder is told of with all that is in it."""
        changed = set(paths)
        for path in changed:
            if changed.isdisjoint(map(str, PurePosixPath(path).parents)):
                yield from self.one(path)

    def _entry(self, entry: "os.DirEntry[str]", path: str, waiting: list[str]) -> Iterator[Seen]:
        follow = self.choice.follow_symlinks
        try:
            if entry.is_file(follow_symlinks=follow):
                if self.choice.file(path, entry.name):
                    found = entry.stat(follow_symlinks=follow)
                    if self.choice.time(found.st_mtime_ns):
                        yield Seen(path, found.st_size, found.st_mtime_ns)
            elif entry.is_dir(follow_symlinks=follow) and self.choice.folder(path) and self._new(entry):
                waiting.append(path)
        except OSError as error:
            self.trouble(path, error)

    def _new(self, entry: "os.DirEntry[str]") -> bool:
        """Links may lead in circles."""
        if not self.choice.follow_symlinks:
            return True
        found = entry.stat()
        known = (found.st_dev, found.st_ino) in self._entered
        self._entered.add((found.st_dev, found.st_ino))
        return not known
