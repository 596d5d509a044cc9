"""A shared link of Immich that takes photos, made into an invite: the same album, end and password."""

import uuid

from django.utils import timezone
from django.utils.translation import gettext

from immichdrop.immich import LinkType, SharedLink
from immichdrop.models import User
from invites import links, shared_links
from invites.links import LinkFields
from invites.models import Invite

LONGEST_NAME = 200  # characters


class NoInviteError(Exception):
    """No invite can be made of it: `code` for scripts, `str` for the host."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def make_invite(host: User, link_id: str) -> Invite:
    """An invite like this shared link, which stays as it is.

    Raises NoInviteError, LinkError, NoLibraryError, ImmichError (NotFound for another account's) and
    `SecretChangedError`.
    """
    with shared_links.opened(host) as library:
        link = library.immich.shared_link(link_id)
    return links.create_link(host, _fields_of(link))


def _fields_of(link: SharedLink) -> LinkFields:
    if link.type != LinkType.ALBUM or link.album_id is None:
        raise NoInviteError(
            "not_an_album", gettext("This shared link shows single photos. Only an album’s can take more.")
        )
    if not link.allow_upload:
        words = gettext("This shared link takes no uploads. Allow them first, and try again.")
        raise NoInviteError("upload_not_allowed", words)
    if link.expires_at and link.expires_at <= timezone.now():
        raise NoInviteError("ended", gettext("This shared link has ended. Give it a later end first, and try again."))
    return LinkFields(
        name=" ".join(link.description.split())[:LONGEST_NAME],
        album_id=uuid.UUID(link.album_id),
        album_name=(link.album_name or "").strip()[:LONGEST_NAME],
        expires_at=link.expires_at,
        password=link.password or "",
    )
