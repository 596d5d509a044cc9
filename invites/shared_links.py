"""A host's shared links in Immich: what was collected goes back by them. Immich keeps them, and we nothing.

A host sees and changes those of the Immich account that is theirs. The server's own key opens one account for everybody
who uses it, so that its links are for staff only.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from urllib.parse import quote

from django.utils import timezone

from immichdrop.immich import Immich, LinkSettings, SharedLink, Unavailable
from immichdrop.models import ImmichAccount, User

LONGEST_SLUG = 100  # characters
LONGEST_DESCRIPTION = 1000
LONGEST_PASSWORD = 200
MOST_ASSETS = 10_000  # of a link to single ones
# Immich takes any characters (373); what is no part of a path as it stands would not be reached.
_SLUG = re.compile(r"[A-Za-z0-9_-]+")


class NoLibraryError(Exception):
    """The host has no Immich account of their own here."""


class SharedLinkError(ValueError):
    """What was said of a link makes no sense: `problems` holds words by the field's name in `LinkSettings`."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {words}" for field, words in problems.items()))
        self.problems = dict(problems)


def library_of(host: User) -> ImmichAccount:
    """The account whose shared links are this host's. Raises NoLibraryError."""
    if own := ImmichAccount.objects.connected_of(host):
        return own
    if not host.is_staff:
        raise NoLibraryError
    return ImmichAccount.objects.environment()


class Library:
    """An open connection to a host's account."""

    def __init__(self, account: ImmichAccount, immich: Immich) -> None:
        self.account = account
        self.immich = immich

    @cached_property
    def base(self) -> str:
        """Where people reach this Immich: its external domain, else where hosts do. Raises ImmichError."""
        said = self.immich.external_domain()
        # Guests press it: what is no address of the web is none for them.
        return said if said.startswith(("https://", "http://")) else self.account.web_address

    def address_of(self, link: SharedLink) -> str:
        """Where people open it. Raises ImmichError."""
        path = f"s/{quote(link.slug, safe='')}" if link.slug else f"share/{quote(link.key, safe='')}"
        return f"{self.base}/{path}"


@contextmanager
def opened(host: User) -> Iterator[Library]:
    """Raises NoLibraryError, Unavailable when no Immich is named, and `SecretChangedError`."""
    account = library_of(host)
    if not account.address:
        raise Unavailable("No Immich is named: IMMICH_BASE_URL is not set.")
    with Immich(account.address, account.api_key, connect_timeout=5, read_timeout=15) as immich:
        yield Library(account, immich)


def check(settings: LinkSettings, before: LinkSettings | None = None, now: datetime | None = None) -> None:
    """Raises SharedLinkError for settings that Immich would take and nobody could use.

    What a link had `before` stays allowed: it may have been made in Immich itself.
    """
    problems = {}
    slug = settings.slug or ""
    if slug and slug != (before.slug if before else None):
        if len(slug) > LONGEST_SLUG:
            problems["slug"] = f"at most {LONGEST_SLUG} characters, please."
        elif not _SLUG.fullmatch(slug):
            problems["slug"] = "letters of the English alphabet, digits, hyphens and underscores, please."
    if len(settings.description) > LONGEST_DESCRIPTION:
        problems["description"] = f"at most {LONGEST_DESCRIPTION} characters, please."
    if len(settings.password or "") > LONGEST_PASSWORD:
        problems["password"] = f"at most {LONGEST_PASSWORD} characters, please."
    ends = settings.expires_at
    if ends and ends != (before.expires_at if before else None) and ends <= (now or timezone.now()):
        problems["expires_at"] = "that moment is over; null is no end."
    if problems:
        raise SharedLinkError(problems)


def id_of(text: str) -> str | None:
    """A shared link's id, as Immich writes it; None for what can't be one, so that Immich is not asked about it."""
    try:
        known = uuid.UUID(text)
    except ValueError:
        return None
    return str(known) if known.version in range(1, 9) else None


def tellable(moment: datetime) -> bool:
    """Whether a moment is far enough from the ends of the calendar to be told in every time zone."""
    return 1 < moment.year < 9999
