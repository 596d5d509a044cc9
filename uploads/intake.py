"""Who may send which file: the one place where an upload's row comes into being, whatever door its bytes come by."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from immichdrop.models import ImmichAccount
from invites import guests
from invites.finding import find_link
from invites.models import Guest, Invite
from invites.queries import UNLIMITED
from invites.refusals import Refusal, RefusedError
from uploads import lifecycle, media_types, names
from uploads.models import Upload
from uploads.spool import Spool

ADMISSION_LOCK = 0x0D409  # PostgreSQL's advisory lock of ours; any number that nobody else uses


# Uploads without a byte that one address may have: a whole party behind one router, but no flood.
EMPTY_PER_ADDRESS = 400


@dataclass(frozen=True, slots=True)
class Offer:
    """A file as a client announces it. `size` in bytes; `invite` is a token, empty for the public page.

    Where `size_known` is no, the client declared none, and `size` is what is reserved for it at first. `in_chunks` are
    older clients' files, whose chunks come in any order; `item_id` is such a client's own id of the file.
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


def find(offer: Offer, guest: Guest | None, invite: Invite | None) -> Upload | None:
    """The upload that this guest already made with this key, so that creating twice makes one.

    Raises RefusedError when the key was given to a file of another size: one must never be taken for the other.
    """
    if not (offer.key and guest):
        return None
    existing = Upload.objects.of_guest(guest, invite).counted().filter(key=offer.key).first()
    sizes_known = existing is not None and existing.size_known and offer.size_known
    if existing and sizes_known and existing.size != offer.size:
        raise RefusedError(Refusal.BAD_METADATA, f"key: it belongs to another file, of {existing.size} bytes.")
    return existing


def check(
    offer: Offer, guest: Guest | None, invite: Invite | None, spool: Spool, arrived: Arrived = NOTHING_YET
) -> None:
    """Raises RefusedError when this file is not taken now. Reads only: `create` asks again with the places locked."""
    if invite and (refusal := invite.stopped(guest) if arrived.reserved else invite.refusal(guest)):
        raise RefusedError(refusal)
    _check_file(offer, invite)
    begun = _begun(offer, guest, invite)
    _check_begun(begun)
    _check_places(offer, guest, invite, begun)
    _check_room(offer.size - arrived.offset, begun.promised, spool)


def admit(offer: Offer, guest: Guest | None, invite: Invite | None, spool: Spool) -> Upload | None:
    """Looks whether this file would be taken, before its bytes are. Raises RefusedError when it would not.

    Returns the upload that this guest made of it before, if there is one.
    """
    existing = find(offer, guest, invite)
    if existing is None:
        try:
            check(offer, guest, invite, spool)
        except RefusedError:
            # The place it is refused may have gone to its own twin, which came at the same moment.
            existing = find(offer, guest, invite)
            if existing is None:
                raise
    return existing


def create(
    offer: Offer,
    guest: Guest | None,
    invite: Invite | None,
    spool: Spool,
    upload_id: uuid.UUID,
    arrived: Arrived,
) -> Upload:
    """Inserts the row, reserving its place and its bytes in the same transaction.

    Raises RefusedError when the last place went to somebody else meanwhile, and IntegrityError when the same key was
    created at the same moment (`find` then has it).
    """
    now = timezone.now()
    with transaction.atomic():
        _wait_for_other_creations()
        if invite:
            # Files that are completed now must not change the sums below before the insert.
            invite = Invite.objects.select_for_update(of=("self",)).get(pk=invite.pk)
        check(offer, guest, invite, spool, arrived)
        complete = offer.size_known and arrived.offset == offer.size
        upload = Upload.objects.create(
            pk=upload_id,
            invite=invite,
            guest=guest,
            account=invite.account() if invite else ImmichAccount.objects.environment(),
            key=offer.key if guest else "",
            filename=offer.filename,
            media_type=offer.media_type,
            client_item_id=offer.item_id,
            size=offer.size,
            size_known=offer.size_known,
            offset=arrived.offset,
            chunk_length=0 if offer.in_chunks else None,
            sha1=arrived.sha1 if complete else "",
            last_modified=offer.last_modified,
            status=Upload.Status.RECEIVED if complete else Upload.Status.RECEIVING,
            received_at=now if complete else None,
            next_attempt_at=now,
            album_id=invite.album_id if invite else None,
            album_name=invite.album_name if invite else settings.IMMICH_ALBUM_NAME,
            client_address=offer.client_address or None,
            user_agent=offer.user_agent,
        )
        if complete:
            lifecycle.count_use(upload, now)
        if invite and guest:
            guests.introduce(guest, invite, offer.guest_name, offer.guest_message)
    return upload


def create_or_find(
    offer: Offer,
    guest: Guest | None,
    invite: Invite | None,
    spool: Spool,
    upload_id: uuid.UUID,
    arrived: Arrived,
) -> Upload:
    """`create`, or the upload with this key that another request of the same guest made first."""
    try:
        return create(offer, guest, invite, spool, upload_id, arrived)
    except (IntegrityError, RefusedError):
        existing = find(offer, guest, invite)
        if existing is None:
            raise
        return existing


def grow(upload: Upload, size: int, spool: Spool) -> None:
    """Reserves `size` bytes in all for a file whose size was not declared; does nothing when it has them already.

    Raises RefusedError when they are not to be had, and NotReceivingError when the file takes no more bytes.
    """
    if upload.size_known:
        return
    with transaction.atomic():
        _wait_for_other_creations()
        invite = Invite.objects.select_for_update(of=("self",)).get(pk=upload.invite_id) if upload.invite_id else None
        upload.refresh_from_db(fields=["size", "size_known"])
        more = size - upload.size
        if upload.size_known or more <= 0:
            return
        _check_size(size, invite)
        _check_quota(more, invite)
        check_disk(more, spool)
        row = Upload.objects.filter(pk=upload.pk, status=Upload.Status.RECEIVING, size_known=False)
        if row.update(size=size) != 1:
            raise lifecycle.NotReceivingError(str(upload.pk))
    upload.size = size


def _wait_for_other_creations() -> None:
    """One creation at a time: the same free bytes of the disk must not be promised twice.

    SQLite's IMMEDIATE transactions already hold everybody off.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADMISSION_LOCK])


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
    _check_size(offer.size, invite)
    extension = names.extension_of(offer.filename)
    kinds = invite.kinds if invite else Invite.Kinds.BOTH.value
    if extension not in media_types.accepted(kinds):
        raise RefusedError(Refusal.WRONG_TYPE, f"filename: files of type {extension or 'unknown'} are not taken here.")


def _check_size(size: int, invite: Invite | None) -> None:
    limit = file_limit(invite)
    if size > limit:
        raise RefusedError(Refusal.FILE_TOO_LARGE, f"Upload-Length: {size} bytes, the limit is {limit}.")


def _begun(offer: Offer, guest: Guest | None, invite: Invite | None) -> Begun:
    address = Q(client_address=offer.client_address or None)
    own = Q(guest=guest) if guest else Q(guest=None) & address
    # Whoever comes without a secret is somebody new each time.
    others = ~Q(guest=guest) if guest else Q()
    counts = Upload.objects.unfinished().aggregate(
        own=Count("pk", filter=own),
        empty_from_address=Count("pk", filter=address & Q(offset=0, ranges=[])),
        at_link=Count("pk", filter=Q(invite=invite)),
        of_others_at_link=Count("pk", filter=Q(invite=invite) & others),
        promised=Coalesce(Sum(F("size") - F("offset")), 0),
    )
    return Begun(**counts)


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
    uploads = Upload.objects.filter(invite=invite)
    if invite.max_files and uploads.counted().filter(guest=guest).count() >= invite.max_files:
        raise RefusedError(Refusal.TOO_MANY_FILES, f"The limit is {invite.max_files} files each.")
    _check_quota(offer.size, invite)


def _check_quota(more: int, invite: Invite | None) -> None:
    if invite and invite.max_bytes:
        taken = Upload.objects.filter(invite=invite).counted().aggregate(total=Sum("size"))["total"] or 0
        if taken + more > invite.max_bytes:
            raise RefusedError(Refusal.QUOTA_EXCEEDED, "The link's space is used up.")


def check_disk(needed: int, spool: Spool) -> None:
    """Raises RefusedError when there is no room for so many bytes beside those that are promised already."""
    promised = Upload.objects.unfinished().aggregate(total=Coalesce(Sum(F("size") - F("offset")), 0))["total"]
    _check_room(needed, promised, spool)


def _check_room(needed: int, promised: int, spool: Spool) -> None:
    if spool.free() - promised < needed:
        raise RefusedError(Refusal.DISK_FULL, "The server has no room for this file now.")
