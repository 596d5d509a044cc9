"""What became of photos in a run, and what is told of it."""

import logging
from collections import Counter
from dataclasses import dataclass, field

from ingest.folders.models import shown

logger = logging.getLogger("ingest.icloud")

MOST_KEPT = 200  # photos of trouble that the summary has
WORDS = {
    "photos": "photos",
    "known": "known, as before",
    "registered": "registered",
    "stacked": "stacked",
    "favorites": "favourites",
    "live": "live photos linked",
    "albums": "put into albums",
    "pending": "pending",
    "would_change": "would change",
    "done": "done",
}
# What a summary counts, in its order.
COUNTED = tuple(name for name in WORDS if name != "done")


@dataclass(frozen=True, slots=True)
class Told:
    """One photo's outcome. `outcome`: done, pending, or would_change for a dry run. `path`: its leading file's.

    `detail`: why it is pending, or what was or would be done for it.
    """

    path: str
    outcome: str
    detail: str = ""


@dataclass(slots=True)
class Summary:
    """`counts`: photos, by COUNTED. `trouble`: the first ones that are pending. `message`: why the run ended early, or
    what could not be read."""

    directories: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    trouble: list[Told] = field(default_factory=list)
    seconds: float = 0.0
    message: str = ""
    stopped: bool = False

    @property
    def failed(self) -> bool:
        return bool(self.counts["pending"] or self.message)

    def as_json(self) -> dict[str, object]:
        return {
            "directories": self.directories,
            **{name: self.counts[name] for name in COUNTED},
            "seconds": round(self.seconds, 3),
            "message": self.message,
        }


class Report:
    """What a run tells while it goes on. This one is silent; `reporting` has those that speak."""

    def begins(self, directories: str, address: str) -> None: ...

    def expects(self, photos: int) -> None:
        """So many more photos are due."""

    def tells(self, told: Told) -> None: ...

    def notes(self, text: str) -> None: ...

    def fails(self, text: str) -> None:
        """A run could not begin, or not go on; people read it as the command's error."""

    def ends(self, summary: Summary) -> None: ...

    def close(self) -> None: ...


class Outcomes:
    """Counts what became of photos, tells the report, and logs it."""

    def __init__(self, report: Report, directories: str) -> None:
        self.report = report
        self.summary = Summary(directories)

    def add(self, told: Told) -> None:
        if told.outcome != "done":
            self.summary.counts[told.outcome] += 1
        if told.outcome == "pending" and len(self.summary.trouble) < MOST_KEPT:
            self.summary.trouble.append(told)
        level = logging.WARNING if told.outcome == "pending" else logging.INFO
        logger.log(level, 'file="%s" outcome=%s detail="%s"', shown(told.path), told.outcome, shown(told.detail))
        self.report.tells(told)
