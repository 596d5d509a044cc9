"""Where an upload's row comes into being, whatever door its bytes come by."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from immichdrop.models import ImmichAccount
from immichdrop.prepared import Insertion
from invites import guests
from invites.credentials import Destination
from invites.finding import held
from invites.models import Guest, Invite
from invites.queries import UNLIMITED
from invites.refusals import Refusal, RefusedError
from uploads import admission, lifecycle
from uploads.admission import NOTHING_YET, Arrived, Offer
from uploads.models import Upload
from uploads.spool import Spool

_ROWS = Insertion(Upload)

ADMISSION_LOCK = 0x0D409  # PostgreSQL's advisory lock of ours; any number that nobody else uses


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


def admit(
    offer: Offer, guest: Guest | None, invite: Invite | None, spool: Spool, *, places: bool = True
) -> Upload | None:
    """Looks whether this file would be taken, before its bytes are. Raises RefusedError when it would not.

    Returns the upload that this guest made of it before, if there is one. Without `places` the others' uploads are not
    looked at: for a file whose row is made in the next moment, when they are in any case.
    """
    existing = find(offer, guest, invite)
    if existing is None:
        try:
            if places:
                admission.check(offer, guest, invite, spool)
            else:
                admission.check_itself(offer, guest, invite)
        except RefusedError:
            # The place it is refused may have gone to its own twin, which came at the same moment.
            existing = find(offer, guest, invite)
            if existing is None:
                raise
    return existing


@dataclass(frozen=True, slots=True)
class Creation:
    """A row that is to be made, for a file that is in the spool already.

    Without a link, and without a `destination`, it goes where the public page's files go.
    """

    upload_id: uuid.UUID
    offer: Offer
    guest: Guest | None
    invite: Invite | None
    arrived: Arrived = NOTHING_YET
    destination: Destination | None = None

    @property
    def complete(self) -> bool:
        return self.offer.size_known and self.arrived.offset == self.offer.size


def create(creation: Creation, spool: Spool) -> Upload:
    """Inserts the row, reserving its place and its bytes in the same transaction.

    Raises RefusedError when the last place went to somebody else meanwhile, and IntegrityError when the same key was
    created at the same moment (`find` then has it).
    """
    with transaction.atomic():
        return Places([creation]).take(creation, spool)


def create_or_find(creation: Creation, spool: Spool) -> Upload:
    """`create`, or the upload with this key that another request of the same guest made first."""
    try:
        return create(creation, spool)
    except (IntegrityError, RefusedError):
        existing = find(creation.offer, creation.guest, creation.invite)
        if existing is None:
            raise
        return existing


def create_together(creations: Sequence[Creation], spool: Spool) -> list[Upload | RefusedError | IntegrityError]:
    """`create_or_find` for several in one transaction; in their order, what it returned or raised."""
    try:
        with transaction.atomic():
            places = Places(creations)
            return [places.take_or_find(creation, spool) for creation in creations]
    except IntegrityError:
        # One of them can't be inserted, and took the others along: each by itself then.
        return [_alone(creation, spool) for creation in creations]


def _alone(creation: Creation, spool: Spool) -> Upload | RefusedError | IntegrityError:
    try:
        return create_or_find(creation, spool)
    except (RefusedError, IntegrityError) as error:
        return error


class Places:
    """The places at the links of these creations, held until the transaction's end. Made inside one."""

    def __init__(self, creations: Sequence[Creation]) -> None:
        _wait_for_other_creations()
        # Files that are completed now must not change the sums before the insert.
        keys = sorted({creation.invite.pk for creation in creations if creation.invite})
        self.links = {key: held(key) for key in keys}
        self.accounts: dict[int | None, ImmichAccount] = {}

    def take(self, creation: Creation, spool: Spool) -> Upload:
        """The new row. Raises RefusedError when it is not to be."""
        now, offer, guest = timezone.now(), creation.offer, creation.guest
        invite = None
        if creation.invite:
            invite = self.links[creation.invite.pk]
            if invite is None:  # deleted for good at this moment
                raise RefusedError(Refusal.INVALID_INVITE)
        admission.check(offer, guest, invite, spool, creation.arrived)
        destination = self._destination(creation, invite)
        upload = Upload(
            pk=creation.upload_id,
            invite=invite,
            guest=guest,
            account=destination.account,
            key=offer.key if guest else "",
            filename=offer.filename,
            media_type=offer.media_type,
            client_item_id=offer.item_id,
            size=offer.size,
            size_known=offer.size_known,
            offset=creation.arrived.offset,
            chunk_length=0 if offer.in_chunks else None,
            sha1=creation.arrived.sha1 if creation.complete else "",
            last_modified=offer.last_modified,
            status=Upload.Status.RECEIVED if creation.complete else Upload.Status.RECEIVING,
            received_at=now if creation.complete else None,
            next_attempt_at=now,
            album_id=destination.album_id,
            album_name=destination.album_name,
            client_address=offer.client_address or None,
            user_agent=offer.user_agent,
            description=offer.description,
        )
        _ROWS.insert(upload)
        if creation.complete:
            lifecycle.count_use(upload, now)
            if invite and invite.max_uses != UNLIMITED:  # the next one looks at it again
                invite.refresh_from_db(fields=["used", "claimed_by", "claimed_at"])
        if invite and guest:
            guests.introduce(guest, invite, offer.guest_name, offer.guest_message)
        return upload

    def take_or_find(self, creation: Creation, spool: Spool) -> Upload | RefusedError:
        try:
            return self.take(creation, spool)
        except RefusedError as error:
            try:
                return find(creation.offer, creation.guest, creation.invite) or error
            except RefusedError as other:
                return other

    def _destination(self, creation: Creation, invite: Invite | None) -> Destination:
        """A link's is what it is now, with its row held."""
        if invite:
            return Destination(self._account(invite), invite.album_id, invite.album_name)
        return creation.destination or Destination(self._account(None), None, settings.IMMICH_ALBUM_NAME)

    def _account(self, invite: Invite | None) -> ImmichAccount:
        key = invite.pk if invite else None
        if key not in self.accounts:
            self.accounts[key] = invite.account() if invite else ImmichAccount.objects.environment()
        return self.accounts[key]


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
        admission.check_size(size, invite)
        admission.check_quota(more, invite)
        admission.check_disk(more, spool)
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
