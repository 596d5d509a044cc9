"""Creations of the same moment share a commit, and nothing else: each is refused, found or made by itself."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from invites import guests
from invites.models import Guest, Invite
from invites.refusals import RefusedError
from tests.conftest import MakeInvite
from tests.serving import eventually
from uploads import admission, intake
from uploads.admission import Arrived, Offer
from uploads.intake import Creation
from uploads.models import Upload
from uploads.receiving import DiskFullError
from uploads.registry import Registry
from uploads.spool import Spool

SUM = "a" * 40
WHOLE = Arrived(5, SUM)


def creation(invite: Invite, guest: Guest | None = None, key: str = "", arrived: Arrived = WHOLE) -> Creation:
    offer = Offer("photo.jpg", 5, invite.token, key=key, client_address="192.0.2.1")
    return Creation(uuid.uuid4(), offer, guest, invite, arrived)


def told(outcomes: list[object]) -> list[str]:
    return [each.refusal.value if isinstance(each, RefusedError) else type(each).__name__ for each in outcomes]


@pytest.fixture
def spool(settings: Settings) -> Spool:
    return Spool(settings.SPOOL_DIR)


def test_the_last_place_goes_to_one_of_them(make_invite: MakeInvite, spool: Spool) -> None:
    invite, other = make_invite(max_uses=2), make_invite()
    outcomes = intake.create_together([creation(each) for each in (invite, invite, invite, other)], spool)
    assert told(outcomes) == ["Upload", "Upload", "invite_exhausted", "Upload"]
    invite.refresh_from_db()
    assert (invite.used, Upload.objects.count()) == (2, 3)


@pytest.mark.parametrize("arrived", [WHOLE, Arrived()], ids=["with bytes", "without"])
def test_a_one_time_link_goes_to_one_guest(make_invite: MakeInvite, spool: Spool, arrived: Arrived) -> None:
    invite = make_invite(max_uses=1)
    one, two = guests.create()[0], guests.create()[0]
    rows = [creation(invite, guest, arrived=arrived) for guest in (one, two, one)]
    assert told(intake.create_together(rows, spool)) == ["Upload", "invite_claimed", "Upload"]


def test_the_same_key_twice_makes_one_row_and_spoils_nobody_elses(make_invite: MakeInvite, spool: Spool) -> None:
    invite = make_invite()
    guest = guests.create()[0]
    rows = [creation(invite), creation(invite, guest, "k"), creation(invite, guest, "k"), creation(invite)]
    outcomes = intake.create_together(rows, spool)
    assert [each.pk for each in outcomes if isinstance(each, Upload)] == [
        rows[0].upload_id,
        rows[1].upload_id,
        rows[1].upload_id,
        rows[3].upload_id,
    ]
    assert Upload.objects.count() == 3
    invite.refresh_from_db()
    assert invite.used == 3


def test_a_guest_who_is_gone_spoils_nobody_elses(make_invite: MakeInvite, spool: Spool) -> None:
    invite = make_invite()
    gone = Guest(pk=1_000_000, secret_hash="gone")  # the table has no such row
    rows = [creation(invite), creation(invite, gone), creation(invite)]
    outcomes = intake.create_together(rows, spool)
    assert told(outcomes) == ["Upload", "IntegrityError", "Upload"]


def test_a_link_that_was_deleted_for_good(make_invite: MakeInvite, spool: Spool) -> None:
    invite = make_invite()
    row = creation(invite)
    Invite.objects.filter(pk=invite.pk).delete()
    assert told(intake.create_together([row], spool)) == ["invalid_invite"]


@pytest.mark.parametrize(("offset", "outcome"), [(0, "too_many_requests"), (1, "Upload")])
def test_an_address_begins_only_so_many_that_stay_empty(
    make_invite: MakeInvite, spool: Spool, offset: int, outcome: str
) -> None:
    crowd = [guests.create()[0] for _ in range(admission.EMPTY_PER_ADDRESS // 10)]
    invite, stranger = make_invite(), guests.create()[0]
    rows = [creation(invite, guest, arrived=Arrived(offset)) for guest in crowd for _ in range(10)]
    assert set(told(intake.create_together(rows, spool))) == {"Upload"}
    assert told(intake.create_together([creation(invite, stranger)], spool)) == [outcome]


def test_they_share_a_commit(make_invite: MakeInvite, spool: Spool) -> None:
    invite = make_invite()
    with CaptureQueriesContext(connection) as seen:
        intake.create_together([creation(invite) for _ in range(5)], spool)
    assert sum(each["sql"].startswith("BEGIN") for each in seen) == 1
    assert Upload.objects.count() == 5


class SlowSpool(Spool):
    """Lets the first folder's sync wait until it is told to go on; may then fail."""

    def __init__(self, root: Path, error: OSError | None = None) -> None:
        super().__init__(root)
        self.syncs = 0
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.error = error

    def sync_folder(self) -> None:
        self.syncs += 1
        self.begun.set()
        assert self.go_on.wait(30)
        if self.error:
            raise self.error
        super().sync_folder()


def all_behind_the_first(registry: Registry, spool: SlowSpool, rows: list[Creation]) -> list[Upload | Exception]:
    """The first is on its way to the disk while the others come."""

    def enter(row: Creation) -> Upload | Exception:
        try:
            return registry.enter(row)
        except (RefusedError, DiskFullError, DatabaseError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(rows)) as pool:
        first = pool.submit(enter, rows[0])
        assert spool.begun.wait(30)
        others = [pool.submit(enter, row) for row in rows[1:]]
        eventually(lambda: len(registry._waiting) == len(others), "the others to wait")
        spool.go_on.set()
        return [each.result() for each in (first, *others)]


def test_who_comes_meanwhile_is_taken_along(make_invite: MakeInvite, settings: Settings) -> None:
    invite, spool = make_invite(), SlowSpool(settings.SPOOL_DIR)
    rows = [creation(invite) for _ in range(6)]
    outcomes = all_behind_the_first(Registry(spool), spool, rows)
    assert [each.pk for each in outcomes if isinstance(each, Upload)] == [row.upload_id for row in rows]
    assert spool.syncs == 2


def test_each_hears_its_own_outcome(make_invite: MakeInvite, settings: Settings) -> None:
    invite, spool = make_invite(), SlowSpool(settings.SPOOL_DIR)
    rows = [creation(invite) for _ in range(3)]
    rows[1] = replace(rows[1], offer=replace(rows[1].offer, filename="page.html"))
    outcomes = all_behind_the_first(Registry(spool), spool, rows)
    assert told(outcomes) == ["Upload", "wrong_type", "Upload"]


def test_a_full_disk_is_everybodys(make_invite: MakeInvite, settings: Settings) -> None:
    invite, spool = make_invite(), SlowSpool(settings.SPOOL_DIR, OSError(28, "No space left on device"))
    outcomes = all_behind_the_first(Registry(spool), spool, [creation(invite) for _ in range(3)])
    assert told(outcomes) == ["DiskFullError"] * 3
    assert Upload.objects.count() == 0
