"""The hosts' pages that make a shared link, or change one."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from immichdrop.immich import LinkSettings, SharedLink
from immichdrop.models import User
from invites import shared_links
from invites.menu_gates import by_htmx, host_page
from invites.models import ShareBack
from invites.shared_link_form import NewSharedLinkForm, SharedLinkForm, shown
from invites.shared_link_gates import in_the_way, own_shared_link
from invites.shared_link_list import names_of, title_of
from invites.shared_link_problems import STANDS_IN_THE_WAY
from invites.shared_links import MOST_ASSETS, Library


@require_http_methods(["GET", "HEAD", "POST"])
@host_page
def new(request: HttpRequest, host: User) -> HttpResponse:
    """`/menu/shared-links/new`: of an `album`, chosen in the form; or of `assets`, ids with commas between.

    POST without the form's own fields, as from another page, shows the form.
    """
    assets = _ids(request.POST.get("assets") or request.GET.get("assets", ""))
    if request.method != "POST" or "ends" not in request.POST:
        form = NewSharedLinkForm(assets=assets, album=request.GET.get("album", ""))
        return _new_page(request, host, form)
    form = NewSharedLinkForm(request.POST, assets=assets)
    made = form.send(lambda settings: _make(host, form, settings))
    if made is None:
        return _new_page(request, host, form, status=422)
    return _to(request, f"{resolve_url('menu-shared-link', link_id=made.id)}?made=1")


def _make(host: User, form: NewSharedLinkForm, settings: LinkSettings) -> SharedLink:
    with shared_links.opened(host) as library:
        return library.immich.create_shared_link(album_id=form.album_id, asset_ids=form.assets, settings=settings)


def _new_page(request: HttpRequest, host: User, form: NewSharedLinkForm, status: int = 200) -> HttpResponse:
    base = ""
    try:
        with shared_links.opened(host) as library:
            base = library.base
            form.offer([] if form.assets else library.immich.albums())
    except STANDS_IN_THE_WAY as error:
        if not form.is_bound:
            return in_the_way(request, error)
        form.offer([])  # what was typed is kept, and the form has the words
    context = {"form": form, "base": shown(base), "back": resolve_url("menu-shared")}
    return render(request, "menu/shared/new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@host_page
@own_shared_link
def edit(request: HttpRequest, library: Library, link: SharedLink) -> HttpResponse:
    """`/menu/shared-links/{id}/edit`: what is not touched stays, the slug too, which Immich would else erase (394)."""
    of_album, status = link.album_id is not None, 200
    form = SharedLinkForm(of_album=of_album, before=link.settings)
    if request.method == "POST":
        form = SharedLinkForm(request.POST, of_album=of_album, before=link.settings)
        if form.send(lambda settings: _change(library, link, settings)):
            messages.info(request, gettext("Saved"))
            return _to(request, resolve_url("menu-shared"))
        status = 422
    context = {
        "form": form,
        "base": shown(library.base),
        "link": link,
        "title": title_of(link, names_of(library, [link])),
    }
    return render(request, "menu/shared/edit.html", {**context, "back": resolve_url("menu-shared")}, status=status)


def _change(library: Library, link: SharedLink, settings: LinkSettings) -> bool:
    library.immich.change_shared_link(link.id, settings)
    ShareBack.objects.changed_in_immich(link.id)
    return True


def _to(request: HttpRequest, address: str) -> HttpResponse:
    """Leads on; what htmx asked for would else be put into the form's place."""
    if not by_htmx(request):
        return HttpResponseRedirect(address)
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def _ids(text: str) -> list[str]:
    try:
        found = [str(uuid.UUID(one)) for one in text.split(",") if one.strip()]
    except ValueError:
        raise Http404 from None
    if len(found) > MOST_ASSETS:
        raise Http404
    return list(dict.fromkeys(found))
