"""The sandbox's memory of albums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from . import rows
from .database import Database, now
from .records import StoredAlbum, StoredAsset


class AlbumStore(Database):
    def create_album(self, name: str, description: str) -> StoredAlbum:
        """Names are not unique (457)."""
        moment = datetime.now(UTC)
        album = StoredAlbum(str(uuid4()), name, description, moment, moment)
        with self._transaction() as database:
            database.execute(
                "INSERT INTO album VALUES (?, ?, ?, ?, ?)",
                [album.id, name, description, moment.isoformat(), moment.isoformat()],
            )
        return album

    def album(self, album_id: str) -> StoredAlbum | None:
        found = self._rows("SELECT * FROM album WHERE id = ?", [album_id])
        return rows.album(found[0]) if found else None

    def albums(self) -> list[StoredAlbum]:
        """Newest first."""
        return [rows.album(row) for row in self._rows("SELECT * FROM album ORDER BY created_at DESC")]

    def delete_album(self, album_id: str) -> None:
        with self._transaction() as database:
            database.execute("DELETE FROM album WHERE id = ?", [album_id])

    def add_to_album(self, album_id: str, asset_ids: Sequence[str]) -> list[str | None]:
        """What became of each: see `_put_into`."""
        outcomes = self._put_into("album", album_id, asset_ids)
        with self._transaction() as database:
            database.execute("UPDATE album SET updated_at = ? WHERE id = ?", [now(), album_id])
        return outcomes

    def remove_from_album(self, album_id: str, asset_ids: Sequence[str]) -> list[str | None]:
        """What became of each: see `_take_from`."""
        return self._take_from("album", album_id, asset_ids)

    def album_assets(self, album_id: str) -> list[StoredAsset]:
        """Latest taken first; without those in the trash."""
        found = self._rows(
            "SELECT asset.* FROM asset JOIN album_asset ON asset_id = asset.id"
            " WHERE album_id = ? AND NOT is_trashed ORDER BY file_created_at DESC, asset.id",
            [album_id],
        )
        return [rows.asset(row, self.directory) for row in found]

    def album_cover(self, album_id: str) -> str | None:
        """What was put in first stands for the album."""
        query = "SELECT asset_id FROM album_asset WHERE album_id = ? ORDER BY rowid LIMIT 1"
        found = self._rows(query, [album_id])
        return str(found[0]["asset_id"]) if found else None

    def albums_of(self, asset_id: str) -> set[str]:
        found = self._rows("SELECT album_id FROM album_asset WHERE asset_id = ?", [asset_id])
        return {str(row["album_id"]) for row in found}
