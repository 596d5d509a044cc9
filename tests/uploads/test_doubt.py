"""What Immich says it has may be gone in a moment: told at once, asked about again, and sent after all."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from immichdrop.immich import Immich
from immichdrop.latency import connect
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import housekeeping, lifecycle, spool
from uploads.lane import Lane
from uploads.models import KnownAsset, Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
ANY = pytest.mark.parametrize("sandbox", [1, 2, 3], indirect=True)
PHOTO = pictures.jpeg(1)


@pytest.fixture
def lane(web: str, sandbox: Sandbox) -> Lane:
    """Deliveries one step after another."""
    account = ImmichAccount.objects.environment()
    return Lane("test:1:", spool.default(), 3, connect, lambda: [account.pk], look_every=0)


def host(sandbox: Sandbox) -> Immich:
    """The host with their own hands in Immich."""
    return Immich(sandbox.url, sandbox.api_key)


def five_minutes_pass() -> None:
    earlier = timezone.now() - lifecycle.RECHECK
    for upload in Upload.objects.exclude(recheck_at=None):
        Upload.objects.filter(pk=upload.pk).update(recheck_at=earlier)


def deleted_by_force(sandbox: Sandbox) -> None:
    """Immich goes on telling of the asset until a job runs."""
    host(sandbox).delete_assets([asset.id for asset in sandbox.assets()], force=True)


@ANY
def test_what_immich_loses_after_telling_of_it_is_sent(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive, settings: Settings
) -> None:
    settings.SPOOL_GRACE_HOURS = 0
    first, second = guest_at(make_invite(album_name="Party")), guest_at(make_invite(album_name="Party"))
    first.send(PHOTO)
    lane.run_once()
    deleted_by_force(sandbox)
    second.send(PHOTO)
    lane.run_once()
    assert second.statuses() == ["duplicate"], "shown at once"
    upload = Upload.objects.get(status="duplicate")
    assert upload.recheck_at is not None
    assert timedelta(minutes=4) < upload.recheck_at - timezone.now() <= timedelta(minutes=5)
    housekeeping.sweep(spool.default())
    assert spool.default().size(upload.pk) == len(PHOTO), "the bytes stay until Immich was asked again"

    sandbox.run_jobs()
    five_minutes_pass()
    lane.run_once()
    assert second.statuses() == ["delivered"], "sent after all"
    assert first.statuses() == ["delivered"], "what was there for certain is never sent again by itself"
    (asset,) = sandbox.album_assets("Party")
    assert str(KnownAsset.objects.get().asset_id) == asset.id
    assert Upload.objects.filter(recheck_at=None).count() == 2


@ANY
def test_what_immich_really_has_is_asked_about_once(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    host_has = guest_at(make_invite())
    host_has.send(PHOTO)
    lane.run_once()
    guest.send(PHOTO)
    lane.run_once()
    five_minutes_pass()
    sandbox.requests.clear()
    lane.run_once()
    assert guest.statuses() == ["duplicate"]
    assert Upload.objects.exclude(recheck_at=None).count() == 0
    lane.run_once()
    assert [seen.path for seen in sandbox.requests] == ["/api/assets/bulk-upload-check"]
    host(sandbox).delete_assets([asset.id for asset in sandbox.assets()], force=True)
    sandbox.run_jobs()
    five_minutes_pass()
    lane.run_once()
    assert sandbox.assets() == [], "later than this a deletion is the host's will"


def test_immich_away_at_the_second_question(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    one, two = guest_at(make_invite()), guest_at(make_invite())
    one.send(PHOTO)
    two.send(PHOTO, filename="twin.jpg")
    while lane.run_once():
        Upload.objects.filter(status="received").update(next_attempt_at=timezone.now())
    assert two.statuses() == ["duplicate"]
    five_minutes_pass()
    sandbox.faults.down = True
    lane.run_once()
    assert Upload.objects.exclude(recheck_at=None).count() == 1, "it is asked another time"
    sandbox.faults.down = False
    five_minutes_pass()
    lane.run_once()
    assert Upload.objects.exclude(recheck_at=None).count() == 0


@ANY
def test_an_asset_that_immich_made_and_forgot_is_sent_again(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    sandbox.faults.forgetting = Hits(count=1)
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(PHOTO)
    eventually(lambda: guest.statuses() == ["delivered"], "the second try")
    (asset,) = sandbox.album_assets("Party")
    assert asset.sha1 == Upload.objects.get().sha1
    assert Upload.objects.get().attempts == 2


# --- the trash


def trashed(lane: Lane, sandbox: Sandbox, guest: TusGuest) -> Upload:
    """A photo that the host had thrown away, and a guest sends again."""
    guest.send(PHOTO)
    lane.run_once()
    host(sandbox).delete_assets([asset.id for asset in sandbox.assets()])
    guest.send(PHOTO, filename="again.jpg")
    lane.run_once()
    return Upload.objects.get(filename="again.jpg")


@ANY
def test_what_the_host_threw_away_stays_away(
    lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite(album_name="Party"))
    upload = trashed(lane, sandbox, guest)
    assert guest.statuses() == ["delivered", "duplicate"]
    assert upload.trash == Upload.Trash.KEPT
    assert "trash" in upload.message
    assert upload.in_album_at is None
    (asset,) = sandbox.assets()
    assert asset.is_trashed


@ANY
def test_the_host_brings_it_back(lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite(album_name="Party"))
    upload = trashed(lane, sandbox, guest)
    assert lifecycle.restore(Upload.objects.values_list("pk", flat=True)) == 1, "only what is in the trash"
    lane.run_once()
    upload.refresh_from_db()
    assert (upload.status, upload.trash, upload.message) == ("duplicate", "", "")
    assert upload.in_album_at
    (asset,) = sandbox.album_assets("Party")
    assert not asset.is_trashed


def test_a_setting_brings_it_back_by_itself(
    settings: Settings, lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.RESTORE_TRASHED = True
    upload = trashed(lane, sandbox, guest_at(make_invite(album_name="Party")))
    assert (upload.trash, upload.message) == ("", "")
    assert [asset.is_trashed for asset in sandbox.album_assets("Party")] == [False]


def test_a_key_that_may_not_restore_is_a_note(
    settings: Settings, lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.RESTORE_TRASHED = True
    settings.IMMICH_API_KEY = sandbox.create_key(["asset.upload", "album.read", "album.create", "albumAsset.create"])
    upload = trashed(lane, sandbox, guest_at(make_invite(album_name="Party")))
    assert upload.status == "duplicate"
    assert "asset.delete" in upload.message
    assert ImmichAccount.objects.get().pause == ""


def test_the_host_brings_it_back_in_the_admin(
    client: Client, lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    trashed(lane, sandbox, guest_at(make_invite(album_name="Party")))
    client.force_login(User.objects.create_superuser("admin@example.org"))
    chosen = list(Upload.objects.values_list("pk", flat=True))
    page = client.post("/admin/uploads/upload/", {"action": "restore", "_selected_action": chosen}, follow=True)
    assert "1 file will be restored" in page.content.decode()
    lane.run_once()
    assert [asset.is_trashed for asset in sandbox.album_assets("Party")] == [False]


def test_what_comes_out_of_the_trash_may_be_about_to_vanish(
    settings: Settings, lane: Lane, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    """Until its job has run, Immich shows what was deleted by force as trashed, and restores it without effect."""
    settings.SPOOL_GRACE_HOURS = 0
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(PHOTO)
    lane.run_once()
    deleted_by_force(sandbox)
    guest.send(PHOTO, filename="again.jpg")
    lane.run_once()
    again = Upload.objects.filter(filename="again.jpg")
    assert again.get().trash == Upload.Trash.KEPT
    assert lifecycle.restore(again.values_list("pk", flat=True)) == 1
    lane.run_once()
    assert again.get().recheck_at, "the bytes stay until Immich was asked once more"
    housekeeping.sweep(spool.default())
    sandbox.run_jobs()
    five_minutes_pass()
    lane.run_once()
    assert again.get().status == "delivered"
    assert len(sandbox.album_assets("Party")) == 1
