"""The pages in front of a link: its password, and the friendly refusals."""

from collections.abc import Mapping
from math import ceil

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from immichdrop import throttle
from invites import guests
from invites.models import Invite
from invites.refusals import Refusal

# Pages that tell nothing about a link, with their status.
_UNKNOWN = {Refusal.INVALID_INVITE: 404, Refusal.TOO_MANY_REQUESTS: 429}


def refused_page(
    request: HttpRequest,
    refusal: Refusal,
    invite: Invite | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    receipt: object | None = None,
    photos: str | None = None,
) -> HttpResponse:
    """The page for a link that takes nothing now. Unknown and deleted links answer alike.

    `receipt` is what its guest sent before (`uploads.pages.Receipt`), `photos` where everyone's are seen.
    """
    unknown = refusal in _UNKNOWN
    context = {
        "refusal": "not_found" if unknown else refusal.value,
        "invite": None if unknown else invite,
        "title": invite.title_outside if invite and not unknown else "",
        "host_name": invite.host_name if invite and not unknown else "",
        "receipt": None if unknown else receipt,
        "photos": None if unknown else photos,
    }
    response = render(request, "guest/refused.html", context, status=_UNKNOWN.get(refusal, 403))
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def password_page(request: HttpRequest, invite: Invite) -> HttpResponse:
    """Asks for the link's password; a right one leads back to the link, now open."""
    error, wait = "", 0
    if request.method == "POST":
        guard = throttle.Guard("invite password", invite.token, request.META.get("REMOTE_ADDR", ""))
        wait = guard.wait()
        if wait:
            error = "throttled"
        elif invite.check_password(request.POST.get("password", "")):
            guard.passed()
            return _unlocked(request, invite)
        else:
            guard.failed()
            error = "wrong"
    context = {
        "title": invite.title_outside,
        "host_name": invite.host_name,
        "error": error,
        "wait_minutes": ceil(wait / 60),
    }
    status = {"": 200, "wrong": 403, "throttled": 429}[error]
    response = render(request, "guest/password.html", context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def _unlocked(request: HttpRequest, invite: Invite) -> HttpResponse:
    guest, secret = guests.of_request(request), ""
    if guest is None:
        guest, secret = guests.create()
    guests.unlock(guest, invite)
    response = HttpResponseRedirect(request.path)
    if secret:
        guests.hand_over(response, secret, secure=request.is_secure())
    return response
