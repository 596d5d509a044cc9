"""Crashes and outages on the way to Immich: taken over, waited out, sent once."""

import os
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from immichdrop.latency import connect
from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import delivery, housekeeping, lifecycle, spool, worker
from uploads.lane import Lane
from uploads.models import KnownAsset, Upload
from uploads.reach import Reach
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
StartDeliveries = Callable[[int], Worker]


def accounts() -> list[int]:
    return list(ImmichAccount.objects.values_list("pk", flat=True))


def claim(owner: str, limit: int = 1) -> list[Upload]:
    return lifecycle.claim(owner, accounts(), limit)


def lane() -> Lane:
    """Deliveries one step after another."""
    return Lane("alive:2:", spool.default(), 3, connect, accounts, look_every=0)


def sent(sandbox: Sandbox) -> int:
    """How often Immich took a file's bytes for new ones."""
    return sum((seen.method, seen.path, seen.status) == ("POST", "/api/assets", 201) for seen in sandbox.requests)


def test_an_outage_is_waited_out_without_a_hand(
    start_deliveries: StartDeliveries, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    sandbox.stop()
    guest = guest_at(make_invite(album_name="Party"))
    for seed in range(8):
        guest.send(pictures.jpeg(seed), filename=f"{seed}.jpg")
    deliveries = start_deliveries(3)
    eventually(lambda: "waiting" in guest.statuses(), "the first failed attempt")
    attempts = sum(Upload.objects.values_list("attempts", flat=True))
    assert attempts <= 8, "an Immich that is down is not asked by every file again and again"
    sandbox.start()
    eventually(lambda: set(guest.statuses()) == {"delivered"}, "all deliveries")
    deliveries.stop(10)
    assert sent(sandbox) == 8


def test_a_crash_after_sending_is_no_duplicate(
    web: str, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    """The worker died between Immich's answer and ours: the next one finds the asset, and it is this upload's own."""
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(pictures.jpeg(1))
    (upload,) = claim("dead:1:0")
    delivery.send(upload, connect(upload.account), spool.default())
    Upload.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert lane().run_once()
    assert guest.statuses() == ["delivered"]
    assert sent(sandbox) == 1
    assert len(sandbox.album_assets("Party")) == 1


def test_a_worker_that_lost_its_lease_changes_nothing(
    web: str, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest_at(make_invite()).send(pictures.jpeg(1))
    (slow,) = claim("slow:1:0")
    Upload.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim("quick:2:0")
    with pytest.raises(lifecycle.LeaseLostError):
        lifecycle.fail(slow, "too late")
    lifecycle.renew_leases([slow])
    assert Upload.objects.get().lease_owner == "quick:2:0"


def test_what_was_taken_over_is_not_marked_as_sent_by_the_old_worker(
    web: str, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    for seed in range(2):
        guest.send(pictures.jpeg(seed))
    lost, kept = claim("slow:1:", 2)
    Upload.objects.filter(pk=lost.pk).update(lease_owner="quick:1:")
    lifecycle.sending([lost, kept])
    assert set(Upload.objects.exclude(sent_at=None)) == {kept}


def test_a_claim_is_one_workers_alone(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest_at(make_invite()).send(pictures.jpeg(1))
    assert claim("one:1:0")
    assert not claim("two:2:0")


def test_many_workers_share_the_queue(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    for seed in range(40):
        guest.send(pictures.jpeg(seed), filename=f"{seed}.jpg")

    def take_all(name: str) -> list[uuid.UUID]:
        try:
            return [upload.pk for uploads in iter(lambda: claim(f"{name}:1:0", 3), []) for upload in uploads]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        taken = [pk for each in pool.map(take_all, "abcdefgh") for pk in each]
    assert len(taken) == len(set(taken)) == 40


def test_leases_of_dead_processes_are_free_at_once(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(pictures.jpeg(1), filename="a.jpg")
    guest.send(pictures.jpeg(2), filename="b.jpg")
    dead, alive = "here:4194305:0", f"here:{os.getppid()}:0"  # no process has the first number
    assert claim(dead)
    assert claim(alive)
    worker.release_dead_leases("here:1:")
    (taken,) = claim("here:1:0")
    assert taken.filename == Upload.objects.exclude(lease_owner=alive).get().filename


def test_known_assets_are_remembered(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    known = KnownAsset.objects.get()
    (asset,) = sandbox.assets()
    assert (str(known.asset_id), known.sha1) == (asset.id, asset.sha1)


def test_bytes_go_after_confirmation_and_grace(
    settings: Settings, deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    place = spool.default()
    assert housekeeping.sweep(place) == 0, "within the grace period the bytes stay"
    settings.SPOOL_GRACE_HOURS = 0
    assert housekeeping.sweep(place) == 1
    assert housekeeping.sweep(place) == 0
    assert not place.path(Upload.objects.get().pk).exists()


def test_waiting_files_keep_their_bytes_for_ever(
    settings: Settings, web: str, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.SPOOL_GRACE_HOURS = 0
    guest_at(make_invite()).send(pictures.jpeg(1))
    Upload.objects.update(status="waiting", created_at=timezone.now() - timedelta(days=400))
    assert housekeeping.sweep(spool.default()) == 0


def test_the_pauses_grow_and_have_an_end() -> None:
    pauses = [lifecycle.backoff(attempt) for attempt in range(1, 40)]
    assert all(timedelta(seconds=1) <= pause <= lifecycle.LONGEST_RETRY for pause in pauses)
    assert pauses[0] <= timedelta(seconds=2)
    assert pauses[-1] >= lifecycle.LONGEST_RETRY / 2


def test_a_server_that_answers_probes_and_fails_is_probed_less_and_less() -> None:
    now = 1000.0
    reach = Reach(clock=lambda: now)

    def pause() -> float:
        assert reach.lost()
        waited = reach.until_probe()
        assert reach.silent
        reach.answered()
        return waited

    pauses = [pause() for _ in range(8)]
    assert 1.0 <= pauses[0] <= 1.2, "never more than one probe a second"
    assert all(later > sooner for sooner, later in pairwise(pauses[:6]))
    assert 30 <= pauses[-1] <= 36
    reach.worked()
    assert pause() <= 1.2, "after a delivery the pauses start anew"


def test_a_server_that_wants_to_be_left_alone_is() -> None:
    reach = Reach(clock=lambda: 1000.0)
    assert reach.lost(retry_after=90)
    assert reach.until_probe() == 90
    assert not reach.lost(retry_after=5), "told once"
