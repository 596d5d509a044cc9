"""What people and programs see of a run: a bar on a terminal, plain lines elsewhere, JSON lines on demand."""

import threading
from typing import TextIO

from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from ingest.folders.models import shown
from ingest.folders.outcomes import Line, Report, Summary
from ingest.reports import JsonLines, Lines, Terminal, counted

# What a summary counts, in its order.
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


class PlainReport(Lines, Report):
    """A line for each file, and the summary's at the end."""

    def begins(self, folder: str, address: str) -> None:
        self._say(f"{folder} → {address}")

    def tells(self, line: Line) -> None:
        self._say(words_of(line))

    def ends(self, summary: Summary) -> None:
        counts = [" ".join(each) for each in counted(summary.counts, WORDS)]
        self._say(f"{summary.folder}: {', '.join(counts) or 'no files'}; {figures(summary)}")
        for extension, count in summary.others.most_common():
            self._say(f"not sent, no photo or video for Immich: {count:,} × {extension}")
        if summary.message:
            self._say(summary.message)


class JsonReport(JsonLines, Report):
    """An object on each line, with `event`: begin, file, note, error, end."""

    def begins(self, folder: str, address: str) -> None:
        self._event("begin", folder=folder, address=address)

    def tells(self, line: Line) -> None:
        fields = {"outcome": line.outcome, "detail": line.detail, "bytes": line.size, "asset_id": line.asset_id}
        self._event("file", path=shown(line.path), album=line.album, **fields)

    def ends(self, summary: Summary) -> None:
        self._event("end", stopped=summary.stopped, **summary.as_json())


class TerminalReport(Terminal, Report):
    """A bar with files, bytes, rate and the time that is left; trouble above it, and a table at the end.

    The bar is of bytes. Files that Immich has already, and those that fail, count as if they were sent.
    """

    wants_total = True

    def __init__(self, out: TextIO) -> None:
        super().__init__(
            out,
            TextColumn("{task.fields[files]}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
        )
        self._lock = threading.Lock()
        self._ahead = False
        self._files = self._of = 0

    def begins(self, folder: str, address: str) -> None:
        self._ahead, self._files, self._of = False, 0, 0
        self._begin(folder, address, files="")
        self._update()

    def looked_ahead(self, files: int, size: int) -> None:
        """So many files, of so many bytes, are to be looked into in all."""
        with self._lock:
            self._ahead, self._of = True, files
            self._update(total=size)

    def expects(self, files: int, size: int) -> None:
        with self._lock:
            if not self._ahead and self._task is not None:
                self._of += files
                self._update(total=self._add(size))

    def sending(self, size: int) -> None:
        with self._lock:
            self._update(advance=size)

    def tells(self, line: Line) -> None:
        with self._lock:
            if line.outcome != "no_album":
                self._files += 1
            self._update(advance=0 if line.outcome == "sent" else line.size)
        if line.outcome not in ("sent", "duplicate", "renamed"):
            self.console.print(escape(words_of(line)))

    def ends(self, summary: Summary) -> None:
        others = [
            (f"{count:,}", f"{extension}: no photo or video for Immich")
            for extension, count in summary.others.most_common()
        ]
        rows = [*counted(summary.counts, WORDS), *others]
        self._end(summary.folder, rows, figures(summary), summary.message)

    def _update(self, advance: float = 0.0, total: float | None = None) -> None:
        if self._task is not None:
            words = f"{self._files:,} of {self._of:,} files"
            self._progress.update(self._task, files=words, advance=advance, total=total)


def words_of(line: Line) -> str:
    detail = f": {line.detail}" if line.detail else ""
    return f"{WORDS[line.outcome]}: {shown(line.path)}{detail}"


def size_words(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def figures(summary: Summary) -> str:
    """How much, in how long, how fast."""
    rate = f", {size_words(summary.size / summary.seconds)}/s" if summary.size and summary.seconds else ""
    return f"{size_words(summary.size)} in {summary.seconds:.1f} s{rate}"
