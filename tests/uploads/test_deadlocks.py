"""On PostgreSQL everybody takes the same locks in the same order, so that nobody waits for each other in a circle."""

import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from immichdrop.immich import Existing
from immichdrop.models import ImmichAccount
from invites.finding import held
from tests.conftest import MakeInvite
from tests.older import OlderClient
from tests.serving import eventually
from uploads import delivery, intake, lifecycle, spool
from uploads.delivery import Found
from uploads.models import KnownAsset, Upload

pytestmark = pytest.mark.skipif(
    "postgresql" not in settings.DATABASES["default"]["ENGINE"], reason="SQLite lets one write at a time"
)
SIZE = 5000


class Other:
    """Another process' work, in a thread with a connection of its own."""

    def __init__(self, pool: ThreadPoolExecutor, work: Callable[[], None]) -> None:
        pids: SimpleQueue[int] = SimpleQueue()

        def run() -> None:
            try:
                pids.put(asked("SELECT pg_backend_pid()"))
                work()
            finally:
                connections.close_all()

        self.done: Future[None] = pool.submit(run)
        self.pid = pids.get(timeout=10)

    def waits(self) -> bool:
        """Whether it stands before a lock that somebody else has."""
        return bool(asked("SELECT cardinality(pg_blocking_pids(%s)) > 0", self.pid))


def asked(query: str, *values: object) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()[0]


def test_the_last_chunk_and_one_that_grows_the_file(web: str, make_invite: MakeInvite) -> None:
    """One takes the link and then the file; so the other must not take the file and then the link."""
    invite = make_invite()
    OlderClient(web, invite.token).begin(None)
    growing, last = Upload.objects.get(), Upload.objects.get()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held(invite.pk)  # where `grow` is when the last chunk comes
            other = Other(pool, lambda: lifecycle.advance_to(last, [(0, SIZE)], SIZE, SIZE))
            eventually(other.waits, "the last chunk to wait for the link")
            intake.grow(growing, 2 * SIZE, spool.default())
        other.done.result(30)
    assert Upload.objects.get().status == Upload.Status.RECEIVED


def test_two_workers_remember_the_same_assets(transactional_db: None) -> None:
    account = ImmichAccount.objects.environment()
    first, middle, last = (letter * 40 for letter in "159")
    for sha1 in (first, middle, last):
        KnownAsset.objects.create(account=account, sha1=sha1, asset_id=uuid.uuid4(), seen_at=timezone.now())

    def found(sha1: str) -> Found:
        return Found(Upload(account=account, sha1=sha1), Existing(str(uuid.uuid4()), is_trashed=False), made=False)

    orders = ([first, middle, last], [last, middle, first])
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            KnownAsset.objects.select_for_update().get(sha1=middle)  # so that both are halfway
            others = [
                Other(pool, lambda order=order: delivery._remember([found(sha1) for sha1 in order])) for order in orders
            ]
            eventually(lambda: all(other.waits() for other in others), "both to be halfway")
        for other in others:
            other.done.result(30)
