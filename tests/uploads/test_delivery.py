"""From received to in Immich: the right bytes, name, date and album, once."""

import hashlib
from collections.abc import Callable

import pytest

from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads.models import Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]


@pytest.mark.parametrize("sandbox", [1, 2, 3], indirect=True)
def test_a_photo_arrives_with_name_date_and_album(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    photo = pictures.jpeg(1, "2024:06:15 18:30:00", "+02:00")
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(photo, filename="Strandläufer 🏖.jpg")

    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    (asset,) = sandbox.album_assets("Party")
    assert asset.sha1 == hashlib.sha1(photo).hexdigest()
    assert asset.name == "Strandläufer 🏖.jpg"
    assert asset.file_created_at.isoformat() == "2024-06-15T16:30:00+00:00"


def test_the_same_bytes_twice_are_one_asset(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    photo = pictures.jpeg(2)
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(photo, filename="one.jpg")
    guest.send(photo, filename="copy.jpg")

    eventually(lambda: sorted(guest.statuses()) == ["delivered", "duplicate"], "both outcomes")
    assert len(sandbox.assets()) == 1
    assert len(sandbox.album_assets("Party")) == 1


def test_without_an_album_nothing_is_put_into_one(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    guest.send(pictures.jpeg(3))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    assert sandbox.albums() == []


def test_twenty_files_at_once_make_one_album(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite(album_name="Party"))
    for seed in range(20):
        guest.send(pictures.jpeg(seed), filename=f"{seed}.jpg")
    eventually(lambda: set(guest.statuses()) == {"delivered"}, "all deliveries")
    assert [album.name for album in sandbox.albums()] == ["Party"]
    assert len(sandbox.album_assets("Party")) == 20
    assert Upload.objects.filter(in_album_at=None).count() == 0
