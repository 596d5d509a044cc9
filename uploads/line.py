"""The line to one Immich server, as the threads of a lane share it: whether it answers, clients, what is in hand."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import FileUnreadable, Immich, ImmichError
from immichdrop.models import ImmichAccount
from uploads import lifecycle, progress, setbacks
from uploads.hand import Hand
from uploads.models import Upload
from uploads.reach import Reach
from uploads.setbacks import Setback
from uploads.spool import SpoolFileMissingError

logger = logging.getLogger(__name__)

Connect = Callable[[ImmichAccount], Immich]
Record = Callable[[Sequence[Upload], ImmichError], Setback]


class Line:
    """`connect` makes a client of an account at this server."""

    def __init__(self, connect: Connect) -> None:
        self.connect = connect
        self.reach = Reach()
        self.hand = Hand()
        self._own = threading.local()

    def client(self, account: ImmichAccount) -> Immich:
        """This thread's client of an account, made anew when its address or key was changed."""
        clients: dict[int, tuple[str, str, Immich]] = self._own.__dict__.setdefault("clients", {})
        address, key = account.address, account.api_key
        known = clients.get(account.pk)
        if known is None or known[:2] != (address, key):
            clients[account.pk] = known = (address, key, self.connect(account))
        return known[2]

    @contextmanager
    def minding(self, uploads: Sequence[Upload], record: Record) -> Iterator[None]:
        """A step for these uploads. Whatever goes wrong is recorded with them, and they are in hand no more."""
        try:
            yield
        except DatabaseError:
            self.hand.let_go(uploads)
            raise
        except Exception as error:  # noqa: BLE001 - also a fault of ours with one file must not end the thread
            self.hand.let_go(uploads)
            setback = _record(uploads, error, record)
            if setback.away and self.reach.lost(setback.retry_after):
                logger.warning("event=immich_silent")
            for upload in uploads:
                progress.publish(upload)

    @contextmanager
    def all_or_none(self, uploads: Sequence[Upload]) -> Iterator[None]:
        """Where something failed, none of these is in hand any more: others take them over when their leases end."""
        try:
            yield
        except Exception:
            self.hand.let_go(uploads)
            raise

    def put_back(self, upload: Upload, pause: timedelta = timedelta()) -> None:
        """For another time, or another worker."""
        setbacks.put_back(upload, pause)
        self.hand.let_go([upload])


def _record(uploads: Sequence[Upload], error: Exception, record: Record) -> Setback:
    match error:
        case ImmichError():
            return record(uploads, error)
        case FileUnreadable() | SpoolFileMissingError():
            return setbacks.of_disk(uploads, error)
        case SecretChangedError():
            return setbacks.of_secret(uploads)
        case lifecycle.LeaseLostError():
            logger.warning("upload=%s outcome=lease_lost", error)
            return Setback()
    return setbacks.of_ours(uploads, error)
