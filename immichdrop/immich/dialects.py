"""What differs between Immich's versions, as far as we meet it.

Most of what we send suits them all: uploads always carry `deviceAssetId` and `deviceId` (required
up to v2, ignored since v3) and dates with an offset (required since v3), never `duration` (text up
to v2, milliseconds since v3).
"""

from __future__ import annotations

from dataclasses import dataclass

from .answers import Album, Answer, Version

STRICT_SINCE = 3


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one version of Immich wants to be spoken to."""

    version: Version

    def album_filter(self, name: str | None) -> dict[str, str]:
        """Query that makes Immich filter by exact name.

        Older versions ignore unknown filters silently (recorded exchange 260 of v2.7.5), so what
        comes back is always compared with the name as well.
        """
        if name is None or self.version.major < STRICT_SINCE:
            return {}
        return {"name": name}

    def without_assets(self) -> dict[str, str]:
        """Query that keeps the assets out of an album's answer, where a version puts them in."""
        return {"withoutAssets": "true"} if self.version.major < STRICT_SINCE else {}

    def everywhere(self) -> list[dict[str, str]]:
        """Filters that make searches find what is archived and hidden as well: one after the other.

        v2 looks at the timeline only unless told otherwise, and then at one of the three (241).
        """
        if self.version.major >= STRICT_SINCE:
            return [{}]
        return [{"visibility": name} for name in ("timeline", "hidden", "archive")]

    def expiry(self, moment: str | None) -> dict[str, object]:
        """The fields that set or clear a shared link's end; v2 has a word for clearing it (391, 393)."""
        clearing = {"changeExpiryTime": True} if moment is None and self.version.major < STRICT_SINCE else {}
        return {"expiresAt": moment, **clearing}

    def album(self, answer: Answer) -> Album:
        """v2 names the owner in `ownerId`; v3 as the first of `albumUsers` (251)."""
        owner_id = answer.optional_text("ownerId")
        if owner_id is None:
            users = answer.objects("albumUsers")
            owner_id = users[0].object("user").optional_text("id") if users else None
        return Album(
            id=answer.text("id"),
            name=answer.text("albumName"),
            owner_id=owner_id,
            asset_count=answer.number("assetCount"),
        )
