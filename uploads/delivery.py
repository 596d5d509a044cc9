"""The steps of received files into Immich: ask, send, verify, restore, album, done. Without threads or queues.

Custody ends only with Immich's own confirmation that it has an asset with the same SHA-1. Every step may be cut off by
a crash and is taken again from the row: Immich knows files by their SHA-1, so sending twice makes no second asset.
All steps but `send` take many files at once, of one account each time: a far Immich costs its latency per question,
not per file. They raise ImmichError, and then nothing is recorded (`uploads.setbacks` does that).
"""

import hashlib
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from immichdrop.immich import AssetUpload, Existing, Forbidden, Immich
from invites.models import ShareBack
from uploads import albums, lifecycle, missing_albums, share_back_upkeep, withdrawals
from uploads.dates import date_of
from uploads.models import KnownAsset, Upload
from uploads.spool import READ_BYTES, Spool

logger = logging.getLogger(__name__)

IN_TRASH = "It is in Immich's trash, and stays there until the host restores it."


@dataclass(slots=True)
class Found:
    """An upload that Immich has. `made`: by our sending it just now; `notes`: for the host."""

    upload: Upload
    existing: Existing
    made: bool
    duplicate: bool = False
    in_album: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def asset_id(self) -> uuid.UUID:
        return uuid.UUID(self.existing.asset_id)


@dataclass(frozen=True, slots=True)
class Sent:
    """An upload whose bytes Immich took. `made`: it said `created`, else `duplicate`."""

    upload: Upload
    made: bool


def sum_up(upload: Upload, spool: Spool) -> None:
    """Reads the file for its SHA-1, where the receiving side did not see all bytes pass."""
    with spool.read(upload.pk) as file:
        lifecycle.keep_sum(upload, sha1_of(file))


def sha1_of(file: BinaryIO) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    while block := file.read(READ_BYTES):
        digest.update(block)
    return digest.hexdigest()


def ask(uploads: Sequence[Upload], immich: Immich) -> tuple[list[Found], list[Upload]]:
    """Which of these Immich has already, and which have to be sent, by one question."""
    found, missing = _look_up(uploads, immich)
    _forget(missing)
    others = _brought_by_others(found)
    for each in found:
        # What was on its way when a worker died is this upload's own, unless somebody else brought it as well.
        each.duplicate = each.upload.sent_at is None or each.asset_id in others
    return found, missing


def send(upload: Upload, immich: Immich, spool: Spool) -> Sent:
    """Sends the bytes."""
    with spool.read(upload.pk) as file:
        taken = date_of(upload, file)
    lifecycle.sending([upload])
    asset = AssetUpload(
        filename=upload.filename,
        size=upload.size,
        open=lambda: spool.read(upload.pk),
        created_at=taken,
        # The same in both: Immich lets the earlier one win for a file that has no date of its own.
        modified_at=taken,
        sha1=upload.sha1,
    )
    return Sent(upload, made=not immich.upload(asset).duplicate)


def verify(sent: Sequence[Sent], immich: Immich) -> tuple[list[Found], list[Upload]]:
    """Which of the sent files Immich really has, and which it took and does not have, by one question."""
    made = {each.upload.pk: each.made for each in sent}
    found, vanished = _look_up([each.upload for each in sent], immich)
    others = _brought_by_others(found)
    for each in found:
        each.made = made[each.upload.pk]
        # "Duplicate" is also what Immich says to a second try, when the answer to the first was lost on its way.
        each.duplicate = not each.made and each.asset_id in others
    return found, vanished


def settle(found: Sequence[Found], immich: Immich, extras: Callable[[Sequence[Found], Immich], None]) -> list[Upload]:
    """Puts these into the album they all wish, and confirms them. Returns what this worker still had in hand.

    `extras` adds what else is wanted in Immich; like the album it is no reason to call a file undelivered.
    """
    _restore([each for each in found if each.existing.is_trashed], immich)
    alive = [each for each in found if not each.existing.is_trashed]
    if alive and alive[0].upload.wants_album:
        _into_album(alive, immich)
    extras(alive, immich)
    return _confirm(found)


def check_again(uploads: Sequence[Upload], immich: Immich) -> list[Upload]:
    """Asks about files that Immich had before we sent them; those that have vanished since are due again.

    Returns these. Later than this a deletion in Immich is its owner's will.
    """
    found, missing = _look_up(uploads, immich)
    # Who brought the same file may have taken it back in the moment in which Immich told of it.
    in_trash = [each for each in found if each.existing.is_trashed]
    by_guests = withdrawals.trashed({each.asset_id for each in in_trash})
    _restore([each for each in in_trash if each.asset_id in by_guests], immich)
    lifecycle.now_certain([each.upload for each in found])
    _forget(missing)
    vanished = [upload for upload in missing if lifecycle.send_again(upload, "Immich lost it after telling of it.")]
    for upload in vanished:
        logger.warning("upload=%s outcome=vanished", upload.pk)
    return vanished


def wish_of(upload: Upload) -> tuple[int, uuid.UUID | None, str]:
    """What uploads have in common that are settled together: the account, and the album."""
    return upload.account_id, upload.album_id, upload.album_name


def _look_up(uploads: Sequence[Upload], immich: Immich) -> tuple[list[Found], list[Upload]]:
    answers = immich.bulk_check({str(upload.pk): upload.sha1 for upload in uploads})
    found, missing = [], []
    for upload in uploads:
        existing = answers.get(str(upload.pk))
        if existing:
            found.append(Found(upload, existing, made=False))
        else:
            missing.append(upload)
    return found, missing


def _forget(missing: Collection[Upload]) -> None:
    """The dedupe table is a hint, and this one is out of date."""
    by_account: dict[int, list[str]] = defaultdict(list)
    for upload in missing:
        by_account[upload.account_id].append(upload.sha1)
    for account_id, sums in by_account.items():
        KnownAsset.objects.filter(account=account_id, sha1__in=sums).delete()


def _brought_by_others(found: Sequence[Found]) -> set[uuid.UUID]:
    """The assets of those that also another upload brought."""
    again = [each for each in found if each.upload.sent_at]
    if not again:
        return set()
    own = {each.upload.pk for each in again}
    others = Upload.objects.filter(asset_id__in=[each.asset_id for each in again]).exclude(pk__in=own)
    return {asset_id for asset_id in others.values_list("asset_id", flat=True) if asset_id}


def _restore(trashed: Sequence[Found], immich: Immich) -> None:
    """Brings back from Immich's trash what the host wants back, and what only its guest had put there.

    The rest stays: a guest must not undo a host's deletion.
    """
    taken_back = withdrawals.trashed({each.asset_id for each in trashed})
    wanted = [
        each
        for each in trashed
        if settings.RESTORE_TRASHED or each.upload.trash == Upload.Trash.RESTORE or each.asset_id in taken_back
    ]
    if wanted:
        try:
            immich.restore([each.existing.asset_id for each in wanted])
        except Forbidden as error:
            for each in wanted:
                each.notes.append(f"It could not be restored from Immich's trash: {error.reason}.")
        else:
            withdrawals.wanted_again({each.asset_id for each in wanted})
            for each in wanted:
                each.existing = Existing(each.existing.asset_id, is_trashed=False)
    for each in trashed:
        if each.existing.is_trashed:
            each.notes.append(IN_TRASH)


def _into_album(found: Sequence[Found], immich: Immich) -> None:
    by_asset: dict[str, list[Found]] = defaultdict(list)
    for each in found:
        by_asset[each.existing.asset_id].append(each)
    upload = found[0].upload
    placed = albums.put(albums.Wish(upload.account, upload.album_name, upload.album_id), list(by_asset), immich)
    if placed.gone or not placed.missed:
        missing_albums.note([each.upload for each in found], gone=placed.gone)
    for each in found:
        each.in_album = not placed.missed and each.existing.asset_id not in placed.refused
        each.notes += filter(None, [placed.note])
    for asset_id, word in placed.refused.items():
        _explain(by_asset[asset_id], word, immich)


def _explain(members: Sequence[Found], word: str, immich: Immich) -> None:
    """Why Immich did not put an asset into the album: `no_permission` may mean that it was trashed just now (279)."""
    again, _ = _look_up([members[0].upload], immich)
    for each in members:
        if again and again[0].existing.is_trashed:
            each.existing = again[0].existing
            each.notes.append(IN_TRASH)
        else:
            each.notes.append(f"Immich did not put it into the album: {word}.")


def _confirm(found: Sequence[Found]) -> list[Upload]:
    confirmed = []
    with transaction.atomic():
        for each in found:
            try:
                lifecycle.confirm(
                    each.upload,
                    each.asset_id,
                    duplicate=each.duplicate,
                    certain=each.made,
                    in_album=each.in_album,
                    in_trash=each.existing.is_trashed,
                    note=" ".join(each.notes),
                )
            except lifecycle.LeaseLostError:
                logger.warning("upload=%s outcome=lease_lost", each.upload.pk)
            else:
                confirmed.append(each.upload)
        _remember(found)
        ShareBack.objects.look_again({upload.invite_id for upload in confirmed}, share_back_upkeep.SOON)
    return confirmed


def _remember(found: Sequence[Found]) -> None:
    now = timezone.now()
    rows = {
        (each.upload.account_id, each.upload.sha1): KnownAsset(
            account_id=each.upload.account_id, sha1=each.upload.sha1, asset_id=each.asset_id, seen_at=now
        )
        for each in found
    }
    KnownAsset.objects.bulk_create(
        [rows[key] for key in sorted(rows)],  # in one order, so that two workers don't wait for each other
        update_conflicts=True,
        unique_fields=["account", "sha1"],
        update_fields=["asset_id", "seen_at"],
    )
