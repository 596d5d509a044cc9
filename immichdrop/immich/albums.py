"""Albums: found by name, made, filled."""

from __future__ import annotations

from collections.abc import Sequence

from . import answers
from .account import Account, segment
from .answers import Album, Answer


class Albums(Account):
    """What a client does with albums."""

    def albums(self, name: str | None = None) -> list[Album]:
        """All albums, or those of exactly this name: names are not unique. Needs `album.read`."""
        dialect = self._speak()
        listing = self._transport.json("GET", "/albums", params=dialect.album_filter(name))
        albums = [dialect.album(answer) for answer in answers.objects(listing)]
        return [album for album in albums if name is None or album.name == name]

    def album(self, album_id: str) -> Album:
        """One album, also one that somebody else shares with us. NotFound when it is gone. Needs `album.read`.

        Without its assets, which v2 would list (recorded exchanges 265, 266).
        """
        dialect = self._speak()
        path = f"/albums/{segment(album_id)}"
        return dialect.album(Answer(self._transport.json("GET", path, params=dialect.without_assets())))

    def create_album(self, name: str) -> Album:
        """Make an album, even if there is one of that name. Needs `album.create`.

        After Unavailable the album may exist: look before trying again.
        """
        dialect = self._speak()
        answer = self._transport.json("POST", "/albums", body={"albumName": name}, repeatable=False)
        return dialect.album(Answer(answer))

    def add_to_album(self, album_id: str, asset_ids: Sequence[str]) -> dict[str, str | None]:
        """Put assets into an album: asset id → None (added) or Immich's word for why not.

        `duplicate`: it was there already. `no_permission`: unknown, trashed or locked (270, 279).
        NotFound when the album is gone. Needs `albumAsset.create`.
        """
        if not asset_ids:
            return {}
        unique = list(dict.fromkeys(asset_ids))
        path = f"/albums/{segment(album_id)}/assets"
        return answers.outcomes(self._transport.json("PUT", path, body={"ids": unique}))
