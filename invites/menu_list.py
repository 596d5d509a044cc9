"""The list on the hosts' page: what was asked of it, and its rows as they are shown."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _

from immichdrop.immich import SharedLink
from immichdrop.models import User
from invites.link_json import absolute_address
from invites.links import within_calendar, zone_named
from invites.models import Invite, LinkStatus
from invites.queries import NEWEST_FIRST, SORTS, InviteQuerySet

PAGE = 50  # rows
SHOWN = ("all", "active", "ended")
SORT_WORDS = {
    "-created": _("Newest first"),
    "created": _("Oldest first"),
    "name": _("Name"),
    "-name": _("Name, from Z"),
    "expires": _("Expires soonest"),
    "-expires": _("Expires latest"),
    "-used": _("Most used"),
    "used": _("Least used"),
}
# How a state looks: classes of its chip, and its icon.
_LOOKS = {
    LinkStatus.ACTIVE: ("chip-safe", "check"),
    LinkStatus.NOT_OPEN: ("chip-sea", "calendar"),
    LinkStatus.ENDS_SOON: ("chip-sun", "hourglass"),
    LinkStatus.USED_UP: ("chip-same", "check-circle"),
    LinkStatus.EXPIRED: ("", "clock"),
    LinkStatus.DISABLED: ("", "power"),
    LinkStatus.ALBUM_MISSING: ("chip-bad", "warning"),
}


@dataclass(frozen=True)
class Wanted:
    """What a host asked of the list. `page` counts from 1; `made` is the token of a link that was just made."""

    words: str = ""
    sort: str = NEWEST_FIRST
    show: str = "all"
    everybodys: bool = False
    page: int = 1
    made: str = ""

    @classmethod
    def said(cls, query: QueryDict, host: User) -> "Wanted":
        """What an address says; what makes no sense there is left out."""
        sort, show, page = query.get("sort", ""), query.get("show", ""), query.get("page", "")
        return cls(
            words=query.get("q", "").strip()[:200],
            sort=sort if sort in SORTS else NEWEST_FIRST,
            show=show if show in SHOWN else "all",
            everybodys=host.is_staff and query.get("whose") == "all",
            page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 and int(page) else 1,
            made=query.get("made", ""),
        )

    @cached_property
    def query(self) -> str:
        """What an address says for the same, apart from what was just made; "" for the plain list. Each row asks."""
        said = {
            "q": self.words,
            "sort": "" if self.sort == NEWEST_FIRST else self.sort,
            "show": "" if self.show == "all" else self.show,
            "whose": "all" if self.everybodys else "",
            "page": str(self.page) if self.page > 1 else "",
        }
        query = urlencode({name: value for name, value in said.items() if value})
        return f"?{query}" if query else ""

    @property
    def address(self) -> str:
        return resolve_url("menu") + self.query

    def links(self, host: User) -> InviteQuerySet:
        """The links that were asked for, open or not."""
        return Invite.objects.of_host(host, everybodys=self.everybodys).listed().search(self.words)


@dataclass(frozen=True)
class Row:
    """A link in the list. `last_day` is that of its validity, `problems` are words about what was typed, by field."""

    link: Invite
    status: LinkStatus
    address: str
    last_day: str
    made: bool = False
    typed_name: str | None = None
    typed_day: str | None = None
    problems: dict[str, str] | None = None

    @property
    def name(self) -> str:
        return self.link.name if self.typed_name is None else self.typed_name

    @property
    def day(self) -> str:
        return self.last_day if self.typed_day is None else self.typed_day

    @property
    def chip(self) -> str:
        return _LOOKS[self.status][0]

    @property
    def icon(self) -> str:
        return _LOOKS[self.status][1]

    @property
    def at(self) -> str:
        """The address of its details; what is done to it is sent below that."""
        return resolve_url("menu-details", token=self.link.token)

    @property
    def switch(self) -> str:
        """What switching it would be."""
        return "enable" if self.link.disabled else "disable"

    @property
    def taken(self) -> int:
        """Of a one-time link whether it belongs to somebody, of others the number of files."""
        return int(self.link.claimed_at is not None) if self.link.one_time else self.link.used


class Column(NamedTuple):
    """A heading. Where it sorts, `address` leads there, and `direction` is the present one as `aria-sort` has it."""

    title: str
    css: str
    direction: str
    address: str


@dataclass(frozen=True)
class Listing:
    """A page of the list. `found` is the number of links by what is shown of them."""

    wanted: Wanted
    rows: list[Row]
    found: dict[str, int]

    @property
    def nothing_made(self) -> bool:
        """Whether the host has no link at all, as far as this list knows."""
        return not self.found["all"] and not self.wanted.words

    @property
    def found_now(self) -> int:
        return self.found[self.wanted.show]

    @property
    def more(self) -> str:
        """The address of the next page, or "" after the last row."""
        page = self.wanted.page
        return replace(self.wanted, page=page + 1).address if page * PAGE < self.found_now else ""

    @property
    def columns(self) -> list[Column]:
        columns = [
            (_("Name"), "", "name"),
            (_("Album"), "w-album", ""),
            (_("Used"), "w-used", "-used"),
            (_("Open until"), "w-expires", "expires"),
            (_("Status"), "w-status", ""),
        ]
        return [self._column(str(title), css, first) for title, css, first in columns]

    def _column(self, title: str, css: str, first: str) -> Column:
        """`first` is the order that a heading brings at first; "" for one that does not sort."""
        if not first:
            return Column(title, css, "", "")
        other = first.removeprefix("-") if first.startswith("-") else f"-{first}"
        now = self.wanted.sort
        direction = ("descending" if now.startswith("-") else "ascending") if now in (first, other) else ""
        return Column(
            title, css, direction, replace(self.wanted, sort=other if now == first else first, page=1).address
        )


def listing(request: HttpRequest, host: User, wanted: Wanted) -> Listing:
    links = wanted.links(host)
    shown = {"all": links, "active": links.active(), "ended": links.ended()}
    found = links.counts()
    begin = (wanted.page - 1) * PAGE
    rows = shown[wanted.show].sorted_by(wanted.sort).select_related("owner")[begin : begin + PAGE]
    return Listing(wanted, [row_of(request, link, made=link.token == wanted.made) for link in rows], found)


def row_of(request: HttpRequest, link: Invite, *, made: bool = False) -> Row:
    status = link.status()
    if status is None:
        raise ValueError("a deleted link is in no list")
    return Row(link, status, absolute_address(request, link), last_day(link), made)


def last_day(link: Invite | SharedLink) -> str:
    """The day at whose end the link closes, or on which it does, as 2026-07-14 in the server's zone; "" is no end."""
    if link.expires_at is None:
        return ""
    zone = zone_named(settings.TIME_ZONE)
    day: date = (within_calendar(link.expires_at) - timedelta(microseconds=1)).astimezone(zone).date()
    return day.isoformat()
