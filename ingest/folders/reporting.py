"""What people and programs see of a run: a bar on a terminal, plain lines elsewhere, JSON lines on demand."""

import json
import threading
from typing import Protocol, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from ingest.folders.models import shown
from ingest.folders.outcomes import COUNTED, Line, Report, Summary

WORDS = {
    "sent": "sent",
    "duplicate": "Immich had it",
    "renamed": "known by another name",
    "unchanged": "unchanged",
    "trashed": "in Immich's trash",
    "refused": "refused by Immich",
    "failed": "failed",
    "waiting": "still being written",
    "empty": "empty",
    "no_album": "not in its album",
    "would_send": "would be sent",
}


def size_words(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


class Out(Protocol):
    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class PlainReport(Report):
    """A line for each file, and the summary's at the end."""

    def __init__(self, out: Out) -> None:
        self.out = out
        self._lock = threading.Lock()

    def _say(self, text: str) -> None:
        with self._lock:
            self.out.write(f"{text}\n")
            self.out.flush()

    def begins(self, folder: str, address: str) -> None:
        self._say(f"{folder} → {address}")

    def tells(self, line: Line) -> None:
        detail = f": {line.detail}" if line.detail else ""
        self._say(f"{WORDS[line.outcome]}: {shown(line.path)}{detail}")

    def notes(self, text: str) -> None:
        self._say(text)

    def ends(self, summary: Summary) -> None:
        counted = [f"{summary.counts[name]:,} {WORDS[name]}" for name in COUNTED if summary.counts[name]]
        self._say(f"{summary.folder}: {', '.join(counted) or 'no files'}; {figures(summary)}")
        for extension, count in summary.others.most_common():
            self._say(f"not sent, no photo or video for Immich: {count:,} × {extension}")
        if summary.message:
            self._say(summary.message)


class JsonReport(PlainReport):
    """An object on each line, with `event`: begin, file, note, end."""

    def _event(self, event: str, **fields: object) -> None:
        self._say(json.dumps({"event": event, **fields}))

    def begins(self, folder: str, address: str) -> None:
        self._event("begin", folder=folder, address=address)

    def tells(self, line: Line) -> None:
        fields = {"outcome": line.outcome, "detail": line.detail, "bytes": line.size, "asset_id": line.asset_id}
        self._event("file", path=shown(line.path), album=line.album, **fields)

    def notes(self, text: str) -> None:
        self._event("note", text=text)

    def fails(self, text: str) -> None:
        self._event("error", text=text)

    def ends(self, summary: Summary) -> None:
        self._event("end", stopped=summary.stopped, **summary.as_json())


class TerminalReport(Report):
    """A bar with files, bytes, rate and the time that is left; trouble above it, and a table at the end.

    The bar is of bytes. Files that Immich has already, and those that fail, count as if they were sent.
    """

    wants_total = True

    def __init__(self, out: TextIO) -> None:
        self.console = Console(file=out, highlight=False)
        self._lock = threading.Lock()
        self._ahead = False
        self._files = self._of = 0
        self._progress = Progress(
            TextColumn("{task.fields[files]}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
            console=self.console,
            transient=True,
        )
        self._task: TaskID | None = None

    def begins(self, folder: str, address: str) -> None:
        self.console.print(f"[bold]{escape(folder)}[/] → {escape(address)}")
        self._ahead, self._files, self._of = False, 0, 0
        self._task = self._progress.add_task("", total=0, files="")
        self._update()
        self._progress.start()

    def looked_ahead(self, files: int, size: int) -> None:
        """So many files, of so many bytes, are to be looked into in all."""
        with self._lock:
            self._ahead, self._of = True, files
            self._update(total=size)

    def expects(self, files: int, size: int) -> None:
        with self._lock:
            if not self._ahead and self._task is not None:
                self._of += files
                self._update(total=(self._progress.tasks[-1].total or 0) + size)

    def sending(self, size: int) -> None:
        with self._lock:
            self._update(advance=size)

    def tells(self, line: Line) -> None:
        with self._lock:
            if line.outcome != "no_album":
                self._files += 1
            self._update(advance=0 if line.outcome == "sent" else line.size)
        if line.outcome not in ("sent", "duplicate", "renamed"):
            detail = f": {line.detail}" if line.detail else ""
            self.console.print(escape(f"{WORDS[line.outcome]}: {shown(line.path)}{detail}"))

    def notes(self, text: str) -> None:
        self.console.print(escape(text))

    def ends(self, summary: Summary) -> None:
        self.close()
        table = Table(title=escape(summary.folder), title_justify="left", show_header=False)
        table.add_column(justify="right")
        table.add_column()
        for name in COUNTED:
            if summary.counts[name]:
                table.add_row(f"{summary.counts[name]:,}", WORDS[name])
        for extension, count in summary.others.most_common():
            table.add_row(f"{count:,}", escape(f"{extension}: no photo or video for Immich"))
        self.console.print(table)
        self.console.print(figures(summary))
        if summary.message:
            self.console.print(escape(summary.message))

    def close(self) -> None:
        self._progress.stop()
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None

    def _update(self, advance: float = 0.0, total: float | None = None) -> None:
        if self._task is not None:
            words = f"{self._files:,} of {self._of:,} files"
            self._progress.update(self._task, files=words, advance=advance, total=total)


def figures(summary: Summary) -> str:
    """How much, in how long, how fast."""
    rate = f", {size_words(summary.size / summary.seconds)}/s" if summary.size and summary.seconds else ""
    return f"{size_words(summary.size)} in {summary.seconds:.1f} s{rate}"
