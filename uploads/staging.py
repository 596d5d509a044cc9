"""Staging: where photos wait that a phone shared while no service worker took them, until their sender taps Upload.

A folder per guest, in it a file of bytes and a note about it for each photo. Nothing here was received, and no promise
holds for it: what nobody sends or cancels is deleted after `KEPT`. All functions block.
"""

import hashlib
import json
import shutil
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from immichdrop.throttle import network_of
from invites.models import Guest
from uploads.spool import MEBIBYTE, Spool, SpoolFile

KEPT = 6 * 3600  # seconds
MOST_FILES = 80  # of one guest; a form has at most 100 parts
MOST_BYTES = 1024 * MEBIBYTE  # of one guest
MOST_BYTES_OF_ALL = 8 * MOST_BYTES
MOST_BYTES_OF_NETWORK = MOST_BYTES_OF_ALL // 2  # one stranger who is ever new guests leaves room for all others


@dataclass(frozen=True, slots=True)
class Staged:
    """One file: its name and type as the phone told them, `size` in bytes, `at` in ns since 1970, `network` it came
    from as `network_code` has it."""

    id: uuid.UUID
    filename: str
    media_type: str
    size: int
    at: int
    network: str = ""


class Used(NamedTuple):
    """How much is staged."""

    files: int
    bytes: int


def network_code(address: str) -> str:
    """What stands for an address in names of files: the same for all of a household, and not the address itself."""
    return hashlib.sha256(network_of(address).encode()).hexdigest()[:16]


class Staging:
    """The staging folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _folder(self, guest: Guest) -> Path:
        return self.root / str(guest.pk)

    def _files(self, guest: Guest) -> Spool:
        return Spool(self._folder(guest))

    def create(self, guest: Guest, staged_id: uuid.UUID) -> SpoolFile:
        """A new file, open for writing; it is listed once `keep` was called."""
        self._folder(guest).mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._files(guest).create(staged_id)

    def keep(self, guest: Guest, staged: Staged) -> None:
        """The file is whole."""
        note = self._folder(guest) / f"{staged.id.hex}-{staged.network}.json"
        note.write_text(json.dumps({**asdict(staged), "id": staged.id.hex}))

    def items(self, guest: Guest) -> list[Staged]:
        """What a guest shared, in the order of sharing."""
        found = []
        for note in (path for path in _listed(self._folder(guest)) if path.suffix == ".json"):
            with suppress(FileNotFoundError, ValueError):  # cancelled while we looked; being written, or cut by a crash
                said = json.loads(note.read_text())
                found.append(Staged(**{**said, "id": uuid.UUID(said["id"])}))
        return sorted(found, key=lambda staged: staged.at)

    def open(self, guest: Guest, staged_id: uuid.UUID) -> SpoolFile:
        """Raises SpoolFileMissingError, and SpoolBusyError while another request has it."""
        return self._files(guest).open(staged_id)

    def remove(self, guest: Guest, staged_id: uuid.UUID) -> None:
        """Deletes one file; does nothing when it is gone."""
        folder = self._folder(guest)
        for note in folder.glob(f"{staged_id.hex}*.json"):
            note.unlink(missing_ok=True)
        self._files(guest).remove(staged_id)
        with suppress(OSError):  # others are in it, or it is gone
            folder.rmdir()

    def clear(self, guest: Guest) -> None:
        """Deletes all that a guest shared."""
        shutil.rmtree(self._folder(guest), ignore_errors=True)

    def used(self, guest: Guest | None = None) -> Used:
        """What lies here of a guest, or of all, unfinished files included."""
        folders = [self._folder(guest)] if guest else _listed(self.root)
        files = size = 0
        for path in (path for folder in folders for path in _listed(folder) if path.suffix != ".json"):
            with suppress(FileNotFoundError):
                size += path.stat().st_size
                files += 1
        return Used(files, size)

    def used_from(self, network: str) -> int:
        """Bytes of whole files that came from one network."""
        notes = (note for folder in _listed(self.root) for note in folder.glob(f"*-{network}.json"))
        size = 0
        for note in notes:
            with suppress(FileNotFoundError):
                staged_id = uuid.UUID(note.name.partition("-")[0])
                size += Spool(note.parent).path(staged_id).stat().st_size
        return size

    def expire(self, age: float = KEPT) -> int:
        """Deletes what was shared more than `age` seconds ago. How many files."""
        before = time.time() - age
        gone = 0
        for path in (path for folder in _listed(self.root) for path in _listed(folder)):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    gone += path.suffix != ".json"
        for folder in _listed(self.root):
            with suppress(OSError):
                folder.rmdir()
        return gone


def _listed(folder: Path) -> list[Path]:
    """What is in a folder; nothing when it is gone, which others may see to while we look."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def default() -> Staging:
    return Staging(settings.STAGING_DIR)
