"""Links whose album is gone from Immich, and can't be made again: found out, told to the host, and taken back.

A link remembers it (`Invite.album_missing_at`). Deliveries note what they meet; whoever looks asks Immich for all its
albums at once.
"""

import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils import timezone

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import Immich, ImmichError, NotFound
from immichdrop.models import ImmichAccount
from invites.models import Invite
from invites.queries import InviteQuerySet
from uploads.models import Upload

logger = logging.getLogger(__name__)

MOST_LINKS = 5000
MOST_QUESTIONS = 20  # albums that are asked about one by one: those that somebody else shares are in no list
LIST, MAKE = "album.read", "album.create"


class Wish(NamedTuple):
    """A link and the album it wishes. `known_missing`: what the link remembers."""

    pk: int
    title: str
    album_id: uuid.UUID | None
    album_name: str
    known_missing: bool


@dataclass(slots=True)
class Shelf:
    """An account's albums as Immich tells of them. `others`: ids that are in no list, and whether they are there."""

    ids: frozenset[str]
    names: frozenset[str]
    may_make: bool
    others: dict[str, bool] = field(default_factory=dict)

    def has(self, wish: Wish) -> bool | None:
        """Whether files of this link find an album, or get one made; None when that is not known."""
        there = self._has_id(str(wish.album_id)) if wish.album_id else False
        if there or there is None:
            return there
        return bool(wish.album_name) and (self.may_make or wish.album_name in self.names)

    def _has_id(self, album_id: str) -> bool | None:
        return True if album_id in self.ids else self.others.get(album_id)


def note(uploads: Sequence[Upload], *, gone: bool) -> None:
    """What a delivery met, to whose files the same album was wished: it is `gone`, or there."""
    wish = uploads[0]
    links = Invite.objects.filter(pk__in={upload.invite_id for upload in uploads}, album_missing_at__isnull=gone)
    if gone:
        # A link that wishes another one by now has nothing to do with it.
        links = links.filter(album_id=wish.album_id, album_name=wish.album_name)
    if links.exists():  # so that nothing is locked for what hardly ever happens
        _remember(links, gone)


def wishes(links: InviteQuerySet) -> list[Wish]:
    """The albums that these links wish, as far as they take files now or later; the newest links first."""
    open_ones = links.exclude(pk__in=Invite.objects.ended().values("pk"))
    wishing = open_ones.exclude(album_id=None, album_name="").order_by("-created_at", "-pk")
    return [
        Wish(link.pk, link.title, link.album_id, link.album_name, link.album_missing_at is not None)
        for link in wishing[:MOST_LINKS]
    ]


def shelf_of(immich: Immich, granted: Collection[str], wanted: Iterable[uuid.UUID | None]) -> Shelf | None:
    """The account's albums, and what is known of the `wanted` ones; None where the key may not list them.

    Raises ImmichError.
    """
    if not {LIST, "all"} & set(granted):
        return None
    albums = immich.albums()
    ids = frozenset(album.id for album in albums)
    shelf = Shelf(ids, frozenset(album.name for album in albums), bool({MAKE, "all"} & set(granted)))
    for album_id in list(dict.fromkeys(str(each) for each in wanted if each and str(each) not in ids))[:MOST_QUESTIONS]:
        try:
            shelf.others[album_id] = immich.album(album_id).id == album_id
        except NotFound:
            shelf.others[album_id] = False
    return shelf


def compare(found: Sequence[Wish], shelf: Shelf) -> list[Wish]:
    """Those without an album; links remember it, and forget it where there is one again."""
    there: Mapping[Wish, bool | None] = {wish: shelf.has(wish) for wish in found}
    missing = [wish for wish in found if there[wish] is False]
    new = [wish.pk for wish in missing if not wish.known_missing]
    mended = [wish.pk for wish in found if wish.known_missing and there[wish]]
    for links, gone in ((new, True), (mended, False)):
        if links:
            _remember(Invite.objects.filter(pk__in=links), gone)
    return missing


def look_again(connect: Callable[[ImmichAccount], Immich]) -> None:
    """Asks Immich once more about the links that miss their album: somebody may have mended it."""
    marked = Invite.objects.existing().exclude(album_missing_at=None)
    owners = {link.owner_id: link.owner for link in marked.select_related("owner")[:MOST_LINKS]}
    for owner in owners.values():
        account = ImmichAccount.objects.of_owner(owner)
        found = wishes(marked.filter(owner=owner))
        if not found:
            continue
        try:
            with connect(account) as immich:
                shelf = shelf_of(immich, immich.permissions(), [wish.album_id for wish in found])
        except (ImmichError, SecretChangedError) as error:
            logger.info("account=%s event=albums_not_asked error=%s", account.pk, type(error).__name__)
            continue
        if shelf:
            compare(found, shelf)


def _remember(links: InviteQuerySet, gone: bool) -> None:
    number = links.update(album_missing_at=timezone.now() if gone else None)
    logger.warning("event=%s links=%d", "album_missing" if gone else "album_there_again", number)
