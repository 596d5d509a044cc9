"""The sandbox's memory: a SQLite file, and the originals beside it."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from uuid import uuid4

from . import rows
from .records import Account, ApiKey, StoredAlbum, StoredAsset


class Store:
    """May be used from any thread. Everything is committed when a method returns."""

    def __init__(self, directory: Path, account: Account) -> None:
        self.account = account
        self._directory = directory
        self.originals = directory / "originals"
        self.incoming = directory / "incoming"
        self.thumbnails = directory / "thumbnails"
        for folder in (self.originals, self.incoming, self.thumbnails):
            folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.incoming.iterdir():
            leftover.unlink()
        self._lock = Lock()
        self._database = sqlite3.connect(directory / "sandbox.sqlite3", check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        self._database.execute("PRAGMA foreign_keys=ON")
        self._database.executescript(rows.SCHEMA)
        self._keep_key("all", ("all",), account.api_key)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def clear(self) -> None:
        """Forget everything but the account and its key."""
        self.delete_assets([asset.id for asset in self.assets()])
        with self._transaction() as database:
            for table in ("album", "session", "api_key"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608 (our own names)
        self._keep_key("all", ("all",), self.account.api_key)

    # Keys and sessions

    def create_key(self, name: str, permissions: Sequence[str]) -> tuple[ApiKey, str]:
        """A new key and its secret, which is not kept."""
        secret = secrets.token_urlsafe(32)
        return self._keep_key(name, tuple(permissions), secret), secret

    def key(self, secret: str) -> ApiKey | None:
        found = self._rows("SELECT * FROM api_key WHERE secret_sha256 = ?", [_digest(secret)])
        return rows.key(found[0]) if found else None

    def all_keys(self) -> list[ApiKey]:
        """Newest first."""
        return [rows.key(row) for row in self._rows("SELECT * FROM api_key ORDER BY created_at DESC")]

    def delete_key(self, key_id: str) -> bool:
        with self._transaction() as database:
            return database.execute("DELETE FROM api_key WHERE id = ?", [key_id]).rowcount == 1

    def create_session(self) -> str:
        token = secrets.token_urlsafe(32)
        with self._transaction() as database:
            database.execute("INSERT INTO session VALUES (?)", [_digest(token)])
        return token

    def has_session(self, token: str) -> bool:
        query = "SELECT 1 FROM session WHERE token_sha256 = ?"
        return bool(self._rows(query, [_digest(token)]))

    def delete_session(self, token: str) -> None:
        with self._transaction() as database:
            database.execute("DELETE FROM session WHERE token_sha256 = ?", [_digest(token)])

    # Assets

    def add_asset(self, asset: StoredAsset) -> str:
        """Keep an asset, and say its id. The same bytes are kept once: then it is the first's id,
        however many come at the same moment."""
        marks = ", ".join("?" * len(rows.ASSET_COLUMNS))
        with self._transaction() as database:
            added = database.execute(
                f"INSERT INTO asset VALUES ({marks}) ON CONFLICT (sha1) DO NOTHING",  # noqa: S608
                rows.asset_values(asset, self._directory),
            )
            if added.rowcount == 1:
                return asset.id
            row = database.execute("SELECT id FROM asset WHERE sha1 = ?", [asset.sha1]).fetchone()
            return str(row["id"])

    def asset(self, asset_id: str) -> StoredAsset | None:
        return self._one("SELECT * FROM asset WHERE id = ?", asset_id)

    def asset_with_sha1(self, sha1: str) -> StoredAsset | None:
        return self._one("SELECT * FROM asset WHERE sha1 = ?", sha1)

    def assets(self) -> list[StoredAsset]:
        """All of them, latest taken first."""
        found = self._rows("SELECT * FROM asset ORDER BY file_created_at DESC, id")
        return [rows.asset(row, self._directory) for row in found]

    def used_bytes(self) -> int:
        return int(self._rows("SELECT coalesce(sum(size), 0) AS used FROM asset")[0]["used"])

    def hide(self, asset_id: str) -> None:
        """The video of a live photo leaves the timeline."""
        with self._transaction() as database:
            database.execute(
                "UPDATE asset SET visibility = 'hidden', updated_at = ? WHERE id = ?",
                [_now(), asset_id],
            )

    def trash(self, asset_ids: Iterable[str], *, trashed: bool) -> int:
        """Put into the trash, or take out of it. Returns how many changed."""
        with self._transaction() as database:
            return sum(
                database.execute(
                    "UPDATE asset SET is_trashed = ?, updated_at = ? WHERE id = ? AND is_trashed != ?",
                    [trashed, _now(), asset_id, trashed],
                ).rowcount
                for asset_id in asset_ids
            )

    def delete_assets(self, asset_ids: Iterable[str]) -> None:
        for asset_id in asset_ids:
            gone = self.asset(asset_id)
            with self._transaction() as database:
                database.execute("DELETE FROM asset WHERE id = ?", [asset_id])
            if gone is not None:
                gone.path.unlink(missing_ok=True)
                if gone.sidecar is not None:
                    gone.sidecar.unlink(missing_ok=True)

    # Albums

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

    def add_to_album(self, album_id: str, asset_id: str) -> bool:
        """False if it was there already."""
        with self._transaction() as database:
            added = database.execute(
                "INSERT INTO album_asset VALUES (?, ?) ON CONFLICT DO NOTHING",
                [album_id, asset_id],
            )
            database.execute("UPDATE album SET updated_at = ? WHERE id = ?", [_now(), album_id])
            return added.rowcount == 1

    def album_assets(self, album_id: str) -> list[StoredAsset]:
        """Latest taken first; without those in the trash."""
        found = self._rows(
            "SELECT asset.* FROM asset JOIN album_asset ON asset_id = asset.id"
            " WHERE album_id = ? AND NOT is_trashed ORDER BY file_created_at DESC, asset.id",
            [album_id],
        )
        return [rows.asset(row, self._directory) for row in found]

    def album_cover(self, album_id: str) -> str | None:
        """What was put in first stands for the album."""
        query = "SELECT asset_id FROM album_asset WHERE album_id = ? ORDER BY rowid LIMIT 1"
        found = self._rows(query, [album_id])
        return str(found[0]["asset_id"]) if found else None

    def albums_of(self, asset_id: str) -> set[str]:
        found = self._rows("SELECT album_id FROM album_asset WHERE asset_id = ?", [asset_id])
        return {str(row["album_id"]) for row in found}

    def _keep_key(self, name: str, permissions: tuple[str, ...], secret: str) -> ApiKey:
        key = ApiKey(str(uuid4()), name, permissions, datetime.now(UTC))
        with self._transaction() as database:
            database.execute(
                "INSERT INTO api_key VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [
                    key.id,
                    name,
                    json.dumps(permissions),
                    key.created_at.isoformat(),
                    _digest(secret),
                ],
            )
        return key

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._database:
            yield self._database

    def _one(self, query: str, value: str) -> StoredAsset | None:
        found = self._rows(query, [value])
        return rows.asset(found[0], self._directory) if found else None

    def _rows(self, query: str, values: Sequence[str] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(query, values).fetchall()


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
