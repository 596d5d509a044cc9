"""Looking into files that the history does not settle: which are media, which wait, which go along with others."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ingest.folders import history, pairs
from ingest.folders.album_names import AlbumRule
from ingest.folders.candidate import Candidate, UnsettledError, fresh, look_into
from ingest.folders.history import Known, State
from ingest.folders.models import SyncedFile, SyncFolder, key_of, shown
from ingest.folders.network import Line
from ingest.folders.outcomes import Line as OutcomeLine
from ingest.folders.outcomes import Outcomes
from ingest.folders.walking import Choice, Seen
from uploads.names import extension_of

SIDECAR = ".xmp"


# Seconds for which a file without bytes is taken for one that has just been begun.
EMPTY_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """`root`: the folder, an absolute path. `settle`: seconds for which a file must have been left alone."""

    root: str
    choice: Choice = field(default_factory=Choice)
    album: AlbumRule = field(default_factory=AlbumRule)
    concurrency: int = 3
    restore_trashed: bool = False
    dry_run: bool = False
    settle: float = 2.0


@dataclass(slots=True)
class Looking:
    """`wait_for` is given files that are still being written."""

    folder: SyncFolder
    options: Options
    line: Line
    outcomes: Outcomes
    wait_for: Callable[[Seen], None]
    _extensions: frozenset[str] = frozenset()

    def is_media(self, seen: Seen) -> bool:
        """Whether Immich takes files of this kind; others are counted, and not opened."""
        extension = extension_of(seen.path.rpartition("/")[2])
        if extension == SIDECAR:
            return False  # it goes along with its file
        if not self._extensions:
            kinds = self.line.ask(lambda immich: immich.media_types())
            self._extensions = kinds.image | kinds.video
        if extension in self._extensions:
            return True
        self.outcomes.summary.others[extension or "without extension"] += 1
        return False

    def candidate(self, seen: Seen, row: Known | None) -> Candidate | None:
        """The file, opened and summed up; None where it has to wait, goes along with another, or can't be read."""
        half = pairs.other_half(self.options.root, seen.path, self.options.choice)
        if half is None:
            return self._or_wait(seen, row)
        rows = history.known(self.folder, [half.path, seen.path])
        known = rows.get(half.path)
        settled = known if known and known.settles(half) else None
        if pairs.is_still(seen.path):
            return self._still(seen, row, half, known, settled)
        own = rows.get(seen.path)
        if settled is None or (own and own.settles(seen)):
            return None  # it goes along with its still, or just went
        video = self._or_wait(seen, row)
        if video is not None and settled.asset_id is not None:
            video.still_id, video.album = settled.asset_id, ""
        return video

    def _still(
        self, seen: Seen, row: Known | None, video: Seen, known: Known | None, settled: Known | None
    ) -> Candidate | None:
        """A live photo's still, with its moving half unless that is in Immich already."""
        try:
            candidate = self._look_into(seen, row)
        except UnsettledError:
            self.wait_for(seen)
            return None
        if candidate is None:
            # It can't be read: that keeps its moving half from nothing.
            return None if settled else self._or_wait(video, known)
        if settled is not None:
            candidate.video_id = settled.asset_id
            return candidate
        candidate.video = self._or_wait(video, known)
        if candidate.video is not None:
            candidate.video.album = ""  # Immich hides it behind its still
        return candidate

    def _or_wait(self, seen: Seen, row: Known | None) -> Candidate | None:
        try:
            return self._look_into(seen, row)
        except UnsettledError:
            self.wait_for(seen)
            return None

    def _look_into(self, seen: Seen, row: Known | None) -> Candidate | None:
        """None where it can't be read, which is told. Raises UnsettledError."""
        options = self.options
        known_sha1 = row.sha1 if row is not None and row.same(seen) else ""
        if not seen.size and not fresh(seen.mtime_ns, EMPTY_AFTER):
            self.outcomes.add([OutcomeLine(seen.path, "empty", "There is nothing in it.")])
            return None
        if not seen.size or (not known_sha1 and fresh(seen.mtime_ns, options.settle)):
            raise UnsettledError
        follow = options.choice.follow_symlinks
        try:
            candidate = look_into(options.root, seen, known_sha1=known_sha1, follow_symlinks=follow)
            candidate.sidecar = pairs.sidecar_of(options.root, seen.path, follow_symlinks=follow)
        except FileNotFoundError:
            pass  # gone meanwhile
        except pairs.SidecarError as error:
            candidate.close()
            self._unreadable(seen, str(error))
        except OSError as error:
            self._unreadable(seen, f"It can't be read: {error.strerror}.")
        else:
            candidate.album = options.album.name(seen.path, candidate.taken)
            return candidate
        return None

    def _unreadable(self, seen: Seen, message: str) -> None:
        self.outcomes.add([OutcomeLine(seen.path, "failed", message, seen.size)])
        if not self.options.dry_run:
            row = SyncedFile(
                folder=self.folder,
                path_key=key_of(seen.path),
                path=shown(seen.path),
                size=seen.size,
                mtime_ns=seen.mtime_ns,
                state=State.FAILED,
                message=message,
            )
            history.record([row])
