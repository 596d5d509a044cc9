"""The way to one Immich server: who looks for due files and asks about them, who sends, who finishes.

    looking (1 thread) ──► found ───────────────────────┐
        │                                               ▼
        └──► to be sent ──► sending (n threads) ──► finishing (1 thread): verify, album, confirm

Only sending is done file by file, so that a far server's latency is paid once for many files everywhere else. Each
server has a lane of its own: one that hangs holds up nobody else's files. A row's lease says whose it is; what a lane
has in hand is in memory only, and another worker takes it over when this one dies.
"""

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection

from django.db import connections

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import ImmichError
from immichdrop.models import ImmichAccount
from uploads import arrivals, delivery, lifecycle, precedence, progress, setbacks, share_back_upkeep, withdrawals
from uploads.finishing import Finishing, groups
from uploads.line import Connect, Line
from uploads.models import Upload
from uploads.spool import Spool

logger = logging.getLogger(__name__)

GATHER = 0.05  # seconds between two looks, so that files of one moment share a question
LOOK_EVERY = 1.0  # seconds; files that other processes received are found no later than this
AHEAD = 4  # files per sending thread that are asked about before their turn
TWIN_PAUSE = lifecycle.FIRST_RETRY
RECHECKS_AT_ONCE = 1000

Accounts = Callable[[], Collection[int]]


class Lane:
    """`accounts()` gives the ids of this server's accounts that are not paused; `owner` begins the leases' names."""

    def __init__(
        self,
        owner: str,
        spool: Spool,
        threads: int,
        connect: Connect,
        accounts: Accounts,
        look_every: float = LOOK_EVERY,
    ) -> None:
        self.owner = owner
        self.spool = spool
        self.accounts = accounts
        self.look_every = look_every
        self.line = Line(connect)
        self.finishing = Finishing(self.line)
        self.stopping = threading.Event()
        self.room = AHEAD * threads
        self._claims = itertools.count()
        self._to_send: queue.Queue[Upload | None] = queue.Queue()  # None: a sender's end
        self._scan_at = self._recheck_at = 0.0
        self._looker = self._thread(self._looking, "looking")
        self._senders = [self._thread(self._sending, f"sending-{number}") for number in range(threads)]
        self._finisher = self._thread(self.finishing.run, "finishing")

    def _thread(self, loop: Callable[[], None], name: str) -> threading.Thread:
        return threading.Thread(target=self._guarded, args=(loop,), name=f"delivery-{name}", daemon=True)

    def start(self) -> None:
        for thread in (self._looker, *self._senders, self._finisher):
            thread.start()

    def stop(self, deadline: float) -> None:
        """Lets running sends end until `deadline` (monotonic seconds); what is left is taken over by others."""
        self.stopping.set()
        arrivals.announce()
        _join(self._looker, deadline)
        for _ in self._senders:
            self._to_send.put(None)
        for thread in self._senders:
            _join(thread, deadline)
        self.finishing.queue.put(None)
        _join(self._finisher, deadline)

    def _guarded(self, loop: Callable[[], None]) -> None:
        """What fails, such as a database that is away, must not end a thread for good."""
        try:
            while True:
                try:
                    loop()
                except Exception as error:  # whatever it is: without this thread nothing is delivered
                    logger.exception("event=thread_failed error=%s", type(error).__name__)
                    connections.close_all()
                    if self.stopping.wait(LOOK_EVERY):
                        return
                else:
                    return
        finally:
            connections.close_all()

    def run_once(self) -> bool:
        """One round of everything, in the calling thread. Whether there was anything to do."""
        busy = self.look()
        while not self._to_send.empty():
            if upload := self._to_send.get():
                self.send(upload)
        self.finishing.finish_all()
        return busy

    # --- looking

    def _looking(self) -> None:
        seen = arrivals.count()
        while not self.stopping.is_set():
            if self.line.reach.silent:
                self.stopping.wait(self.line.reach.until_probe())
                self.probe()
                continue
            began = time.monotonic()
            if not self.look():
                seen = arrivals.wait(seen, self.look_every)
            self.stopping.wait(began + GATHER - time.monotonic())

    def look(self) -> bool:
        """Claims what is due and asks Immich about it, in one question per account. Whether there was anything."""
        accounts = self.accounts()
        if not accounts:
            return False
        if time.monotonic() >= self._recheck_at:
            self._recheck_at = time.monotonic() + self.look_every
            self._recheck(accounts)
            self._take_back(accounts)
            if share_back := share_back_upkeep.claim(accounts):
                share_back_upkeep.look(share_back, self.line.client)
        room = self.room - self._to_send.qsize()
        if room < self.room // 2:
            return False  # the senders tell when half of what they had is gone
        uploads = self._claim(accounts, room)
        with self.line.all_or_none(uploads):
            for of_account in groups(uploads, lambda upload: upload.account_id):
                self._ask(of_account)
        return bool(uploads)

    def _claim(self, accounts: Collection[int], room: int) -> list[Upload]:
        now = time.monotonic()
        scan = now >= self._scan_at
        if scan:
            self._scan_at = now + self.look_every
        uploads = lifecycle.claim(f"{self.owner}{next(self._claims)}", accounts, room, known=scan)
        self.line.hand.take(uploads)
        with self.line.all_or_none(uploads):
            for upload in uploads:
                progress.publish(upload)
        return uploads

    def _ask(self, uploads: list[Upload]) -> None:
        summed = [upload for upload in uploads if upload.sha1]
        for upload in uploads:
            if not upload.sha1:
                self._to_send.put(upload)
        if not summed:
            return
        with self.line.minding(summed, setbacks.of_questions):
            found, missing = delivery.ask(summed, self.line.client(summed[0].account))
            for each in found:
                self.finishing.queue.put(each)
            # The same bytes that somebody else's upload is bringing just now go out once.
            alone = {upload for upload in missing if self.line.hand.alone(upload)}
            lifecycle.sending(alone)
            for upload in missing:
                if upload in alone:
                    self._to_send.put(upload)
                else:
                    self.line.put_back(upload, TWIN_PAUSE)

    def _recheck(self, accounts: Collection[int]) -> None:
        doubtful = lifecycle.claim_doubtful(accounts, RECHECKS_AT_ONCE)
        for uploads in groups(doubtful, lambda upload: upload.account_id):
            try:
                vanished = delivery.check_again(uploads, self.line.client(uploads[0].account))
            except (ImmichError, SecretChangedError) as error:
                # They come up again by themselves: nothing is given up before this question was answered.
                logger.warning("event=not_asked_again files=%d error=%s", len(uploads), type(error).__name__)
                continue
            for upload in vanished:
                progress.publish(upload)

    def _take_back(self, accounts: Collection[int]) -> None:
        """What guests took back out of Immich."""
        for uploads in groups(withdrawals.claim(accounts), lambda upload: upload.account_id):
            try:
                withdrawals.take_back(uploads, self.line.client(uploads[0].account))
            except (ImmichError, SecretChangedError) as error:
                # They come up again by themselves, like the questions above.
                logger.warning("event=not_taken_back files=%d error=%s", len(uploads), type(error).__name__)

    def probe(self) -> bool:
        """Asks a silent server whether it is back; then whatever waits for it goes on."""
        if self.stopping.is_set():
            return False
        self.line.reach.probing()
        accounts = self.accounts()
        for account in ImmichAccount.objects.filter(pk__in=accounts):
            try:
                self.line.client(account).ping()
            except SecretChangedError:
                continue  # its key can't be read: another one's does as well, since nobody is asked for it here
            except ImmichError:
                return False
            break
        self.line.reach.answered()
        logger.info("event=immich_answers_again files=%d", lifecycle.wake(accounts))
        return True

    # --- sending

    def _sending(self) -> None:
        while (upload := self._to_send.get()) is not None:
            if self._to_send.qsize() == self.room // 2:
                arrivals.announce()
            self.send(upload)

    def send(self, upload: Upload) -> None:
        """Sends one file, unless nothing is to be sent now."""
        with self.line.minding([upload], setbacks.of_sending):
            if self.stopping.is_set() or self.line.reach.silent:
                self.line.put_back(upload)
                return
            client = self.line.client(upload.account)
            if not upload.sha1:
                delivery.sum_up(upload, self.spool)
                found, _ = delivery.ask([upload], client)
                if found:
                    self.finishing.queue.put(found[0])
                    return
            precedence.of_this_process.wait()
            self.finishing.queue.put(delivery.send(upload, client, self.spool))


def _join(thread: threading.Thread, deadline: float) -> None:
    if thread.is_alive():
        thread.join(max(0.0, deadline - time.monotonic()))
