"""The sandbox's memory of tags."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from . import rows
from .database import Database, now
from .records import StoredTag


class TagStore(Database):
    def upsert_tag(self, path: str) -> StoredTag | None:
        """The tag at this path, made with all above it if need be. None if no level has a name."""
        found: StoredTag | None = None
        for level in filter(None, path.split("/")):
            value = f"{found.value}/{level}" if found else level
            with self._transaction() as database:
                database.execute(
                    "INSERT INTO tag VALUES (?, ?, ?, ?, ?) ON CONFLICT (value) DO NOTHING",
                    [str(uuid4()), value, found.id if found else None, now(), now()],
                )
                found = rows.tag(database.execute("SELECT * FROM tag WHERE value = ?", [value]).fetchone())
        return found

    def tag(self, tag_id: str) -> StoredTag | None:
        found = self._rows("SELECT * FROM tag WHERE id = ?", [tag_id])
        return rows.tag(found[0]) if found else None

    def tags(self) -> list[StoredTag]:
        """In the order of their paths."""
        return [rows.tag(row) for row in self._rows("SELECT * FROM tag ORDER BY value")]

    def tags_of(self, asset_id: str) -> list[StoredTag]:
        query = "SELECT tag.* FROM tag JOIN tag_asset ON tag_id = tag.id WHERE asset_id = ? ORDER BY value"
        return [rows.tag(row) for row in self._rows(query, [asset_id])]

    def tag_assets(self, tag_id: str, asset_ids: Sequence[str]) -> list[str | None]:
        """What became of each: see `_put_into`."""
        return self._put_into("tag", tag_id, asset_ids)

    def delete_tag(self, tag_id: str) -> None:
        """And all below it."""
        with self._transaction() as database:
            database.execute("DELETE FROM tag WHERE id = ?", [tag_id])
