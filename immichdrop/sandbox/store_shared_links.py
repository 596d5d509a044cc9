"""The sandbox's memory of shared links."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from . import rows
from .database import Database, now
from .records import StoredAsset, StoredLink

_KEY_BYTES = 50


class SlugTaken(Exception):  # noqa: N818 (what it is, not a failure of ours)
    """Another link has it. They are compared letter by letter: `my-trip` and `MY-TRIP` are two (374)."""


class SharedLinkStore(Database):
    def create_link(
        self, album_id: str | None, asset_ids: Sequence[str], settings: Mapping[str, rows.Column]
    ) -> StoredLink:
        """To an album, or else to these assets. SlugTaken."""
        link_id = str(uuid4())
        columns = {
            "id": link_id,
            "key": secrets.token_urlsafe(_KEY_BYTES),
            "album_id": album_id,
            "created_at": now(),
            **settings,
        }
        marks = ", ".join("?" * len(columns))
        try:
            with self._transaction() as database:
                database.execute(
                    f"INSERT INTO shared_link ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
                    list(columns.values()),
                )
        except sqlite3.IntegrityError:
            raise SlugTaken from None
        self.add_to_link(link_id, asset_ids)
        return rows.link(self._rows("SELECT * FROM shared_link WHERE id = ?", [link_id])[0])

    def link(self, link_id: str) -> StoredLink | None:
        return self._link("id", link_id)

    def link_with(self, *, key: str | None = None, slug: str | None = None) -> StoredLink | None:
        """The one with this key or slug, unless it has expired."""
        found = self._link("slug", slug) if key is None else self._link("key", key)
        expired = found and found.expires_at and found.expires_at < datetime.now(UTC)
        return None if expired else found

    def links(self) -> list[StoredLink]:
        """Newest first."""
        return [rows.link(row) for row in self._rows("SELECT * FROM shared_link ORDER BY created_at DESC")]

    def album_has_link(self, album_id: str) -> bool:
        return bool(self._rows("SELECT 1 FROM shared_link WHERE album_id = ?", [album_id]))

    def change_link(self, link_id: str, settings: Mapping[str, rows.Column]) -> None:
        """Set these columns. SlugTaken."""
        assignments = ", ".join(f"{name} = ?" for name in settings)
        try:
            with self._transaction() as database:
                database.execute(
                    f"UPDATE shared_link SET {assignments} WHERE id = ?",  # noqa: S608
                    [*settings.values(), link_id],
                )
        except sqlite3.IntegrityError:
            raise SlugTaken from None

    def delete_link(self, link_id: str) -> None:
        with self._transaction() as database:
            database.execute("DELETE FROM shared_link WHERE id = ?", [link_id])

    def link_assets(self, link_id: str) -> list[StoredAsset]:
        """Of a link to single assets, earliest taken first; without those in the trash."""
        found = self._rows(
            "SELECT asset.* FROM asset JOIN shared_link_asset ON asset_id = asset.id"
            " WHERE shared_link_id = ? AND NOT is_trashed ORDER BY file_created_at, asset.created_at DESC",
            [link_id],
        )
        return [rows.asset(row, self.directory) for row in found]

    def link_shows(self, link: StoredLink, asset_id: str) -> bool:
        """Is the asset one of the link's, or in its album?"""
        holder, holder_id = ("shared_link", link.id) if link.album_id is None else ("album", link.album_id)
        query = f"SELECT 1 FROM {holder}_asset WHERE {holder}_id = ? AND asset_id = ?"  # noqa: S608
        return bool(self._rows(query, [holder_id, asset_id]))

    def add_to_link(self, link_id: str, asset_ids: Sequence[str]) -> list[str | None]:
        """What became of each: see `_put_into`."""
        return self._put_into("shared_link", link_id, asset_ids)

    def remove_from_link(self, link_id: str, asset_ids: Sequence[str]) -> list[str | None]:
        """What became of each: see `_take_from`."""
        return self._take_from("shared_link", link_id, asset_ids)

    def _link(self, column: str, value: str | None) -> StoredLink | None:
        found = self._rows(f"SELECT * FROM shared_link WHERE {column} = ?", [value or ""])  # noqa: S608
        return rows.link(found[0]) if found else None
