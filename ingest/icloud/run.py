"""One run over icloudpd's folders.

    what earlier runs left ──► batches ──► Immich
    walk ──► directories that changed ──► photos that are due ──► database ──► batches ──► Immich

Immich is asked nothing before something is due, but in the first run over a folder, whose set-up may be wrong.
"""

import logging
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from immichdrop.immich import ImmichError
from ingest.folders.models import key_of, shown
from ingest.folders.network import Line, NoServerError, StoppedError
from ingest.folders.walking import visible
from ingest.icloud import batch_log, foresight, reading, store
from ingest.icloud.batch_log import BatchLogError
from ingest.icloud.models import ICloudPhoto
from ingest.icloud.options import Options
from ingest.icloud.outcomes import Outcomes, Report, Summary, Told
from ingest.icloud.reading import Listing
from ingest.icloud.run_record import RunRecord
from ingest.icloud.store import Known
from ingest.icloud.targets import Target
from ingest.icloud.working import Working

logger = logging.getLogger("ingest.icloud")


class Run:
    """`target`: where photos go."""

    def __init__(self, options: Options, line: Line, target: Target, report: Report) -> None:
        self.place = options.place
        self.options = options
        self.line = line
        self.report = report
        self.outcomes = Outcomes(report, ", ".join(map(shown, options.directories)))
        self._target = target
        self._working = Working(options, line, self.outcomes, target)
        self._known: dict[str, Known] = {}
        self._record = RunRecord(self.place, self.outcomes.summary.directories)
        self._is_checked = False
        self._has_all = False
        self._left: list[ICloudPhoto] = []
        self._unread: list[str] = []
        self._told: set[bool] = set()  # whether photos that were read have sidecars

    def __call__(self, only: Collection[str] | None = None) -> Summary:
        """`only`: absolute paths that changed; None for all. Raises NoServerError, SetupError and BatchLogError;
        what was done until then is written down."""
        began = time.monotonic()
        summary = self.outcomes.summary
        ended_by: BaseException | None = None
        try:
            self._whole(only)
        except ImmichError as error:
            ended_by = error
        except StoppedError:
            summary.stopped = True
        except BaseException as error:
            ended_by = error
            raise
        finally:
            self.line.close_own()
            summary.seconds = time.monotonic() - began
            if self._unread:
                summary.message = f"{len(self._unread):,} folders can't be read, like {shown(self._unread[0])}."
            self._record.end(summary, ended_by)
        return summary

    def _whole(self, only: Collection[str] | None) -> None:
        options = self.options
        if only is None:
            self._known = store.folders(self.place)
        self._has_all = only is None
        if options.dry_run:
            self._check()
            self._foresee()
            return
        if only is None:
            self._begin()
        if any(self._known_as(directory) is None for directory in options.directories):
            self._check()
        if options.batch_log is not None and only is None:
            self._take_over(batch_log.read(options.batch_log))
        if only is None:
            self._renew()
            self._work_off(self._left_over())
        found = self._listings(only)
        self._work_off(row for listing in found for row in self._read(listing))
        self._write_whole_log()
        if options.favorite and self._told == {False}:
            self.report.notes("No photo has a sidecar that tells favourites: let icloudpd write them (--xmp-sidecar).")

    # What is due

    def _renew(self) -> None:
        options = self.options
        if options.process_existing:
            store.renew(self.place, options.directories, options.since)
        if options.process_existing_favorites:
            store.renew_favorites(self.place, options.directories)
        if options.unset_favorites:
            store.unset_favorites(self.place, options.directories)

    def _left_over(self) -> Iterator[ICloudPhoto]:
        """What earlier runs left, but for photos with a file that is gone: either its directory changed and is read, or
        a disk is away and they wait for it."""
        for row in store.pending(self.place, self.options.directories):
            if all(os.path.lexists(file.path) for file in store.photo_of(row).files):
                yield row

    def _take_over(self, forced: Mapping[str, bool | None]) -> None:
        """What the plugin, or an earlier run, left in its file is pending in the database from now on."""
        outside = [path for path in forced if not any(_lies_in(path, top) for top in self.options.all_roots)]
        if outside:
            raise BatchLogError(
                f"{self.options.batch_log} names files outside of the folders, like {shown(outside[0])}."
                " Name their folder with --directory too, or move the file away."
            )
        for directory in dict.fromkeys(os.path.dirname(path) for path in forced):  # noqa: PTH120
            for listing in self._directory(directory):
                list(self._read(listing, forced))
        gone = sum(not os.path.lexists(path) for path in forced)
        if gone:
            self.report.notes(f"{gone:,} files of {self.options.batch_log} are not there any more.")

    def _listings(self, only: Collection[str] | None) -> Iterator[Listing]:
        if only is not None:
            only = list(filter(self._is_visible, only))
            changed = [path for path in only if os.path.isdir(path) and not os.path.islink(path)]  # noqa: PTH112, PTH114
            around = {os.path.dirname(path) for path in only} - set(changed)  # noqa: PTH120
            yield from chain.from_iterable(map(self._below, changed))
            yield from chain.from_iterable(self._directory(path) for path in around if os.path.isdir(path))  # noqa: PTH112
            return
        seen: set[str] = set()
        # A disk that is not plugged in leaves an empty folder behind: nothing is concluded from that.
        tops = [top for top in self.options.directories if not _is_empty(top)]
        for listing in chain.from_iterable(map(self._below, tops)):
            seen.add(key_of(listing.path))
            yield listing
        if not (self._unread or self.options.dry_run):
            gone = [each for key, each in self._known.items() if key not in seen and store.below(each.path, tops)]
            store.forget(gone)

    def _is_visible(self, path: str) -> bool:
        top = next((top for top in self.options.directories if _lies_in(path, top)), None)
        return top is not None and all(map(visible, path[len(top) :].strip("/").split("/")))

    def _below(self, path: str) -> Iterator[Listing]:
        return reading.listings(path, self._trouble, self._salt)

    def _directory(self, path: str) -> Iterator[Listing]:
        return reading.listings(path, self._trouble, self._salt, recursive=False)

    @property
    def _salt(self) -> str:
        return str(self.options.favorite_rating)

    def _read(self, listing: Listing, forced: Mapping[str, bool | None] | None = None) -> Iterator[ICloudPhoto]:
        """The photos of a directory that are pending because it changed; they are written down."""
        self._stop_here()
        known = self._known_as(listing.path)
        counts, since = self.outcomes.summary.counts, self.options.since
        later = reading.fingerprint(listing.entries, f"{self._salt} {since}") if since else ""
        if known is not None and not forced and known.fingerprint in (listing.fingerprint, later):
            counts["photos"] += known.photos
            counts["known"] += known.photos
            return
        found = list(reading.photos(listing, self.options.favorite_rating))
        self._told |= {each.photo.favorite is not None for each in found}
        wanted = [each for each in found if since is None or each.photo.created >= since]
        change = store.compare(
            known,
            wanted,
            favorites=bool(self.options.favorite),
            unset=self.options.unset_favorites,
            albums=bool(self.options.albums),
            forced=forced or {},
        )
        if len(wanted) < len(found):
            # They are read again by a run that wants older ones, and what is known of them stays.
            change.gone = set(change.gone) - {key_of(each.photo.key) for each in found}
        if not forced:
            counts["photos"] += len(wanted)
            counts["known"] += change.as_before
        if self.options.dry_run:
            yield from (row for row in change.rows if row.pending)
            return
        fingerprint = listing.fingerprint if len(wanted) == len(found) else later
        self._known[key_of(listing.path)] = store.save(self.place, listing, fingerprint, change)
        yield from (row for row in change.rows if row.pending)

    def _known_as(self, path: str) -> Known | None:
        """What is known of a directory. Of a few directories not all the others are looked up."""
        key = key_of(path)
        if key not in self._known and not self._has_all:
            self._known |= store.folders(self.place, key)
        return self._known.get(key)

    # What is done

    def _work_off(self, due: Iterable[ICloudPhoto]) -> None:
        batch: list[ICloudPhoto] = []
        for row in due:
            self.report.expects(1)
            batch.append(row)
            if self.options.batch and len(batch) >= self.options.batch:
                self._work(batch)
                batch = []
        if batch:
            self._work(batch)

    def _work(self, batch: list[ICloudPhoto]) -> None:
        self._stop_here()
        self._begin()
        self._check()
        self._write_log(batch)
        self._working(batch)
        self._left += [row for row in batch if row.pending]

    def _write_log(self, batch: Iterable[ICloudPhoto]) -> None:
        if self.options.batch_log is not None:
            batch_log.write(self.options.batch_log, map(store.photo_of, chain(self._left, batch)))

    def _write_whole_log(self) -> None:
        """Also of the command's other folders, which share the file."""
        if self.options.batch_log is not None:
            rows = store.pending(self.place, self.options.all_roots)
            batch_log.write(self.options.batch_log, map(store.photo_of, rows))

    def _foresee(self) -> None:
        options = self.options
        due = {row.pk: row for row in chain(self._left_over(), foresight.renewed(options))}
        found = (row for listing in self._listings(None) for row in self._read(listing) if row.pk not in due)
        for row in chain(due.values(), found):
            photo = store.photo_of(row)
            self.outcomes.add(Told(photo.key, "would_change", foresight.words(row, photo, options)))

    def _check(self) -> None:
        """Whether Immich answers, and all can be done, once for a run. Raises SetupError and NoServerError."""
        if self._is_checked:
            return
        if self.line.network.choose() is None:
            raise NoServerError("; ".join(self.line.network.why))
        self._target.user()
        self._is_checked = True

    # How it went

    def _trouble(self, path: str, error: OSError) -> None:
        self._unread.append(path)
        self.report.notes(f"{shown(path)} can't be read: {error.strerror}.")
        logger.warning('directory="%s" event=unreadable detail="%s"', shown(path), error.strerror)

    def _stop_here(self) -> None:
        if self.line.stopping.is_set():
            raise StoppedError

    def _begin(self) -> None:
        if not self.options.dry_run:
            self._record.begin()


def _lies_in(path: str, top: str) -> bool:
    return path.startswith(f"{top.rstrip('/')}/")


def _is_empty(top: str) -> bool:
    try:
        with os.scandir(top) as entries:
            return not any(True for _ in entries)
    except OSError:
        return False  # whoever walks there will say so
