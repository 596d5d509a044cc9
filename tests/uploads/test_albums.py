"""The right album: found by its exact name, made once, made again, and never a reason to lose a file."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from immichdrop.immich import Immich
from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import albums
from uploads.models import KnownAlbum, Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]


@pytest.mark.parametrize("sandbox", [2, 3], indirect=True)
def test_eight_workers_make_one_album(transactional_db: None, sandbox: Sandbox) -> None:
    account = ImmichAccount.objects.environment()

    def resolve(_number: int) -> str:
        try:
            return albums.resolve(account, "Party", Immich(sandbox.url, sandbox.api_key))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(resolve, range(8)))
    assert [album.id for album in sandbox.albums()] == list(ids)


@pytest.mark.parametrize("sandbox", [2, 3], indirect=True)
def test_an_album_is_found_by_its_exact_name(transactional_db: None, sandbox: Sandbox) -> None:
    immich = Immich(sandbox.url, sandbox.api_key)
    immich.create_album("party")
    mine = immich.create_album("Party")
    assert albums.resolve(ImmichAccount.objects.environment(), "Party", immich) == mine.id


def test_a_deleted_album_is_made_again(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(pictures.jpeg(1), filename="a.jpg")
    eventually(lambda: guest.statuses() == ["delivered"], "the first delivery")
    KnownAlbum.objects.update(album_id="00000000-0000-4000-8000-000000000000")  # as if deleted and forgotten there
    guest.send(pictures.jpeg(2), filename="b.jpg")
    eventually(lambda: guest.statuses() == ["delivered"] * 2, "the second delivery")
    assert len(sandbox.album_assets("Party")) == 2
    assert Upload.objects.filter(in_album_at=None).count() == 0


def test_an_album_chosen_by_id_that_is_gone_is_a_note(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite(album_id="00000000-0000-4000-8000-000000000000"))
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    assert "album was deleted" in Upload.objects.get().message


def test_a_failed_attempt_frees_the_lease(transactional_db: None, sandbox: Sandbox) -> None:
    account = ImmichAccount.objects.environment()
    immich = Immich(sandbox.url, sandbox.create_key(["asset.upload"]))
    with pytest.raises(Exception, match=r"album\.read"):
        albums.resolve(account, "Party", immich)
    assert KnownAlbum.objects.get().lease_until is None
    assert albums.resolve(account, "Party", Immich(sandbox.url, sandbox.api_key))
