"""`immich_upload_history.json`, the names that the script before this one had sent."""

import json
from itertools import islice
from pathlib import Path

from ingest.folders.history import BLOCK
from ingest.folders.models import SyncedFile, SyncFolder, key_of, shown

NAME = "immich_upload_history.json"


class OldHistoryError(ValueError):
    """The file can't be read as what that script wrote. It was not touched."""


def read(path: Path) -> list[str]:
    """The names in it, as the script wrote them. Raises OldHistoryError."""
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OldHistoryError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise OldHistoryError(
            f"{path} is damaged ({error}). Mend it, or move it away: without it every file is asked about and what"
            " Immich lacks is sent."
        ) from error
    if not isinstance(names, list) or not all(isinstance(name, str) and name and "/" not in name for name in names):
        raise OldHistoryError(f"{path} is no list of file names, as the upload script writes it.")
    return names


def take_over(folder: SyncFolder, names: list[str]) -> int:
    """Notes files at the top of the folder as sent; how many were new. What the history has already stays."""
    before = SyncedFile.objects.filter(folder=folder).count()
    waiting = iter(dict.fromkeys(names))
    while block := list(islice(waiting, BLOCK)):
        rows = [
            SyncedFile(folder=folder, path_key=key_of(name), path=shown(name), state=SyncedFile.State.EARLIER)
            for name in block
        ]
        SyncedFile.objects.bulk_create(rows, ignore_conflicts=True)
    return SyncedFile.objects.filter(folder=folder).count() - before
