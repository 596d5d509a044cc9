"""The hosts' pages about Immich's shared links: the list, one link with its QR code, and its end."""

from contextlib import suppress

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from immichdrop.immich import SharedLink
from invites import qr
from invites.menu_gates import host_page
from invites.menu_rows import qr_answer, sheet
from invites.models import ShareBack
from invites.shared_link_gates import library_page, own_shared_link, whole_shared_link
from invites.shared_link_list import SORT_WORDS, Card, Wanted, items_of, listing, names_of, title_of
from invites.shared_links import Library


@require_safe
@host_page
@library_page
def shared(request: HttpRequest, library: Library) -> HttpResponse:
    """`/menu/shared-links`: the list, as `?q=&sort=&album=&page=` asks."""
    context = {
        "list": listing(library, Wanted.said(request.GET)),
        "sorts": SORT_WORDS,
        "said": [str(message) for message in messages.get_messages(request)],
    }
    return render(request, "menu/shared.html", context)


@require_safe
@host_page
@whole_shared_link
def one(request: HttpRequest, library: Library, link: SharedLink) -> HttpResponse:
    """`/menu/shared-links/{id}`: all about one, to hand it on; `?made` right after it was."""
    card, code = _card(library, link, items_of(link)), ""
    with suppress(qr.TooLongError):  # Immich takes custom addresses of any length
        code = qr.svg(card.address)
    context = {"card": card, "code": code, "made": "made" in request.GET}
    return render(request, "menu/shared/one.html", context)


@require_safe
@host_page
@whole_shared_link
def items(request: HttpRequest, library: Library, link: SharedLink) -> HttpResponse:
    """`/menu/shared-links/{id}/items`: how many there are of single photos, which Immich's list does not tell."""
    return render(request, "menu/shared/items.html", {"items": items_of(link)})


@require_safe
@host_page
@own_shared_link
def qr_page(request: HttpRequest, library: Library, link: SharedLink) -> HttpResponse:
    """`/menu/shared-links/{id}/qr`: the code to hold a phone's camera at."""
    card = _card(library, link)
    context = {"title": card.title, "at": card.at, "address": card.address, "code": qr.svg(card.address)}
    return sheet(request, "menu/sheets/qr.html", {**context, "close": resolve_url("menu-shared")})


@require_safe
@host_page
@own_shared_link
def qr_picture(request: HttpRequest, library: Library, link: SharedLink, kind: str) -> HttpResponse:
    """`/menu/shared-links/{id}/qr.{kind}?size=`: the code as a file, `png` (of so many pixels) or `svg`."""
    return qr_answer(request, library.address_of(link), kind, link.slug or link.id[:8])


@require_POST
@host_page
@own_shared_link
def delete(request: HttpRequest, library: Library, link: SharedLink) -> HttpResponse:
    """`POST /menu/shared-links/{id}/delete`: asks once more, and with `sure` deletes."""
    if "sure" not in request.POST:
        context = {"card": _card(library, link), "close": resolve_url("menu-shared")}
        return sheet(request, "menu/sheets/delete_shared.html", context)
    library.immich.delete_shared_link(link.id)
    ShareBack.objects.changed_in_immich(link.id)
    messages.info(request, gettext("Deleted"))
    return HttpResponseRedirect(resolve_url("menu-shared"))


def _card(library: Library, link: SharedLink, items: int | None = None) -> Card:
    return Card(link, library.address_of(link), title_of(link, names_of(library, [link])), items)
