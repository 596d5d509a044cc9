"""Links as the hosts' JSON routes speak of them (contract: core routes)."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypedDict
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from immichdrop.json_api import Fields, wrong
from invites import links
from invites.api import INACTIVE_REASONS
from invites.links import LinkError, LinkFields
from invites.models import Invite

P = ParamSpec("P")

# Our names of fields, where the wire's are others.
_WIRE_NAMES = {
    "album_id": "albumId",
    "album_name": "albumName",
    "max_uses": "maxUses",
    "expires_at": "expiresAt",
    "expires_days": "expiresDays",
    "time_zone": "timeZone",
}


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
    active: bool
    inactiveReason: str | None
    createdAt: str


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


def fields_of(said: Fields) -> LinkFields:
    """What a body says of a link; `resetUsage` aside. Raises BadRequestError, LinkError."""
    fields = LinkFields()
    if "name" in said:
        fields["name"] = said.text("name")
    if "albumId" in said:
        fields["album_id"] = said.identifier("albumId")
    if "albumName" in said:
        fields["album_name"] = said.text("albumName")
    if "disabled" in said:
        fields["disabled"] = said.flag("disabled")
    if "password" in said:
        fields["password"] = said.text("password")
    if "maxUses" in said:
        max_uses = said.number("maxUses")
        if max_uses is None:
            raise wrong("maxUses", "a whole number is wanted; -1 is no limit.")
        fields["max_uses"] = max_uses
    if "expiresAt" in said or "expiresDays" in said:
        days, zone = said.number("expiresDays"), links.zone_named(said.text("timeZone") or settings.TIME_ZONE)
        at = links.expires_at_said(said.text("expiresAt"), zone)
        fields["expires_at"] = at or (None if days is None else links.expires_in(days))
    return fields


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
