"""The host's hand as a service: try again, give up with the bytes, take the bytes out; and races with a worker."""

import logging
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from immichdrop.models import ImmichAccount
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import host_hand, lifecycle, spool
from uploads.housekeeping import sweep
from uploads.models import Upload
from uploads.spool import Spool, SpoolFileMissingError

Arrive = Callable[[Invite | None], TusGuest]
Make = Callable[..., Upload]
PHOTO = pictures.jpeg(1)
GOING = ("received", "waiting", "held", "failed")
STAYING = ("receiving", "delivering", "delivered", "duplicate", "discarded")


@pytest.fixture
def place() -> Spool:
    return spool.default()


@pytest.fixture
def make(transactional_db: None, place: Spool) -> Make:
    def made(status: str, **fields: object) -> Upload:
        defaults = {"filename": "Maria.jpg", "size": 5, "offset": 5, "received_at": timezone.now()}
        account = ImmichAccount.objects.environment()
        upload = Upload.objects.create(**{"account": account, "status": status, **defaults, **fields})
        place.path(upload.pk).write_bytes(b"bytes")
        return upload

    return made


def now(upload: Upload) -> Upload:
    return Upload.objects.get(pk=upload.pk)


def claim() -> list[Upload]:
    """What a worker does: it takes the next file that is due."""
    return lifecycle.claim("worker", [ImmichAccount.objects.environment().pk], 1)


# --- try again


@pytest.mark.parametrize("status", ["waiting", "failed"])
def test_what_is_stuck_is_due_at_once(make: Make, status: str) -> None:
    upload = make(status, next_attempt_at=timezone.now() + timedelta(hours=1))
    assert host_hand.retry([upload.pk]) == host_hand.Retried(1, 0)
    assert [claimed.pk for claimed in claim()] == [upload.pk]


@pytest.mark.parametrize("status", [each for each in Upload.Status.values if each not in ("waiting", "failed")])
def test_nothing_else_is_tried_again(make: Make, status: str) -> None:
    upload = make(status)
    assert host_hand.retry([upload.pk, uuid.uuid4()]).count == 0
    assert now(upload).status == status


def test_what_waits_for_a_paused_account_is_told(make: Make) -> None:
    paused = ImmichAccount.objects.create(encrypted_key="x", pause="quota")
    assert host_hand.retry([make("failed", account=paused).pk, make("failed").pk]) == host_hand.Retried(2, 1)


def test_the_guest_reads_that_it_goes_on(web: str, make_invite: MakeInvite, guest_at: Arrive, make: Make) -> None:
    guest = guest_at(make_invite())
    guest.send(PHOTO)
    Upload.objects.update(status="failed")
    assert guest.statuses() == ["failed"]
    host_hand.retry([Upload.objects.get().pk])
    assert guest.statuses() == ["waiting"]


# --- give up


@pytest.mark.parametrize("status", GOING)
def test_given_up_with_its_bytes(make: Make, place: Spool, status: str) -> None:
    upload = make(status, key="k")
    done = host_hand.give_up([upload.pk], place)
    assert ([each.pk for each in done.uploads], done.bytes, done.kept) == ([upload.pk], 5, [])
    assert not place.path(upload.pk).exists()
    row = now(upload)
    assert (row.status, row.discarded_by, row.key) == ("discarded", "host", "")
    assert row.bytes_deleted_at is not None
    assert row.offset == 5  # how much came stays to be read


@pytest.mark.parametrize("status", STAYING)
def test_what_is_in_immich_or_on_its_way_stays(make: Make, place: Spool, status: str) -> None:
    upload = make(status)
    done = host_hand.give_up([upload.pk], place)
    assert (done.uploads, done.bytes) == ([], 0)
    assert [each.pk for each in done.kept] == [upload.pk]
    assert host_hand.why_kept(done.kept[0])
    assert place.path(upload.pk).read_bytes() == b"bytes"
    assert now(upload).status == status


def test_every_status_is_decided() -> None:
    assert set(host_hand.KEPT) == set(STAYING)
    assert {*GOING, *STAYING} == set(Upload.Status.values)


def test_many_at_once(make: Make, place: Spool) -> None:
    going, staying = [make("failed") for _ in range(20)], [make("delivered") for _ in range(3)]
    plan = host_hand.plan([each.pk for each in [*going, *staying]])
    assert (len(plan.ids), plan.bytes, plan.sent, len(plan.kept)) == (20, 100, 0, 3)
    done = host_hand.give_up([each.pk for each in [*going, *staying]], place)
    assert (len(done.uploads), done.bytes, len(done.kept)) == (20, 100, 3)
    assert [each for each in going if place.path(each.pk).exists()] == []
    assert all(place.path(each.pk).exists() for each in staying)


def test_a_plan_tells_what_may_have_arrived_all_the_same(make: Make) -> None:
    ids = [make("waiting", sent_at=timezone.now()).pk, make("waiting").pk]
    assert host_hand.plan(ids).sent == 1
    assert set(Upload.objects.values_list("status", flat=True)) == {"waiting"}


def test_nobody_else_is_touched(make: Make, place: Spool) -> None:
    other = make("failed")
    host_hand.give_up([make("failed").pk, uuid.uuid4()], place)
    assert now(other).status == "failed"
    assert place.path(other.pk).exists()


def test_the_guest_hears_of_it(web: str, make_invite: MakeInvite, guest_at: Arrive, place: Spool) -> None:
    guest = guest_at(make_invite())
    guest.send(PHOTO)
    host_hand.give_up([Upload.objects.get().pk], place)
    assert guest.statuses() == ["discarded"]


def test_the_log_has_the_id_and_no_name(make: Make, place: Spool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    upload, other = make("failed"), make("failed")
    host_hand.give_up([upload.pk], place)
    host_hand.retry([other.pk])
    assert f"upload={upload.pk} outcome=discarded by=host" in caplog.text
    assert f"upload={other.pk} outcome=waiting by=host" in caplog.text
    assert "Maria" not in caplog.text


# --- races and crashes


class ClaimingSpool(Spool):
    """While the bytes of one file are deleted, a worker takes the next one."""

    def remove(self, upload_id: uuid.UUID) -> None:
        super().remove(upload_id)
        claim()


def test_a_worker_that_claims_in_the_same_moment_wins(make: Make, place: Spool) -> None:
    first = make("failed", created_at=timezone.now() - timedelta(hours=1))
    second = make("waiting")
    done = host_hand.give_up([first.pk, second.pk], ClaimingSpool(place.root))
    assert [each.pk for each in done.uploads] == [first.pk]
    assert [(each.pk, host_hand.why_kept(each)) for each in done.kept] == [
        (second.pk, "it is being sent to Immich right now")
    ]
    assert now(second).status == "delivering"
    assert place.path(second.pk).exists()


def test_of_worker_and_host_one_gets_each_file(make: Make, place: Spool) -> None:
    uploads = [make("waiting") for _ in range(60)]
    claimed: set[uuid.UUID] = set()
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        while uploads := claim():
            claimed.update(upload.pk for upload in uploads)
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    start.wait()
    done = host_hand.give_up([each.pk for each in uploads], place)
    worker.join()
    given_up = {each.pk for each in done.uploads}
    assert claimed | given_up == {each.pk for each in uploads}
    assert claimed & given_up == set()
    assert {each.pk for each in uploads if place.path(each.pk).exists()} == claimed
    assert {each.pk for each in done.kept} == claimed


class BrokenSpool(Spool):
    def remove(self, upload_id: uuid.UUID) -> None:
        raise PermissionError("read-only")


class CrashingSpool(Spool):
    def remove(self, upload_id: uuid.UUID) -> None:
        raise SystemExit


@pytest.mark.parametrize("broken", [BrokenSpool, CrashingSpool])
def test_bytes_that_were_left_are_the_sweepers(make: Make, place: Spool, broken: type[Spool]) -> None:
    upload = make("failed")
    try:
        host_hand.give_up([upload.pk], broken(place.root))
    except SystemExit:
        assert broken is CrashingSpool
    assert (now(upload).status, now(upload).bytes_deleted_at) == ("discarded", None)
    assert place.path(upload.pk).exists()
    assert sweep(place) == 1
    assert not place.path(upload.pk).exists()
    assert now(upload).bytes_deleted_at is not None


# --- the bytes


@pytest.mark.parametrize("status", [*GOING, "delivering", "delivered", "duplicate"])
def test_the_bytes_of_a_whole_file(make: Make, place: Spool, status: str) -> None:
    upload = make(status)
    with host_hand.open_bytes(upload, place) as file:
        place.remove(upload.pk)  # the sweeper, meanwhile
        assert file.read() == b"bytes"


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        ("receiving", {"offset": 3}),
        ("receiving", {"size_known": False}),
        ("discarded", {}),
        ("delivered", {"bytes_deleted_at": timezone.now()}),
    ],
)
def test_no_bytes_of_others(make: Make, place: Spool, status: str, fields: dict[str, object]) -> None:
    upload = make(status, **fields)
    with pytest.raises(SpoolFileMissingError):
        host_hand.open_bytes(upload, place)


def test_lost_bytes(make: Make, place: Spool) -> None:
    upload = make("failed")
    place.remove(upload.pk)
    with pytest.raises(SpoolFileMissingError):
        host_hand.open_bytes(upload, place)


def test_the_guest_of_a_file_that_was_given_up_may_send_it_anew(
    web: str, make_invite: MakeInvite, guest_at: Arrive, place: Spool
) -> None:
    guest = guest_at(make_invite())
    first = guest.send(PHOTO, key="k")
    host_hand.give_up([uuid.UUID(first)], place)
    second = guest.send(PHOTO, key="k")
    assert second != first
    eventually(lambda: guest.statuses() == ["discarded", "received"], "the second one")


def test_what_is_in_immich_and_waits_for_its_album_is_not_given_up(make: Make, place: Spool) -> None:
    upload = make("waiting", delivered_at=timezone.now(), asset_id=uuid.uuid4())
    assert host_hand.plan([upload.pk]).ids == []
    assert host_hand.give_up([upload.pk], place).kept == [upload]
    assert host_hand.why_kept(upload) == "it is in Immich"
    assert not lifecycle.discard(upload, Upload.DiscardedBy.GUEST)
    assert now(upload).status == "waiting"
    assert place.path(upload.pk).exists()
