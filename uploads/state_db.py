"""immich-drop's `state.db`, as it was left: opened without changing it, read in batches, as far as it can be read.

Its three tables and both generations of their column names are described in docs/architecture.md. Nothing here knows
what becomes of the rows (`uploads.state_rows`) or writes them (`uploads.importing`).
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

BATCH = 1000  # rows in memory at a time
PATIENCE = 20.0  # seconds, for a running immich-drop to end what it writes
WAL_FORMAT = b"\x02"  # at byte 18 of the file; https://www.sqlite.org/fileformat2.html
SIDECARS = ("-wal", "-journal")

Value = str | int | float | bytes | None
Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Table:
    """A table by the newer names of the columns that are read.

    Without one of `required` its rows make no sense; without one of `expected` something is lost, and told. The `later`
    ones are missing in files of early versions, rightly.
    """

    name: str
    required: tuple[str, ...]
    expected: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.required, *self.expected, *self.later)


INVITES = Table(
    "invites",
    required=("token",),
    expected=("album_id", "album_name", "max_uses", "used_count", "expires_at", "created_at"),
    later=(
        "claimed", "claimed_at", "password_hash", "owner_user_id", "owner_email", "owner_name", "name", "disabled",
    ),
)  # fmt: skip
UPLOADS = Table("uploads", required=("checksum", "immich_asset_id"), later=("inserted_at",))
EVENTS = Table(
    "upload_events",
    required=("token", "uploaded_at", "filename"),
    expected=("ip", "user_agent", "size", "checksum", "immich_asset_id"),
    later=("fingerprint",),
)
TABLES = (INVITES, UPLOADS, EVENTS)


class StateFileError(Exception):
    """The file is not there, or no `state.db` at all: nothing of it was read."""


class UnreadableTableError(Exception):
    """A table, or the rest of one, can't be read; the message says why."""


@contextmanager
def opened(path: Path) -> Iterator["StateFile"]:
    """The file at `path`, as it is at one moment. Raises StateFileError."""
    with ExitStack() as stack:
        try:
            connection = sqlite3.connect(_address(path, stack), uri=True, timeout=PATIENCE, isolation_level=None)
            stack.enter_context(closing(connection))
            connection.text_factory = lambda text: text.decode(errors="replace")
            # Without it a file whose end is missing is not opened at all, also not for the rows that are there.
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("BEGIN")
            tables = {
                str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
        except OSError as error:
            raise StateFileError(f"{path} can't be read: {error.strerror or error}.") from error
        except sqlite3.Error as error:
            raise StateFileError(f"{path} can't be read as a SQLite database: {error}.") from error
        if tables.isdisjoint(table.name for table in TABLES):
            raise StateFileError(f"{path} is no state.db of immich-drop: it has none of its tables.")
        yield StateFile(connection, tables)


def _address(path: Path, stack: ExitStack) -> str:
    """The URI of a database that can be read without writing beside it: `path`, or a copy until `stack` ends.

    SQLite makes files beside one in WAL mode even to read it, and can't read what a crash left half written without
    rolling it back. `immutable=1` would do neither and give wrong rows: it leaves out what stands in the WAL.
    """
    with path.open("rb") as file:
        in_wal_mode = file.read(19)[18:] == WAL_FORMAT
    beside = [each for each in (path.with_name(path.name + ending) for ending in SIDECARS) if each.exists()]
    if not in_wal_mode and not any(each.stat().st_size for each in beside):
        return f"{path.resolve().as_uri()}?mode=ro"
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="immich-drop-")))
    for each in (path, *beside):
        shutil.copyfile(each, folder / each.name)
    return f"{(folder / path.name).as_uri()}?mode=rw"


class StateFile:
    """What can be read of an opened file."""

    def __init__(self, connection: sqlite3.Connection, tables: set[str]) -> None:
        self._connection = connection
        self._tables = tables

    def count(self, table: Table) -> int | None:
        """The table's rows, None when they can't be counted."""
        if table.name not in self._tables:
            return None
        try:
            (count,) = self._connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()  # noqa: S608
        except sqlite3.Error:
            return None
        return int(count)

    def missing(self, table: Table) -> list[str]:
        """The table's expected columns that are not there. Raises UnreadableTableError, also without the required."""
        there = self._columns(table)
        if lacking := [name for name in table.required if name not in there]:
            raise UnreadableTableError(f"it has no column {', '.join(lacking)}")
        return [name for name in table.expected if name not in there]

    def batches(self, table: Table) -> Iterator[list[Row]]:
        """The rows, `BATCH` at a time, by the newer names of their columns; those that are not there are missing.

        Raises UnreadableTableError where the file is damaged, after what could be read before it.
        """
        columns = self._columns(table)
        wanted = ", ".join('"{}"'.format(name.replace('"', '""')) for name in columns.values())
        batch: list[Row] = []
        damage: sqlite3.Error | None = None
        try:
            for row in self._connection.execute(f"SELECT {wanted} FROM {table.name}"):  # noqa: S608
                batch.append(dict(zip(columns, row, strict=True)))
                if len(batch) == BATCH:
                    yield batch
                    batch = []
        except sqlite3.Error as error:
            damage = error
        if batch:
            yield batch
        if damage:
            raise UnreadableTableError(str(damage)) from damage

    def _columns(self, table: Table) -> dict[str, str]:
        """The table's columns that are read: our names, and the file's. Later versions left the underscores out."""
        if table.name not in self._tables:
            raise UnreadableTableError("it is not there")
        try:
            named = [str(row[1]) for row in self._connection.execute(f"PRAGMA table_info({table.name})")]
        except sqlite3.Error as error:
            raise UnreadableTableError(str(error)) from error
        bare = {name.lower().replace("_", ""): name for name in named}
        return {name: bare[name.replace("_", "")] for name in table.columns if name.replace("_", "") in bare}
