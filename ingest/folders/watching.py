"""Watching folders: a look at what changed as soon as it changed, and a look at everything now and then."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from watchfiles import Change, watch
from watchfiles._rust_notify import WatchfilesRustInternalError

from ingest.folders.walking import visible

PATIENCE = 30.0  # seconds until an Immich that did not answer is asked again
Identity = tuple[int, int] | None


class Watching:
    """`look(root, paths)` goes through a folder: the `paths` within it that changed, or all with None. It gives False
    when Immich could not be asked. `interval`: seconds between two looks at everything.
    `events`: watchfiles' `watch`. `glance`: seconds between two looks at whether a folder is there, and still the same.

    Folders may be away, as a card's are that is not plugged in: they are watched when they come.
    """

    def __init__(
        self,
        roots: Sequence[str],
        look: Callable[[str, Collection[str] | None], bool],
        notes: Callable[[str], None],
        stopping: threading.Event,
        *,
        interval: float,
        recursive: bool,
        glance: float,
        events: Callable[..., Iterator[set[tuple[Change, str]]]] = watch,
    ) -> None:
        self.roots = roots
        self.look = look
        self.notes = notes
        self.stopping = stopping
        self.interval = interval
        self.recursive = recursive
        self._glance = glance
        self._events = events
        self._blind = ""  # why the system announces no changes
        self._there: dict[str, Identity] = {}

    def run(self) -> None:
        """Until `stopping` is set."""
        while not self.stopping.is_set():
            self._notice()
            present = [root for root in self.roots if self._there[root]]
            if not present:
                self.stopping.wait(self._glance)
            elif not self._watch(present, time.monotonic() + self.interval):
                self.stopping.wait(min(PATIENCE, self.interval))

    def _watch(self, present: list[str], until: float) -> bool:
        """Until it is time to look through everything again. False when Immich was away."""
        changed = self._changed(present)
        # Everything is looked through when the watch is set up, so that nothing comes unseen between the two.
        next(changed, None)
        if self.stopping.is_set() or not self._look(present, None):
            return self.stopping.is_set()
        for paths in changed:
            if paths and not self._look(present, paths):
                return False
            if time.monotonic() > until or self._moved():
                return True
        while time.monotonic() < until and not self._moved() and not self.stopping.wait(self._glance):
            pass
        return True

    def _changed(self, present: list[str]) -> Iterator[set[str]]:
        """Paths as they change, nothing of them now and then; ends where the system announces none."""
        events = self._events(
            *present,
            watch_filter=None,
            debounce=400,
            step=100,
            stop_event=self.stopping,
            rust_timeout=int(self._glance * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            ignore_permission_denied=True,
            recursive=self.recursive,
        )
        try:
            for changes in events:
                yield {path for _, path in changes}
        except (OSError, WatchfilesRustInternalError) as error:
            # A folder went away just now, or the system watches no more of them (fs.inotify.max_user_watches).
            if not self._moved() and str(error) != self._blind:
                self._blind = str(error)
                self.notes(
                    f"No changes are announced ({error}): all is looked through every {self.interval:g} seconds."
                )

    def _look(self, present: Iterable[str], changed: Collection[str] | None) -> bool:
        within: dict[str, set[str]] = defaultdict(set)
        for path in changed or ():
            for root in present:
                if path.startswith(f"{root.rstrip('/')}/"):
                    within[root].add(os.path.relpath(path, root))
        answered = True
        for root in present:
            if changed is None or root in within:
                answered &= self.look(root, None if changed is None else within[root])
        return answered

    def _moved(self) -> bool:
        """Whether a folder came, went, or is another one than before."""
        return any(identity(root) != self._there[root] for root in self.roots)

    def _notice(self) -> None:
        for root in self.roots:
            now, before = identity(root), self._there.get(root, ())
            if now is None and before is not None:
                self.notes(f"{root} is not there. It is watched as soon as it comes.")
            elif now is not None and before is None:
                self.notes(f"{root} is there again.")
            self._there[root] = now


def identity(root: str) -> Identity:
    try:
        found = os.stat(root)  # noqa: PTH116
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if os.path.isdir(root) else None  # noqa: PTH112


def is_news(root: Path, path: str, own: Path) -> bool:
    """Whether a change within `root` is worth a look: not what is hidden, nor a download that goes on, nor what lies in
    the folder of our `own` database, which every look writes to."""
    return all(map(visible, path.split("/"))) and not (root / path).is_relative_to(own)
