"""Favourites of iCloud as favourites in Immich, many at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

from immichdrop.immich import Forbidden, Immich, NotFound, Rejected, Unavailable
from ingest.folders.network import Line, StoppedError
from ingest.icloud.photos import Photo
from ingest.icloud.steps.results import Assets, Result, Results, words_of
from ingest.icloud.steps.setbacks import Setbacks, is_about_one
from ingest.icloud.steps.sizes import stills

PERMISSIONS = frozenset({"asset.update"})
AT_ONCE = 500  # assets


def mark(
    line: Line,
    photos: Sequence[Photo],
    assets: Assets,
    sizes: Sequence[str],
    *,
    unset: bool = False,
    setbacks: Setbacks | None = None,
    at_once: int = AT_ONCE,
) -> Results:
    """Makes favourites of the files of these sizes of favourite photos; `at_once`: assets in one request.

    With `unset`, those of photos that are none any more cease to be; never where no sidecar says so.
    """
    results = {photo.key: Result() for photo in photos}
    setbacks = setbacks or Setbacks()
    for favourite in (True, False) if unset else (True,):
        wanted: dict[str, list[str]] = defaultdict(list)
        for photo in photos:
            if photo.favorite is favourite:
                for asset_id in to_change(photo, assets, sizes):
                    wanted[asset_id].append(photo.key)
        marking = _Marking(line, wanted, favourite, setbacks)
        ids = list(wanted)
        for start in range(0, len(ids), at_once):
            batch = ids[start : start + at_once]
            problems = marking.change(batch)
            for asset_id in batch:
                _note(results, wanted[asset_id], problems.get(asset_id, ""))
    return results


def to_change(photo: Photo, assets: Assets, sizes: Sequence[str]) -> list[str]:
    """The ids of its files of these sizes that are favourites in Immich unlike the photo is in iCloud."""
    there = [assets[file.path] for file in stills(photo, sizes) if file.path in assets]
    return [asset.id for asset in there if photo.favorite is not None and asset.is_favorite != photo.favorite]


def _note(results: Results, keys: Sequence[str], problem: str) -> None:
    for key in keys:
        before = results[key]
        results[key] = Result(changed=before.changed or not problem, problem=before.problem or problem)


class _Marking:
    """`wanted`: asset → the keys of its photos."""

    def __init__(self, line: Line, wanted: Mapping[str, Sequence[str]], favourite: bool, setbacks: Setbacks) -> None:
        self._line = line
        self._wanted = wanted
        self._favourite = favourite
        self._setbacks = setbacks

    def change(self, ids: Sequence[str]) -> Mapping[str, str]:
        """Asset → why it could not be changed. Immich changes all of them or none, so the one that is gone, or that it
        fails at, is looked for by halves."""
        if self._line.stopping.is_set():
            raise StoppedError
        if self._setbacks.error is not None:
            return dict.fromkeys(ids, words_of(self._setbacks.error))
        try:
            self._line.ask(partial(_set, ids, self._favourite))
        except NotFound as error:
            return self._by_halves(ids) if len(ids) > 1 else {ids[0]: words_of(error)}
        except (Forbidden, Rejected) as error:
            return dict.fromkeys(ids, words_of(error))
        except Unavailable as error:
            if len(ids) > 1 and is_about_one(self._line, error):
                return self._by_halves(ids)
            self._setbacks.take(self._line, error, [key for asset_id in ids for key in self._wanted[asset_id]])
            return dict.fromkeys(ids, words_of(error))
        self._setbacks.end_row()
        return {}

    def _by_halves(self, ids: Sequence[str]) -> Mapping[str, str]:
        half = len(ids) // 2
        return {**self.change(ids[:half]), **self.change(ids[half:])}


def _set(ids: Sequence[str], favourite: bool, immich: Immich) -> None:
    immich.update_assets(ids, is_favorite=favourite)
