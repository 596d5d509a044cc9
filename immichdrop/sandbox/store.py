"""The sandbox's memory: a SQLite file, and the originals beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from . import rows
from .account import random_text
from .database import now
from .records import Account, ApiKey, StoredAsset
from .store_album_users import AlbumUserStore
from .store_albums import AlbumStore
from .store_libraries import LibraryStore
from .store_shared_links import SharedLinkStore
from .store_stacks import StackStore
from .store_tags import TagStore


class Store(AlbumStore, AlbumUserStore, SharedLinkStore, TagStore, StackStore, LibraryStore):
    """Keys, sessions and assets, and what it inherits."""

    def __init__(self, directory: Path, account: Account) -> None:
        super().__init__(directory)
        self.account = account
        self.originals = directory / "originals"
        self.incoming = directory / "incoming"
        self.thumbnails = directory / "thumbnails"
        for folder in (self.originals, self.incoming, self.thumbnails):
            folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.incoming.iterdir():
            leftover.unlink()
        self._keep_key("all", ("all",), account.api_key)

    def clear(self) -> None:
        """Forget everything but the account and its key."""
        self.remove_assets([asset.id for asset in self.assets()])
        with self._transaction() as database:
            for table in ("shared_link", "album", "user", "tag", "stack", "library", "session", "api_key"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608 (our own names)
        self._keep_key("all", ("all",), self.account.api_key)

    # Keys and sessions

    def create_key(self, name: str, permissions: Sequence[str]) -> tuple[ApiKey, str]:
        """A new key and its secret, which is not kept."""
        secret = random_text()
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
        token = random_text()
        with self._transaction() as database:
            database.execute("INSERT INTO session VALUES (?)", [_digest(token)])
        return token

    def has_session(self, token: str) -> bool:
        query = "SELECT 1 FROM session WHERE token_sha256 = ?"
        return bool(self._rows(query, [_digest(token)]))

    def count_sessions(self) -> int:
        return int(self._rows("SELECT count(*) AS number FROM session")[0]["number"])

    def delete_session(self, token: str) -> None:
        with self._transaction() as database:
            database.execute("DELETE FROM session WHERE token_sha256 = ?", [_digest(token)])

    # Assets

    def add_asset(self, asset: StoredAsset) -> str:
        """Keep an asset, and say its id. The same bytes are kept once: then it is the first's id,
        however many come at the same moment."""
        columns, marks = ", ".join(rows.ASSET_COLUMNS), ", ".join("?" * len(rows.ASSET_COLUMNS))
        with self._transaction() as database:
            added = database.execute(
                f"INSERT INTO asset ({columns}) VALUES ({marks}) ON CONFLICT (sha1) DO NOTHING",  # noqa: S608
                rows.asset_values(asset, self.directory),
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
        return [rows.asset(row, self.directory) for row in found]

    def used_bytes(self) -> int:
        return int(self._rows("SELECT coalesce(sum(size), 0) AS used FROM asset")[0]["used"])

    def update_assets(self, asset_ids: Iterable[str], changes: Mapping[str, object]) -> None:
        """Set these columns of each of them."""
        changed = {**changes, "updated_at": datetime.now(UTC)}
        assignments = ", ".join(f"{name} = ?" for name in changed)
        values = [rows.column(value, self.directory) for value in changed.values()]
        with self._transaction() as database:
            for asset_id in asset_ids:
                database.execute(f"UPDATE asset SET {assignments} WHERE id = ?", [*values, asset_id])  # noqa: S608

    def restore(self, asset_ids: Iterable[str] | None = None) -> int:
        """Take out of the trash: these, or all. How many were in it. What was deleted by force is lost."""
        wanted = [asset.id for asset in self.assets()] if asset_ids is None else asset_ids
        with self._transaction() as database:
            return sum(
                database.execute(
                    "UPDATE asset SET is_trashed = 0, updated_at = ? WHERE id = ? AND is_trashed AND NOT is_deleted",
                    [now(), asset_id],
                ).rowcount
                for asset_id in wanted
            )

    def run_jobs(self) -> None:
        """What Immich does a moment later: remove what was deleted by force, and a live photo's video with it."""
        doomed = self._rows(
            "SELECT id FROM asset WHERE is_deleted UNION SELECT live_photo_video_id FROM asset"
            " WHERE is_deleted AND live_photo_video_id IS NOT NULL"
        )
        self.remove_assets(str(row["id"]) for row in doomed)

    def remove_assets(self, asset_ids: Iterable[str]) -> None:
        """At once, with their files, unless these lie in an external library."""
        for asset_id in asset_ids:
            gone = self.asset(asset_id)
            with self._transaction() as database:
                database.execute("DELETE FROM asset WHERE id = ?", [asset_id])
            if gone is not None and gone.library_id is None:
                gone.path.unlink(missing_ok=True)
                if gone.sidecar is not None:
                    gone.sidecar.unlink(missing_ok=True)

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

    def _one(self, query: str, value: str) -> StoredAsset | None:
        found = self._rows(query, [value])
        return rows.asset(found[0], self.directory) if found else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
