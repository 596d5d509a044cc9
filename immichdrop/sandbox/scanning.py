"""The job that makes assets of the files in an external library."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from uuid import uuid4

from . import media_types, photos
from .records import StoredAsset, StoredLibrary
from .store import Store
from .versions import Api


class Scanner:
    """The queue of scans that were asked for. `is_paused`: they wait."""

    def __init__(self, store: Store, api: Api) -> None:
        self._store = store
        self._api = api
        self._wanted: list[str] = []
        self._at_work = Lock()
        self.is_paused = False

    @property
    def jobs(self) -> int:
        """v2 makes two jobs of a scan: one for the files, one for the assets (340)."""
        return len(self._wanted) * (1 if self._api.strict else 2)

    def ask_for(self, library_id: str) -> None:
        self._wanted.append(library_id)

    def forget(self) -> None:
        """What was asked for, and that they wait."""
        with self._at_work:
            self._wanted.clear()
            self.is_paused = False

    def run(self) -> None:
        """All scans that were asked for, unless they are paused."""
        with self._at_work:
            while self._wanted and not self.is_paused:
                library = self._store.library(self._wanted[0])
                if library is not None:
                    self._scan(library)
                self._wanted.pop(0)

    def _scan(self, library: StoredLibrary) -> None:
        if library.owner_id is not None:
            return  # its assets would be somebody else's, of whom none are kept here
        known = {str(asset.path): asset for asset in self._store.library_assets(library.id)}
        found = dict.fromkeys(files(library, self._api))
        for path in found:
            self._take_in(library, path, known.get(path))
        vanished = [asset.id for path, asset in known.items() if path not in found and not asset.is_offline]
        self._store.update_assets(vanished, {"is_offline": True, "is_trashed": True})
        self._store.change_library(replace(library, refreshed_at=datetime.now(UTC)))

    def _take_in(self, library: StoredLibrary, path: str, known: StoredAsset | None) -> None:
        try:
            asset = _asset(library, Path(path), self._api)
        except FileNotFoundError:
            return
        if known is None:
            self._store.add_asset(asset)
        elif known.is_offline:
            self._store.update_assets([known.id], {"is_offline": False, "is_trashed": False})
        if known is not None and known.file_modified_at != asset.file_modified_at:
            names = ("size", "file_created_at", "file_modified_at", "local_date_time", "taken_at", "time_zone")
            self._store.update_assets([known.id], {name: getattr(asset, name) for name in names})


def files(library: StoredLibrary, api: Api) -> Iterator[str]:
    """What Immich would take in: no dot files, nothing that an exclusion pattern meets."""
    excluded = [_pattern(glob) for glob in library.exclusion_patterns]
    for top in library.import_paths:
        for folder, below, names in os.walk(top):
            below[:] = sorted(name for name in below if not name.startswith("."))
            for name in sorted(names):
                path = os.path.join(folder, name)  # noqa: PTH118 (a string is what Immich keeps)
                if name.startswith(".") or not media_types.is_asset(name, api):
                    continue
                if not any(pattern.fullmatch(path) for pattern in excluded):
                    yield path


def _pattern(glob: str) -> re.Pattern[str]:
    """`**/` stands for any folders, `*` for anything within one name."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _asset(library: StoredLibrary, path: Path, api: Api) -> StoredAsset:
    """Its checksum is of the path (353)."""
    state = path.stat()
    is_video = media_types.is_video(path.name, api)
    taken = None if is_video else photos.taken(path)
    width, height = (None if is_video else photos.dimensions(path)) or (None, None)
    modified = datetime.fromtimestamp(state.st_mtime, UTC)
    moment = taken.moment if taken else modified
    now = datetime.now(UTC)
    return StoredAsset(
        id=str(uuid4()),
        name=path.name,
        sha1=hashlib.sha1(f"path:{path}".encode(), usedforsecurity=False).hexdigest(),
        size=state.st_size,
        path=path,
        sidecar=None,
        is_video=is_video,
        device_asset_id=path.name.replace(" ", ""),
        device_id="Library Import",
        file_created_at=moment,
        file_modified_at=modified,
        local_date_time=taken.wall_clock if taken else moment,
        taken_at=moment,
        time_zone=taken.time_zone if taken else None,
        width=width,
        height=height,
        duration=None,
        visibility="timeline",
        is_favorite=False,
        is_trashed=False,
        live_photo_video_id=None,
        created_at=now,
        updated_at=now,
        library_id=library.id,
    )
