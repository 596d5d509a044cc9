"""Photos into albums of the key's own user, found by their exact names, made where there is none."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from immichdrop.immich import Forbidden, Immich, NotFound, Rejected, Unavailable
from ingest.folders.network import Line, StoppedError
from ingest.icloud.photos import Photo
from ingest.icloud.steps.album_rules import AlbumRule
from ingest.icloud.steps.results import Assets, Result, Results, words_of
from ingest.icloud.steps.setbacks import Setbacks, is_about_one
from ingest.icloud.steps.sizes import stills

PERMISSIONS = frozenset({"album.read", "album.create", "albumAsset.create"})
AT_ONCE = 500  # assets
_IN_ALBUM = (None, "duplicate")


class Albums:
    """Fills albums, and remembers which is which: one for each run. `user_id`: Immich's id of whose key it is.
    `at_once`: assets in one request."""

    def __init__(self, line: Line, user_id: str, setbacks: Setbacks | None = None, *, at_once: int = AT_ONCE) -> None:
        self._line = line
        self._setbacks = setbacks or Setbacks()
        self._user_id = user_id
        self._at_once = at_once
        self._ids: dict[str, str] = {}

    def fill(self, photos: Sequence[Photo], assets: Assets, rules: Sequence[AlbumRule]) -> Results:
        """Puts each photo's files into the albums that the rules name, many files at once."""
        results = {photo.key: Result() for photo in photos}
        wanted: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for photo in photos:
            for name, asset_id in memberships(photo, assets, rules):
                wanted[name][asset_id].append(photo.key)
        for name, members in wanted.items():
            ids = list(members)
            for start in range(0, len(ids), self._at_once):
                outcomes = self._put(name, members, ids[start : start + self._at_once])
                for asset_id, word in outcomes.items():
                    for key in members[asset_id]:
                        _note(results, key, name, word)
        return results

    def _put(self, name: str, members: Mapping[str, Sequence[str]], ids: Sequence[str]) -> dict[str, str | None]:
        """Asset → None, or why it is not in the album; `duplicate`: it was. What Immich fails at is looked for by
        halves. `members`: asset → the keys of its photos."""
        if self._line.stopping.is_set():
            raise StoppedError
        if self._setbacks.error is not None:
            return dict.fromkeys(ids, words_of(self._setbacks.error))
        try:
            try:
                said = self._add(name, ids)
            except NotFound:  # deleted since it was found
                del self._ids[name]
                said = self._add(name, ids)
        except (Forbidden, Rejected) as error:
            return dict.fromkeys(ids, words_of(error))
        except Unavailable as error:
            if len(ids) > 1 and name in self._ids and is_about_one(self._line, error):
                half = len(ids) // 2
                return {**self._put(name, members, ids[:half]), **self._put(name, members, ids[half:])}
            self._setbacks.take(self._line, error, [key for asset_id in ids for key in members[asset_id]])
            return dict.fromkeys(ids, words_of(error))
        self._setbacks.end_row()
        return {asset_id: _problem(said.get(asset_id, "no answer")) for asset_id in ids}

    def _add(self, name: str, ids: Sequence[str]) -> dict[str, str | None]:
        if name not in self._ids:
            self._ids[name] = self._line.ask(partial(_find_or_make, name, self._user_id))
        album_id = self._ids[name]
        return self._line.ask(lambda immich: immich.add_to_album(album_id, ids))


def memberships(photo: Photo, assets: Assets, rules: Sequence[AlbumRule]) -> Iterator[tuple[str, str]]:
    """Album and asset, each pair once."""
    seen = set()
    for rule in rules:
        for file in stills(photo, rule.sizes):
            if file.path in assets:
                pair = rule.name_for(photo.created), assets[file.path].id
                if pair not in seen:
                    seen.add(pair)
                    yield pair


def _find_or_make(name: str, user_id: str, immich: Immich) -> str:
    """Looked for anew at every try, since an album may have been made although the answer was lost."""
    own = [album for album in immich.albums(name) if album.owner_id in (None, user_id)]
    return own[0].id if own else immich.create_album(name).id


def _problem(word: str | None) -> str | None:
    return word if word in _IN_ALBUM else f"Immich did not put it into the album: {word}."


def _note(results: Results, key: str, album: str, word: str | None) -> None:
    before = results[key]
    problem = "" if word in _IN_ALBUM else f"{album}: {word}"
    results[key] = Result(changed=before.changed or word is None, problem=before.problem or problem)
