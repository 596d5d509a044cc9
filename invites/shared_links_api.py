"""`/api/shared-links`: a host's shared links in Immich, with Immich's own names of fields."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Literal, NotRequired, TypedDict

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from msgspec import Meta

from immichdrop import json_api
from immichdrop.albums_api import answers_immich_errors
from immichdrop.immich import LinkSettings, SharedLink
from immichdrop.json_api import answers_bad_requests, host_required, wrong
from immichdrop.models import User
from immichdrop.openapi import Operation, describes
from invites import shared_links
from invites.api import not_found
from invites.hosts_api import Deleted
from invites.link_json import NewLink, answers_link_errors, new_link
from invites.models import ShareBack
from invites.shared_link_invites import NoInviteError, make_invite
from invites.shared_link_json import (
    SettingsBody,
    SharedLinkItem,
    answers_sharing_errors,
    settings_said,
    shared_link_item,
)
from invites.shared_links import MOST_ASSETS, Library

_ERRORS = {403: ["forbidden"], 502: ["request_failed"]}
_ABOUT_ONE = {400: ["refused"], 404: ["not_found"], **_ERRORS}
_TAKEN = {400: ["slug_taken", "refused"]}

Assets = Annotated[list[uuid.UUID], Meta(max_length=MOST_ASSETS)]


class SharedLinkBody(SettingsBody, rename="camel"):
    """The body of `POST /api/shared-links`: an album, or single assets."""

    type: Annotated[Literal["ALBUM", "INDIVIDUAL"] | None, Meta(description="Else by what is named")] = None
    album_id: uuid.UUID | None = None
    asset_ids: Assets = []


class AssetsBody(msgspec.Struct, rename="camel"):
    """The body of `PUT` and `DELETE /api/shared-links/{link_id}/assets`."""

    asset_ids: Assets


class AssetOutcome(TypedDict):
    """What became of one asset; `error` is Immich's word for why nothing did, such as `duplicate`."""

    assetId: str
    success: bool
    error: NotRequired[str]


def ids_only(
    view: Callable[[HttpRequest, User, str], HttpResponse],
) -> Callable[[HttpRequest, User, str], HttpResponse]:
    """Gate: what is no id is not there, and Immich is not asked about it."""

    @wraps(view)
    def gate(request: HttpRequest, host: User, link_id: str) -> HttpResponse:
        known = shared_links.id_of(link_id)
        return view(request, host, known) if known else not_found()

    return gate


@describes(
    Operation(
        "get",
        "The host's shared links in Immich, newest first",
        list[SharedLinkItem],
        query={"albumId": "Only those of this album"},
        errors=_ABOUT_ONE | {400: ["invalid_json", "refused"]},
    ),
    Operation(
        "post",
        "Make a shared link",
        SharedLinkItem,
        status=201,
        body=SharedLinkBody,
        errors=_ABOUT_ONE | _TAKEN,
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
    settings = settings_said(body, LinkSettings())
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
    Operation("patch", "Change a shared link", SharedLinkItem, body=SettingsBody, errors=_ABOUT_ONE | _TAKEN),
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
            ShareBack.objects.changed_in_immich(link_id)
            return JsonResponse(Deleted(ok=True, deleted=1))
        found = library.immich.shared_link(link_id)
        if body:
            settings = settings_said(body, found.settings)
            shared_links.check(settings, found.settings)
            library.immich.change_shared_link(found.id, settings)
            ShareBack.objects.changed_in_immich(link_id)
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


@describes(
    Operation(
        "post",
        "Make an invite of an album's link that takes uploads",
        NewLink,
        status=201,
        errors=_ABOUT_ONE | {400: ["not_an_album", "upload_not_allowed", "ended", "invalid_json", "refused"]},
    )
)
@csrf_exempt
@require_POST
@host_required
@answers_immich_errors
@answers_sharing_errors
@answers_link_errors
@ids_only
def link_invite(request: HttpRequest, host: User, link_id: str) -> HttpResponse:
    """`POST /api/shared-links/{link_id}/invite`: the same album, end and password; its description is the name."""
    try:
        invite = make_invite(host, link_id)
    except NoInviteError as error:
        return JsonResponse({"error": error.code, "message": str(error)}, status=400)
    return JsonResponse(new_link(invite, request), status=201)


def _item(library: Library, link: SharedLink) -> SharedLinkItem:
    return shared_link_item(link, library.address_of(link))


def _album_id(text: str) -> str | None:
    try:
        return str(uuid.UUID(text)) if text else None
    except ValueError:
        raise wrong("albumId", "an id of Immich's is wanted.") from None


def _outcome(asset_id: str, error: str | None) -> AssetOutcome:
    if error:
        return AssetOutcome(assetId=asset_id, success=False, error=error)
    return AssetOutcome(assetId=asset_id, success=True)
