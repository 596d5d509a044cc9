"""The right album: found by its exact name, made once, made again, and never a reason to lose a file."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from immichdrop.immich import Album, Immich, Unavailable
from immichdrop.latency import connect
from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import albums, delivery, extras, lifecycle, spool
from uploads.models import KnownAlbum, Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]


@pytest.mark.parametrize("sandbox", [1, 2, 3], indirect=True)
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


@pytest.mark.parametrize("sandbox", [1, 2, 3], indirect=True)
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


class OvertakenImmich(Immich):
    """Immich as a worker sees it that sleeps over its own question, while the next one finds the lease run out."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url, key)
        self.next_one = Immich(url, key)

    def albums(self, name: str | None = None) -> list[Album]:
        KnownAlbum.objects.update(lease_until=timezone.now() - albums.LEASE)
        albums.resolve(ImmichAccount.objects.environment(), "Party", self.next_one)
        raise Unavailable("it broke off")


def test_who_was_too_slow_does_not_undo_what_the_next_one_did(transactional_db: None, sandbox: Sandbox) -> None:
    account = ImmichAccount.objects.environment()
    with pytest.raises(Unavailable, match="it broke off"):
        albums.resolve(account, "Party", OvertakenImmich(sandbox.url, sandbox.api_key))
    (album,) = sandbox.albums()
    assert str(KnownAlbum.objects.get().album_id) == album.id
    assert albums.resolve(account, "Party", Immich(sandbox.url, sandbox.api_key)) == album.id
    assert len(sandbox.albums()) == 1


@pytest.mark.parametrize("sandbox", [1, 2, 3], indirect=True)
def test_a_link_whose_album_was_deleted_goes_on_with_one_of_that_name(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    chosen = Immich(sandbox.url, sandbox.api_key).create_album("Party")
    invite = make_invite(album_id=chosen.id, album_name="Party")
    guest = guest_at(invite)
    guest.send(pictures.jpeg(1), filename="a.jpg")
    eventually(lambda: guest.statuses() == ["delivered"], "the first delivery")
    requests.delete(f"{sandbox.url}/api/albums/{chosen.id}", headers={"x-api-key": sandbox.api_key}, timeout=10)

    guest.send(pictures.jpeg(2), filename="b.jpg")
    eventually(lambda: guest.statuses() == ["delivered"] * 2, "the second delivery")
    (album,) = sandbox.albums()
    assert [asset.name for asset in sandbox.album_assets("Party")] == ["b.jpg"]
    assert "album was deleted" in Upload.objects.get(filename="b.jpg").message, "the host is told"
    invite.refresh_from_db()
    assert str(invite.album_id) == album.id

    guest.send(pictures.jpeg(3), filename="c.jpg")
    eventually(lambda: guest.statuses() == ["delivered"] * 3, "the third delivery")
    assert Upload.objects.get(filename="c.jpg").message == "", "told once, for the link is mended"
    assert len(sandbox.album_assets("Party")) == 2


def test_an_asset_trashed_on_its_way_into_the_album(
    web: str, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    """Immich calls that `no_permission` (recorded exchange 279)."""
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(pictures.jpeg(1))
    account = ImmichAccount.objects.environment()
    (upload,) = lifecycle.claim("test:1:0", [account.pk], 1)
    immich = connect(account)
    (found,), _ = delivery.verify([delivery.send(upload, immich, spool.default())], immich)
    immich.delete_assets([found.existing.asset_id])
    delivery.settle([found], immich, extras.add)
    upload.refresh_from_db()
    assert (upload.status, upload.trash, upload.in_album_at) == ("delivered", "kept", None)
    assert "trash" in upload.message


def test_a_name_that_immich_does_not_take_is_a_note(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    sandbox.faults.error_before = Hits(on=("POST /api/albums",))
    sandbox.faults.status = 400
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    assert "not in the album" in Upload.objects.get().message


def test_what_was_left_out_of_the_album_gets_in_when_the_host_wants(
    settings: Settings, deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.IMMICH_API_KEY = sandbox.create_key(["asset.upload"])
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery without an album")
    settings.IMMICH_API_KEY = sandbox.api_key
    assert lifecycle.retry(Upload.objects.values_list("pk", flat=True)) == 1
    eventually(lambda: len(sandbox.album_assets("Party")) == 1, "the photo in the album")
    eventually(lambda: guest.statuses() == ["delivered"], "the end")
    assert Upload.objects.get().message == ""
