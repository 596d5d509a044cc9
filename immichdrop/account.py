"""`/account`: a host's own Immich library."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from immichdrop import connecting, hosts, immich_session
from immichdrop.login_errors import LoginError, RefusedError
from immichdrop.models import User


def _host(request: HttpRequest) -> User:
    """Whoever is logged in; `login_required` sees to it that somebody is."""
    assert isinstance(request.user, User)
    return request.user


def _page(request: HttpRequest, error: LoginError | None = None) -> HttpResponse:
    host = _host(request)
    look = connecting.look(host)
    context = {
        "look": look,
        "host": host,
        "error": str(error or ""),
        "server": urlsplit(look.account.address if look else settings.IMMICH_BASE_URL).netloc,
        "may_offer_key": immich_session.kept_in(request.session) is not None,
        "may_make_links": hosts.may_make_links(host),
    }
    return render(request, "account.html", context, status=error.status if error else 200)


@never_cache
@login_required
@require_GET
def account_page(request: HttpRequest) -> HttpResponse:
    """`/account`: which library the host's links deliver into, and what its key may do."""
    return _page(request)


@never_cache
@login_required
@require_POST
def connect(request: HttpRequest) -> HttpResponse:
    """`/account/connect`: by a `key` that was pasted, or one that is made now."""
    try:
        if key := request.POST.get("key", "").strip():
            connecting.connect_by_key(_host(request), key, request.META.get("REMOTE_ADDR", ""))
        elif kept := immich_session.kept_in(request.session):
            connecting.connect_by_session(_host(request), kept)
        else:
            raise RefusedError(_("Please sign in to Immich again, or paste a key."))
    except LoginError as error:
        return _page(request, error)
    if kept := immich_session.take_from(request.session):
        kept.end()
    messages.success(request, _("Your library is connected. Your links deliver into it from now on."))
    return HttpResponseRedirect(resolve_url("account"))


@never_cache
@login_required
@require_POST
def disconnect(request: HttpRequest) -> HttpResponse:
    """`/account/disconnect`."""
    revoked = connecting.disconnect(_host(request))
    if revoked:
        messages.success(request, _("Disconnected. The key is revoked in Immich as well."))
    elif revoked is not None:
        messages.warning(request, _("Disconnected. The key is forgotten here; please delete it in Immich, too."))
    return HttpResponseRedirect(resolve_url("account"))
