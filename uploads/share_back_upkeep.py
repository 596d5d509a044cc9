"""A link's shared link of single assets keeps showing what came through the link: what is delivered later is added, and
what guests take back is taken out.

Whatever changes a link's files makes its shared link due, in the same transaction. A worker then compares, so that
nothing is added twice or forgotten, whatever crashed or was away; and every hour it looks whether Immich still has it.
"""

import logging
import uuid
from collections.abc import Callable, Collection
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import AccessError, Forbidden, Immich, ImmichError, NotFound, Rejected, SharedLink
from immichdrop.models import ImmichAccount
from invites.models import ShareBack
from invites.shared_links import Library
from uploads import lifecycle
from uploads.models import SharedAsset, Upload, UploadQuerySet

logger = logging.getLogger(__name__)
Trouble = ShareBack.Trouble

LEASE = timedelta(minutes=5)  # that a worker has for a look; then another one begins anew
LOOK_EVERY = timedelta(hours=1)
SOON = timedelta(seconds=3)  # after which what was delivered is added, with all that came meanwhile
ASSETS_AT_ONCE = 1000
BATCHES_OF_A_LOOK = 3  # then others have their turn
THERE_ALREADY = "duplicate"


def shown(share_back: ShareBack) -> UploadQuerySet:
    """What its visitors are to see, if it shows no album."""
    return Upload.objects.filter(invite=share_back.invite_id, account=share_back.account_id).in_immich()


def claim(accounts: Collection[int]) -> ShareBack | None:
    """The shared link whose turn it is, if there is one, for nobody else as long as its lease lasts."""
    now = timezone.now()
    due = ShareBack.objects.due(now).filter(account__in=accounts)
    if not due.exists():
        return None
    with transaction.atomic():
        found = due.select_for_update(skip_locked=True).order_by("look_at", "pk").first()
        if found is None:
            return None
        # What changes while we look makes it due earlier than that, and is seen by `_settle`.
        ShareBack.objects.filter(pk=found.pk).update(look_at=now + LOOK_EVERY, leased_until=now + LEASE)
    return ShareBack.objects.filter(pk=found.pk).select_related("account", "invite").first()


def look(
    share_back: ShareBack, client_of: Callable[[ImmichAccount], Immich], assets_at_once: int = ASSETS_AT_ONCE
) -> None:
    """Makes the shared link show what it should, and notes what stands in the way."""
    try:
        immich = client_of(share_back.account)
        complete = share_back.type == ShareBack.Type.ALBUM or _compare(share_back, immich, assets_at_once)
        if share_back.trouble or not share_back.seen_at or share_back.seen_at <= timezone.now() - LOOK_EVERY:
            _see(share_back, immich)
    except NotFound:
        gone(share_back)
    except (AccessError, Rejected) as error:
        _settle(share_back, *_trouble(error))
    except (ImmichError, SecretChangedError) as error:
        _put_off(share_back, error)
    except IntegrityError:
        logger.info("share_back=%s event=unmade_meanwhile", share_back.pk)
    else:
        _settle(share_back, complete=complete)


def gone(share_back: ShareBack) -> None:
    """Somebody deleted it in Immich: the host is told, guests see no way to it any more."""
    share_back.trouble, share_back.trouble_detail = Trouble.GONE, ""
    share_back.look_at = share_back.leased_until = None
    ShareBack.objects.filter(pk=share_back.pk).update(
        trouble=Trouble.GONE, trouble_detail="", look_at=None, leased_until=None, seen_at=timezone.now()
    )
    logger.info("share_back=%s event=gone", share_back.pk)


def _compare(share_back: ShareBack, immich: Immich, assets_at_once: int) -> bool:
    """Whether it shows all that it should, as far as Immich lets it. Raises ImmichError; what was done until then is
    noted. IntegrityError when the host took it down meanwhile."""
    rows = SharedAsset.objects.filter(share_back=share_back)
    wanted = shown(share_back).exclude(asset_id=None).order_by()
    too_many = rows.exclude(asset_id__in=wanted.values("asset_id"))
    missing = wanted.exclude(asset_id__in=rows.values("asset_id"))
    # Of an earlier look, which a crash cut off, or when Immich did not know them or had them in its trash.
    if again := _some(rows.filter(added_at=None, asset_id__in=wanted.values("asset_id")), assets_at_once):
        _add(share_back, immich, again)
    for step, assets in ((_take_out, too_many), (_add, missing)):
        for _ in range(BATCHES_OF_A_LOOK):
            if not (batch := _some(assets, assets_at_once)):
                break
            step(share_back, immich, batch)
        else:
            return not assets.exists()
    return True


def _some(assets: UploadQuerySet | QuerySet[SharedAsset], at_most: int) -> list[uuid.UUID]:
    found = assets.order_by("asset_id").values_list("asset_id", flat=True).distinct()
    return [asset for asset in found[:at_most] if asset]


def _add(share_back: ShareBack, immich: Immich, assets: list[uuid.UUID]) -> None:
    rows = SharedAsset.objects.filter(share_back=share_back, asset_id__in=assets)
    with transaction.atomic():
        SharedAsset.objects.bulk_create(
            [SharedAsset(share_back=share_back, asset_id=asset) for asset in assets], ignore_conflicts=True
        )
    outcomes = immich.add_to_shared_link(str(share_back.link_id), [str(asset) for asset in assets])
    added = [uuid.UUID(asset) for asset, error in outcomes.items() if error in (None, THERE_ALREADY)]
    rows.filter(asset_id__in=added).update(added_at=timezone.now())
    logger.info("share_back=%s event=added assets=%d of=%d", share_back.pk, len(added), len(assets))


def _take_out(share_back: ShareBack, immich: Immich, assets: list[uuid.UUID]) -> None:
    immich.remove_from_shared_link(str(share_back.link_id), [str(asset) for asset in assets])
    SharedAsset.objects.filter(share_back=share_back, asset_id__in=assets).delete()
    logger.info("share_back=%s event=taken_out assets=%d", share_back.pk, len(assets))


def _see(share_back: ShareBack, immich: Immich) -> None:
    """As a list tells of it, since thousands of assets are of no use here. Raises NotFound."""
    link = immich.listed_shared_link(str(share_back.link_id))
    seen(share_back, link, Library(share_back.account, immich).address_of(link))


def seen(share_back: ShareBack, link: SharedLink, address: str) -> None:
    """Takes over what Immich tells of it."""
    share_back.address, share_back.expires_at, share_back.seen_at = address, link.expires_at, timezone.now()
    share_back.keep(link.settings)
    ShareBack.objects.filter(pk=share_back.pk).update(
        address=share_back.address,
        expires_at=share_back.expires_at,
        seen_at=share_back.seen_at,
        encrypted_settings=share_back.encrypted_settings,
    )


def _trouble(error: AccessError | Rejected) -> tuple[Trouble, str]:
    if isinstance(error, AccessError):
        lacking = error.permission if isinstance(error, Forbidden) else None
        return Trouble.FORBIDDEN, lacking or ""
    return Trouble.REFUSED, error.reason


def _settle(share_back: ShareBack, trouble: str = "", detail: str = "", *, complete: bool = True) -> None:
    """The look is over, unless another worker took it over meanwhile. Where more came since it began, it stays due."""
    row = _ours(share_back)
    if not complete:
        row.update(look_at=timezone.now())
    row.update(trouble=trouble, trouble_detail=detail[:300], attempts=0, leased_until=None)
    if trouble:
        logger.warning('share_back=%s event=not_kept_up trouble=%s detail="%s"', share_back.pk, trouble, detail)


def _put_off(share_back: ShareBack, error: Exception) -> None:
    attempts = share_back.attempts + 1
    look_at = timezone.now() + lifecycle.backoff(attempts)
    _ours(share_back).update(attempts=attempts, look_at=look_at, leased_until=None)
    logger.warning("share_back=%s event=not_looked error=%s", share_back.pk, type(error).__name__)


def _ours(share_back: ShareBack) -> QuerySet[ShareBack]:
    """The row, while it is still this worker's. One that is gone is nobody's."""
    return ShareBack.objects.filter(pk=share_back.pk, leased_until=share_back.leased_until).exclude(look_at=None)
