"""`/api/shared-links`: a host's shared links in Immich, with Immich's own names of fields."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import wraps
from typing import Annotated, Literal, NotRequired, ParamSpec, TypedDict

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from msgspec import UNSET, Meta, UnsetType

from immichdrop import json_api
from immichdrop.albums_api import answers_immich_errors
from immichdrop.immich import LinkSettings, Rejected, SharedLink, SlugTaken
from immichdrop.json_api import answers_bad_requests, host_required, wrong
from immichdrop.models import User
from immichdrop.openapi import Operation, describes
from invites import shared_links
from invites.api import not_found
from invites.hosts_api import Deleted
from invites.shared_links import MOST_ASSETS, Library, NoLibraryError, SharedLinkError

P = ParamSpec("P")
_ERRORS = {403: ["forbidden"], 502: ["request_failed"]}
_ABOUT_ONE = {404: ["not_found"], **_ERRORS}
_TAKEN = {400: ["slug_taken"]}
_WIRE_NAMES = {"expires_at": "expiresAt"}

Assets = Annotated[list[uuid.UUID], Meta(max_length=MOST_ASSETS)]


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


class SharedLinkBody(SettingsBody, rename="camel"):
    """The body of `POST /api/shared-links`: an album, or single assets."""

    type: Annotated[Literal["ALBUM", "INDIVIDUAL"] | None, Meta(description="Else by what is named")] = None
    album_id: uuid.UUID | None = None
    asset_ids: Assets = []


class AssetsBody(msgspec.Struct, rename="camel"):
    """The body of `PUT` and `DELETE /api/shared-links/{link_id}/assets`."""

    asset_ids: Assets


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


class AssetOutcome(TypedDict):
    """What became of one asset; `error` is Immich's word for why nothing did, such as `duplicate`."""

    assetId: str
    success: bool
    error: NotRequired[str]


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
        except Rejected:  # gone, another account's, or no id that Immich has
            return not_found()

    return answered


def ids_only(
    view: Callable[[HttpRequest, User, str], HttpResponse],
) -> Callable[[HttpRequest, User, str], HttpResponse]:
    """Gate: what is no id is not there, and Immich is not asked about it."""

    @wraps(view)
    def gate(request: HttpRequest, host: User, link_id: str) -> HttpResponse:
        try:
            known = str(uuid.UUID(link_id))
        except ValueError:
            return not_found()
        return view(request, host, known)

    return gate


@describes(
    Operation(
        "get",
        "The host's shared links in Immich, newest first",
        list[SharedLinkItem],
        query={"albumId": "Only those of this album"},
        errors={400: ["invalid_json"], **_ABOUT_ONE},
    ),
    Operation(
        "post",
        "Make a shared link",
        SharedLinkItem,
        status=201,
        body=SharedLinkBody,
        errors=_TAKEN | _ABOUT_ONE,
    ),
)
@csrf_exempt
@require_http_methods(["GET", "POST"])
@host_required
@answers_bad_requests
@answers_immich_errors
@answers_sharing_errors
def links(request: HttpRequest, host: User) -> HttpResponse:
    """`GET` and `POST /api/shared-links`."""
    if request.method == "GET":
        album_id = _album_id(request.GET.get("albumId", ""))
        with shared_links.opened(host) as library:
            found = library.immich.shared_links(album_id)
            return JsonResponse([_item(library, link) for link in found], safe=False)
    body = json_api.read(request, SharedLinkBody)
    individual = body.type == "INDIVIDUAL" or (body.type is None and body.album_id is None)
    if individual and not body.asset_ids:
        raise wrong("assetIds", "the assets to share are wanted, or albumId.")
    if not individual and body.album_id is None:
        raise wrong("albumId", "the album to share is wanted.")
    settings = _settings(body, LinkSettings())
    shared_links.check(settings)
    with shared_links.opened(host) as library:
        link = library.immich.create_shared_link(
            album_id=None if individual else str(body.album_id),
            asset_ids=[str(asset) for asset in body.asset_ids] if individual else (),
            settings=settings,
        )
        return JsonResponse(_item(library, library.immich.shared_link(link.id)), status=201)


@describes(
    Operation("get", "One shared link", SharedLinkItem, errors=_ABOUT_ONE),
    Operation("patch", "Change a shared link", SharedLinkItem, body=SettingsBody, errors=_TAKEN | _ABOUT_ONE),
    Operation("delete", "Delete a shared link", Deleted, errors=_ABOUT_ONE),
)
@csrf_exempt
@require_http_methods(["GET", "PATCH", "DELETE"])
@host_required
@answers_bad_requests
@answers_immich_errors
@answers_sharing_errors
@ids_only
def link(request: HttpRequest, host: User, link_id: str) -> HttpResponse:
    """`/api/shared-links/{link_id}`."""
    body = json_api.read(request, SettingsBody) if request.method == "PATCH" else None
    with shared_links.opened(host) as library:
        if request.method == "DELETE":
            library.immich.delete_shared_link(link_id)
            return JsonResponse(Deleted(ok=True, deleted=1))
        found = library.immich.shared_link(link_id)
        if body:
            settings = _settings(body, found.settings)
            shared_links.check(settings, found.settings)
            library.immich.change_shared_link(found.id, settings)
            found = library.immich.shared_link(found.id)
        return JsonResponse(_item(library, found))


@describes(
    Operation("put", "Add assets to a shared link", list[AssetOutcome], body=AssetsBody, errors=_ABOUT_ONE),
    Operation("delete", "Take assets out of a shared link", list[AssetOutcome], body=AssetsBody, errors=_ABOUT_ONE),
)
@csrf_exempt
@require_http_methods(["PUT", "DELETE"])
@host_required
@answers_bad_requests
@answers_immich_errors
@answers_sharing_errors
@ids_only
def link_assets(request: HttpRequest, host: User, link_id: str) -> HttpResponse:
    """`/api/shared-links/{link_id}/assets`: of single assets only; an album's link shows what is in the album."""
    assets = [str(asset) for asset in json_api.read(request, AssetsBody).asset_ids]
    with shared_links.opened(host) as library:
        change = library.immich.add_to_shared_link
        if request.method == "DELETE":
            change = library.immich.remove_from_shared_link
        outcomes = change(link_id, assets)
    return JsonResponse([_outcome(asset, error) for asset, error in outcomes.items()], safe=False)


def _album_id(text: str) -> str | None:
    try:
        return str(uuid.UUID(text)) if text else None
    except ValueError:
        raise wrong("albumId", "an id of Immich's is wanted.") from None


def _settings(body: SettingsBody, before: LinkSettings) -> LinkSettings:
    """The settings as they are to be. Raises BadRequestError."""
    settings = before
    if body.description is not UNSET:
        settings = replace(settings, description=body.description or "")
    if body.password is not UNSET:
        settings = replace(settings, password=body.password or None)
    if body.slug is not UNSET:
        settings = replace(settings, slug=body.slug or None)
    if body.expires_at is not UNSET:
        settings = replace(settings, expires_at=_moment(body.expires_at))
    if body.allow_upload is not UNSET:
        settings = replace(settings, allow_upload=body.allow_upload)
    if body.allow_download is not UNSET:
        settings = replace(settings, allow_download=body.allow_download)
    if body.show_metadata is not UNSET:
        settings = replace(settings, show_metadata=body.show_metadata)
    return settings


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment.timestamp()  # which ends earlier than the calendar does
            return moment
    except (ValueError, OverflowError):
        pass
    raise wrong("expiresAt", "a moment with its offset such as 2030-07-14T18:00+02:00 is wanted.")


def _item(library: Library, link: SharedLink) -> SharedLinkItem:
    return SharedLinkItem(
        id=link.id,
        type=link.type.value,
        key=link.key,
        slug=link.slug,
        url=library.address_of(link),
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


def _outcome(asset_id: str, error: str | None) -> AssetOutcome:
    if error:
        return AssetOutcome(assetId=asset_id, success=False, error=error)
    return AssetOutcome(assetId=asset_id, success=True)
