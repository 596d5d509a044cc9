"""Who may send which file: the one place where an upload's row comes into being, whatever door its bytes come by."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Sum
from django.utils import timezone

from immichdrop.models import ImmichAccount
from invites import guests
from invites.models import UNLIMITED, Guest, Invite
from invites.refusals import Refusal, RefusedError
from uploads import lifecycle, media_types, names
from uploads.models import Upload
from uploads.spool import Spool

ADMISSION_LOCK = 0x0D409  # PostgreSQL's advisory lock of ours; any number that nobody else uses


@dataclass(frozen=True, slots=True)
class Offer:
    """A file as a client announces it. `size` in bytes; `invite` is a token, empty for the public page."""

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


@dataclass(frozen=True, slots=True)
class Arrived:
    """Bytes that are durable in the spool before the row is made. `sha1` when they are the whole file."""

    offset: int = 0
    sha1: str = ""


def link_of(offer: Offer) -> Invite | None:
    """The link an offer came through, None for the public page. An unknown token is refused like a closed page."""
    if not offer.invite:
        if not settings.PUBLIC_UPLOAD_PAGE_ENABLED:
            raise RefusedError(Refusal.INVALID_INVITE, "invite: no link was named.")
        return None
    invite = Invite.objects.select_related("owner").at(offer.invite)
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
    if existing and existing.size != offer.size:
        raise RefusedError(Refusal.BAD_METADATA, f"key: it belongs to another file, of {existing.size} bytes.")
    return existing


def check(offer: Offer, guest: Guest | None, invite: Invite | None, spool: Spool, written: int = 0) -> None:
    """Raises RefusedError when this file is not taken now. Reads only: `create` asks again with the places locked.

    `written`: bytes of it that are in the spool already.
    """
    if invite and (refusal := invite.refusal(guest)):
        raise RefusedError(refusal)
    _check_file(offer, invite)
    _check_places(offer, guest, invite)
    _check_disk(offer.size - written, spool)


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
        check(offer, guest, invite, spool, arrived.offset)
        complete = arrived.offset == offer.size
        upload = Upload.objects.create(
            pk=upload_id,
            invite=invite,
            guest=guest,
            account=invite.account() if invite else ImmichAccount.objects.environment(),
            key=offer.key if guest else "",
            filename=offer.filename,
            media_type=offer.media_type,
            size=offer.size,
            offset=arrived.offset,
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


def _wait_for_other_creations() -> None:
    """One creation at a time: the same free bytes of the disk must not be promised twice.

    SQLite's IMMEDIATE transactions already hold everybody off.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADMISSION_LOCK])


def _check_file(offer: Offer, invite: Invite | None) -> None:
    if offer.size == 0:
        raise RefusedError(Refusal.EMPTY_FILE, "Upload-Length: the file is empty.")
    limit = settings.MAX_FILE_SIZE_MB * 1_000_000
    if invite and invite.max_file_size:
        limit = min(limit, invite.max_file_size)
    if offer.size > limit:
        raise RefusedError(Refusal.FILE_TOO_LARGE, f"Upload-Length: {offer.size} bytes, the limit is {limit}.")
    extension = names.extension_of(offer.filename)
    kinds = invite.kinds if invite else Invite.Kinds.BOTH.value
    if extension not in media_types.accepted(kinds):
        raise RefusedError(Refusal.WRONG_TYPE, f"filename: files of type {extension or 'unknown'} are not taken here.")


def _check_places(offer: Offer, guest: Guest | None, invite: Invite | None) -> None:
    """Limits of number and bytes; unfinished uploads count, since their places are promised."""
    if invite is None:
        return
    uploads = Upload.objects.filter(invite=invite)
    if invite.one_time:
        others = uploads.unfinished()
        if guest:  # whoever comes without a secret is somebody new each time
            others = others.exclude(guest=guest)
        if invite.claimed_at is None and others.exists():
            raise RefusedError(Refusal.CLAIMED, "Somebody else is using this one-time link.")
    elif invite.max_uses != UNLIMITED and invite.used + uploads.unfinished().count() >= invite.max_uses:
        raise RefusedError(Refusal.EXHAUSTED, f"The link takes {invite.max_uses} files in all.")
    if invite.max_files and uploads.counted().filter(guest=guest).count() >= invite.max_files:
        raise RefusedError(Refusal.TOO_MANY_FILES, f"The limit is {invite.max_files} files each.")
    if invite.max_bytes:
        taken = uploads.counted().aggregate(total=Sum("size"))["total"] or 0
        if taken + offer.size > invite.max_bytes:
            raise RefusedError(Refusal.QUOTA_EXCEEDED, "The link's space is used up.")


def _check_disk(needed: int, spool: Spool) -> None:
    promised = Upload.objects.unfinished().aggregate(total=Sum(F("size") - F("offset")))["total"]
    if spool.free() - (promised or 0) < needed:
        raise RefusedError(Refusal.DISK_FULL, "The server has no room for this file now.")
