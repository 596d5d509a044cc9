"""Files on disk become assets of an external library: searched for, and scanned where a search does not find them."""

import os
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from immichdrop.immich import Asset, Forbidden, Immich, NotFound, Unavailable
from ingest.folders.network import Line, StoppedError
from ingest.icloud.steps.path_map import PathMap, folder_of
from ingest.icloud.steps.setbacks import MOST, is_about_one

PERMISSIONS = frozenset({"asset.read", "library.update"})

LOOKED_AT = 1000  # assets of a folder, a page of Immich's, before a few files are rather asked for one by one
FEW = 20  # files
LEFT_OVER = 100  # files of a folder of many pages, asked for one by one when these did not hold them


class Why(StrEnum):
    """Why a file is no asset that anything can be done with."""

    UNREADABLE_NAME = "unreadable_name"
    GONE = "gone"
    NOT_TAKEN_IN = "not_taken_in"
    OFFLINE = "offline"
    TRASHED = "trashed"
    DELETED = "deleted"
    FAILING = "failing"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Why.UNREADABLE_NAME: "Its name is no valid Unicode: Immich can't be asked for it before it is renamed.",
    Why.GONE: "The file is not in the folder any more.",
    Why.NOT_TAKEN_IN: "Immich has not taken it in yet, or leaves out files like this one.",
    Why.OFFLINE: "Immich calls it offline: it did not see the file.",
    Why.TRASHED: "It lies in Immich's trash.",
    Why.DELETED: "Immich does not have it any more.",
    Why.FAILING: "Immich fails when it is asked for it.",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long a file may take to appear (0: as long as Immich scans, or for ever where the key may not ask
    whether it does), and between two looks."""

    scan_timeout: float = 5.0
    poll_interval: float = 1.0


@dataclass(slots=True)
class Registration:
    """Path on this machine → its asset, or why there is none. `scanned`: Immich was asked to scan."""

    assets: dict[str, Asset] = field(default_factory=dict)
    missing: dict[str, Why] = field(default_factory=dict)
    scanned: bool = False


def register(
    line: Line, library_id: str, paths: Iterable[str], path_map: PathMap, patience: Patience | None = None
) -> Registration:
    """Searches for files of this machine; asks for one scan where any is not found, and waits until they are.

    While Immich scans already no other scan is asked for, so that those of many batches do not pile up; that needs
    `queue.read`, and is left to itself without it. Every file is answered for. Raises StoppedError, and whatever else
    `Line.ask` does; what was taken in until then is found by the next search.
    """
    work = _Registering(line, library_id, path_map, paths)
    work.look()
    if work.waiting:
        work.wait(patience or Patience())
    return work.done


def look_up(line: Line, asset_ids: Mapping[str, str]) -> Registration:
    """The same for files whose assets are known, by path: those that were uploaded, or registered in an earlier run."""
    done, in_a_row = Registration(), 0
    for path, asset_id in asset_ids.items():
        if line.stopping.is_set():
            raise StoppedError
        try:
            asset = line.ask(partial(_asset, asset_id))
        except NotFound:
            done.missing[path] = Why.DELETED
            continue
        except Unavailable as error:
            in_a_row += 1
            if in_a_row >= MOST or not is_about_one(line, error):
                raise
            done.missing[path] = Why.FAILING
            continue
        in_a_row = 0
        if why := _trouble(asset):
            done.missing[path] = why
        else:
            done.assets[path] = asset
    return done


class _Registering:
    """`waiting`: files that may still appear, each with its path in Immich."""

    def __init__(self, line: Line, library_id: str, path_map: PathMap, paths: Iterable[str]) -> None:
        self._line = line
        self._library_id = library_id
        self._may_ask_queue = True
        self._failing: set[str] = set()  # paths in Immich
        self.done = Registration()
        self.waiting = {path: path_map(path) for path in paths}
        for path in [each for each in self.waiting if not _is_text(each)]:
            self._give_up(path, Why.UNREADABLE_NAME)

    def look(self, *, whole: bool = True) -> None:
        """Searches for those that are waiting; unless for the `whole` of them, up to a folder that has nothing new."""
        found = self._search(set(self.waiting.values()), whole=whole)
        for path, there in list(self.waiting.items()):
            asset = found.get(there)
            why = None if asset is None else _trouble(asset)
            if asset is not None and why is None:
                self.done.assets[path] = asset
                self.done.missing.pop(path, None)
                del self.waiting[path]
            elif why is Why.TRASHED:
                self._give_up(path, why)
            elif there in self._failing:
                self._give_up(path, Why.FAILING)
            elif not os.path.lexists(path):
                self._give_up(path, Why.GONE)
            else:
                # A scan brings back what is offline.
                self.done.missing[path] = why or Why.NOT_TAKEN_IN

    def wait(self, patience: Patience) -> None:
        give_up, late = time.monotonic() + patience.scan_timeout, False
        while self.waiting and not late:
            is_over = time.monotonic() > give_up
            asks = not (self.done.scanned and patience.scan_timeout)
            is_idle = self._is_idle() if asks else None
            late = is_over if patience.scan_timeout else self.done.scanned and is_idle is True
            if not late:
                if not self.done.scanned and is_idle is not False:
                    self._line.ask(lambda immich: immich.scan(self._library_id))
                    self.done.scanned = True
                if self._line.stopping.wait(patience.poll_interval):
                    raise StoppedError
            # Thousands of folders are not all searched each second, while Immich is busy with them.
            self.look(whole=late)

    def _is_idle(self) -> bool | None:
        """Whether Immich has nothing to scan; None where the key may not ask."""
        if not self._may_ask_queue:
            return None
        try:
            return self._line.ask(Immich.library_queue).is_idle
        except Forbidden:
            self._may_ask_queue = False
            return None

    def _search(self, wanted: Collection[str], *, whole: bool) -> dict[str, Asset]:
        folders: dict[str, set[str]] = defaultdict(set)
        for path in wanted:
            folders[folder_of(path)].add(path)
        found: dict[str, Asset] = {}
        for folder, paths in folders.items():
            if self._line.stopping.is_set():
                raise StoppedError
            try:
                in_folder = self._line.ask(partial(_in_folder, self._library_id, folder, paths))
            except Unavailable as error:
                if not is_about_one(self._line, error):
                    raise
                in_folder = self._one_by_one(paths)
            if not in_folder and not whole:
                break
            found |= in_folder
        return found

    def _one_by_one(self, paths: Collection[str]) -> dict[str, Asset]:
        """Where Immich fails at a folder, as over a file in it that is nobody's here."""
        found: dict[str, Asset] = {}
        in_a_row = 0
        for path in sorted(paths):
            if self._line.stopping.is_set():
                raise StoppedError
            try:
                there = self._line.ask(partial(_at, self._library_id, path))
            except Unavailable as error:
                in_a_row += 1
                if in_a_row >= MOST or not is_about_one(self._line, error):
                    raise
                self._failing.add(path)
                continue
            in_a_row = 0
            found |= {asset.path: asset for asset in there}
        return found

    def _give_up(self, path: str, why: Why) -> None:
        self.done.missing[path] = why
        del self.waiting[path]


def _in_folder(library_id: str, folder: str, paths: Collection[str], immich: Immich) -> dict[str, Asset]:
    """Immich finds more than was asked for, so paths are compared. One search suffices for a folder, unless it holds
    many more files than are wanted."""
    left, found = set(paths), {}
    for asset in _searched(library_id, folder, left, immich):
        if asset.path in left:
            found[asset.path] = asset
            left.discard(asset.path)
    return found


def _searched(library_id: str, folder: str, left: Collection[str], immich: Immich) -> Iterator[Asset]:
    """`left` shrinks meanwhile.

    Immich orders its pages by the time that photos were taken, and photos of one time as it likes: what lies where one
    page ends may be on neither of two.
    """
    number = 0
    for number, asset in enumerate(immich.search_library(library_id, folder), 1):
        yield asset
        if not left:
            return
        if number == LOOKED_AT and len(left) <= FEW:
            for path in list(left):
                yield from immich.assets_at(library_id, path)
            return
    if number > LOOKED_AT:
        for path in list(left)[:LEFT_OVER]:
            yield from immich.assets_at(library_id, path)


def _at(library_id: str, path: str, immich: Immich) -> list[Asset]:
    return immich.assets_at(library_id, path)


def _asset(asset_id: str, immich: Immich) -> Asset:
    return immich.asset(asset_id)


def _trouble(asset: Asset) -> Why | None:
    """What is offline lies in the trash as well."""
    if asset.is_offline:
        return Why.OFFLINE
    return Why.TRASHED if asset.is_trashed else None


def _is_text(path: str) -> bool:
    """Whether its bytes are UTF-8: Immich, and JSON, know no other names."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
