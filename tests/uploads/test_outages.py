"""An Immich that goes away, or fails now and then while 300 files come: no guest notices, none is lost or doubled."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads.models import Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]

FILES = 300
AT_ONCE = 4
PATIENCE = 120.0  # seconds
PHOTO = pictures.jpeg(1)
PHOTOS = [PHOTO + number.to_bytes(2) for number in range(FILES)]


def bring(guests: list[TusGuest], photos: list[bytes]) -> None:
    """Each in one request, several at a time; an answer other than 201 ends the test."""

    def bring_every(first: int) -> None:
        for photo in photos[first :: len(guests)]:
            guests[first].send(photo)

    with ThreadPoolExecutor(len(guests)) as pool:
        list(pool.map(bring_every, range(len(guests))))


def check_all_delivered_once(guests: list[TusGuest], sandbox: Sandbox) -> None:
    """A file that was sent again on the spot, since the answer got lost, may be told of as a duplicate of itself."""

    def all_confirmed() -> bool:
        return not Upload.objects.exclude(status__in=Upload.CONFIRMED).exists()

    eventually(all_confirmed, "all deliveries", PATIENCE)
    assert sum(len(guest.statuses()) for guest in guests) == FILES
    sums = sorted(hashlib.sha1(photo).hexdigest() for photo in PHOTOS)
    assert sorted(asset.sha1 for asset in sandbox.assets()) == sums
    assert sorted(asset.sha1 for asset in sandbox.album_assets("Party")) == sums


def test_immich_down_in_the_middle(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    link = make_invite(album_name="Party")
    guests = [guest_at(link) for _ in range(AT_ONCE)]
    bring(guests, PHOTOS[:100])
    eventually(sandbox.assets, "the first delivery")
    sandbox.stop()
    bring(guests, PHOTOS[100:200])
    eventually(lambda: Upload.objects.filter(status=Upload.Status.WAITING).exists(), "the outage to be noticed")
    sandbox.start()
    bring(guests, PHOTOS[200:])
    check_all_delivered_once(guests, sandbox)


@pytest.mark.parametrize("kind", ["error_before", "error_after", "reset_after"])
def test_five_per_cent_of_the_sends_fail(
    kind: str, deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    sandbox.faults.status = 500
    setattr(sandbox.faults, kind, hits := Hits(0.05, on=("POST /api/assets",), seed=7))
    link = make_invite(album_name="Party")
    guests = [guest_at(link) for _ in range(AT_ONCE)]
    bring(guests, PHOTOS)
    check_all_delivered_once(guests, sandbox)
    assert hits.struck >= FILES * 0.02
