"""Gates of the pages about shared links, which are in the host's own library and nowhere else."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from immichdrop.immich import AccessError, Immich, NotFound, Rejected, SharedLink
from immichdrop.models import User
from invites import shared_links
from invites.qr import TooLongError
from invites.shared_link_problems import STANDS_IN_THE_WAY, words_of
from invites.shared_links import Library, NoLibraryError

View = Callable[..., HttpResponseBase]
Gated = Callable[Concatenate[HttpRequest, User, ...], HttpResponseBase]


def own_shared_link(view: View) -> Gated:
    """Gate, after `host_page`: the host's library, open meanwhile, and its shared link with this id; else 404.

    It is told as in a list: what it shows may be thousands of photos, of which most pages need none.
    """
    return _gated(view, Immich.listed_shared_link)


def whole_shared_link(view: View) -> Gated:
    """As `own_shared_link`, with all that it shows."""
    return _gated(view, Immich.shared_link)


def _gated(view: View, ask: Callable[[Immich, str], SharedLink]) -> Gated:
    @wraps(view)
    def gate(request: HttpRequest, host: User, /, *, link_id: str, **more: object) -> HttpResponseBase:
        known = shared_links.id_of(link_id)
        if known is None:
            raise Http404
        try:
            with shared_links.opened(host) as library:
                return view(request, library, ask(library.immich, known), **more)
        except (NoLibraryError, NotFound, TooLongError) as error:  # nobody's, somebody else's, or no QR code holds it
            raise Http404 from error
        except STANDS_IN_THE_WAY as error:
            return in_the_way(request, error)

    return gate


def library_page(
    view: Callable[[HttpRequest, Library], HttpResponse],
) -> Callable[[HttpRequest, User], HttpResponse]:
    """Gate, after `host_page`: the host's library, open meanwhile, or a page that says what stands in the way."""

    @wraps(view)
    def gate(request: HttpRequest, host: User) -> HttpResponse:
        try:
            with shared_links.opened(host) as library:
                return view(request, library)
        except STANDS_IN_THE_WAY as error:
            return in_the_way(request, error)

    return gate


def in_the_way(request: HttpRequest, error: Exception) -> HttpResponse:
    """`error` is one of STANDS_IN_THE_WAY."""
    connect = isinstance(error, NoLibraryError)
    status = 200 if connect else 403 if isinstance(error, AccessError) else 400 if isinstance(error, Rejected) else 503
    context = {"connect": connect, "words": words_of(error)}
    return render(request, "menu/shared/in_the_way.html", context, status=status)
