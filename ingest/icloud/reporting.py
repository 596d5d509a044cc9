"""What people and programs see of a run: a bar on a terminal, plain lines elsewhere, JSON lines on demand."""

import json
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from ingest.folders.models import shown
from ingest.folders.reporting import Out
from ingest.icloud.outcomes import COUNTED, WORDS, Report, Summary, Told


class PlainReport(Report):
    """A line for each photo, and the summary's at the end."""

    def __init__(self, out: Out) -> None:
        self.out = out

    def _say(self, text: str) -> None:
        self.out.write(f"{text}\n")
        self.out.flush()

    def begins(self, directories: str, address: str) -> None:
        self._say(f"{directories} → {address}")

    def tells(self, told: Told) -> None:
        self._say(words_of(told))

    def notes(self, text: str) -> None:
        self._say(text)

    def ends(self, summary: Summary) -> None:
        self._say(f"{summary.directories}: {', '.join(counted(summary)) or 'no photos'}; {summary.seconds:.1f} s")
        if summary.message:
            self._say(summary.message)


class JsonReport(PlainReport):
    """An object on each line, with `event`: begin, photo, note, error, end."""

    def _event(self, event: str, **fields: object) -> None:
        self._say(json.dumps({"event": event, **fields}))

    def begins(self, directories: str, address: str) -> None:
        self._event("begin", directories=directories, address=address)

    def tells(self, told: Told) -> None:
        self._event("photo", path=shown(told.path), outcome=told.outcome, detail=told.detail)

    def notes(self, text: str) -> None:
        self._event("note", text=text)

    def fails(self, text: str) -> None:
        self._event("error", text=text)

    def ends(self, summary: Summary) -> None:
        self._event("end", stopped=summary.stopped, **summary.as_json())


class TerminalReport(Report):
    """A bar of the photos that are due; trouble above it, and a table at the end."""

    def __init__(self, out: TextIO) -> None:
        self.console = Console(file=out, highlight=False)
        self._progress = Progress(
            TextColumn("photos"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            console=self.console,
            transient=True,
        )
        self._task: TaskID | None = None

    def begins(self, directories: str, address: str) -> None:
        self.console.print(f"[bold]{escape(directories)}[/] → {escape(address)}")
        self._task = self._progress.add_task("", total=0)
        self._progress.start()

    def expects(self, photos: int) -> None:
        if self._task is not None:
            self._progress.update(self._task, total=(self._progress.tasks[-1].total or 0) + photos)

    def tells(self, told: Told) -> None:
        if self._task is not None:
            self._progress.advance(self._task)
        if told.outcome != "done":
            self.console.print(escape(words_of(told)))

    def notes(self, text: str) -> None:
        self.console.print(escape(text))

    def ends(self, summary: Summary) -> None:
        self.close()
        table = Table(title=escape(summary.directories), title_justify="left", show_header=False)
        table.add_column(justify="right")
        table.add_column()
        for name in COUNTED:
            if summary.counts[name]:
                table.add_row(f"{summary.counts[name]:,}", WORDS[name])
        self.console.print(table)
        self.console.print(f"{summary.seconds:.1f} s")
        if summary.message:
            self.console.print(escape(summary.message))

    def close(self) -> None:
        self._progress.stop()
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None


def words_of(told: Told) -> str:
    detail = f": {told.detail}" if told.detail else ""
    return f"{WORDS[told.outcome]}: {shown(told.path)}{detail}"


def counted(summary: Summary) -> list[str]:
    return [f"{summary.counts[name]:,} {WORDS[name]}" for name in COUNTED if summary.counts[name]]
