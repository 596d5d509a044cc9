"""What Immich refuses: the file fails or waits with its bytes, the host learns why, the guest sees that it is safe."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox, running
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import housekeeping, spool
from uploads.models import Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
StartDeliveries = Callable[[int], Worker]
DELIVER = ("asset.upload", "album.read", "album.create", "albumAsset.create")


def only_upload() -> Upload:
    return Upload.objects.select_related("account").get()


def is_kept(upload: Upload) -> bool:
    return spool.default().size(upload.pk) == upload.size


def test_a_bad_key_pauses_the_account(
    settings: Settings, start_deliveries: StartDeliveries, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.IMMICH_API_KEY = "not-a-key"
    guest = guest_at(make_invite())
    for seed in range(5):
        guest.send(pictures.jpeg(seed), filename=f"{seed}.jpg")
    deliveries = start_deliveries(1)
    eventually(lambda: ImmichAccount.objects.get().pause == "unauthorised", "the pause")
    deliveries.stop(10)

    asked = [seen for seen in sandbox.requests if seen.path.endswith("/bulk-upload-check")]
    assert len(asked) == 1, "one refusal is enough: the other files are not tried with the same key"
    assert set(guest.statuses()) <= {"received", "waiting"}
    assert all(item["message"] == "" for item in guest.uploads())
    waiting = Upload.objects.filter(status="waiting")
    assert all("Invalid API key" in upload.message for upload in waiting)
    assert waiting

    settings.IMMICH_API_KEY = sandbox.api_key
    housekeeping.resume(ImmichAccount.objects.get())
    again = start_deliveries(2)
    eventually(lambda: set(guest.statuses()) == {"delivered"}, "deliveries with the right key")
    again.stop(10)


def test_a_key_that_may_not_upload_is_named(
    settings: Settings, deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.IMMICH_API_KEY = sandbox.create_key(["album.read"])
    guest_at(make_invite()).send(pictures.jpeg(1))
    eventually(lambda: ImmichAccount.objects.get().pause == "forbidden", "the pause")
    eventually(lambda: "asset.upload" in only_upload().message, "the permission's name")
    assert only_upload().status == "waiting"
    assert is_kept(only_upload())


def test_a_key_without_album_rights_still_delivers(
    settings: Settings, deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.IMMICH_API_KEY = sandbox.create_key(["asset.upload"])
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    assert "album.read" in only_upload().message
    assert only_upload().in_album_at is None
    assert ImmichAccount.objects.get().pause == ""


def test_the_least_key_of_the_contract_is_enough(
    settings: Settings, deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.IMMICH_API_KEY = sandbox.create_key(DELIVER)
    guest = guest_at(make_invite(album_name="Party"))
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    assert len(sandbox.album_assets("Party")) == 1
    assert only_upload().message == ""


@pytest.fixture
def full_immich(tmp_path: Path, settings: Settings) -> Iterator[Sandbox]:
    with running(tmp_path / "full", quota=10) as immich:
        settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = immich.url, immich.api_key
        yield immich


def test_a_full_account_pauses(
    start_deliveries: StartDeliveries, full_immich: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    guest.send(pictures.jpeg(1))
    deliveries = start_deliveries(1)
    eventually(lambda: ImmichAccount.objects.get().pause == "quota", "the pause")
    deliveries.stop(10)
    assert only_upload().status == "waiting"
    assert is_kept(only_upload())


def test_a_type_that_immich_refuses_fails_with_its_bytes_kept(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.send(pictures.jpeg(1), filename="photo.jpg")
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    # Immich forgot the type meanwhile: the same bytes come again under a name it refuses.
    Upload.objects.filter(pk=upload_id).update(
        filename="photo.unknown", status="received", sent_at=None, asset_id=None, sha1="", size=1418, offset=1418
    )
    with spool.default().path(only_upload().pk).open("r+b") as file:
        file.truncate(1418)
    eventually(lambda: only_upload().status == "failed", "the failure")
    assert "Unsupported file type" in only_upload().message
    assert is_kept(only_upload())
    assert guest.uploads()[0]["message"] == "", "Immich's words are the host's alone"


def test_lost_bytes_are_an_alarm_not_a_delivery(
    start_deliveries: StartDeliveries, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest_at(make_invite()).send(pictures.jpeg(1))
    spool.default().remove(only_upload().pk)
    deliveries = start_deliveries(1)
    eventually(lambda: only_upload().status == "failed", "the failure")
    deliveries.stop(10)
    assert sandbox.assets() == []
