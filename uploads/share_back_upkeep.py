"""A link's shared link of single assets keeps showing what came through the link: what is delivered later is added, and
what guests take back is taken out.

Whatever changes a link's files makes its shared link due, in the same transaction. A worker then compares, so that
nothing is added twice or forgotten, whatever crashed or was away; and every hour it looks whether Immich still has it.
"""

import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
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
AT_ONCE = 20  # shared links
ASSETS_AT_ONCE = 1000
THERE_ALREADY = "duplicate"


def shown(share_back: ShareBack) -> UploadQuerySet:
    """What its visitors are to see, if it shows no album."""
    return Upload.objects.filter(invite=share_back.invite_id, account=share_back.account_id).in_immich()


def claim(accounts: Collection[int]) -> list[ShareBack]:
    """Shared links whose turn it is; put off for everybody else meanwhile."""
    now = timezone.now()
    due = ShareBack.objects.due(now).filter(account__in=accounts)
    if not due.exists():
        return []
    with transaction.atomic():
        ids = list(due.select_for_update(skip_locked=True).order_by("look_at", "pk").values_list("pk", flat=True))
        ids = ids[:AT_ONCE]
        ShareBack.objects.filter(pk__in=ids).update(look_at=now + LEASE)
    return list(ShareBack.objects.filter(pk__in=ids).select_related("account", "invite"))


def look(share_back: ShareBack, client_of: Callable[[ImmichAccount], Immich]) -> None:
    """Makes the shared link show what it should, and notes what stands in the way."""
    try:
        immich = client_of(share_back.account)
        if share_back.type == ShareBack.Type.INDIVIDUAL:
            _compare(share_back, immich)
        if share_back.trouble or not share_back.seen_at or share_back.seen_at <= timezone.now() - LOOK_EVERY:
            _see(share_back, immich)
    except NotFound:
        gone(share_back)
    except (AccessError, Rejected) as error:
        _settle(share_back, timezone.now() + LOOK_EVERY, *_trouble(error))
    except (ImmichError, SecretChangedError) as error:
        _put_off(share_back, error)
    else:
        _settle(share_back, timezone.now() + LOOK_EVERY)


def gone(share_back: ShareBack) -> None:
    """Somebody deleted it in Immich: the host is told, guests see no way to it any more."""
    row = ShareBack.objects.filter(pk=share_back.pk)
    row.update(trouble=Trouble.GONE, trouble_detail="", look_at=None, seen_at=timezone.now())
    share_back.refresh_from_db()
    logger.info("share_back=%s event=gone", share_back.pk)


def _compare(share_back: ShareBack, immich: Immich) -> None:
    """Raises ImmichError; what was done until then is noted."""
    link_id, rows = str(share_back.link_id), SharedAsset.objects.filter(share_back=share_back)
    wanted = {asset for asset in shown(share_back).order_by().values_list("asset_id", flat=True) if asset}
    written = dict(rows.values_list("asset_id", "added_at"))
    for assets in _batches(written.keys() - wanted):
        immich.remove_from_shared_link(link_id, [str(asset) for asset in assets])
        rows.filter(asset_id__in=assets).delete()
        logger.info("share_back=%s event=taken_out assets=%d", share_back.pk, len(assets))
    for assets in _batches(asset for asset in wanted if written.get(asset) is None):
        SharedAsset.objects.bulk_create(
            [SharedAsset(share_back=share_back, asset_id=asset) for asset in assets], ignore_conflicts=True
        )
        outcomes = immich.add_to_shared_link(link_id, [str(asset) for asset in assets])
        added = [uuid.UUID(asset) for asset, error in outcomes.items() if error in (None, THERE_ALREADY)]
        # What Immich does not know, or has in its trash by now, is tried once more with the next look.
        rows.filter(asset_id__in=added).update(added_at=timezone.now())
        logger.info("share_back=%s event=added assets=%d of=%d", share_back.pk, len(added), len(assets))


def _batches(assets: Iterable[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    everything = sorted(assets)
    for start in range(0, len(everything), ASSETS_AT_ONCE):
        yield everything[start : start + ASSETS_AT_ONCE]


def _see(share_back: ShareBack, immich: Immich) -> None:
    """By Immich's list, which tells of each link but a line. Raises NotFound."""
    for link in immich.shared_links():
        if link.id == str(share_back.link_id):
            seen(share_back, link, Library(share_back.account, immich).address_of(link))
            return
    raise NotFound("Shared link not found")


def seen(share_back: ShareBack, link: SharedLink, address: str) -> None:
    """Takes over what Immich tells of it."""
    share_back.address, share_back.expires_at, share_back.seen_at = address, link.expires_at, timezone.now()
    share_back.save(update_fields=["expires_at", "seen_at", "address"])


def _trouble(error: AccessError | Rejected) -> tuple[Trouble, str]:
    if isinstance(error, AccessError):
        lacking = error.permission if isinstance(error, Forbidden) else None
        return Trouble.FORBIDDEN, lacking or ""
    return Trouble.REFUSED, error.reason


def _settle(share_back: ShareBack, next_look: datetime, trouble: str = "", detail: str = "") -> None:
    row = ShareBack.objects.filter(pk=share_back.pk)
    row.update(trouble=trouble, trouble_detail=detail[:300], attempts=0)
    # Where more came meanwhile, it stays due.
    row.filter(look_at=share_back.look_at).update(look_at=next_look)
    if trouble:
        logger.warning('share_back=%s event=not_kept_up trouble=%s detail="%s"', share_back.pk, trouble, detail)


def _put_off(share_back: ShareBack, error: Exception) -> None:
    share_back.attempts += 1
    row = ShareBack.objects.filter(pk=share_back.pk)
    row.update(attempts=share_back.attempts, look_at=timezone.now() + lifecycle.backoff(share_back.attempts))
    logger.warning("share_back=%s event=not_looked error=%s", share_back.pk, type(error).__name__)
