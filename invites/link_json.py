"""Links as the hosts' JSON routes speak of them (contract: core routes)."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Annotated, ParamSpec, TypedDict
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from msgspec import UNSET, Meta, UnsetType

from immichdrop.json_api import wrong
from invites import links
from invites.api import INACTIVE_REASONS
from invites.links import MOST_DAYS, LinkError, LinkFields
from invites.models import Invite

P = ParamSpec("P")
Text = str | UnsetType | None

# Our names of fields, where the wire's are others.
_WIRE_NAMES = {
    "album_id": "albumId",
    "album_name": "albumName",
    "max_uses": "maxUses",
    "expires_at": "expiresAt",
    "expires_days": "expiresDays",
    "time_zone": "timeZone",
    "allow_urls": "allowUrls",
}


class LinkBody(msgspec.Struct, rename="camel"):
    """The body of `POST /api/invites`. null empties a field; `expiresAt` wins over `expiresDays`."""

    name: Annotated[Text, Meta(description="What the page is headed with, at most 200 characters")] = UNSET
    album_id: Annotated[Text, Meta(description="An album's id in Immich; wins over `albumName`")] = UNSET
    album_name: Annotated[Text, Meta(description="Its exact name; made with the first file if there is none")] = UNSET
    max_uses: Annotated[
        int | UnsetType, Meta(description="`1`, one-time, belongs to the first guest; `-1`, no limit; n, so many files")
    ] = UNSET
    expires_days: Annotated[
        Annotated[int, Meta(ge=1, le=MOST_DAYS)] | UnsetType | None,
        Meta(description="So many times 24 hours from now"),
    ] = UNSET
    expires_at: Annotated[
        Text,
        Meta(description="The last day, as `2030-07-14`, or a moment with its offset, as `2030-07-14T18:00+02:00`"),
    ] = UNSET
    time_zone: Annotated[
        str | None, Meta(description="Whose last day it is, as `Europe/Berlin`; else the server's")
    ] = None
    password: Annotated[Text, Meta(description="Asked before the page opens; at most 200 characters")] = UNSET
    allow_urls: Annotated[
        bool | UnsetType, Meta(description="Whether guests may paste links to posts, which the server fetches")
    ] = UNSET


class ChangeBody(LinkBody, rename="camel"):
    """The body of `PATCH /api/invite/{token}`."""

    disabled: Annotated[bool | UnsetType, Meta(description="Closes it until it is enabled again")] = UNSET
    reset_usage: Annotated[bool, Meta(description="Lets it begin anew: no file counted, nobody's own")] = False


class LinkItem(TypedDict):
    """One row of `GET /api/invites`."""

    token: str
    name: str
    albumId: str | None
    albumName: str | None
    maxUses: int
    used: int
    remaining: int | None
    expiresAt: str | None
    allowUrls: bool
    active: bool
    inactiveReason: str | None
    createdAt: str


class LinkList(TypedDict):
    items: list[LinkItem]


class NewLink(TypedDict):
    """The answer of `POST /api/invites`."""

    ok: bool
    token: str
    url: str
    absoluteUrl: str
    albumId: str | None
    albumName: str | None
    maxUses: int
    expiresAt: str | None
    name: str


def answers_link_errors(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Gate: what makes no sense of a link is answered with 400, field by field."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except LinkError as error:
            words = [f"{_WIRE_NAMES.get(field, field)}: {said}" for field, said in error.problems.items()]
            return JsonResponse({"error": "invalid_json", "message": " ".join(words)}, status=400)

    return answered


def fields_of(said: LinkBody) -> LinkFields:
    """What a body says of a link. Raises BadRequestError, LinkError."""
    fields = LinkFields()
    if said.name is not UNSET:
        fields["name"] = said.name or ""
    if said.album_id is not UNSET:
        fields["album_id"] = _album_id(said.album_id)
    if said.album_name is not UNSET:
        fields["album_name"] = said.album_name or ""
    if said.password is not UNSET:
        fields["password"] = said.password or ""
    if said.max_uses is not UNSET:
        fields["max_uses"] = said.max_uses
    if said.expires_at is not UNSET or said.expires_days is not UNSET:
        zone = links.zone_named(said.time_zone or settings.TIME_ZONE)
        at = links.expires_at_said(said.expires_at or "", zone)
        fields["expires_at"] = at or (links.expires_in(said.expires_days) if said.expires_days else None)
    if said.allow_urls is not UNSET:
        fields["allow_urls"] = said.allow_urls
    if isinstance(said, ChangeBody) and said.disabled is not UNSET:
        fields["disabled"] = said.disabled
    return fields


def _album_id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise wrong("albumId", "an id of Immich's is wanted.") from None


def item(invite: Invite) -> LinkItem:
    closed = invite.closed()
    return LinkItem(
        token=invite.token,
        name=invite.name,
        albumId=str(invite.album_id) if invite.album_id else None,
        albumName=invite.album_name or None,
        maxUses=invite.max_uses,
        used=invite.used,
        remaining=invite.remaining,
        expiresAt=invite.expires_at.isoformat() if invite.expires_at else None,
        allowUrls=invite.allow_urls,
        active=closed is None,
        inactiveReason=INACTIVE_REASONS.get(closed) if closed else None,
        createdAt=invite.created_at.isoformat(),
    )


def new_link(invite: Invite, request: HttpRequest) -> NewLink:
    row = item(invite)
    return NewLink(
        ok=True,
        token=row["token"],
        url=invite.path,
        absoluteUrl=absolute_address(request, invite),
        albumId=row["albumId"],
        albumName=row["albumName"],
        maxUses=row["maxUses"],
        expiresAt=row["expiresAt"],
        name=row["name"],
    )


def absolute_address(request: HttpRequest, invite: Invite) -> str:
    """The address people reach a link at: below `PUBLIC_BASE_URL`, else as the host reached this server."""
    return f"{settings.PUBLIC_BASE_URL or request.build_absolute_uri('/').rstrip('/')}{invite.path}"


def link_named_in(text: str, request: HttpRequest) -> str:
    """The token or custom address in a text that is a link's whole address here; "" for every other text."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    own = {request.get_host().lower(), urlsplit(settings.PUBLIC_BASE_URL).netloc.lower()} - {""}
    name = parts.path.removeprefix("/invite/")
    whole = parts.scheme in ("http", "https") and not parts.query and not parts.fragment
    return name if whole and parts.netloc.lower() in own and name != parts.path and "/" not in name else ""
