"""Where photos go: an external library that sees their folder, or Immich's own storage, to which they are sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings

from immichdrop.immich import Asset, User
from immichdrop.models import ImmichAccount
from ingest.folders import history
from ingest.folders.job import alone
from ingest.folders.looking import Options as FolderOptions
from ingest.folders.models import SyncedFile, key_of, shown
from ingest.folders.network import Line, StoppedError
from ingest.folders.outcomes import Report as SilentReport
from ingest.folders.run import Run as FolderRun
from ingest.icloud.options import Options
from ingest.icloud.steps.registering import Registration, Why, look_up, register
from ingest.icloud.steps.validating import Place, validate, whose_key
from ingest.jobs import BusyError

# Nothing that another look would change: its owner took it away. A file that is gone may lie on a disk that is not
# plugged in; where it was deleted, its directory is another one, and is read anew.
_TAKEN_AWAY = (Why.TRASHED, Why.DELETED)


@dataclass(slots=True)
class Registered:
    """By path: `assets`, and why there is `missing` one. `given_up`: files whose owner took them away."""

    assets: dict[str, Asset] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)

    def add(self, found: Registration) -> None:
        self.assets |= found.assets
        self.missing |= {path: why.words for path, why in found.missing.items()}
        self.given_up |= {path for path, why in found.missing.items() if why in _TAKEN_AWAY}


class Target(Protocol):
    """Both methods raise what `Line.ask` does; `user` SetupError as well."""

    def user(self) -> User:
        """Whose key it is, once it is certain that all can be done."""
        ...

    def register(self, paths: Sequence[str]) -> Registered:
        """Makes assets of files that are none."""
        ...


class Library:
    """An external library of Immich."""

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line
        self._place: Place | None = None

    def user(self) -> User:
        return self._checked().user

    def register(self, paths: Sequence[str]) -> Registered:
        options = self._options
        registered = Registered()
        library_id = self._checked().library.id
        registered.add(register(self._line, library_id, paths, options.path_map, options.patience))
        return registered

    def _checked(self) -> Place:
        if self._place is None:
            options = self._options
            self._place = validate(
                self._line, options.library_id, options.directories, options.path_map, options.permissions
            )
        return self._place


class Storage:
    """Files are sent, by the engine of `sync_folder` and with its history. `new_line`: one for that engine, which ends
    it when it gives up."""

    def __init__(self, options: Options, line: Line, new_line: Callable[[], Line]) -> None:
        self._options = options
        self._line = line
        self._new_line = new_line
        self._user: User | None = None

    def user(self) -> User:
        if self._user is None:
            self._user = whose_key(self._line, self._options.permissions)
        return self._user

    def register(self, paths: Sequence[str]) -> Registered:
        registered = Registered()
        sent: dict[str, str] = {}
        for root in self._options.directories:
            top = f"{root.rstrip('/')}/"
            within = {path.removeprefix(top): path for path in paths if path.startswith(top)}
            if within:
                self._send(root, within, registered, sent)
        registered.add(look_up(self._line, sent))
        return registered

    def _send(self, root: str, within: Mapping[str, str], registered: Registered, sent: dict[str, str]) -> None:
        """Adds to `sent` the assets of files, by path."""
        folder = history.folder_at(root, ImmichAccount.objects.environment(), shown(root))
        options = FolderOptions(
            root, concurrency=settings.MAX_CONCURRENT, restore_trashed=settings.RESTORE_TRASHED, settle=0.0
        )
        try:
            with alone(folder):
                summary = FolderRun(folder, options, self._new_line(), SilentReport())(within)
        except BusyError as error:
            registered.missing |= dict.fromkeys(within.values(), str(error))
            return
        if summary.stopped:
            raise StoppedError
        names = {key_of(name): path for name, path in within.items()}
        rows = {names[row.path_key]: row for row in _rows(folder.pk, list(names))}
        for path in within.values():
            row = rows.get(path)
            if row is not None and row.state in (SyncedFile.State.SENT, SyncedFile.State.DUPLICATE) and row.asset_id:
                sent[path] = str(row.asset_id)
                continue
            registered.missing[path] = (row.message if row else "") or summary.message or "It was not sent yet."
            if row is not None and row.state in (SyncedFile.State.TRASHED, SyncedFile.State.REFUSED):
                registered.given_up.add(path)


def _rows(folder_id: int, keys: Sequence[str]) -> list[SyncedFile]:
    return [
        row
        for start in range(0, len(keys), history.BLOCK)
        for row in SyncedFile.objects.filter(folder=folder_id, path_key__in=keys[start : start + history.BLOCK])
    ]
