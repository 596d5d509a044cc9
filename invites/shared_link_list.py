"""The list of a host's shared links: what was asked of it, and the links as they are shown."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import QueryDict
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from immichdrop import local_forms
from immichdrop.immich import SharedLink
from immichdrop.key_permissions import SHARED_LINKS
from invites.links import within_calendar
from invites.models import ShareBack
from invites.shared_links import Library

Names = dict[str, str]  # by the shared link's id

PAGE = 24  # links: whole rows of one, two or three
NEWEST_FIRST = "-created"
SORT_WORDS = {
    "-created": _("Newest first"),
    "created": _("Oldest first"),
    "name": _("Name"),
    "expires": _("Expires soonest"),
    "-expires": _("Expires latest"),
}
SINGLE = "single"  # stands for the links that have no album
_NO_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Wanted:
    """What a host asked of the list. `album` is Immich's id of one, or SINGLE; `page` counts from 1."""

    words: str = ""
    sort: str = NEWEST_FIRST
    album: str = ""
    page: int = 1

    @classmethod
    def said(cls, query: QueryDict) -> "Wanted":
        """What an address says; what makes no sense there is left out."""
        sort, page = query.get("sort", ""), query.get("page", "")
        return cls(
            words=query.get("q", "").strip()[:200],
            sort=sort if sort in SORT_WORDS else NEWEST_FIRST,
            album=query.get("album", "")[:64],
            page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 and int(page) else 1,
        )

    @property
    def address(self) -> str:
        said = {
            "q": self.words,
            "sort": "" if self.sort == NEWEST_FIRST else self.sort,
            "album": self.album,
            "page": str(self.page) if self.page > 1 else "",
        }
        query = urlencode({name: value for name, value in said.items() if value})
        return resolve_url("menu-shared") + (f"?{query}" if query else "")

    def of(self, links: list[SharedLink], names: Names) -> list[SharedLink]:
        """Those that fit, in order."""
        words = self.words.casefold().split()
        fitting = [link for link in links if self._of_album(link) and all(word in _told(link, names) for word in words)]
        match self.sort.removeprefix("-"):
            case "name":
                fitting.sort(key=lambda link: title_of(link, names).casefold())
            case "expires":
                fitting.sort(key=lambda link: link.expires_at or _NO_END)
            case _:
                fitting.sort(key=lambda link: link.created_at)
        return fitting[::-1] if self.sort.startswith("-") else fitting

    def _of_album(self, link: SharedLink) -> bool:
        return not self.album or self.album == (link.album_id or SINGLE)


@dataclass(frozen=True)
class Card:
    """A link as it is shown. `items` is the number of its photos and videos, None where Immich did not tell it."""

    link: SharedLink
    address: str
    title: str
    items: int | None = None

    @property
    def at(self) -> str:
        """The address of its page; what is done to it is sent below that."""
        return resolve_url("menu-shared-link", link_id=self.link.id)

    @property
    def ended(self) -> bool:
        return self.link.expires_at is not None and self.link.expires_at <= timezone.now()

    @property
    def soon(self) -> bool:
        """Whether it ends within three days."""
        ends = self.link.expires_at
        return ends is not None and not self.ended and ends - timezone.now() <= timedelta(days=3)

    @property
    def moment(self) -> SafeString:
        """When it ends, in the server's zone; a script puts it into the host's."""
        ends = self.link.expires_at
        return local_forms.host_moment(within_calendar(ends)) if ends else SafeString()


@dataclass(frozen=True)
class Shelf:
    """All links of a library, their names as far as we gave them, the number of items by album, and the permissions
    that its key lacks."""

    links: list[SharedLink]
    names: Names
    items: dict[str, int]
    missing: list[str]

    @cached_property
    def albums(self) -> list[tuple[str, str]]:
        """Id and name of the albums that have a link, by name."""
        found = {link.album_id: link.album_name or "" for link in self.links if link.album_id}
        return sorted(found.items(), key=lambda album: album[1].casefold())

    @property
    def has_single(self) -> bool:
        return any(link.album_id is None for link in self.links)


@dataclass(frozen=True)
class Listing:
    """A page of the list; `found` is the number of links that fit."""

    wanted: Wanted
    cards: list[Card]
    found: int
    shelf: Shelf

    @property
    def more(self) -> str:
        """The address of the next page, or "" after the last one."""
        page = self.wanted.page
        return replace(self.wanted, page=page + 1).address if page * PAGE < self.found else ""


def listing(library: Library, wanted: Wanted) -> Listing:
    """Raises ImmichError."""
    shelf = _shelf(library)
    found = wanted.of(shelf.links, shelf.names)
    begin = (wanted.page - 1) * PAGE
    shown = found[begin : begin + PAGE]
    items = shelf.items | _items_shared_back(library, shown)
    cards = [
        Card(link, library.address_of(link), title_of(link, shelf.names), items.get(link.album_id or link.id))
        for link in shown
    ]
    return Listing(wanted, cards, len(found), shelf)


def items_of(link: SharedLink) -> int | None:
    """Of a link that was asked for alone: a list does not tell."""
    return len(link.asset_ids) if link.album_id is None else link.album_asset_count


def names_of(library: Library, links: list[SharedLink]) -> Names:
    """Single photos have no name in Immich: those that came through a link here have that link's."""
    single = [link.id for link in links if link.album_id is None]
    rows = ShareBack.objects.filter(account=library.account, link_id__in=single).select_related("invite")
    return {str(row.link_id): row.invite.title for row in rows}


def title_of(link: SharedLink, names: Names) -> str:
    return link.description or link.album_name or names.get(link.id) or gettext("Single photos")


def _items_shared_back(library: Library, links: list[SharedLink]) -> dict[str, int]:
    """The number of single photos by shared link, of those that a worker here looks after; a list does not tell it."""
    single = [link.id for link in links if link.album_id is None]
    rows = ShareBack.objects.filter(account=library.account, link_id__in=single)
    counted = rows.annotate(shown=Count("assets", filter=Q(assets__added_at__isnull=False)))
    return {str(link_id): shown for link_id, shown in counted.values_list("link_id", "shown")}


def _told(link: SharedLink, names: Names) -> str:
    return f"{link.description} {link.album_name or ''} {link.slug or ''} {names.get(link.id, '')}".casefold()


def _shelf(library: Library) -> Shelf:
    immich = library.immich
    granted = immich.permissions()
    may = granted.__contains__ if "all" not in granted else lambda _name: True
    missing = [name for name in SHARED_LINKS if not may(name)]
    links = immich.shared_links() if may("sharedLink.read") else []
    items: dict[str, int] = {}
    if may("album.read") and any(link.album_id for link in links):
        items = {album.id: album.asset_count for album in immich.albums()}
    return Shelf(links, names_of(library, links), items, missing)
