"""The sandbox's memory of other users, and of the albums that are shared with them."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from uuid import uuid4

from . import rows
from .database import Database
from .records import AlbumMember, StoredUser


class AlbumUserStore(Database):
    def create_user(self, name: str, email: str) -> StoredUser:
        user = StoredUser(str(uuid4()), name, email, datetime.now(UTC))
        with self._transaction() as database:
            values = [user.id, name, email, user.created_at.isoformat()]
            database.execute("INSERT INTO user VALUES (?, ?, ?, ?)", values)
        return user

    def users(self) -> list[StoredUser]:
        """Newest first, without the account."""
        return [rows.user(row) for row in self._rows("SELECT * FROM user ORDER BY created_at DESC")]

    def album_members(self, album_id: str) -> list[AlbumMember]:
        """In the order of their roles and names."""
        found = self._rows(
            "SELECT user.*, role FROM album_user JOIN user ON user_id = user.id"
            " WHERE album_id = ? ORDER BY role, name, user.id",
            [album_id],
        )
        return [_member(row) for row in found]

    def set_album_role(self, album_id: str, user_id: str, role: str) -> None:
        """Shares the album with this user, or changes the role."""
        with self._transaction() as database:
            database.execute(
                "INSERT INTO album_user VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role",
                [album_id, user_id, role],
            )

    def remove_album_user(self, album_id: str, user_id: str) -> None:
        with self._transaction() as database:
            database.execute("DELETE FROM album_user WHERE album_id = ? AND user_id = ?", [album_id, user_id])


def _member(row: sqlite3.Row) -> AlbumMember:
    return AlbumMember(rows.user(row), row["role"])
