"""The poster of a shared link, by which people find the photos; its paper is that of the links' posters."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.views.decorators.http import require_safe

from immichdrop.immich import SharedLink
from invites import qr
from invites.links import within_calendar
from invites.menu_gates import host_page
from invites.menu_list import last_day
from invites.poster import Poster, language_of, printed, title_size
from invites.poster_words import WORDS, direction
from invites.shared_link_gates import own_shared_link
from invites.shared_links import Library
from invites.shared_poster_words import LOOK_WORDS


@require_safe
@host_page
@own_shared_link
def poster_page(request: HttpRequest, library: Library, link: SharedLink) -> HttpResponse:
    """`GET /menu/shared-links/{id}/poster?size=&language=`; what makes no sense there is A4, or the page's language."""
    poster = poster_of(link, language_of(request), library.address_of(link))
    return printed(request, poster, poster.title, resolve_url("menu-shared-link", link_id=link.id))


def poster_of(link: SharedLink, language: str, address: str) -> Poster:
    """The poster in this language (one of WORDS). With a password it tells no album, since everybody reads it."""
    words, look = WORDS[language], LOOK_WORDS[language]
    title = link.description or ("" if link.password else link.album_name) or look.ours
    day = last_day(link)
    return Poster(
        title=title,
        title_size=title_size(title),
        language=language,
        direction=direction(language),
        kicker=look.see,
        steps=[words.scan, look.look, *([look.keep] if link.allow_download else [])],
        free=words.free,
        address=address,
        shown_address=address.removeprefix("https://"),
        code=qr.svg(address),
        expires_at=within_calendar(link.expires_at) if link.expires_at else None,
        last_day=date.fromisoformat(day) if day else None,
        around_day=words.around_day(),
    )
