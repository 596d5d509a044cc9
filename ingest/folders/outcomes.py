"""What became of files in a run, and what is told of it."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from immichdrop.immich import Forbidden, ImmichError, Unauthorised, Unavailable
from ingest.folders.models import shown

logger = logging.getLogger("ingest.folders")

MOST_KEPT = 200  # lines of trouble that the summary has


@dataclass(frozen=True, slots=True)
class Line:
    """One file's outcome. `outcome`: sent, duplicate, renamed, trashed, refused, failed, waiting, empty, or for a dry
    run would_send."""

    path: str
    outcome: str
    detail: str = ""
    size: int = 0
    asset_id: str = ""
    album: str = ""


class Report:
    """What a run tells while it goes on. This one is silent; `reporting` has those that speak."""

    wants_total = False

    def begins(self, folder: str, address: str) -> None: ...

    def expects(self, files: int, size: int) -> None:
        """So many more files have to be looked into."""

    def sending(self, size: int) -> None:
        """So many more bytes have left."""

    def tells(self, line: Line) -> None: ...

    def notes(self, text: str) -> None: ...

    def fails(self, text: str) -> None:
        """A run could not begin, or not go on; people read it as the command's error."""

    def looked_ahead(self, files: int, size: int) -> None:
        """So much there is to be looked into in all. Only told to a report that `wants_total`."""

    def ends(self, summary: "Summary") -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Summary:
    """`others`: files of kinds that Immich does not take, by extension. `trouble`: the first lines of what failed, was
    refused or lies in the trash. `size`: bytes that were sent."""

    folder: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    trouble: list[Line] = field(default_factory=list)
    size: int = 0
    seconds: float = 0.0
    message: str = ""
    stopped: bool = False

    @property
    def failed(self) -> bool:
        return bool(self.counts["failed"] or self.counts["no_album"] or self.message)

    def as_json(self) -> dict[str, object]:
        return {
            "folder": self.folder,
            **{name: self.counts[name] for name in COUNTED},
            "others": dict(sorted(self.others.items())),
            "bytes": self.size,
            "seconds": round(self.seconds, 3),
            "message": self.message,
        }


COUNTED = (
    "sent",
    "duplicate",
    "renamed",
    "unchanged",
    "trashed",
    "refused",
    "failed",
    "waiting",
    "empty",
    "no_album",
    "would_send",
)
_TROUBLE = ("failed", "refused", "trashed", "waiting", "empty", "no_album")


class Outcomes:
    """Counts what became of each file, tells the report, and logs it."""

    def __init__(self, report: Report, folder: str) -> None:
        self.report = report
        self.summary = Summary(folder)

    def add(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self.summary.counts[line.outcome] += 1
            if line.outcome == "sent":
                self.summary.size += line.size
            if line.outcome in _TROUBLE and len(self.summary.trouble) < MOST_KEPT:
                self.summary.trouble.append(line)
            level = logging.WARNING if line.outcome in _TROUBLE else logging.INFO
            logger.log(
                level,
                'file="%s" outcome=%s size=%d asset=%s detail="%s"',
                shown(line.path),
                line.outcome,
                line.size,
                line.asset_id,
                line.detail,
            )
            self.report.tells(line)


def words_of(error: Exception) -> str:
    """Why a run ended, for people."""
    match error:
        case Unauthorised():
            return f"Immich does not accept the API key: {error.reason}."
        case Forbidden():
            return f"The API key may not do this: {error.reason}."
        case Unavailable():
            return f"Immich is in trouble, run this again later: {error.reason}."
        case ImmichError():
            return f"Immich refused: {error.reason}."
    return f"An error in Immich Drop ({type(error).__name__}); see the log file."
