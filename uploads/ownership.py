"""Whose upload it is: what the tus endpoint finds for the guest who asks, and whether more may be written to it."""

import uuid
from collections.abc import Mapping

from django.http.cookie import parse_cookie

from invites import guests
from invites.models import Guest
from invites.refusals import RefusedError
from uploads.models import Upload
from uploads.tus_protocol import TusError


def guest_of(headers: Mapping[str, str]) -> Guest | None:
    return guests.find(headers.get(guests.HEADER.lower()), parse_cookie(headers.get("cookie", "")))


def find(upload_id: uuid.UUID, guest: Guest | None) -> Upload:
    """A guest's own upload; another's is not found. One that was made without a secret is reached by its id alone."""
    upload = Upload.objects.select_related("invite", "account").filter(pk=upload_id).first()
    if upload is None or upload.status == Upload.Status.DISCARDED or not upload.resumable:
        raise TusError(404, "not_found")
    if upload.guest_id is not None and (guest is None or guest.pk != upload.guest_id):
        raise TusError(404, "not_found")
    return upload


def sender_of(upload_id: uuid.UUID, headers: Mapping[str, str]) -> Guest | None:
    """The guest who asks for an upload of their own; None when it was made without a secret."""
    guest = guest_of(headers)
    find(upload_id, guest)
    return guest


def locked(upload: Upload, guest: Guest | None) -> bool:
    return upload.invite is not None and upload.invite.locked(guest) is not None


def find_open(upload_id: uuid.UUID, guest: Guest | None) -> Upload:
    """`find`, for writing. A link that expired or was used up lets created uploads finish; others stop them."""
    upload = find(upload_id, guest)
    check_open(upload, guest)
    return upload


def check_open(upload: Upload, guest: Guest | None) -> None:
    """Raises RefusedError when no more bytes are taken for it. What is complete has nothing to lose."""
    if upload.invite and not upload.complete and (refusal := upload.invite.stopped(guest)):
        raise RefusedError(refusal)
