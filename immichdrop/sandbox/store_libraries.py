"""The sandbox's memory of external libraries."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from . import rows
from .database import Database
from .records import StoredAsset, StoredLibrary


class LibraryStore(Database):
    def create_library(
        self, name: str, import_paths: Sequence[str], exclusions: Sequence[str], owner_id: str | None = None
    ) -> StoredLibrary:
        moment = datetime.now(UTC)
        paths, globs = tuple(import_paths), tuple(exclusions)
        library = StoredLibrary(str(uuid4()), name, paths, globs, moment, moment, None, owner_id)
        self._keep(library)
        return library

    def libraries(self) -> list[StoredLibrary]:
        """In the order they were made."""
        return [_library(row) for row in self._rows("SELECT * FROM library ORDER BY created_at, id")]

    def library(self, library_id: str) -> StoredLibrary | None:
        found = self._rows("SELECT * FROM library WHERE id = ?", [library_id])
        return _library(found[0]) if found else None

    def change_library(self, library: StoredLibrary) -> StoredLibrary:
        changed = replace(library, updated_at=datetime.now(UTC))
        self._keep(changed)
        return changed

    def delete_library(self, library_id: str) -> None:
        """With its assets; their files stay."""
        with self._transaction() as database:
            database.execute("DELETE FROM asset WHERE library_id = ?", [library_id])
            database.execute("DELETE FROM library WHERE id = ?", [library_id])

    def library_assets(self, library_id: str) -> list[StoredAsset]:
        found = self._rows("SELECT * FROM asset WHERE library_id = ?", [library_id])
        return [rows.asset(row, self.directory) for row in found]

    def library_assets_like(self, library_id: str, path_part: str) -> list[StoredAsset]:
        """Those with this part in their paths, in any case; latest taken first."""
        query = "SELECT * FROM asset WHERE library_id = ? AND path LIKE ? ORDER BY file_created_at DESC, id"
        return [rows.asset(row, self.directory) for row in self._rows(query, [library_id, f"%{path_part}%"])]

    def _keep(self, library: StoredLibrary) -> None:
        refreshed = None if library.refreshed_at is None else library.refreshed_at.isoformat()
        values = [
            library.id,
            library.name,
            json.dumps(library.import_paths),
            json.dumps(library.exclusion_patterns),
            library.created_at.isoformat(),
            library.updated_at.isoformat(),
            refreshed,
            library.owner_id,
        ]
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO library VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def _library(row: sqlite3.Row) -> StoredLibrary:
    refreshed = row["refreshed_at"]
    return StoredLibrary(
        id=row["id"],
        name=row["name"],
        import_paths=tuple(json.loads(row["import_paths"])),
        exclusion_patterns=tuple(json.loads(row["exclusion_patterns"])),
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        refreshed_at=None if refreshed is None else datetime.fromisoformat(refreshed),
        owner_id=row["owner_id"],
    )
