"""Whether a file is taken now: by what it is, and by the places, the bytes and the room that are left.

Everything here reads only. `uploads.intake` asks once before a file's bytes are taken, and once more, with the places
locked, when its row is made.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from invites.finding import find_link
from invites.models import Guest, Invite
from invites.queries import UNLIMITED
from invites.refusals import Refusal, RefusedError
from uploads import media_types, names
from uploads.models import Upload, UploadQuerySet
from uploads.spool import Spool

# Uploads without a byte that one address may have: a whole party behind one router, but no flood.
EMPTY_PER_ADDRESS = 400


@dataclass(frozen=True, slots=True)
class Offer:
    """A file as a client announces it. `size` in bytes; `invite` is a token, empty for the public page.

    Where `size_known` is no, the client declared none, and `size` is what is reserved for it at first. `in_chunks` are
    older clients' files, whose chunks come in any order; `item_id` is such a client's own id of the file.
    `description` is what Immich is to be told of it.
    """

    filename: str
    size: int
    invite: str = ""
    media_type: str = ""
    last_modified: datetime | None = None
    key: str = ""
    guest_name: str = ""
    guest_message: str = ""
    client_address: str = ""
    user_agent: str = ""
    size_known: bool = True
    in_chunks: bool = False
    item_id: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Bytes that are durable in the spool before the row is made. `sha1` when they are the whole file.

    `reserved`: a row that this one replaces had let them in.
    """

    offset: int = 0
    sha1: str = ""
    reserved: bool = False


NOTHING_YET = Arrived()


@dataclass(frozen=True, slots=True)
class Begun:
    """Unfinished uploads, as far as a creation minds them: how many, and the bytes that are still to come."""

    own: int
    empty_from_address: int
    at_link: int
    of_others_at_link: int
    promised: int


def link_of(offer: Offer) -> Invite | None:
    """The link an offer came through, None for the public page. An unknown token is refused like a closed page."""
    if not offer.invite:
        if not settings.PUBLIC_UPLOAD_PAGE_ENABLED:
            raise RefusedError(Refusal.INVALID_INVITE, "invite: no link was named.")
        return None
    invite = find_link(offer.invite, offer.client_address)
    if invite is None:
        raise RefusedError(Refusal.INVALID_INVITE, "invite: there is no such link.")
    return invite


def check(
    offer: Offer, guest: Guest | None, invite: Invite | None, spool: Spool, arrived: Arrived = NOTHING_YET
) -> None:
    """Raises RefusedError when this file is not taken now. Reads only: `create` asks again with the places locked."""
    check_itself(offer, guest, invite, arrived)
    begun = _begun(offer, guest, invite)
    _check_begun(begun)
    _check_places(offer, guest, invite, begun)
    _check_room(offer.size - arrived.offset, begun.promised, spool)


def check_itself(offer: Offer, guest: Guest | None, invite: Invite | None, arrived: Arrived = NOTHING_YET) -> None:
    """The part of `check` that looks at the link and the file alone, and asks the database nothing."""
    if invite and (refusal := invite.stopped(guest) if arrived.reserved else invite.refusal(guest)):
        raise RefusedError(refusal)
    _check_file(offer, invite)


def file_limit(invite: Invite | None) -> int:
    """The most bytes that one file may have at this link, or at the public page."""
    limit: int = settings.MAX_FILE_SIZE_MB * 1_000_000
    return min(limit, invite.max_file_size) if invite and invite.max_file_size else limit


def check_content(head: bytes, invite: Invite | None) -> None:
    """Raises RefusedError when a file that starts like this is not what the link takes."""
    if media_types.refuses(head, invite.kinds if invite else Invite.Kinds.BOTH.value):
        raise RefusedError(Refusal.WRONG_TYPE, "The file is not a photo or video of the kind taken here.")


def _check_file(offer: Offer, invite: Invite | None) -> None:
    if offer.size == 0 and offer.size_known:
        raise RefusedError(Refusal.EMPTY_FILE, "Upload-Length: the file is empty.")
    check_size(offer.size, invite)
    extension = names.extension_of(offer.filename)
    kinds = invite.kinds if invite else Invite.Kinds.BOTH.value
    if extension not in media_types.accepted(kinds):
        kind = f"of type {extension}" if extension else "without a known type"
        raise RefusedError(Refusal.WRONG_TYPE, f"filename: files {kind} are not taken here.")


def check_size(size: int, invite: Invite | None) -> None:
    limit = file_limit(invite)
    if size > limit:
        raise RefusedError(Refusal.FILE_TOO_LARGE, f"Upload-Length: {size} bytes, the limit is {limit}.")


# Django's own words for this take ten times as long to be put together as the database needs to answer.
_BEGUN = """
SELECT
    COUNT(CASE WHEN guest_id = %(guest)s THEN 1
               WHEN %(guest)s IS NULL AND guest_id IS NULL AND client_address = %(address)s THEN 1 END),
    COUNT(CASE WHEN client_address = %(address)s AND "offset" = 0 THEN 1 END),
    COUNT(CASE WHEN invite_id = %(invite)s THEN 1 END),
    COUNT(CASE WHEN invite_id = %(invite)s
               AND (%(guest)s IS NULL OR guest_id IS NULL OR guest_id <> %(guest)s) THEN 1 END),
    COALESCE(SUM(size - "offset"), 0)
FROM uploads_upload WHERE status = %(receiving)s
"""


def _begun(offer: Offer, guest: Guest | None, invite: Invite | None) -> Begun:
    """Whoever comes without a secret is known by the address, and somebody new at a link each time."""
    parameters = {
        "guest": guest.pk if guest else None,
        "address": offer.client_address or None,
        "invite": invite.pk if invite else None,
        "receiving": Upload.Status.RECEIVING.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BEGUN, parameters)
        return Begun(*map(int, cursor.fetchone()))


def _check_begun(begun: Begun) -> None:
    """A guest, and an address, may have so many uploads begun: what is begun takes room from everybody."""
    if begun.own >= settings.MAX_UNFINISHED_PER_GUEST:
        raise RefusedError(Refusal.TOO_MANY_REQUESTS, "Other files have to be finished first.", retry_after=5)
    if begun.empty_from_address >= EMPTY_PER_ADDRESS:
        raise RefusedError(Refusal.TOO_MANY_REQUESTS, "Too many files were begun and not sent.", retry_after=60)


def _check_places(offer: Offer, guest: Guest | None, invite: Invite | None, begun: Begun) -> None:
    """Limits of number and bytes; unfinished uploads count, since their places are promised."""
    if invite is None:
        return
    if invite.one_time:
        if invite.claimed_at is None and begun.of_others_at_link:
            raise RefusedError(Refusal.CLAIMED, "Somebody else is using this one-time link.")
    elif invite.max_uses != UNLIMITED and invite.used + begun.at_link >= invite.max_uses:
        raise RefusedError(Refusal.EXHAUSTED, f"The link takes {invite.max_uses} files in all.")
    if invite.max_files and _counted(invite).filter(guest=guest).count() >= invite.max_files:
        raise RefusedError(Refusal.TOO_MANY_FILES, f"The limit is {invite.max_files} files each.")
    check_quota(offer.size, invite)


def _counted(invite: Invite) -> UploadQuerySet:
    return Upload.objects.filter(invite=invite).counted()


def check_quota(more: int, invite: Invite | None) -> None:
    if invite and invite.max_bytes:
        taken = _counted(invite).aggregate(total=Sum("size"))["total"] or 0
        if taken + more > invite.max_bytes:
            raise RefusedError(Refusal.QUOTA_EXCEEDED, "The link's space is used up.")


def check_disk(needed: int, spool: Spool) -> None:
    """Raises RefusedError when there is no room for so many bytes beside those that are promised already."""
    promised = Upload.objects.unfinished().aggregate(total=Coalesce(Sum(F("size") - F("offset")), 0))["total"]
    _check_room(needed, promised, spool)


def _check_room(needed: int, promised: int, spool: Spool) -> None:
    if spool.free() - promised < needed:
        raise RefusedError(Refusal.DISK_FULL, "The server has no room for this file now.")
