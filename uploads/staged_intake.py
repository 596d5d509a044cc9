"""From staging into a link: a staged file goes the way of every other one, with the same rules and the same promise."""

import hashlib
import uuid
from collections import Counter
from dataclasses import replace

from invites.models import Guest, Invite
from invites.refusals import Refusal, RefusedError
from uploads import admission, arrivals
from uploads.admission import Arrived, Offer
from uploads.intake import Creation
from uploads.models import Upload
from uploads.plain_form import OF_A_FILE, RECEIVED
from uploads.receiving import DiskFullError, disk_full_told
from uploads.registry import Registry
from uploads.spool import READ_BYTES, Spool, SpoolBusyError, SpoolFileMissingError
from uploads.staging import Staged, Staging
from uploads.tus_bodies import check_head


def send(staging: Staging, spool: Spool, guest: Guest, invite: Invite | None, sender: Offer) -> Counter[str]:
    """Receives all that a guest staged into a link: how many files by `RECEIVED` or a refusal's code.

    `sender` says where the request comes from. What is received leaves staging; what is refused stays there, since
    another link may take it. Raises RefusedError when the link itself takes nothing.
    """
    if invite and (refusal := invite.refusal(guest)):
        raise RefusedError(refusal)
    outcome: Counter[str] = Counter()
    registry = Registry(spool)
    for staged in staging.items(guest):
        try:
            _receive(staging, registry, guest, invite, staged, sender)
        except RefusedError as error:
            if error.refusal not in OF_A_FILE:
                raise
            outcome[error.refusal.value] += 1
        except DiskFullError:
            outcome[Refusal.DISK_FULL.value] += 1
        except (SpoolFileMissingError, SpoolBusyError):
            continue  # cancelled, or another tab is sending it
        else:
            outcome[RECEIVED] += 1
            staging.remove(guest, staged.id)
    return outcome


def _receive(
    staging: Staging, registry: Registry, guest: Guest, invite: Invite | None, staged: Staged, sender: Offer
) -> None:
    """Copies one file into the spool, durably, and makes its row. One that was sent before is that upload."""
    offer = Offer(
        filename=staged.filename,
        size=staged.size,
        invite=invite.token if invite else "",
        media_type=staged.media_type,
        client_address=sender.client_address,
        user_agent=sender.user_agent,
    )
    spool, upload_id = registry.spool, uuid.uuid4()
    admission.check(offer, guest, invite, spool)
    try:
        sha1 = _copy(staging, spool, guest, staged, upload_id, invite)
        keyed = replace(offer, key=f"plain:{sha1}")
        upload = registry.enter(Creation(upload_id, keyed, guest, invite, Arrived(staged.size, sha1)))
    except BaseException:
        if not Upload.objects.filter(pk=upload_id).exists():
            spool.remove(upload_id)
        raise
    if upload.pk == upload_id:
        arrivals.received(upload)
    else:
        spool.remove(upload_id)


def _copy(
    staging: Staging, spool: Spool, guest: Guest, staged: Staged, upload_id: uuid.UUID, invite: Invite | None
) -> str:
    """The SHA-1 of what is in the spool then."""
    digest = hashlib.sha1(usedforsecurity=False)
    source = staging.open(guest, staged.id)
    try:
        check_head(source, invite)  # before a gigabyte is copied that is refused, and again with the next try
        with disk_full_told():
            file = spool.create(upload_id)
        try:
            for offset in range(0, staged.size, READ_BYTES):
                block = source.read_at(offset, READ_BYTES)
                digest.update(block)
                with disk_full_told():
                    file.write_at(offset, block)
            with disk_full_told():
                file.sync()
        finally:
            file.close()
    finally:
        source.close()
    return digest.hexdigest()
