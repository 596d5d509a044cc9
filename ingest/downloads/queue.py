"""The life of a `Download`, each step one conditional UPDATE whose count is checked.

    pending ──► downloading ──► received
       ▲             │  │
       └─────────────┘  └─────► failed

A worker changes only what it holds the lease of. No function here touches the disk or the network.
"""

import threading
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from immichdrop.throttle import network_of
from ingest.downloads import causes
from ingest.downloads.causes import Cause
from ingest.downloads.models import KEPT, Download
from ingest.downloads.platforms import PLATFORMS, chosen, read_url
from invites.credentials import Caller
from invites.refusals import Refusal, RefusedError

Status = Download.Status
LEASE = timedelta(seconds=20)
MOST_AT_WORK = 20  # for one caller
# For guests, of whom anybody with a link can make any number.
MOST_OF_ADDRESS = 60
MOST_OF_LINK = 200
MOST_ABANDONED = 4  # tries after which one whose process was killed each time is not begun again
CLAIM_LOCK = 0x0D40B  # PostgreSQL's advisory lock of ours; any number that nobody else uses

_wake = threading.Event()


def ask(caller: Caller, url: str, album_name: str = "", user_agent: str = "", album_id: UUID | None = None) -> Download:
    """A new download, into the album of this id, else of this name.

    Raises UnsupportedUrlError, and RefusedError when the caller has too many on their way.
    """
    platform, address = read_url(url, chosen(settings.SOCIAL_MEDIA_PLATFORMS))
    if _has_enough(caller):
        raise RefusedError(Refusal.TOO_MANY_REQUESTS, "Other links have to be downloaded first.", retry_after=30)
    destination = caller.destination(album_name, album_id)
    made = Download.objects.create(
        url=address,
        platform=platform.name,
        token=caller.token,
        invite=caller.invite,
        guest=caller.guest,
        host=caller.host,
        account=destination.account,
        album_name=destination.album_name,
        album_id=destination.album_id,
        client_address=caller.client or None,
        user_agent=user_agent,
    )
    announce()
    return made


def _has_enough(caller: Caller) -> bool:
    """Whether so much is on its way for a caller that others' links would have to wait for long."""
    at_work = Download.objects.at_work()
    if at_work.of_caller(caller).count() >= MOST_AT_WORK:
        return True
    if caller.invite is None:
        return False
    if at_work.filter(invite=caller.invite).count() >= MOST_OF_LINK:
        return True
    # By network: in IPv6 a household has more addresses than anybody counts.
    addresses = at_work.filter(invite__isnull=False).values_list("client_address", flat=True)
    own = network_of(caller.client)
    return sum(network_of(address or "") == own for address in addresses) >= MOST_OF_ADDRESS


def announce() -> None:
    """There is something to download, for this process's threads."""
    _wake.set()


def wait(timeout: float) -> None:
    """Until something is announced here, or for `timeout` seconds."""
    if _wake.wait(timeout):
        _wake.clear()


def claim(owner: str, at_once: int) -> Download | None:
    """Takes the lease of the next download that is due, unless `at_once` are running in all processes together.

    Hosts' own come first, and guests' one of each link by turns: strangers can fill a link's queue, and no other's.
    """
    now = timezone.now()
    if not Download.objects.due(now).exists():
        return None
    with transaction.atomic():
        _one_at_a_time()
        _give_up_killers(now)
        if Download.objects.running(now).count() >= at_once:
            return None
        found = Download.objects.due(now).by_turns().first()
        if found is None:
            return None
        Download.objects.filter(pk=found.pk).update(
            status=Status.DOWNLOADING,
            lease_owner=owner,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            taken=0,
            awaited=0,
        )
    return _read(found.pk)


def _give_up_killers(now: datetime) -> None:
    """Ends what its process did not survive, try after try: it would take down whoever begins it next."""
    abandoned = Download.objects.filter(status=Status.DOWNLOADING, lease_until__lt=now, attempts__gte=MOST_ABANDONED)
    for download in abandoned:
        failed(download, Cause.BROKEN)


def _read(key: int) -> Download:
    return Download.objects.select_related("token__owner", "invite", "guest", "host", "account").get(pk=key)


def _one_at_a_time() -> None:
    """So that two processes can't both take the last place. SQLite's IMMEDIATE transactions do that by themselves."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])


def _change(download: Download, **changes: object) -> bool:
    """Changes a download that its worker still holds. False when it doesn't, or when the row ended."""
    rows = Download.objects.filter(pk=download.pk, status=Status.DOWNLOADING, lease_owner=download.lease_owner)
    if rows.update(**changes) != 1:
        return False
    for name, value in changes.items():
        setattr(download, name, value)
    return True


def heartbeat(download: Download, taken: int, awaited: int) -> bool:
    """Renews the lease. False when the download is to be stopped: it was taken over, ended, or withdrawn."""
    if not _change(download, lease_until=timezone.now() + LEASE, taken=taken, awaited=awaited):
        return False
    return _read(download.pk).may_go_on


def pictured(download: Download, thumbnail: bytes) -> None:
    """There is a picture of the post."""
    _change(download, thumbnail=thumbnail)


def put_back(download: Download) -> None:
    """Gives the lease up without a try: the process ends, another goes on."""
    _change(download, status=Status.PENDING, lease_owner="", lease_until=None, attempts=max(0, download.attempts - 1))


def received(download: Download) -> None:
    """Its files are safe here."""
    _change(download, status=Status.RECEIVED, ended_at=timezone.now(), lease_owner="", lease_until=None)


def failed(download: Download, cause: Cause, message: str = "") -> None:
    """Tried again later where that may help, else the end. `message`: better words than the cause has."""
    pause = cause.pause(download.attempts)
    now = timezone.now()
    if pause and now + pause < download.created_at + KEPT:
        _change(
            download,
            status=Status.PENDING,
            cause=cause.value,
            next_attempt_at=now + pause,
            lease_owner="",
            lease_until=None,
        )
        return
    words = message or words_of(cause, download.platform)
    _change(
        download,
        status=Status.FAILED,
        cause=cause.value,
        message=words[:500],
        ended_at=now,
        lease_owner="",
        lease_until=None,
    )


def words_of(cause: Cause, platform: str) -> str:
    """The cause in plain words, with this installation's limits."""
    title = PLATFORMS[platform].title if platform in PLATFORMS else platform
    return causes.words(
        cause,
        {"platform": title, "most": f"{settings.DOWNLOAD_MAX_MB} MB", "minutes": settings.DOWNLOAD_MINUTES},
    )


def expire() -> int:
    """Forgets downloads a day after they were asked for. Their files are uploads, and stay. How many."""
    return Download.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
