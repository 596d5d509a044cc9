"""Immich's shared links: what a host gives out so that people without an account can look.

Recorded exchanges 368-435. A link's address is `/share/{key}` or `/s/{slug}`, never made of its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum

from . import answers
from .account import Account, segment
from .answers import Answer
from .errors import NotFound


class LinkType(StrEnum):
    ALBUM = "ALBUM"
    INDIVIDUAL = "INDIVIDUAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """What can be changed. Without metadata there is no download, whatever `allow_download` says (371).

    Immich answers passwords in clear, to the owner alone; without `expires_at` a link never ends.
    Slugs are case-sensitive, unique on the whole server, and not checked for anything else (373, 374).
    """

    description: str = ""
    password: str | None = field(default=None, repr=False)
    slug: str | None = None
    expires_at: datetime | None = None
    allow_upload: bool = False
    allow_download: bool = True
    show_metadata: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLink(LinkSettings):
    """`asset_ids` are those of an INDIVIDUAL link: all of them when it was asked for alone, only the
    first in a list (385). `album_asset_count` is None in lists, where Immich always says 0. `cover_id` is the
    asset that stands for all of them, None where there is none."""

    id: str
    type: LinkType
    key: str = field(repr=False)
    created_at: datetime
    album_id: str | None = None
    album_name: str | None = None
    album_asset_count: int | None = None
    asset_ids: tuple[str, ...] = ()
    cover_id: str | None = None

    @property
    def settings(self) -> LinkSettings:
        """To change one of them: `replace(link.settings, description="…")`."""
        return LinkSettings(**{one.name: getattr(self, one.name) for one in fields(LinkSettings)})


class SharedLinks(Account):
    """What a client does with its account's own shared links."""

    def shared_links(self, album_id: str | None = None) -> list[SharedLink]:
        """All of them, or those of one album, newest first. Needs `sharedLink.read`."""
        params = {} if album_id is None else {"albumId": album_id}
        listing = self._transport.json("GET", "/shared-links", params=params)
        return [_link(answer, listed=True) for answer in answers.objects(listing)]

    def shared_link(self, link_id: str) -> SharedLink:
        """NotFound when it is gone, or somebody else's. Needs `sharedLink.read`."""
        return _link(Answer(self._transport.json("GET", _path(link_id))))

    def listed_shared_link(self, link_id: str) -> SharedLink:
        """As a list tells of it (387), which is short whatever the link shows. NotFound and permission as above."""
        listing = self._transport.json("GET", "/shared-links", params={"id": link_id})
        links = (_link(answer, listed=True) for answer in answers.objects(listing))
        for link in links:
            if link.id == link_id:  # API 1 does not know the question, and tells of all
                return link
        raise NotFound("Shared link not found")

    def create_shared_link(
        self, *, album_id: str | None = None, asset_ids: Sequence[str] = (), settings: LinkSettings
    ) -> SharedLink:
        """A link to an album, or else to these assets. Needs `sharedLink.create`, and `album.share` or `asset.share`.

        SlugTaken, also by somebody else's link. NotFound when the album or one of the assets is gone
        or not this account's (376, 378). Immich does not tell the album's name here.
        """
        target: dict[str, object] = {"type": LinkType.INDIVIDUAL, "assetIds": list(dict.fromkeys(asset_ids))}
        if album_id is not None:
            target = {"type": LinkType.ALBUM, "albumId": album_id}
        body = target | _written(settings) | {"expiresAt": _instant(settings.expires_at)}
        answer = Answer(self._transport.json("POST", "/shared-links", body=body, repeatable=False))
        return _link(answer, album_id=album_id)

    def change_shared_link(self, link_id: str, settings: LinkSettings) -> None:
        """All settings at once: Immich erases a slug that is not sent again (394). Needs `sharedLink.update`.

        SlugTaken, and NotFound when the link is gone.
        """
        body = _written(settings) | self._speak().expiry(_instant(settings.expires_at))
        self._transport.json("PATCH", _path(link_id), body=body)

    def delete_shared_link(self, link_id: str) -> None:
        """NotFound when it is gone already. Needs `sharedLink.delete`."""
        self._transport.json("DELETE", _path(link_id))

    def add_to_shared_link(self, link_id: str, asset_ids: Sequence[str]) -> dict[str, str | None]:
        """More assets for an INDIVIDUAL link: asset id → None (added) or Immich's word for why not (430).

        `duplicate`: it was there already. `no_permission`: unknown or not ours. Rejected for an album's
        link (432). Needs `sharedLink.update`.
        """
        return self._assets("PUT", link_id, asset_ids)

    def remove_from_shared_link(self, link_id: str, asset_ids: Sequence[str]) -> dict[str, str | None]:
        """Asset id → None (removed) or `not_found` (431). The assets stay. Needs `sharedLink.update`."""
        return self._assets("DELETE", link_id, asset_ids)

    def _assets(self, method: str, link_id: str, asset_ids: Sequence[str]) -> dict[str, str | None]:
        if not asset_ids:
            return {}
        body = {"assetIds": list(dict.fromkeys(asset_ids))}
        listing = self._transport.json(method, f"{_path(link_id)}/assets", body=body)
        return answers.outcomes(listing, id_name="assetId")


def _path(link_id: str) -> str:
    return f"/shared-links/{segment(link_id)}"


def _written(settings: LinkSettings) -> dict[str, object]:
    """All but the expiry. `allowUpload` left out would mean yes (369), a slug left out would erase it (394)."""
    return {
        "description": settings.description,
        "password": settings.password,
        "slug": settings.slug,
        "allowUpload": settings.allow_upload,
        "allowDownload": settings.allow_download and settings.show_metadata,
        "showMetadata": settings.show_metadata,
    }


def _instant(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _link(answer: Answer, *, listed: bool = False, album_id: str | None = None) -> SharedLink:
    album = answer.object("album")
    asset_ids = tuple(asset.text("id") for asset in answer.objects("assets"))
    return SharedLink(
        id=answer.text("id"),
        type=answer.one_of("type", LinkType),
        key=answer.text("key"),
        created_at=answer.moment("createdAt"),
        description=answer.optional_text("description") or "",
        password=answer.optional_text("password") or None,
        slug=answer.optional_text("slug") or None,
        expires_at=answer.optional_moment("expiresAt"),
        allow_upload=answer.flag("allowUpload"),
        allow_download=answer.flag("allowDownload"),
        show_metadata=answer.flag("showMetadata"),
        album_id=album.optional_text("id") or album_id,
        album_name=album.optional_text("albumName"),
        album_asset_count=None if listed else album.optional_number("assetCount"),
        asset_ids=asset_ids,
        cover_id=album.optional_text("albumThumbnailAssetId") or next(iter(asset_ids), None),
    )
