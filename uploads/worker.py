"""The delivery threads of a process: a lane to each Immich server, and what has to be done now and then."""

import logging
import secrets
import threading
import time
from collections.abc import Callable

from django.db import connections
from django.db.models import Exists, OuterRef
from django.utils import timezone

from immichdrop.latency import connect
from immichdrop.models import ImmichAccount
from invites.models import ShareBack
from uploads import albums, arrivals, lifecycle, processes
from uploads.housekeeping import Housekeeping
from uploads.lane import LOOK_EVERY, Lane
from uploads.line import Connect
from uploads.models import Upload
from uploads.spool import Spool

logger = logging.getLogger(__name__)

HEARTBEAT = 15.0  # seconds between renewals of leases


class Worker:
    """`threads` files at a time go to each server."""

    def __init__(self, spool: Spool, threads: int, connect: Connect = connect) -> None:
        self.spool = spool
        self.threads = threads
        self.connect = connect
        self.stopping = threading.Event()
        self.prefix = processes.own_prefix()
        # Two machines may bear one name: leases are told apart by more than that.
        self.mark = secrets.token_hex(4)
        self.lanes: dict[str, Lane] = {}
        housekeeping = Housekeeping(spool, connect, self.stopping)
        loops = {"tending": self._tend, "housekeeping": housekeeping.run}
        self._threads = [
            threading.Thread(target=self._guarded, args=(loop,), name=f"delivery-{name}", daemon=True)
            for name, loop in loops.items()
        ]

    def start(self) -> None:
        release_dead_leases(self.prefix)
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float) -> None:
        """Lets running deliveries end for at most `timeout` seconds; what is left is taken over when its lease ends."""
        deadline = time.monotonic() + timeout
        self.stopping.set()
        for lane in list(self.lanes.values()):
            lane.stopping.set()
        arrivals.announce()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for lane in self.lanes.values():
            lane.stop(deadline)

    def _guarded(self, loop: Callable[[], None]) -> None:
        """What fails, a database that is away or a disk, must not end a thread for good."""
        try:
            while not self.stopping.is_set():
                try:
                    loop()
                except Exception as error:  # whatever it is: without this thread nothing is delivered
                    logger.exception("event=thread_failed error=%s", type(error).__name__)
                    connections.close_all()
                    self.stopping.wait(LOOK_EVERY)
        finally:
            connections.close_all()

    def _tend(self) -> None:
        """Opens lanes where there is something to deliver, and keeps the leases of what is on its way.

        It never waits for a network: a lease must not end because some server hangs.
        """
        beat_at = time.monotonic() + HEARTBEAT
        while not self.stopping.is_set():
            seen = arrivals.count()
            for account in self._accounts_with_work():
                self._open_lane(account.address)
            if time.monotonic() >= beat_at:
                beat_at = time.monotonic() + HEARTBEAT
                for lane in self.lanes.values():
                    lifecycle.renew_leases(lane.line.hand.uploads())
            if self.lanes:
                self.stopping.wait(LOOK_EVERY)
            else:
                arrivals.wait(seen, LOOK_EVERY)

    def _accounts_with_work(self) -> list[ImmichAccount]:
        now = timezone.now()
        due = Upload.objects.due(now) | Upload.objects.doubtful(now) | Upload.objects.taken_back(now)
        shared = ShareBack.objects.due(now).filter(account=OuterRef("pk"))
        return list(ImmichAccount.objects.filter(Exists(due.filter(account=OuterRef("pk"))) | Exists(shared)))

    def _open_lane(self, address: str) -> None:
        if address not in self.lanes:
            owner = f"{self.prefix}{self.mark}.{len(self.lanes)}."
            lane = Lane(owner, self.spool, self.threads, self.connect, lambda: _accounts_at(address))
            self.lanes[address] = lane
            lane.start()


def _accounts_at(address: str) -> list[int]:
    """The accounts at one server that are not paused."""
    return [account.pk for account in ImmichAccount.objects.filter(pause="") if account.address == address]


def release_dead_leases(own_prefix: str) -> None:
    """Frees what processes of this machine held that run no more, so that a restart goes on at once."""
    owners = Upload.objects.filter(status=Upload.Status.DELIVERING).values_list("lease_owner", flat=True).distinct()
    for prefix in processes.dead_prefixes(owners, own_prefix):
        lifecycle.release_leases(prefix)
    albums.release_dead_leases(own_prefix)
