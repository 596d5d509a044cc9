"""A link's poster: a page that is printed, with title, a short instruction, QR code and address."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from immichdrop.languages import NAMES, SOURCE
from immichdrop.models import User
from invites import qr
from invites.link_json import absolute_address
from invites.menu_gates import host_page, own_link
from invites.menu_list import last_day
from invites.models import Invite
from invites.poster_words import WORDS, day_in, direction

# What is printed on: its name, and how many posters are on one sheet.
PAPERS = {"a4": (_("A4"), 1), "a6": (_("A6 cards"), 4), "letter": (_("US Letter"), 1)}
# The widest title of each size, in letters; a Chinese character is as wide as two.
_TITLE_SIZES = {"xl": 24, "l": 48, "m": 100, "s": 140}


@dataclass(frozen=True)
class Poster:
    """What stands on it. `title_size` is `xl`, `l`, `m`, `s` or `xs`; `last_day` is None where there is no end."""

    title: str
    title_size: str
    language: str
    direction: str
    kicker: str
    steps: list[tuple[str, str]]
    free: str
    address: str
    shown_address: str
    code: str
    expires_at: datetime | None
    last_day: date | None
    around_day: tuple[str, str]

    @property
    def day(self) -> str:
        return day_in(self.language, self.last_day) if self.last_day else ""


@require_safe
@host_page
@own_link
def poster_page(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`GET /menu/links/{token}/poster?size=&language=`; what makes no sense there is A4, or the page's language."""
    poster = poster_of(link, language_of(request), absolute_address(request, link))
    return printed(request, poster, link.title, resolve_url("menu-qr", token=link.token))


def language_of(request: HttpRequest) -> str:
    """The language that a poster's address asks for, else the page's; one of WORDS."""
    wanted = request.GET.get("language", "")
    return next(code for code in (wanted, get_language(), SOURCE) if code in WORDS)


def printed(request: HttpRequest, poster: Poster, title: str, back: str) -> HttpResponse:
    """The page to print, headed with `title`, on the paper that its address asks for; `back` is where it came from."""
    size = request.GET.get("size", "")
    size = size if size in PAPERS else "a4"
    context = {
        "title": title,
        "back": back,
        "poster": poster,
        "size": size,
        "cards": range(PAPERS[size][1]),
        "papers": {name: title for name, (title, _number) in PAPERS.items()},
        "languages": NAMES,
    }
    return render(request, "menu/poster.html", context)


def poster_of(link: Invite, language: str, address: str) -> Poster:
    """The poster in this language (one of WORDS). It hangs in front of the password, so it is headed as the door is."""
    words = WORDS[language]
    title = link.name or ("" if link.password else link.album_name) or words.unnamed
    day = last_day(link)
    return Poster(
        title=title,
        title_size=title_size(title),
        language=language,
        direction=direction(language),
        kicker=words.kicker(link.kinds),
        steps=words.steps(link.kinds),
        free=words.free,
        address=address,
        shown_address=address.removeprefix("https://"),
        code=qr.svg(address),
        expires_at=link.expires_at,
        last_day=date.fromisoformat(day) if day else None,
        around_day=words.around_day(),
    )


def title_size(title: str) -> str:
    """How large a title may be printed, so that it leaves room for the rest."""
    width = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in title)
    return next((size for size, widest in _TITLE_SIZES.items() if width <= widest), "xs")
