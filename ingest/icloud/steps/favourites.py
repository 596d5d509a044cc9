"""Favourites of iCloud as favourites in Immich, many at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

from immichdrop.immich import Forbidden, Immich, NotFound, Rejected
from ingest.folders.network import Line, StoppedError
from ingest.icloud.photos import Photo
from ingest.icloud.steps.results import Assets, Result, Results, words_of
from ingest.icloud.steps.sizes import stills

PERMISSIONS = frozenset({"asset.update"})
AT_ONCE = 500  # assets


def mark(line: Line, photos: Sequence[Photo], assets: Assets, sizes: Sequence[str], *, unset: bool = False) -> Results:
    """Makes favourites of the files of these sizes of favourite photos.

    With `unset`, those of photos that are none any more cease to be; never where no sidecar says so.
    """
    results = {photo.key: Result() for photo in photos}
    for favourite in (True, False) if unset else (True,):
        wanted: dict[str, list[str]] = defaultdict(list)
        for photo in photos:
            if photo.favorite is favourite:
                for asset_id in to_change(photo, assets, sizes):
                    wanted[asset_id].append(photo.key)
        ids = list(wanted)
        for start in range(0, len(ids), AT_ONCE):
            if line.stopping.is_set():
                raise StoppedError
            batch = ids[start : start + AT_ONCE]
            problems = _change(line, batch, favourite=favourite)
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


def _change(line: Line, ids: Sequence[str], *, favourite: bool) -> Mapping[str, str]:
    """Asset → why it could not be changed. Immich changes all of them or none, so the one that is gone is looked for
    by halves."""
    try:
        line.ask(partial(_set, ids, favourite))
    except NotFound as error:
        if len(ids) == 1:
            return {ids[0]: words_of(error)}
        half = len(ids) // 2
        return {
            **_change(line, ids[:half], favourite=favourite),
            **_change(line, ids[half:], favourite=favourite),
        }
    except (Forbidden, Rejected) as error:
        return dict.fromkeys(ids, words_of(error))
    return {}


def _set(ids: Sequence[str], favourite: bool, immich: Immich) -> None:
    immich.update_assets(ids, is_favorite=favourite)
