"""The JSON routes a guest's page asks about its link."""

import json
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypedDict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from immichdrop import throttle
from invites import guests
from invites.finding import find_link
from invites.models import Guest, Invite
from invites.refusals import Refusal, RefusedError
from invites.revealing import photos_address


class InviteState(TypedDict):
    """`GET /api/invite/{token}`: the older clients' fields first, ours after `authorized`."""

    token: str
    albumId: str | None
    albumName: str | None
    name: str
    maxUses: int
    used: int
    remaining: int | None
    expiresAt: str | None
    oneTime: bool
    claimed: bool
    claimedAt: str | None
    expired: bool
    active: bool
    inactiveReason: str | None
    passwordRequired: bool
    authorized: bool
    opensAt: str | None
    welcomeText: str | None
    hostName: str
    guestName: str
    kinds: str
    maxFiles: int | None
    maxBytes: int | None
    maxFileSize: int | None
    photosUrl: str | None
    visit: dict[str, str]


INACTIVE_REASONS = {
    Refusal.CLAIMED: "claimed",
    Refusal.EXHAUSTED: "exhausted",
    Refusal.EXPIRED: "expired",
    Refusal.DISABLED: "disabled",
    Refusal.NOT_OPEN: "not_open",
}


P = ParamSpec("P")


def answers_refusals(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Gate: what a view's services refuse is answered in the core routes' shape."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except RefusedError as error:
            body = {"error": error.refusal.wire_code} | ({"message": error.detail} if error.detail else {})
            return JsonResponse(body, status=error.refusal.status, headers=error.headers)

    return answered


def client_of(request: HttpRequest) -> str:
    """The address a request comes from, trusted proxies left out."""
    return str(request.META.get("REMOTE_ADDR", ""))


def not_found() -> JsonResponse:
    """The one answer for every unknown, mistyped or deleted token."""
    return JsonResponse({"error": "not_found"}, status=404)


def describe(invite: Invite, guest: Guest | None, viewer_id: int | None = None) -> InviteState:
    """What this guest may know of a link. Album and welcome text stay hidden until the password was given; the
    album's id is the owner's alone."""
    closed = invite.closed(guest)
    authorized = invite.locked(guest) is None
    visit = invite.visits.filter(guest=guest).first() if guest else None
    owner_looks = viewer_id is not None and viewer_id == invite.owner_id
    return InviteState(
        token=invite.token,
        albumId=str(invite.album_id) if owner_looks and invite.album_id else None,
        albumName=(invite.album_name or None) if authorized else None,
        name=invite.name,
        maxUses=invite.max_uses,
        used=invite.used,
        remaining=invite.remaining,
        expiresAt=invite.expires_at.isoformat() if invite.expires_at else None,
        oneTime=invite.one_time,
        claimed=invite.claimed_at is not None,
        claimedAt=invite.claimed_at.isoformat() if invite.claimed_at else None,
        expired=invite.expires_at is not None and timezone.now() >= invite.expires_at,
        active=closed is None,
        inactiveReason=INACTIVE_REASONS.get(closed) if closed else None,
        passwordRequired=bool(invite.password),
        authorized=authorized,
        opensAt=invite.opens_at.isoformat() if invite.opens_at else None,
        welcomeText=invite.welcome_text if authorized else None,
        hostName=invite.host_name,
        guestName=invite.guest_name,
        kinds=invite.kinds,
        maxFiles=invite.max_files,
        maxBytes=invite.max_bytes,
        maxFileSize=invite.max_file_size,
        photosUrl=photos_address(invite, guest),
        visit={"name": visit.name if visit else "", "message": visit.message if visit else ""},
    )


@require_GET
@answers_refusals
def invite_state(request: HttpRequest, token: str) -> HttpResponse:
    """`GET /api/invite/{token}`. A browser without a guest's secret gets one here."""
    invite = find_link(token, client_of(request))
    if invite is None:
        return not_found()
    guest, secret = guests.of_request(request), ""
    if guest is None:
        guest, secret = guests.create()
    response = JsonResponse(describe(invite, guest, request.user.pk))
    if secret:
        guests.hand_over(response, secret, secure=request.is_secure())
    return response


@csrf_exempt
@require_POST
@answers_refusals
def authorize(request: HttpRequest, token: str) -> HttpResponse:
    """`POST /api/invite/{token}/auth` with `{"password": text}`."""
    invite = find_link(token, client_of(request))
    if invite is None:
        return not_found()
    try:
        password = json.loads(request.body)["password"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({"error": "invalid_json", "message": 'Send {"password": "…"} as JSON.'}, status=400)
    guard = throttle.Guard("invite password", invite.token, client_of(request))
    if wait := guard.wait():
        return throttle.too_many(wait)
    if not isinstance(password, str) or (invite.password and not invite.check_password(password)):
        guard.failed()
        return JsonResponse({"error": "invalid_password"}, status=403)
    guard.passed()
    guest, secret = guests.of_request(request), ""
    if guest is None:
        guest, secret = guests.create()
    guests.unlock(guest, invite)
    response = JsonResponse({"ok": True, "authorized": True})
    if secret:
        guests.hand_over(response, secret, secure=request.is_secure())
    return response
