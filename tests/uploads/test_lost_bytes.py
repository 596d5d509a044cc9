"""Bytes that the disk lost: the file is the host's to see, and its guest, who may still have it, can send it again."""

import uuid
from collections.abc import Callable

import pytest

from immichdrop.latency import connect
from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.uploads.traces import assert_received, row
from uploads import custody, spool
from uploads.lane import Lane

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)


@pytest.fixture
def lane(web: str, sandbox: Sandbox) -> Lane:
    """Deliveries one step after another."""
    account = ImmichAccount.objects.environment()
    return Lane("test:1:", spool.default(), 1, connect, lambda: [account.pk], look_every=0)


def test_what_the_inspection_misses_is_sent_again(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    lost = guest.send(PHOTO, key="k")
    assert guest.send(PHOTO, key="k") == lost, "until then it is known"
    spool.default().remove(uuid.UUID(lost))
    assert custody.inspect(spool.default()) == 1
    again = guest.send(PHOTO, key="k")
    assert again != lost
    assert_received(again, PHOTO)
    assert row(lost).status == "failed"


def test_what_a_delivery_misses_is_sent_again(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    lost = guest.send(PHOTO, key="k")
    spool.default().remove(uuid.UUID(lost))
    lane.run_once()
    assert (row(lost).status, row(lost).message) == ("failed", "The bytes kept for it can't be read.")
    again = guest.send(PHOTO, key="k")
    assert again != lost
    lane.run_once()
    assert (row(again).status, row(lost).status) == ("delivered", "failed")
    assert len(sandbox.assets()) == 1
