"""What a guest takes back after it reached Immich goes to the trash there, and nowhere else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django.utils import timezone
from pytest_django import Settings

from immichdrop.immich import Immich
from immichdrop.latency import connect
from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TUS, TusGuest
from tests.serving import eventually
from uploads import host_hand, lifecycle, spool
from uploads.lane import Lane
from uploads.models import Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
ANY = pytest.mark.parametrize("sandbox", [1, 2, 3], indirect=True)
PHOTO = pictures.jpeg(1)
TO_DELIVER = ("asset.upload", "asset.read", "album.read", "album.create", "albumAsset.create")


@pytest.fixture
def lane(web: str, sandbox: Sandbox) -> Lane:
    """Deliveries one step after another."""
    account = ImmichAccount.objects.environment()
    return Lane("test:1:", spool.default(), 3, connect, lambda: [account.pk], look_every=0)


def take_back(guest: TusGuest, upload_id: str) -> int:
    return guest.session.delete(f"{guest.url}/api/tus/{upload_id}", headers=TUS, timeout=30).status_code


def sent(lane: Lane, guest: TusGuest, **how: str) -> str:
    """A file of the guest's that is in Immich."""
    upload_id = guest.send(PHOTO, **how)
    lane.run_once()
    assert guest.statuses()[-1] == "delivered"
    return upload_id


def wish() -> Upload:
    return Upload.objects.exclude(withdrawal="").get()


def in_trash(sandbox: Sandbox) -> list[bool]:
    immich = Immich(sandbox.url, sandbox.api_key)
    return [immich.asset(asset.id).is_trashed for asset in sandbox.assets()]


@ANY
def test_it_goes_to_the_trash(lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite(album_name="Party"))
    upload_id = sent(lane, guest, key="k")
    assert take_back(guest, upload_id) == 204
    assert guest.statuses() == ["discarded"], "to its guest it is gone at once"
    assert (wish().withdrawal, wish().discarded_by) == ("wished", "guest")
    assert list(spool.default().names()) == []
    lane.run_once()
    assert in_trash(sandbox) == [True]
    assert sandbox.album_assets("Party") == []
    assert (wish().withdrawal, wish().withdraw_at) == ("trashed", None)
    sandbox.requests.clear()
    lane.run_once()
    assert sandbox.requests == [], "once"
    assert take_back(guest, upload_id) == 404


def test_by_the_threads_of_a_worker(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.send(PHOTO)
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    assert take_back(guest, upload_id) == 204
    eventually(lambda: in_trash(sandbox) == [True], "the trash")


def test_nobody_else_takes_it_back(lane: Lane, make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite()
    upload_id = sent(lane, guest_at(invite))
    assert take_back(guest_at(invite), upload_id) == 404
    assert Upload.objects.get().status == "delivered"


def test_also_after_the_link_was_closed(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    invite = make_invite()
    guest = guest_at(invite)
    upload_id = sent(lane, guest)
    Invite.objects.update(disabled=True)
    assert take_back(guest, upload_id) == 204
    lane.run_once()
    assert in_trash(sandbox) == [True]


def test_what_immich_had_before_is_not_this_guests(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    sent(lane, guest_at(make_invite()))
    guest = guest_at(make_invite())
    upload_id = guest.send(PHOTO)
    lane.run_once()
    assert guest.statuses() == ["duplicate"]
    assert take_back(guest, upload_id) == 409
    lane.run_once()
    assert in_trash(sandbox) == [False]
    assert guest.statuses() == ["duplicate"]


def test_what_somebody_else_sent_too_stays(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest, other = guest_at(make_invite()), guest_at(make_invite())
    upload_id = sent(lane, guest)
    other.send(PHOTO)
    lane.run_once()
    assert take_back(guest, upload_id) == 204
    lane.run_once()
    assert in_trash(sandbox) == [False]
    assert wish().withdrawal == "shared"
    assert "somebody else sent the same file" in wish().message


@ANY
def test_sent_again_it_comes_out_of_the_trash(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite(album_name="Party"))
    assert take_back(guest, sent(lane, guest, key="k")) == 204
    lane.run_once()
    guest.send(PHOTO, key="k")
    lane.run_once()
    assert in_trash(sandbox) == [False]
    assert len(sandbox.album_assets("Party")) == 1
    assert wish().withdrawal == "shared"
    Immich(sandbox.url, sandbox.api_key).delete_assets([asset.id for asset in sandbox.assets()])
    guest_at(make_invite()).send(PHOTO)
    lane.run_once()
    assert in_trash(sandbox) == [True], "this time it was the host, whose deletion no guest undoes"


def test_taken_back_while_immich_told_somebody_of_it(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    """The other's file was found alive, and confirmed only after this one was in the trash."""
    guest, other = guest_at(make_invite()), guest_at(make_invite())
    upload_id = sent(lane, guest)
    assert take_back(guest, upload_id) == 204
    lane.run_once()
    assert in_trash(sandbox) == [True]
    other.send(PHOTO)
    Upload.objects.filter(status="received").update(
        status="duplicate", asset_id=wish().asset_id, recheck_at=timezone.now() - timedelta(seconds=1)
    )
    lane.run_once()
    assert in_trash(sandbox) == [False]


def test_a_key_that_may_not_tells_the_host(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive, settings: Settings
) -> None:
    answer = requests.post(
        f"{sandbox.url}/api/api-keys",
        json={"name": "less", "permissions": list(TO_DELIVER)},
        headers={"x-api-key": sandbox.api_key},
        timeout=10,
    )
    settings.IMMICH_API_KEY = answer.json()["secret"]
    guest = guest_at(make_invite())
    assert take_back(guest, sent(lane, guest)) == 204
    lane.run_once()
    assert in_trash(sandbox) == [False]
    assert wish().withdrawal == "refused"
    assert wish().message.startswith("Its guest took it back. Please move it to the trash in Immich")
    assert guest.statuses() == ["discarded"]
    assert ImmichAccount.objects.environment().pause == "", "which is no reason to deliver nothing"

    settings.IMMICH_API_KEY = sandbox.api_key
    assert host_hand.retry([wish().pk]).count == 1
    lane.run_once()
    assert in_trash(sandbox) == [True]
    assert (wish().withdrawal, wish().message) == ("trashed", "")


def test_the_wish_outlives_an_immich_that_is_away(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    upload_id = sent(lane, guest)
    sandbox.faults.down = True
    assert take_back(guest, upload_id) == 204
    lane.run_once()
    assert wish().withdrawal == "wished"
    sandbox.faults.down = False
    Upload.objects.update(withdraw_at=timezone.now() - lifecycle.RECHECK)
    lane.run_once()
    assert in_trash(sandbox) == [True]


def test_what_the_host_deleted_meanwhile_holds_up_nobody(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    first = sent(lane, guest)
    second = guest.send(pictures.jpeg(2))
    lane.run_once()
    immich = Immich(sandbox.url, sandbox.api_key)
    immich.delete_assets([str(Upload.objects.get(pk=first).asset_id)], force=True)
    sandbox.run_jobs()
    assert [take_back(guest, upload_id) for upload_id in (first, second)] == [204, 204]
    lane.run_once()
    assert in_trash(sandbox) == [True]
    assert set(Upload.objects.values_list("withdrawal", flat=True)) == {"trashed"}
