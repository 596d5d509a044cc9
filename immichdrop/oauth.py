"""Single sign-on: `/oauth/start` sends a host to Immich's identity provider, `/oauth/callback` is where they come back.

Begun by a link and not by a form, since a browser holds the page's `form-action` against what a form is redirected to.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import TypedDict
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from immichdrop import immich
from immichdrop.identify import CONNECT_TIMEOUT, READ_TIMEOUT, Brake, Identity, Way, identity_of, need_immich, present
from immichdrop.login import enter, safe_next, show
from immichdrop.login_errors import AwayError, LoginError, RefusedError, WrongError
from immichdrop.models import User

PATIENCE = 600  # seconds a person may take at the provider
_NAME = "oauth"
_AWAY = frozenset({None, 408, 429, 502, 503, 504})


class Begun(TypedDict):
    """What the session remembers of a sign-on: good once, and for `PATIENCE`."""

    state: str
    verifier: str
    next: str
    at: float


def redirect_uri(request: HttpRequest) -> str:
    """The address that has to be registered at the identity provider."""
    base = settings.PUBLIC_BASE_URL or f"{request.scheme}://{request.get_host()}"
    return base + resolve_url("oauth-callback")


def begin(back: str, wanted: str) -> tuple[str, Begun]:
    """Where the person signs in, and what to remember. Raises LoginError."""
    begun = Begun(state=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(64), next=wanted, at=time.time())
    digest = hashlib.sha256(begun["verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    try:
        url = immich.oauth_address(
            need_immich(),
            back,
            begun["state"],
            challenge,
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
        )
    except immich.ImmichError as error:
        raise _said(error) from None
    if urlsplit(url).scheme not in ("http", "https"):
        raise RefusedError(_("Immich’s single sign-on is not set up completely. Please sign in another way."))
    return url, begun


def finish(begun: Begun | None, back: str, given: Mapping[str, str], present: User | None) -> Identity:
    """Who came back to the address `back`, whose query is `given`. Raises LoginError."""
    state, problem = given.get("state", ""), given.get("error", "")
    in_time = begun is not None and time.time() - begun["at"] < PATIENCE
    if begun is None or not in_time or not constant_time_compare(begun["state"], state):
        # Somebody else's answer, an old one, or this one a second time. Immich is not asked, and nothing is counted:
        # any page could send a host's browser here, and would keep them from logging in.
        raise RefusedError(_("This sign-in was begun somewhere else, or too long ago. Please try again."))
    if problem == "access_denied":
        raise RefusedError(_("You stopped the sign-in. Nothing has changed."))
    if problem:
        raise RefusedError(_("The single sign-on did not work. Please try again, or sign in another way."))
    try:
        session = immich.oauth_login(
            need_immich(),
            back,
            begun["state"],
            begun["verifier"],
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
        )
    except immich.ImmichError as error:
        raise _said(error) from None
    return identity_of(session, present)


def _said(error: immich.ImmichError) -> LoginError:
    """What the person reads. Immich answers 500 when the provider does not confirm what it is asked."""
    if isinstance(error, immich.Unavailable) and error.status in _AWAY:
        return AwayError()
    return WrongError(_("The single sign-on did not work. Please try again, or sign in another way."))


@never_cache
@require_http_methods(["GET"])
def start(request: HttpRequest) -> HttpResponse:
    """`/oauth/start`: to the identity provider."""
    wanted = safe_next(request)
    brake = Brake(Way.OAUTH, "", request.META.get("REMOTE_ADDR", ""))
    try:
        brake.check()
        url, begun = begin(redirect_uri(request), wanted)
    except LoginError as error:
        return show(request, error=error, wanted=wanted)
    request.session[_NAME] = begun
    return HttpResponseRedirect(url)


@never_cache
@require_http_methods(["GET"])
def callback(request: HttpRequest) -> HttpResponse:
    """`/oauth/callback`: back from there, with a code for Immich."""
    begun: Begun | None = request.session.pop(_NAME, None)
    wanted = begun["next"] if begun else ""
    back = f"{redirect_uri(request)}?{request.META['QUERY_STRING']}"
    brake = Brake(Way.OAUTH, "", request.META.get("REMOTE_ADDR", ""))
    try:
        brake.check()
        identity = finish(begun, back, request.GET.dict(), present(request))
    except LoginError as error:
        if isinstance(error, WrongError):
            brake.failed()
        return show(request, error=error, wanted=wanted)
    brake.passed()
    enter(request, identity)
    return HttpResponseRedirect(wanted or resolve_url(settings.LOGIN_REDIRECT_URL))
