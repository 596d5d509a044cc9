"""The hosts' page: their links, and the panel that makes one. Without script it works by whole pages."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from immichdrop.albums_api import albums_of
from immichdrop.encryption import SecretChangedError
from immichdrop.immich import ImmichError
from immichdrop.models import ImmichAccount, User
from immichdrop.reachability import reachability
from invites.link_form import LinkForm
from invites.menu_gates import by_htmx, host_page
from invites.menu_list import SHOWN, SORT_WORDS, Wanted, listing
from invites.models import Invite


@require_http_methods(["GET", "HEAD", "POST"])
@host_page
def menu(request: HttpRequest, host: User) -> HttpResponse:
    """`/menu`: the list, as `?q=&sort=&show=&whose=&page=` asks; `?create` opens the panel, POST makes a link."""
    if request.method != "POST":
        return _page(request, host, LinkForm() if "create" in request.GET else None)
    form = LinkForm(request.POST)
    link = form.create(host)
    return _page(request, host, form, status=422) if link is None else to_new(link)


def _page(request: HttpRequest, host: User, form: LinkForm | None, status: int = 200) -> HttpResponse:
    wanted = Wanted.said(request.GET, host)
    said = [str(message) for message in messages.get_messages(request)]
    context = {
        "form": form,
        "list": listing(request, host, wanted),
        "shown": SHOWN,
        "sorts": SORT_WORDS,
        "said": said,
    }
    response = render(request, "menu/page.html", context, status=status)
    if said and by_htmx(request):
        response["HX-Trigger"] = toast(said[-1])
    return response


def to_new(link: Invite) -> HttpResponse:
    """Leads to the list with a new link on top. Newest first, and nothing left out: it has to be seen."""
    return HttpResponseRedirect(f"{resolve_url('menu')}?{urlencode({'made': link.token})}")


def toast(words: str) -> str:
    """An `HX-Trigger` that shows a short note."""
    return json.dumps({"toast": words})


@require_safe
@host_page
def connection(request: HttpRequest, host: User) -> HttpResponse:
    """`/menu/immich`: the banner, whether the host's Immich is `here` or `away`; 204 when that is what it `was`."""
    account = ImmichAccount.objects.of_owner(host)
    state = "here" if reachability.of(account.address) else "away"
    if request.GET.get("was") == state:
        return HttpResponse(status=204)  # a screen reader would read it out again
    return render(request, "menu/parts/connection.html", {"state": state})


@require_safe
@host_page
def albums(request: HttpRequest, host: User) -> HttpResponse:
    """`/menu/albums`: the names to choose from; a word for the host where Immich doesn't tell them."""
    try:
        found, away = albums_of(host), False
    except (ImmichError, SecretChangedError):
        found, away = [], True
    names = sorted(found, key=lambda album: album.name.casefold())
    return render(request, "menu/parts/albums.html", {"albums": names, "away": away})
