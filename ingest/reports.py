"""What the reports of the commands that go through folders have in common: lines, JSON lines, a bar with a table."""

import json
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, ProgressColumn, TaskID
from rich.table import Table


class Out(Protocol):
    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class Lines:
    """Plain lines, from any thread."""

    def __init__(self, out: Out) -> None:
        self.out = out
        self._lock = threading.Lock()

    def _say(self, text: str) -> None:
        with self._lock:
            self.out.write(f"{text}\n")
            self.out.flush()

    def notes(self, text: str) -> None:
        self._say(text)


class JsonLines(Lines):
    """An object on each line, with `event`."""

    def _event(self, event: str, **fields: object) -> None:
        self._say(json.dumps({"event": event, **fields}))

    def notes(self, text: str) -> None:
        self._event("note", text=text)

    def fails(self, text: str) -> None:
        self._event("error", text=text)


class Terminal:
    """A bar with these columns, what is told above it, and a table at the end."""

    def __init__(self, out: TextIO, *columns: ProgressColumn) -> None:
        self.console = Console(file=out, highlight=False)
        self._progress = Progress(*columns, console=self.console, transient=True)
        self._task: TaskID | None = None

    def _begin(self, what: str, where: str, **fields: Any) -> None:
        self.console.print(f"[bold]{escape(what)}[/] → {escape(where)}")
        self._task = self._progress.add_task("", total=0, **fields)
        self._progress.start()

    def _add(self, total: float) -> float:
        """The bar's total with so much more."""
        return (self._progress.tasks[-1].total or 0) + total

    def notes(self, text: str) -> None:
        self.console.print(escape(text))

    def _end(self, title: str, rows: Iterable[tuple[str, str]], figures: str, message: str) -> None:
        """`rows`: how many, and of what."""
        self.close()
        table = Table(title=escape(title), title_justify="left", show_header=False)
        table.add_column(justify="right")
        table.add_column()
        for count, words in rows:
            table.add_row(count, escape(words))
        self.console.print(table)
        self.console.print(figures)
        if message:
            self.console.print(escape(message))

    def close(self) -> None:
        self._progress.stop()
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None


def counted(counts: Counter[str], words: dict[str, str]) -> list[tuple[str, str]]:
    """How many, and of what, in the order of `words`; nothing of which there is none."""
    return [(f"{counts[name]:,}", word) for name, word in words.items() if counts[name]]
