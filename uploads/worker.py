"""The delivery threads: they take due uploads from the table, and leave an Immich alone that does not answer."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import Immich, ImmichError, QuotaExceeded
from immichdrop.models import ImmichAccount
from uploads import arrivals, custody, lifecycle, media_types, progress
from uploads.delivery import deliver
from uploads.models import Upload
from uploads.spool import Spool, SpoolFileMissingError

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds; files that other processes received are found no later than this
FIRST_PROBE = 1.0  # seconds after an Immich stopped answering
LONGEST_PROBE = 30.0
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

Connect = Callable[[ImmichAccount], Immich]


def connect(account: ImmichAccount) -> Immich:
    """A client for an account. Raises SecretChangedError when its key can't be read any more."""
    return Immich(account.address, account.api_key)


class Reach:
    """Which Immich servers answer, as this process last saw it.

    A silent one is left alone but for one probe at a time, less and less often. An answered probe lets deliveries go
    on; the pauses start from the beginning only after a delivery worked, so that a server which answers probes and
    fails deliveries is not asked in a hot loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._probe_at: dict[int, float] = {}
        self._pause: dict[int, float] = {}

    def lost(self, account_id: int) -> None:
        with self._lock:
            if account_id not in self._probe_at:
                logger.warning("Immich does not answer; files are kept and wait.")
                self._put_off(account_id)

    def worked(self, account_id: int) -> None:
        with self._lock:
            self._pause.pop(account_id, None)

    def answered(self, account_id: int) -> None:
        with self._lock:
            self._probe_at.pop(account_id, None)

    def silent(self) -> list[int]:
        with self._lock:
            return list(self._probe_at)

    def due(self) -> list[int]:
        """The accounts to be probed now; the next probe of each is put off."""
        now = time.monotonic()
        with self._lock:
            due = [account_id for account_id, at in self._probe_at.items() if at <= now]
            for account_id in due:
                self._put_off(account_id)
        return due

    def _put_off(self, account_id: int) -> None:
        pause = self._pause.get(account_id, FIRST_PROBE)
        self._probe_at[account_id] = time.monotonic() + pause
        self._pause[account_id] = min(LONGEST_PROBE, pause * 2)


class Worker:
    """`threads` deliveries at a time, and one thread for what has to be done now and then."""

    def __init__(self, spool: Spool, threads: int, connect: Connect = connect) -> None:
        self.spool = spool
        self.connect = connect
        self.reach = Reach()
        self.stopping = threading.Event()
        self.prefix = f"{socket.gethostname()}:{os.getpid()}:"
        names = [f"{self.prefix}{number}" for number in range(threads)]
        self._threads = [
            threading.Thread(target=self._guarded(self._deliveries), args=(name,), name=f"delivery-{name}")
            for name in names
        ]
        self._threads.append(threading.Thread(target=self._guarded(self._housekeeping), name="delivery-housekeeping"))

    def start(self) -> None:
        release_dead_leases(self.prefix)
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def stop(self, timeout: float) -> None:
        """Lets running deliveries end for at most `timeout` seconds; what is left is taken over when its lease ends."""
        self.stopping.set()
        arrivals.announce()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _guarded(self, loop: Callable[..., None]) -> Callable[..., None]:
        """A database that is away for a while must not end a thread for good."""

        def run(*args: str) -> None:
            try:
                while not self.stopping.is_set():
                    try:
                        loop(*args)
                    except DatabaseError:
                        logger.exception("The database failed; trying again")
                        connections.close_all()
                        self.stopping.wait(LOOK_EVERY)
            finally:
                connections.close_all()

        return run

    # --- deliveries

    def _deliveries(self, name: str) -> None:
        clients: dict[int, tuple[str, str, Immich]] = {}
        seen = arrivals.count()
        while not self.stopping.is_set():
            upload = lifecycle.claim(name, except_accounts=self.reach.silent())
            if upload is None:
                seen = arrivals.wait(seen, LOOK_EVERY)
                continue
            progress.publish(upload)
            self._deliver(upload, clients)

    def _deliver(self, upload: Upload, clients: dict[int, tuple[str, str, Immich]]) -> None:
        account = upload.account
        try:
            immich = self._client(account, clients)
        except SecretChangedError:
            lifecycle.wait(upload, "The Immich key can't be read: SESSION_SECRET was changed.")
            return
        try:
            outcome = deliver(upload, immich, self.spool)
        except lifecycle.LeaseLostError:
            logger.warning("Upload %s was taken over by another worker", upload.pk)
            return
        logger.info("upload=%s outcome=%s attempt=%d", upload.pk, outcome.status, upload.attempts)
        if outcome.unreachable:
            self.reach.lost(account.pk)
        elif upload.status in Upload.CONFIRMED:
            self.reach.worked(account.pk)
        progress.publish(upload)

    def _client(self, account: ImmichAccount, clients: dict[int, tuple[str, str, Immich]]) -> Immich:
        """This thread's client of an account, made anew when its address or key was changed."""
        address, key = account.address, account.api_key
        known = clients.get(account.pk)
        if known is None or known[:2] != (address, key):
            clients[account.pk] = known = (address, key, self.connect(account))
        return known[2]

    # --- now and then

    def _housekeeping(self) -> None:
        learn_at = sweep_at = inspect_at = 0.0
        paused_at: dict[int, float] = {}
        while not self.stopping.wait(LOOK_EVERY):
            for account in ImmichAccount.objects.filter(pk__in=self.reach.due()):
                self._probe_silent(account)
            for account in ImmichAccount.objects.exclude(pause=""):
                every = PROBE_PAUSED[ImmichAccount.Pause(account.pause)]
                if time.monotonic() - paused_at.setdefault(account.pk, time.monotonic()) > every:
                    paused_at[account.pk] = time.monotonic()
                    self._probe_paused(account)
            if time.monotonic() >= sweep_at:
                sweep_at = time.monotonic() + SWEEP_EVERY
                expire(self.spool)
                sweep(self.spool)
            if time.monotonic() >= inspect_at:
                inspect_at = time.monotonic() + INSPECT_EVERY
                custody.inspect(self.spool)
            if time.monotonic() >= learn_at:
                learn_at = time.monotonic() + (LEARN_EVERY if self._learn() else 60.0)

    def _probe_silent(self, account: ImmichAccount) -> None:
        try:
            self.connect(account).ping()
        except (ImmichError, SecretChangedError):
            return
        self.reach.answered(account.pk)
        logger.info("Immich answers again: %d files go on.", lifecycle.wake(account.pk))
        arrivals.announce()

    def _probe_paused(self, account: ImmichAccount) -> None:
        try:
            self.connect(account).bulk_check({"probe": NO_SUM})
        except QuotaExceeded:
            return
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
    lifecycle.wake(account.pk)
    arrivals.announce()
    logger.info("Deliveries to %s go on.", account)


def sweep(spool: Spool) -> int:
    """Deletes the bytes of files that Immich confirmed `SPOOL_GRACE_HOURS` ago, and of discarded ones. How many.

    The bytes go first: if the row's change is lost in a crash, the next sweep finds nothing to delete and notes it.
    """
    before = timezone.now() - timedelta(hours=settings.SPOOL_GRACE_HOURS)
    kept = Upload.objects.filter(bytes_deleted_at=None)
    over = kept.filter(status__in=Upload.CONFIRMED, delivered_at__lte=before)
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


def release_dead_leases(own_prefix: str) -> None:
    """Frees what processes of this machine held that run no more, so that a restart goes on at once.

    `own_prefix` belongs to this process, which has begun nothing yet: a lease under it is a dead predecessor's.
    """
    host = own_prefix.split(":")[0]
    held = Upload.objects.filter(status=Upload.Status.DELIVERING, lease_owner__startswith=f"{host}:")
    owners = set(held.values_list("lease_owner", flat=True))
    for prefix in {f"{':'.join(owner.split(':')[:2])}:" for owner in owners}:
        if prefix == own_prefix or not _runs(int(prefix.split(":")[1])):
            lifecycle.release_leases(prefix)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
