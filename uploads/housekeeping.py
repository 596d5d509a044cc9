"""What a process that delivers does now and then: old bytes go, unfinished uploads expire, pauses end."""

import logging
import threading
import time
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import ImmichError
from immichdrop.models import ImmichAccount
from uploads import arrivals, custody, lifecycle, media_types, missing_albums, progress, staging
from uploads.lane import LOOK_EVERY
from uploads.line import Connect
from uploads.models import Upload
from uploads.spool import Spool, SpoolFileMissingError

logger = logging.getLogger(__name__)

PROBE_PAUSED = {  # seconds between looks at a paused account
    ImmichAccount.Pause.UNAUTHORISED: 60.0,
    ImmichAccount.Pause.FORBIDDEN: 60.0,
    ImmichAccount.Pause.QUOTA: 1800.0,
}
SWEEP_EVERY = 300.0
LEARN_EVERY = 3600.0
INSPECT_EVERY = 3600.0
# A checksum nobody has: asking for it shows whether the key may ask.
NO_SUM = "0" * 40


class Housekeeping:
    """Runs in a thread of its own until `stopping` is set."""

    def __init__(self, spool: Spool, connect: Connect, stopping: threading.Event) -> None:
        self.spool = spool
        self.connect = connect
        self.stopping = stopping
        self._at: dict[str, float] = {}
        self._paused_at: dict[int, float] = {}

    def run(self) -> None:
        while not self.stopping.wait(LOOK_EVERY):
            self._probe_paused()
            if self._is_time("sweep", SWEEP_EVERY):
                expire(self.spool)
                sweep(self.spool)
                staging.default().expire()
                missing_albums.look_again(self.connect)
            if self._is_time("inspect", INSPECT_EVERY):
                custody.inspect(self.spool)
                SessionStore.clear_expired()  # logins that ended, some with an encrypted token of Immich's
            if self._is_time("learn", LEARN_EVERY) and not self._learn():
                self._at["learn"] = time.monotonic() + 60.0

    def _is_time(self, task: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._at.get(task, 0.0):
            return False
        self._at[task] = now + every
        return True

    def _probe_paused(self) -> None:
        for account in ImmichAccount.objects.exclude(pause=""):
            now = time.monotonic()
            every = PROBE_PAUSED[ImmichAccount.Pause(account.pause)]
            if now - self._paused_at.setdefault(account.pk, now) > every:
                self._paused_at[account.pk] = now
                self._probe(account)

    def _probe(self, account: ImmichAccount) -> None:
        try:
            self.connect(account).bulk_check({"probe": NO_SUM})
        except (ImmichError, SecretChangedError):
            return
        resume(account)

    def _learn(self) -> bool:
        """Takes over the list of file types from the environment's Immich."""
        if not settings.IMMICH_BASE_URL:
            return True
        try:
            types = self.connect(ImmichAccount.objects.environment()).media_types()
        except ImmichError:
            return False
        media_types.learn(types.image, types.video)
        return True


def resume(account: ImmichAccount) -> None:
    """Ends an account's pause; what waits is due at once."""
    ImmichAccount.objects.filter(pk=account.pk).update(pause="", pause_detail="")
    lifecycle.wake([account.pk])
    arrivals.announce()
    logger.info("account=%s outcome=resumed", account.pk)


def sweep(spool: Spool) -> int:
    """Deletes the bytes of files that Immich confirmed `SPOOL_GRACE_HOURS` ago, and of discarded ones. How many.

    Not of those that Immich is still to be asked about once more. The bytes go first: if the row's change is lost in a
    crash, the next sweep finds nothing to delete and notes it.
    """
    before = timezone.now() - timedelta(hours=settings.SPOOL_GRACE_HOURS)
    kept = Upload.objects.filter(bytes_deleted_at=None)
    over = kept.filter(status__in=Upload.CONFIRMED, delivered_at__lte=before, recheck_at=None)
    gone = 0
    for upload in (over | kept.filter(status=Upload.Status.DISCARDED)).iterator():
        spool.remove(upload.pk)
        gone += Upload.objects.filter(pk=upload.pk).update(bytes_deleted_at=timezone.now())
    return gone


def expire(spool: Spool) -> int:
    """Gives up uploads whose guests did not come back, so that their places and bytes are free again. How many.

    The spool file's change date tells when the last byte came, also one that is not acknowledged yet.
    """
    given_up = 0
    for upload in Upload.objects.unfinished():
        try:
            last_heard = spool.changed_at(upload.pk)
        except SpoolFileMissingError:
            last_heard = upload.created_at
        if timezone.now() - last_heard > upload.patience and lifecycle.discard(upload, Upload.DiscardedBy.EXPIRED):
            progress.publish(upload)
            given_up += 1
    return given_up
