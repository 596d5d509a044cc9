"""Tags: made by their path, put on assets.

No exchange about tags was recorded: paths, bodies and permissions are those of Immich's OpenAPI
descriptions of 2.7.5 and 3.1.0, which agree.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import answers
from .account import Account, segment
from .errors import NotImmich


class Tags(Account):
    """What a client does with tags."""

    def upsert_tags(self, names: Sequence[str]) -> dict[str, str]:
        """Name → the tag's id, of each name. Needs `tag.create`. Tags that are there stay as they are.

        A slash makes a level: `Drop/Beach/Ann` is the tag Ann below Beach below Drop, so take the
        slashes out of what people typed. Levels without a name don't count; ValueError for a name
        that has no other.
        """
        paths = {name: _path(name) for name in names}
        if not paths:
            return {}
        listing = self._transport.json("PUT", "/tags", body={"tags": list(dict.fromkeys(paths.values()))})
        ids = {tag.text("value"): tag.text("id") for tag in answers.objects(listing)}
        if missing := set(paths.values()) - ids.keys():
            raise NotImmich(f"Immich answered without {len(missing)} of the tags it was asked for")
        return {name: ids[path] for name, path in paths.items()}

    def tag_assets(self, tag_id: str, asset_ids: Sequence[str]) -> dict[str, str | None]:
        """Put a tag on assets: asset id → None (tagged) or Immich's word for why not.

        `duplicate`: it had the tag. `no_permission`: unknown, trashed or locked, as with albums.
        NotFound when the tag is gone. Needs `tag.asset`.
        """
        if not asset_ids:
            return {}
        unique = list(dict.fromkeys(asset_ids))
        return answers.outcomes(self._transport.json("PUT", f"/tags/{segment(tag_id)}/assets", body={"ids": unique}))


def _path(name: str) -> str:
    """As Immich keeps it: without empty levels."""
    path = "/".join(level for level in name.split("/") if level)
    if not path:
        raise ValueError(f"A tag needs a name: {name!r}")
    return path
