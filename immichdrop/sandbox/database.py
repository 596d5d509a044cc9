"""The sandbox's SQLite file, for any thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from . import rows


class Database:
    """May be used from any thread. Everything is committed when a method returns."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = Lock()
        self._database = sqlite3.connect(directory / "sandbox.sqlite3", check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        self._database.execute("PRAGMA foreign_keys=ON")
        self._database.executescript(rows.SCHEMA)
        self._add_new_columns()

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _add_new_columns(self) -> None:
        """To a file that was made before there were these."""
        for table, columns in rows.ADDED_COLUMNS.items():
            there = {row["name"] for row in self._rows(f"PRAGMA table_info({table})")}
            for name, declaration in columns.items():
                if name not in there:
                    self._database.execute(f"ALTER TABLE {table} ADD COLUMN {name} {declaration}")

    def _put_into(self, holder: str, holder_id: str, asset_ids: Iterable[str]) -> list[str | None]:
        """Assets into an `album` or a `shared_link`, or under a `tag`. For each None, or Immich's word for why
        it is not: `duplicate`, or `no_permission` if it is unknown, in the trash or locked (270, 279, 281)."""
        put = (
            f"INSERT INTO {holder}_asset SELECT {holder}.id, asset.id FROM {holder}, asset WHERE {holder}.id = ?"  # noqa: S608
            " AND asset.id = ? AND NOT is_trashed AND visibility != 'locked' ON CONFLICT DO NOTHING"
        )
        there = f"SELECT 1 FROM {holder}_asset WHERE {holder}_id = ? AND asset_id = ?"  # noqa: S608
        outcomes: list[str | None] = []
        with self._transaction() as database:
            for asset_id in asset_ids:
                if database.execute(put, [holder_id, asset_id]).rowcount == 1:
                    outcomes.append(None)
                else:
                    known = database.execute(there, [holder_id, asset_id]).fetchone()
                    outcomes.append("duplicate" if known else "no_permission")
        return outcomes

    def _take_from(self, holder: str, holder_id: str, asset_ids: Iterable[str]) -> list[str | None]:
        """Assets out of an `album` or a `shared_link`. For each None, or `not_found` (289, 431)."""
        taking = f"DELETE FROM {holder}_asset WHERE {holder}_id = ? AND asset_id = ?"  # noqa: S608
        with self._transaction() as database:
            taken = [database.execute(taking, [holder_id, asset_id]).rowcount for asset_id in asset_ids]
        return [None if count else "not_found" for count in taken]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._database:
            yield self._database

    def _rows(self, query: str, values: Sequence[str] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(query, values).fetchall()


def now() -> str:
    return datetime.now(UTC).isoformat()
