"""What is done for a batch of photos: registered, then stacked, linked, marked and put into albums.

Each step changes only what Immich lacks, and is written down when it is done: a run that was killed goes on with the
step that it was at.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from ingest.folders.models import shown
from ingest.folders.network import Line
from ingest.icloud import store
from ingest.icloud.models import ICloudPhoto
from ingest.icloud.options import Options
from ingest.icloud.outcomes import WORDS, Outcomes, Told
from ingest.icloud.photos import Photo
from ingest.icloud.steps import favourites, live, stacking
from ingest.icloud.steps.albums import Albums, memberships
from ingest.icloud.steps.results import Results
from ingest.icloud.steps.setbacks import Setbacks
from ingest.icloud.targets import Registered, Target

AT_ONCE = 300  # photos: of a batch of thousands, so many are done before the next ones are begun


@dataclass(slots=True)
class _Work:
    """A photo in a batch. `missing`: why files are no assets; `is_whole`: none of them may become one; `done`,
    `problems`: in words."""

    row: ICloudPhoto
    photo: Photo
    missing: dict[str, str] = field(default_factory=dict)
    is_whole: bool = True
    done: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def is_for_all(self) -> bool:
        return self.row.pending == store.Pending.ALL


class Working:
    """Does it for one batch after the other."""

    def __init__(self, options: Options, line: Line, outcomes: Outcomes, target: Target) -> None:
        self._options = options
        self._line = line
        self._outcomes = outcomes
        self._target = target
        self._albums: Albums | None = None
        self._setbacks = Setbacks()

    def __call__(self, rows: Sequence[ICloudPhoto]) -> None:
        """Leaves in each row what was done, and why it is pending if it is. Raises StoppedError, and whatever else
        `Line.ask` and the set-up do; Unavailable also when Immich failed at too many photos."""
        batch = [_Work(row, store.photo_of(row)) for row in rows]
        self._setbacks.begin(work.photo.key for work in batch if work.row.reason)
        found = self._register(batch)
        for start in range(0, len(batch), AT_ONCE):
            self._take_steps(batch[start : start + AT_ONCE], found)
        if self._setbacks.error is not None:
            raise self._setbacks.error

    def _take_steps(self, batch: Sequence[_Work], found: Registered) -> None:
        self._stack(batch, found)
        self._link(batch, found)
        self._mark(batch, found)
        self._fill(batch, found)
        for work in batch:
            _settle(work)
        store.step_done([work.row for work in batch])
        for work in batch:
            outcome = "pending" if work.row.pending else "done"
            detail = work.row.reason if work.row.pending else ", ".join(work.done)
            self._outcomes.add(Told(work.photo.key, outcome, detail))

    def _register(self, batch: Sequence[_Work]) -> Registered:
        found = self._target.register([file.path for work in batch for file in work.photo.files])
        for work in batch:
            paths = [file.path for file in work.photo.files]
            work.missing = {path: found.missing[path] for path in paths if path in found.missing}
            work.is_whole = found.given_up.issuperset(work.missing)
            if work.is_whole:
                self._outcomes.summary.counts["registered"] += 1
        return found

    def _stack(self, batch: Sequence[_Work], found: Registered) -> None:
        sizes = self._options.stack
        todo = [work for work in batch if sizes and work.is_for_all and not work.row.stacked]
        photos = [work.photo for work in todo]
        results = stacking.stack(self._line, photos, found.assets, sizes, self._setbacks) if todo else {}
        for work in self._take("stacked", todo, results):
            work.row.stacked = work.is_whole

    def _link(self, batch: Sequence[_Work], found: Registered) -> None:
        sizes = self._options.live
        todo = [work for work in batch if sizes and work.is_for_all and not work.row.live_linked]
        photos = [work.photo for work in todo]
        results = live.link(self._line, photos, found.assets, sizes, self._setbacks) if todo else {}
        for work in self._take("live", todo, results):
            work.row.live_linked = work.is_whole

    def _mark(self, batch: Sequence[_Work], found: Registered) -> None:
        """Only what was made a favourite here ceases to be one: what else is one in Immich is its owner's choice."""
        sizes, unset = self._options.favorite, self._options.unset_favorites
        todo = [work for work in batch if sizes and (work.photo.favorite or (unset and _was_marked(work)))]
        photos = [work.photo for work in todo]
        mark = partial(favourites.mark, unset=unset, setbacks=self._setbacks)
        results = mark(self._line, photos, found.assets, sizes) if todo else {}
        for work in todo:
            if work.photo.favorite and results[work.photo.key].changed:
                work.row.favored = True
        for work in self._take("favorites", todo, results):
            if not work.photo.favorite and work.is_whole:
                work.row.favored = False

    def _fill(self, batch: Sequence[_Work], found: Registered) -> None:
        rules = self._options.albums
        names = {
            work.photo.key: sorted({name for name, _ in memberships(work.photo, found.assets, rules)})
            for work in batch
            if work.is_for_all
        }
        todo = [work for work in batch if set(names.get(work.photo.key, ())) - set(store.albums_of(work.row))]
        if not todo:
            return
        self._albums = self._albums or Albums(self._line, self._target.user().id, self._setbacks)
        results = self._albums.fill([work.photo for work in todo], found.assets, rules)
        for work in self._take("albums", todo, results):
            if work.is_whole:
                work.row.albums = json.dumps(names[work.photo.key])

    def _take(self, step: str, todo: Sequence[_Work], results: Results) -> Iterator[_Work]:
        """Counts what was changed, and gives the photos with which nothing is wrong, to be written down afterwards."""
        well = [work for work in todo if not results[work.photo.key].problem]
        for work in todo:
            result = results[work.photo.key]
            if result.changed:
                self._outcomes.summary.counts[step] += 1
                work.done.append(WORDS[step])
            if result.problem:
                work.problems.append(result.problem)
        yield from well
        store.step_done([work.row for work in well])


def _was_marked(work: _Work) -> bool:
    return work.photo.favorite is False and work.row.favored is True


def _settle(work: _Work) -> None:
    missing = [f"{shown(path.rpartition('/')[2])}: {why}" for path, why in work.missing.items()]
    work.row.reason = " ".join([*work.problems, *missing])
    if work.is_whole and not work.problems:
        work.row.pending = store.Pending.NOTHING
