"""Sharing back: a link's shared link is made, changed and taken down, by the host whose link and library it is."""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from immichdrop.immich import AccessError, Immich, LinkSettings, NotFound, SharedLink, SlugTaken
from immichdrop.models import User
from invites import shared_links
from invites.models import Invite, ShareBack
from invites.shared_links import Library, NoLibraryError, library_of
from uploads import album_sharing, share_back_upkeep
from uploads.models import SharedAsset, Upload

logger = logging.getLogger(__name__)

MOST_LOOKS = 5  # within a second, whether somebody else was faster
LEFT_BEHIND = timedelta(hours=1)  # in which the same is asked for again where an answer was lost
MOST_TRIES = 20  # assets that are tried as the first of a shared link, where Immich has not all of them any more


class NothingYetError(Exception):
    """There is nothing that could be shared: no album yet, or nothing came through the link."""


class SharedAlreadyError(Exception):
    """The link has its shared link."""


class NotSharedError(Exception):
    """The link has no shared link, or it was deleted in Immich."""


class ElsewhereError(Exception):
    """The shared link is in a library that the link does not deliver into any more."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A link's shared link, and what Immich says of it right now."""

    row: ShareBack
    link: SharedLink


def of_link(invite: Invite) -> ShareBack | None:
    """The link's shared link, also one that is gone."""
    return ShareBack.objects.of_link(invite)


def told(host: User, invite: Invite) -> ShareBack | None:
    """The link's shared link, if it is the host's to see and to reveal.

    That of a host's own link stays so, whatever became of the library since: it needs no Immich to take it from guests.
    """
    row = of_link(invite)
    if row is None or may_share_back(host, invite):
        return row
    owns = invite.owner_id == host.pk or (invite.owner_id is None and host.is_staff)
    return row if owns and not row.gone else None


def outdated(row: ShareBack) -> bool:
    """Whether the link fills another album by now than its shared link shows, or one instead of none, or none."""
    if not row.invite.album_id and not row.invite.album_name:
        return row.type == ShareBack.Type.ALBUM
    album = album_sharing.album_of(row.invite)
    if album is None:
        return False  # there is none of that name yet, and nothing in it
    return row.type != ShareBack.Type.ALBUM or row.album_id not in (None, album.album_id)


def former(row: ShareBack | None) -> LinkSettings | None:
    """What the next shared link begins with: the settings of the one that is gone, where it was in the same library."""
    return row.kept_settings() if row and row.gone and not row.elsewhere else None


def may_share_back(host: User, invite: Invite) -> bool:
    """Whether what comes through the link comes into the library that is the host's own."""
    return album_sharing.may_share(host, invite)


def make(host: User, invite: Invite, settings: LinkSettings, reveal_at: datetime | None) -> Shared:
    """A shared link to the link's album, or, without an album, to exactly what came through it.

    Raises SharedLinkError, NothingYetError, SharedAlreadyError, NoLibraryError, ImmichError and `SecretChangedError`.
    """
    _require_library(host, invite)
    before = of_link(invite)
    if before and not before.gone:
        raise SharedAlreadyError
    shared_links.check(settings, former(before))
    album_id, asset_ids = _target(invite)
    with shared_links.opened(host) as library:
        immich = library.immich
        _ = library.base  # asked for now, so that nothing fails between making it and writing it down
        try:
            link = _created(immich, album_id, asset_ids, settings)
        except SlugTaken:
            if _made_just_now(invite):
                raise SharedAlreadyError from None  # by the first of two taps
            if (left := _left_behind(immich, album_id, asset_ids, settings)) is None:
                raise
            link = left
        try:
            row = _written_down(invite, library, link, reveal_at)
        except DatabaseError as error:
            if not _known(link):  # the other one of two taps may have found it, and taken it for left behind
                immich.delete_shared_link(link.id)  # nobody would know of it
            if isinstance(error, IntegrityError):
                raise SharedAlreadyError from None  # two asked for it at once, and the other one was first
            raise
        logger.info("share_back=%s event=made type=%s", row.pk, row.type)
        return Shared(row, immich.shared_link(link.id))


def look(host: User, invite: Invite) -> Shared:
    """Raises NotSharedError, ElsewhereError, NoLibraryError, ImmichError and `SecretChangedError`."""
    with _opened(host, invite) as (row, library):
        return _seen(row, library)


def change(host: User, invite: Invite, changed: Callable[[LinkSettings], LinkSettings]) -> Shared:
    """`changed` gives the settings as they are to be. Raises what it raises, SharedLinkError, and as `look` does."""
    with _opened(host, invite) as (row, library):
        before = library.immich.shared_link(str(row.link_id)).settings
        after = changed(before)
        if row.type == ShareBack.Type.INDIVIDUAL:
            after = replace(after, allow_upload=False)
        shared_links.check(after, before)
        library.immich.change_shared_link(str(row.link_id), after)
        return _seen(row, library)


def reveal(row: ShareBack, at: datetime | None) -> None:
    """Guests find the address at the link's page from then on; None: never."""
    row.reveal_at = at
    row.save(update_fields=["reveal_at"])


def look_now(row: ShareBack) -> None:
    """The host gave the key a permission: the worker tries at once."""
    ShareBack.objects.filter(pk=row.pk).exclude(look_at=None).update(look_at=timezone.now())


def unmake(host: User, invite: Invite) -> None:
    """Deletes the shared link, in Immich too. What it showed stays. Raises as `look` does."""
    with _opened(host, invite) as (row, library):
        library.immich.delete_shared_link(str(row.link_id))
        logger.info("share_back=%s event=unmade", row.pk)
        row.delete()


def take_down(host: User, invite: Invite) -> None:
    """Deletes the shared link in Immich, and keeps its settings here for another one. Raises as `look` does."""
    with _opened(host, invite) as (row, library):
        with suppress(AccessError):  # what was told before is good enough
            _seen(row, library)
        library.immich.delete_shared_link(str(row.link_id))
        share_back_upkeep.gone(row)


def forget(row: ShareBack) -> None:
    """Deletes it here alone: Immich goes on showing it, where nobody deletes it there."""
    logger.info("share_back=%s event=forgotten", row.pk)
    row.delete()


@contextmanager
def _opened(host: User, invite: Invite) -> Iterator[tuple[ShareBack, Library]]:
    """The link's shared link and its library. One that Immich has no more is noted as gone."""
    row = of_link(invite)
    if row is None or row.gone:
        raise NotSharedError
    if row.elsewhere:
        raise ElsewhereError
    if row.account != library_of(host):
        raise NoLibraryError
    try:
        with shared_links.opened(host) as library:
            yield row, library
    except NotFound:
        share_back_upkeep.gone(row)
        raise NotSharedError from None


def _require_library(host: User, invite: Invite) -> None:
    if not may_share_back(host, invite):
        raise NoLibraryError


def _made_just_now(invite: Invite) -> bool:
    """Whether the link's shared link took the slug. It may be made already, and not yet written down."""
    for _ in range(MOST_LOOKS):
        if (row := of_link(invite)) and not row.gone:
            return True
        time.sleep(1 / MOST_LOOKS)
    return False


def _left_behind(
    immich: Immich, album_id: uuid.UUID | None, asset_ids: list[uuid.UUID], settings: LinkSettings
) -> SharedLink | None:
    """What an earlier try made and nobody wrote down, since Immich's answer was lost, or the process died.

    It has the custom address that is asked for now, of which there is but one, and is young; it leads to the same, is
    set to the same, and is no other link's. Its end may differ by the time between both tries.
    """
    wanted = replace(
        settings,
        allow_upload=settings.allow_upload and album_id is not None,
        allow_download=settings.allow_download and settings.show_metadata,
    )
    found = next((link for link in immich.shared_links() if link.slug == wanted.slug), None)
    if found is None or timezone.now() - found.created_at > LEFT_BEHIND or _known(found):
        return None
    link = immich.shared_link(found.id)
    same_target = link.album_id == str(album_id) if album_id else not link.album_id and _all_of(link, asset_ids)
    same_end = (link.expires_at is None) == (wanted.expires_at is None)
    if not same_target or not same_end or replace(link.settings, expires_at=wanted.expires_at) != wanted:
        return None
    if link.expires_at != wanted.expires_at:
        immich.change_shared_link(link.id, wanted)
    logger.info("shared_link=%s event=found_again", link.id)
    return immich.shared_link(link.id)


def _known(link: SharedLink) -> bool:
    return ShareBack.objects.filter(link_id=link.id).exists()


def _all_of(link: SharedLink, asset_ids: list[uuid.UUID]) -> bool:
    """Whether it shows nothing but these."""
    return {uuid.UUID(asset) for asset in link.asset_ids} <= set(asset_ids)


def _target(invite: Invite) -> tuple[uuid.UUID | None, list[uuid.UUID]]:
    """The link's album, or else its assets, oldest first."""
    if invite.album_id or invite.album_name:
        album = album_sharing.album_of(invite)
        if album is None:
            raise NothingYetError
        return album.album_id, []
    came = Upload.objects.filter(invite=invite, account=invite.account()).in_immich()
    asset_ids = list(dict.fromkeys(came.order_by("created_at", "pk").values_list("asset_id", flat=True)))
    if not asset_ids:
        raise NothingYetError
    return None, [asset for asset in asset_ids if asset]


def _created(
    immich: Immich, album_id: uuid.UUID | None, asset_ids: list[uuid.UUID], settings: LinkSettings
) -> SharedLink:
    if album_id:
        return immich.create_shared_link(album_id=str(album_id), settings=settings)
    return _of_assets(immich, asset_ids, replace(settings, allow_upload=False))


def _of_assets(immich: Immich, asset_ids: list[uuid.UUID], settings: LinkSettings) -> SharedLink:
    """With the first of the assets; the worker adds the others, since a request with all of them could take longer than
    anybody waits. Immich makes none if a single one of them is gone; then one is enough."""
    assets = [str(asset) for asset in asset_ids]
    try:
        return immich.create_shared_link(asset_ids=assets[: share_back_upkeep.ASSETS_AT_ONCE], settings=settings)
    except NotFound:
        # From all of the time, the latest first: hosts delete what they began with.
        for asset in assets[:: -max(1, len(assets) // MOST_TRIES)]:
            with suppress(NotFound):
                return immich.create_shared_link(asset_ids=[asset], settings=settings)
        raise NothingYetError from None


def _written_down(invite: Invite, library: Library, link: SharedLink, reveal_at: datetime | None) -> ShareBack:
    now = timezone.now()
    with transaction.atomic():
        ShareBack.objects.filter(invite=invite, trouble=ShareBack.Trouble.GONE).delete()
        row = ShareBack.objects.create(
            invite=invite,
            account=library.account,
            link_id=link.id,
            type=link.type.value,
            album_id=link.album_id,
            address=library.address_of(link),
            expires_at=link.expires_at,
            reveal_at=reveal_at,
            look_at=now,  # what was delivered while it was made is added at once
        )
        row.keep(link.settings)
        row.save(update_fields=["encrypted_settings"])
        SharedAsset.objects.bulk_create(
            SharedAsset(share_back=row, asset_id=asset, added_at=now) for asset in link.asset_ids
        )
    return row


def _seen(row: ShareBack, library: Library) -> Shared:
    link = library.immich.shared_link(str(row.link_id))
    share_back_upkeep.seen(row, link, library.address_of(link))
    row.album_id = uuid.UUID(link.album_id) if link.album_id else None
    row.save(update_fields=["album_id"])
    return Shared(row, link)
