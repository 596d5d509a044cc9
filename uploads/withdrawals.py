"""What guests take back after it reached Immich: the asset goes to Immich's trash, or the host is told of the wish.

`lifecycle.withdraw` makes the wish, which is a column of the row, so that a crash never forgets it.
"""

import logging
import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from immichdrop.immich import Forbidden, Immich, NotFound
from uploads import lifecycle
from uploads.models import Upload

logger = logging.getLogger(__name__)
Withdrawal = Upload.Withdrawal

AT_ONCE = 500
NOT_ALLOWED = "Its guest took it back. Please move it to the trash in Immich: the API key may not"
SENT_BY_OTHERS = "Its guest took it back. It stays in Immich, since somebody else sent the same file."


def claim(accounts: Collection[int]) -> list[Upload]:
    """Uploads whose guests want them out of Immich, and whose turn it is; put off for everybody else meanwhile."""
    now = timezone.now()
    wishes = Upload.objects.taken_back(now).filter(account__in=accounts)
    if not wishes.exists():
        return []
    free = wishes.select_for_update(skip_locked=True).order_by("withdraw_at", "pk")
    with transaction.atomic():
        ids = list(free.values_list("pk", flat=True)[:AT_ONCE])
        Upload.objects.filter(pk__in=ids).update(withdraw_at=now + lifecycle.RECHECK)
    return list(Upload.objects.filter(pk__in=ids).select_related("account", "invite"))


def take_back(uploads: Sequence[Upload], immich: Immich) -> None:
    """Moves these to Immich's trash, unless somebody else sent the same file. Raises ImmichError."""
    others = _wanted_by_others(uploads)
    _settle([each for each in uploads if each.asset_id in others], Withdrawal.SHARED, SENT_BY_OTHERS)
    own = [each for each in uploads if each.asset_id not in others]
    try:
        _trash([str(upload.asset_id) for upload in own], immich)
    except Forbidden as error:
        _settle(own, Withdrawal.REFUSED, f"{NOT_ALLOWED} ({error.reason}).")
    else:
        _settle(own, Withdrawal.TRASHED)


def try_again(upload_ids: Collection[uuid.UUID]) -> int:
    """The host gave the key the permission: what it was refused for is tried again. Returns how many."""
    refused = Upload.objects.filter(pk__in=upload_ids).wishes()
    return refused.update(withdrawal=Withdrawal.WISHED, withdraw_at=timezone.now(), message="")


def fulfilled(upload_ids: Collection[uuid.UUID]) -> list[Upload]:
    """The host took these out of Immich by hand: the wishes are over. Returns those that were wishes."""
    with transaction.atomic():
        wishes = list(Upload.objects.filter(pk__in=upload_ids).wishes().select_for_update())
        done = Upload.objects.filter(pk__in=[upload.pk for upload in wishes])
        done.update(withdrawal=Withdrawal.TRASHED, message="")
    for upload in wishes:
        logger.info("upload=%s outcome=taken_back asset=trashed by=host", upload.pk)
    return wishes


def trashed(asset_ids: Collection[uuid.UUID]) -> set[uuid.UUID | None]:
    """Those of these assets that are in the trash because a guest took them back."""
    if not asset_ids:
        return set()
    wishes = Upload.objects.filter(asset_id__in=asset_ids, withdrawal=Withdrawal.TRASHED)
    return set(wishes.values_list("asset_id", flat=True))


def wanted_again(asset_ids: Collection[uuid.UUID]) -> None:
    """These came out of the trash, because somebody sent the same file anew: the wishes are over."""
    wishes = Upload.objects.filter(asset_id__in=asset_ids, withdrawal=Withdrawal.TRASHED)
    wishes.update(withdrawal=Withdrawal.SHARED, message=SENT_BY_OTHERS)


def _settle(uploads: Sequence[Upload], outcome: Withdrawal, message: str = "") -> None:
    wishes = Upload.objects.filter(pk__in=[upload.pk for upload in uploads], withdrawal=Withdrawal.WISHED)
    wishes.update(withdrawal=outcome, withdraw_at=None, message=message[:500])
    for upload in uploads:
        logger.info("upload=%s outcome=taken_back asset=%s", upload.pk, outcome.value)


def _wanted_by_others(uploads: Sequence[Upload]) -> set[uuid.UUID | None]:
    """The assets of these that another upload brought as well, which nobody took back."""
    assets = [upload.asset_id for upload in uploads]
    others = Upload.objects.filter(asset_id__in=assets).exclude(status=Upload.Status.DISCARDED)
    return set(others.values_list("asset_id", flat=True))


def _trash(asset_ids: Sequence[str], immich: Immich) -> None:
    """One request for all of them; one each where an asset is gone already, since Immich then moves none."""
    try:
        immich.delete_assets(asset_ids)
    except NotFound:
        for asset_id in asset_ids:
            with suppress(NotFound):
                immich.delete_assets([asset_id])
