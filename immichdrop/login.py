"""Hosts come in and go out."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from immichdrop import connecting, immich_session, login_ways
from immichdrop.identify import Claim, Identity, Way, identify, present
from immichdrop.login_errors import LoginError, TooManyError
from immichdrop.models import ImmichAccount


def enter(request: HttpRequest, identity: Identity) -> None:
    """Logs them in, in a session with a new name.

    What Immich gave for their password stays, encrypted, only as long as a key may be made with it.
    """
    before = immich_session.take_from(request.session)
    login(request, identity.user)
    if before:
        before.end()
    if identity.token:
        kept = immich_session.Kept(settings.IMMICH_BASE_URL, identity.token)
        if ImmichAccount.objects.connected_of(identity.user):
            kept.end()
        else:
            immich_session.keep(request.session, kept)


def leave(request: HttpRequest) -> None:
    """Logs out here, and then in Immich, if it answers."""
    kept = immich_session.take_from(request.session)
    logout(request)
    if kept:
        kept.end()


def safe_next(request: HttpRequest) -> str:
    """Where the host wanted to go; empty when that is nowhere, or off this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else ""


def show(
    request: HttpRequest, way: Way | None = None, error: LoginError | str = "", *, wanted: str = ""
) -> HttpResponse:
    """The login page; `error` tells why it is shown again."""
    ways = login_ways.by_form()
    context = {
        "way": way if way in ways else ways[0],
        "ways": ways,
        "sign_on": login_ways.sign_on(),
        "immich": urlsplit(settings.IMMICH_BASE_URL).netloc,
        "error": str(error),
        "next": wanted,
    }
    status = error.status if isinstance(error, LoginError) else 403 if error else 200
    response = render(request, "login.html", context, status=status)
    if isinstance(error, TooManyError):
        response["Retry-After"] = str(error.wait)
    return response


def _claim(request: HttpRequest) -> Claim:
    """What the form says; a way there is not is the likeliest one."""
    ways = login_ways.by_form()
    given = request.POST.get("way")
    way = next((way for way in ways if way == given), ways[0])
    secret = request.POST.get("key" if way == Way.KEY else "password", "")
    return Claim(way, request.POST.get("email", ""), secret)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_page(request: HttpRequest) -> HttpResponse:
    """`/login`: with Immich's e-mail and password, one of its API keys, or a local account."""
    wanted = safe_next(request)
    if request.method == "POST":
        claim = _claim(request)
        try:
            identity = identify(claim, request.META.get("REMOTE_ADDR", ""), present(request))
        except LoginError as error:
            return show(request, claim.way, error, wanted=wanted)
        enter(request, identity)
        if claim.way == Way.KEY and request.POST.get("keep"):
            connecting.keep_key(identity.user, claim.secret, of_server=True)
        return HttpResponseRedirect(wanted or resolve_url(settings.LOGIN_REDIRECT_URL))
    complaint = ""
    if request.user.is_authenticated and not request.user.is_staff and wanted.startswith(resolve_url("admin:index")):
        # Sent back here by the admin; without a word it would look like a login that failed.
        complaint = _("Your account may not use the admin. Ask whoever runs this server.")
    way = next((way for way in Way if way == request.GET.get("way")), None)
    return show(request, way, complaint, wanted=wanted)


@require_http_methods(["GET", "HEAD", "POST"])
def logout_page(request: HttpRequest) -> HttpResponse:
    """`/logout`. A GET leaves too, as bookmarks of the older product expect."""
    leave(request)
    return HttpResponseRedirect(resolve_url("login"))
