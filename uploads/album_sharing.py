"""With whom a link's album is shared in Immich: found out and changed, through the key of the account it is in."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from django.utils.translation import gettext

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import (
    AlbumRole,
    AlbumUser,
    Forbidden,
    Immich,
    ImmichError,
    NotFound,
    Person,
    Rejected,
    Unauthorised,
)
from immichdrop.models import ImmichAccount, User
from immichdrop.reachability import reachability
from invites.models import Invite
from invites.shared_links import NoLibraryError, library_of
from uploads.models import KnownAlbum

T = TypeVar("T")

logger = logging.getLogger(__name__)

# What somebody can be given.
ROLES = (AlbumRole.VIEWER, AlbumRole.EDITOR)
LOOK, PEOPLE, ADD, CHANGE, REMOVE = (
    *("album.read", "user.read"),
    *("albumUser.create", "albumUser.update", "albumUser.delete"),
)
NEEDED = (LOOK, PEOPLE, ADD, CHANGE, REMOVE)


class SharingError(Exception):
    """What stands in the way, in words for the host."""


class SharedAlbum(NamedTuple):
    """An album of an account, by Immich's id."""

    account: ImmichAccount
    album_id: uuid.UUID


@dataclass(frozen=True)
class Sharing:
    """Who sees an album, its owner first, and `others` who could be added. `missing`: permissions the key lacks."""

    users: list[AlbumUser]
    others: list[Person]
    missing: list[str]
    own: bool

    @property
    def may_add(self) -> bool:
        return self.own and not {ADD, PEOPLE} & set(self.missing)

    @property
    def may_change(self) -> bool:
        return self.own and CHANGE not in self.missing

    @property
    def may_remove(self) -> bool:
        return self.own and REMOVE not in self.missing


def album_of(link: Invite) -> SharedAlbum | None:
    """The album that a link fills; None without one, and before it was found or made."""
    if not link.album_id and not link.album_name:
        return None
    account = link.account()
    album_id = link.album_id
    if album_id is None:
        known = KnownAlbum.objects.filter(account=account, name=link.album_name)
        album_id = known.values_list("album_id", flat=True).first()
    return SharedAlbum(account, album_id) if album_id else None


def may_share(host: User, link: Invite) -> bool:
    """Whether the album is in the library that is the host's own, as for shared links.

    In that of the server's key any host could else make a link to any album, and share it with themselves.
    """
    try:
        return link.account() == library_of(host)
    except NoLibraryError:
        return False


def look(album: SharedAlbum) -> Sharing:
    """Raises SharingError."""
    return _asked(album, lambda immich: _look(immich, str(album.album_id)))


def add(album: SharedAlbum, user_id: str, role: AlbumRole) -> None:
    """Raises SharingError."""
    _asked(album, lambda immich: immich.add_album_users(str(album.album_id), {user_id: role}))
    logger.info("account=%s album=%s event=album_shared role=%s", album.account.pk, album.album_id, role)


def change(album: SharedAlbum, user_id: str, role: AlbumRole) -> None:
    """Raises SharingError."""
    _asked(album, lambda immich: immich.change_album_role(str(album.album_id), user_id, role))


def remove(album: SharedAlbum, user_id: str) -> None:
    """Raises SharingError."""
    _asked(album, lambda immich: immich.remove_album_user(str(album.album_id), user_id))
    logger.info("account=%s album=%s event=album_unshared", album.account.pk, album.album_id)


def _look(immich: Immich, album_id: str) -> Sharing:
    granted = immich.permissions()
    missing = [] if "all" in granted else [name for name in NEEDED if name not in granted]
    users = immich.album_users(album_id)
    if PEOPLE in missing:
        # Whose album it is can't be told; Immich refuses what may not be done.
        return Sharing(users, [], missing, own=True)
    there = {user.person.id for user in users}
    others = [person for person in immich.people() if person.id not in there]
    others.sort(key=lambda person: (person.name.casefold(), person.email))
    mine = immich.me().id
    return Sharing(users, others, missing, any(user.person.id == mine for user in users if _owns(user)))


def _owns(user: AlbumUser) -> bool:
    return user.role == AlbumRole.OWNER


def _asked(album: SharedAlbum, question: Callable[[Immich], T]) -> T:
    account = album.account
    try:
        if not reachability.of(account.address):
            raise SharingError(gettext("Immich can’t be reached right now. Please try again in a moment."))
        with Immich(account.address, account.api_key, connect_timeout=5, read_timeout=15) as immich:
            return question(immich)
    except SecretChangedError as error:
        words = gettext("The secret of this server was changed, so your key can’t be read any more.")
        raise SharingError(words) from error
    except ImmichError as error:
        raise SharingError(_words(error)) from error


def _words(error: ImmichError) -> str:
    match error:
        case Forbidden() if error.permission:
            words = gettext("The API key lacks %(lacking)s. Allow it in Immich: Account settings, API keys.")
            return words % {"lacking": error.permission}
        case Forbidden() | Unauthorised():
            return gettext("Immich doesn’t take this key any more.")
        case NotFound():
            return gettext("Immich has no such album any more, or it is somebody else’s to share.")
        case Rejected():
            return gettext("Immich didn’t do it: “%(reason)s”") % {"reason": error.reason}
        case _:
            return gettext("Immich can’t be reached right now. Please try again in a moment.")
