"""The sandbox's SQLite file, for any thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
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
        there = {row["name"] for row in self._rows("PRAGMA table_info(asset)")}
        for name, declaration in rows.ADDED_COLUMNS.items():
            if name not in there:
                self._database.execute(f"ALTER TABLE asset ADD COLUMN {name} {declaration}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._database:
            yield self._database

    def _rows(self, query: str, values: Sequence[str] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(query, values).fetchall()


def now() -> str:
    return datetime.now(UTC).isoformat()
