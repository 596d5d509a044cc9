"""Shared links as the JSON routes speak of them, with Immich's own names of fields."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, NotRequired, ParamSpec, TypedDict

import msgspec
from django.http import HttpResponse, JsonResponse
from msgspec import UNSET, Meta, UnsetType

from immichdrop.immich import LinkSettings, NotFound, Rejected, SharedLink, SlugTaken
from immichdrop.json_api import wrong
from invites.api import not_found
from invites.shared_links import NoLibraryError, SharedLinkError, tellable

P = ParamSpec("P")
_WIRE_NAMES = {"expires_at": "expiresAt"}


class SettingsBody(msgspec.Struct, rename="camel"):
    """The body of `PATCH /api/shared-links/{link_id}`: what is left out stays as it is."""

    description: Annotated[str | UnsetType | None, Meta(description="What visitors read above the photos")] = UNSET
    password: Annotated[str | UnsetType | None, Meta(description="Asked of visitors; null or empty is none")] = UNSET
    slug: Annotated[
        str | UnsetType | None, Meta(description="The address `/s/{slug}`; null or empty is `/share/{key}`")
    ] = UNSET
    expires_at: Annotated[
        str | UnsetType | None,
        Meta(description="With its offset, as `2030-07-14T18:00+02:00`; null is no end"),
    ] = UNSET
    allow_upload: Annotated[bool | UnsetType, Meta(description="Albums only: visitors may add photos")] = UNSET
    allow_download: bool | UnsetType = UNSET
    show_metadata: Annotated[bool | UnsetType, Meta(description="Without it there is no download either")] = UNSET


class SharedAlbum(TypedDict):
    id: str
    albumName: str | None


class SharedLinkItem(TypedDict):
    """A shared link. `url` is its public address; `album` is null for single assets, of which a list tells but one."""

    id: str
    type: str
    key: str
    slug: str | None
    url: str
    description: str
    password: str | None
    createdAt: str
    expiresAt: str | None
    allowUpload: bool
    allowDownload: bool
    showMetadata: bool
    album: SharedAlbum | None
    assetIds: list[str]


class ShareBackBody(SettingsBody, rename="camel"):
    """The body of `POST` and `PATCH /api/invite/{token}/shared-link`: what is left out stays as it is."""

    reveal_at: Annotated[
        str | UnsetType | None,
        Meta(
            description="From when on guests find it at their page: a moment with its offset, as "
            "`2030-07-14T18:00+02:00`. One that is over is now, null is never."
        ),
    ] = UNSET


class KeptShareBack(TypedDict):
    """What is kept here of a link's shared link.

    `trouble`: why it is not looked after, `forbidden` or `refused`; `troubleDetail`: the permission that the key lacks,
    or Immich's words; else null.
    """

    revealAt: str | None
    revealed: bool
    trouble: str | None
    troubleDetail: str | None


class ShareBackItem(SharedLinkItem, KeptShareBack):
    """A link's shared link, with Immich's own names of fields, and what is told to guests."""


class ChangedShareBack(KeptShareBack):
    """As `ShareBackItem`; without what only Immich knows where `revealAt` alone was said, since Immich is not asked."""

    id: str
    type: str
    url: str
    expiresAt: str | None
    key: NotRequired[str]
    slug: NotRequired[str | None]
    description: NotRequired[str]
    password: NotRequired[str | None]
    createdAt: NotRequired[str]
    allowUpload: NotRequired[bool]
    allowDownload: NotRequired[bool]
    showMetadata: NotRequired[bool]
    album: NotRequired[SharedAlbum | None]
    assetIds: NotRequired[list[str]]


def answers_sharing_errors(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Gate: what a host can't have or did not mean, in the codes of the description."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except NoLibraryError:
            words = "Connect your own Immich first: shared links are made in your own library."
            return JsonResponse({"error": "forbidden", "message": words}, status=403)
        except SlugTaken:
            words = "slug: this address is taken, perhaps by somebody else on this Immich. Please choose another one."
            return JsonResponse({"error": "slug_taken", "message": words}, status=400)
        except SharedLinkError as error:
            words = " ".join(f"{_WIRE_NAMES.get(field, field)}: {said}" for field, said in error.problems.items())
            return JsonResponse({"error": "invalid_json", "message": words}, status=400)
        except NotFound:  # or another account's
            return not_found()
        except Rejected as error:
            return JsonResponse({"error": "refused", "message": f"Immich refuses: {error.reason}"}, status=400)

    return answered


def settings_said(body: SettingsBody, before: LinkSettings) -> LinkSettings:
    """The settings as they are to be. Raises BadRequestError."""
    settings = before
    if body.description is not UNSET:
        settings = replace(settings, description=body.description or "")
    if body.password is not UNSET:
        settings = replace(settings, password=body.password or None)
    if body.slug is not UNSET:
        settings = replace(settings, slug=body.slug or None)
    if body.expires_at is not UNSET:
        settings = replace(settings, expires_at=moment_said("expiresAt", body.expires_at))
    if body.allow_upload is not UNSET:
        settings = replace(settings, allow_upload=body.allow_upload)
    if body.allow_download is not UNSET:
        settings = replace(settings, allow_download=body.allow_download)
    if body.show_metadata is not UNSET:
        settings = replace(settings, show_metadata=body.show_metadata)
    return settings


def moment_said(field: str, text: str | None) -> datetime | None:
    """A moment with its offset, which `field` was said to be; None is none. Raises BadRequestError."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None and tellable(moment):
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise wrong(field, "a moment with its offset such as 2030-07-14T18:00+02:00 is wanted.")


def shared_link_item(link: SharedLink, address: str) -> SharedLinkItem:
    return SharedLinkItem(
        id=link.id,
        type=link.type.value,
        key=link.key,
        slug=link.slug,
        url=address,
        description=link.description,
        password=link.password,
        createdAt=link.created_at.isoformat(),
        expiresAt=link.expires_at.isoformat() if link.expires_at else None,
        allowUpload=link.allow_upload,
        allowDownload=link.allow_download,
        showMetadata=link.show_metadata,
        album=SharedAlbum(id=link.album_id, albumName=link.album_name) if link.album_id else None,
        assetIds=list(link.asset_ids),
    )
