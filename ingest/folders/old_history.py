"""`immich_upload_history.json`, the names that the script before this one had sent."""

import json
import os
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ingest.folders.history import BLOCK
from ingest.folders.models import SyncedFile, SyncFolder, key_of, shown
from ingest.folders.walking import Seen

NAME = "immich_upload_history.json"


class OldHistoryError(ValueError):
    """The file can't be read as what that script wrote. It was not touched."""


class OldHistory(NamedTuple):
    """`names` of files at the top of the folder, in the script's order; `written_ns`: when it noted the last one, in
    nanoseconds since 1970."""

    names: dict[str, None]
    written_ns: int

    def holds(self, seen: Seen) -> bool:
        """Whether it was sent, as it lies there now."""
        return seen.path in self.names and seen.mtime_ns <= self.written_ns


def read(path: Path) -> OldHistory:
    """Raises OldHistoryError."""
    try:
        with path.open(encoding="utf-8") as file:
            written_ns = os.fstat(file.fileno()).st_mtime_ns
            names = json.load(file)
    except OSError as error:
        raise OldHistoryError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise OldHistoryError(
            f"{path} is damaged ({error}). Mend it, or move it away: without it every file is asked about and what"
            " Immich lacks is sent."
        ) from error
    if not isinstance(names, list) or not all(isinstance(name, str) and name and "/" not in name for name in names):
        raise OldHistoryError(f"{path} is no list of file names, as the upload script writes it.")
    return OldHistory(dict.fromkeys(names), written_ns)


def take_over(folder: SyncFolder, old: OldHistory) -> int:
    """Notes files at the top of the folder as sent; how many were new. What the history has already stays."""
    before = SyncedFile.objects.filter(folder=folder).count()
    waiting = iter(old.names)
    while block := list(islice(waiting, BLOCK)):
        rows = [
            SyncedFile(
                folder=folder,
                path_key=key_of(name),
                path=shown(name),
                state=SyncedFile.State.EARLIER,
                mtime_ns=old.written_ns,  # until the file is looked at
            )
            for name in block
        ]
        SyncedFile.objects.bulk_create(rows, ignore_conflicts=True)
    return SyncedFile.objects.filter(folder=folder).count() - before
