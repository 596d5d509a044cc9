"""What people and programs see of a run: a bar on a terminal, plain lines elsewhere, JSON lines on demand."""

from typing import TextIO

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from ingest.folders.models import shown
from ingest.icloud.outcomes import COUNTED, WORDS, Report, Summary, Told
from ingest.reports import JsonLines, Lines, Terminal, counted

_COUNTED = {name: WORDS[name] for name in COUNTED}


class PlainReport(Lines, Report):
    """A line for each photo, and the summary's at the end."""

    def begins(self, directories: str, address: str) -> None:
        self._say(f"{directories} → {address}")

    def tells(self, told: Told) -> None:
        self._say(words_of(told))

    def ends(self, summary: Summary) -> None:
        counts = [" ".join(each) for each in counted(summary.counts, _COUNTED)]
        self._say(f"{summary.directories}: {', '.join(counts) or 'no photos'}; {summary.seconds:.1f} s")
        if summary.message:
            self._say(summary.message)


class JsonReport(JsonLines, Report):
    """An object on each line, with `event`: begin, photo, note, error, end."""

    def begins(self, directories: str, address: str) -> None:
        self._event("begin", directories=directories, address=address)

    def tells(self, told: Told) -> None:
        self._event("photo", path=shown(told.path), outcome=told.outcome, detail=told.detail)

    def ends(self, summary: Summary) -> None:
        self._event("end", stopped=summary.stopped, **summary.as_json())


class TerminalReport(Terminal, Report):
    """A bar of the photos that are due; trouble above it, and a table at the end."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(
            out, TextColumn("photos"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(compact=True)
        )

    def begins(self, directories: str, address: str) -> None:
        self._begin(directories, address)

    def expects(self, photos: int) -> None:
        if self._task is not None:
            self._progress.update(self._task, total=self._add(photos))

    def tells(self, told: Told) -> None:
        if self._task is not None:
            self._progress.advance(self._task)
        if told.outcome != "done":
            self.console.print(escape(words_of(told)))

    def ends(self, summary: Summary) -> None:
        self._end(summary.directories, counted(summary.counts, _COUNTED), f"{summary.seconds:.1f} s", summary.message)


def words_of(told: Told) -> str:
    detail = f": {told.detail}" if told.detail else ""
    return f"{WORDS[told.outcome]}: {shown(told.path)}{detail}"
