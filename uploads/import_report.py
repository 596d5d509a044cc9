"""What an import of `state.db` read and what it did not, table by table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

MOST_COMPLAINTS = 20  # of a table, in words; all are counted


@dataclass
class TableReport:
    """One table. `error` is why it, or the rest of it, could not be read."""

    rows: int | None = None  # in the file; None: they could not be counted
    read: int = 0
    added: int = 0
    left_out: int = 0  # rightly: they say nothing that is of use here
    unread: int = 0  # rows that make no sense
    missing: list[str] = field(default_factory=list)  # columns
    complaint_count: int = 0
    complaints: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def present(self) -> int:
        """Rows that were here already."""
        return self.read - self.added - self.left_out - self.unread

    @property
    def complete(self) -> bool:
        return not (self.error or self.missing or self.complaint_count)

    def about_row(self, number: int) -> Callable[[str], None]:
        """What takes down complaints about the table's n-th row, from 1."""
        return partial(self._complain, number)

    def _complain(self, number: int, words: str) -> None:
        self.complaint_count += 1
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(f"row {number:,}: {words}")

    def describe(self, name: str) -> list[str]:
        of_all = "" if self.rows in (None, self.read) else f" of {self.rows:,}"
        counts = [f"{self.added:,} new", f"{self.present:,} here already"]
        if self.left_out:
            counts.append(f"{self.left_out:,} left out since they name no asset")
        if self.unread:
            counts.append(f"{self.unread:,} make no sense")
        return [
            f"{name}: {self.read:,}{of_all} read: {', '.join(counts)}",
            *(f"  {words}" for words in self.not_read()),
        ]

    def not_read(self) -> list[str]:
        lines = [f"{'the rest' if self.read else 'it'} can't be read: {self.error}"] if self.error else []
        lines += [f"there is no column {column}" for column in self.missing]
        lines += self.complaints
        if more := self.complaint_count - len(self.complaints):
            lines.append(f"and {more:,} more like these")
        return lines

    def as_json(self) -> dict[str, object]:
        return {
            "rows": self.rows,
            "read": self.read,
            "added": self.added,
            "present": self.present,
            "left_out": self.left_out,
            "unread": self.unread,
            "missing_columns": self.missing,
            "complaints": self.complaint_count,
            "first_complaints": self.complaints,
            "error": self.error or None,
        }


@dataclass
class Report:
    """What an import did, or what it would do."""

    tables: dict[str, TableReport] = field(default_factory=dict)
    hosts_added: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything that was there could be read."""
        return all(table.complete for table in self.tables.values())

    def not_read(self) -> list[str]:
        """What could not be read, in words, without anything secret."""
        return [f"{name}: {words}" for name, table in self.tables.items() for words in table.not_read()]

    def describe(self) -> list[str]:
        """In words, without anything secret."""
        lines = [line for name, table in self.tables.items() for line in table.describe(name)]
        return [*lines, f"hosts: {self.hosts_added:,} new"]

    def as_json(self) -> dict[str, object]:
        tables = {name: table.as_json() for name, table in self.tables.items()}
        return {"complete": self.complete, "tables": tables, "hosts_added": self.hosts_added}
