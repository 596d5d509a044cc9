"""Who may read `/metrics`: whoever has `METRICS_TOKEN`, or, while that is unset, programs of this machine."""

import secrets
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from immichdrop import proxies

View = Callable[[HttpRequest], HttpResponse]

# Whoever sends one of these speaks for somebody else, whatever `TRUSTED_PROXIES` makes of it.
_OF_PROXIES = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_CF_CONNECTING_IP")


def for_scrapers(view: View) -> View:
    """To everybody else there is nothing here (404)."""

    @wraps(view)
    def gate(request: HttpRequest) -> HttpResponse:
        allowed = _has_token(request) if settings.METRICS_TOKEN else _is_local(request)
        return view(request) if allowed else HttpResponseNotFound("Not found.\n", content_type="text/plain")

    return gate


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    same = secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    return same and scheme.lower() == "bearer"


def _is_local(request: HttpRequest) -> bool:
    """Whether a program of this machine asks for this machine.

    The address alone does not tell: behind a proxy on the same machine every stranger's peer is loopback. So there must
    be no sign of a proxy, and the name asked for must be loopback's as well: a tunnel that adds no header brings the
    public name along, and so does a browser that a stranger's name server sent here.
    """
    forwarded = any(name in _OF_PROXIES or name.startswith("HTTP_X_FORWARDED") for name in request.META)
    name = request.META.get("HTTP_HOST", "")
    named = (name.rpartition(":")[0] or name).lower() == "localhost" or _loopback(name)
    return not forwarded and named and _loopback(request.META.get("REMOTE_ADDR", ""))


def _loopback(text: str) -> bool:
    address = proxies.parse(text)
    return address is not None and address.is_loopback
