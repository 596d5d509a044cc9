"""A far Immich costs its latency once for many files: questions and albums are asked for together."""

import socket
from collections import Counter
from collections.abc import Callable

from pytest_django import Settings

from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import lifecycle
from uploads.models import KnownAsset, Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
StartDeliveries = Callable[[int], Worker]


def asked(sandbox: Sandbox) -> Counter[str]:
    """How many requests of each kind Immich had."""
    kinds = Counter(f"{seen.method} {seen.path.removeprefix('/api')}" for seen in sandbox.requests)
    for name in [name for name in kinds if name.startswith("PUT /albums/")]:
        kinds["fill album"] += kinds.pop(name)
    return kinds


def test_thirty_files_take_few_questions(
    start_deliveries: StartDeliveries, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite(album_name="Party"))
    for seed in range(30):
        guest.send(pictures.jpeg(seed), filename=f"{seed}.jpg")
    sandbox.faults.latency = 0.05
    start_deliveries(3)
    eventually(lambda: set(guest.statuses()) == {"delivered"}, "all deliveries")
    requests = asked(sandbox)
    assert requests["POST /assets"] == 30
    assert requests["POST /assets/bulk-upload-check"] <= 24, "a question and an answer for several files at a time"
    assert requests["fill album"] <= 8
    assert len(sandbox.album_assets("Party")) == 30


def test_what_immich_probably_has_is_asked_about_in_one_question(
    start_deliveries: StartDeliveries, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    """Far more files than are ever looked at ahead of their sending."""
    photos = [pictures.jpeg(seed) for seed in range(40)]
    first = guest_at(make_invite(album_name="Party"))
    for number, photo in enumerate(photos):
        first.send(photo, filename=f"{number}.jpg")
    deliveries = start_deliveries(3)
    eventually(lambda: set(first.statuses()) == {"delivered"}, "all deliveries")
    deliveries.stop(10)
    sandbox.requests.clear()

    again = guest_at(make_invite(album_name="Second party"))
    for number, photo in enumerate(photos):
        again.send(photo, filename=f"again {number}.jpg")
    start_deliveries(3)
    eventually(lambda: set(again.statuses()) == {"duplicate"}, "the answers")
    requests = asked(sandbox)
    assert requests["POST /assets"] == 0, "no bytes"
    assert requests["POST /assets/bulk-upload-check"] == 1
    assert requests["fill album"] == 1
    assert len(sandbox.album_assets("Second party")) == 40, "fault 7: duplicates join the link's album too"
    assert Invite.objects.get(album_name="Second party").used == 40, "and count"


def test_a_hint_that_is_out_of_date_is_no_loss(
    start_deliveries: StartDeliveries, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    """Fault 8: an asset deleted in Immich can be sent again."""
    guest = guest_at(make_invite())
    guest.send(pictures.jpeg(1))
    upload = Upload.objects.get()
    gone = "00000000-0000-4000-8000-000000000000"
    KnownAsset.objects.create(account=upload.account, sha1=upload.sha1, asset_id=gone)
    start_deliveries(1)
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    (asset,) = sandbox.assets()
    assert str(KnownAsset.objects.get().asset_id) == asset.id


def test_the_same_bytes_of_two_guests_go_out_once(
    start_deliveries: StartDeliveries, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    clip = pictures.jpeg(7)
    one, two = guest_at(make_invite(album_name="Ann's")), guest_at(make_invite(album_name="Ben's"))
    one.send(clip)
    two.send(clip, filename="forwarded.jpg")
    sandbox.faults.latency = 0.1
    start_deliveries(3)
    eventually(lambda: one.statuses() + two.statuses() == ["delivered", "duplicate"], "both outcomes")
    assert asked(sandbox)["POST /assets"] == 1
    assert [asset.sha1 for asset in sandbox.album_assets("Ann's")] == [Upload.objects.all()[0].sha1]
    assert sandbox.album_assets("Ann's") == sandbox.album_assets("Ben's")
    assert Upload.objects.get(status="duplicate").attempts == 1, "waiting for its twin was no attempt"


def test_one_server_that_hangs_holds_up_no_other(
    settings: Settings,
    start_deliveries: StartDeliveries,
    sandbox: Sandbox,
    make_invite: MakeInvite,
    guest_at: Arrive,
    django_user_model: type,
) -> None:
    owner = django_user_model.objects.create_user("ann@example.org")  # type: ignore[attr-defined]
    account = ImmichAccount(owner=owner, base_url=sandbox.url)
    account.set_api_key(sandbox.api_key)
    account.save()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never says a word
        settings.IMMICH_BASE_URL = f"http://127.0.0.1:{silent.getsockname()[1]}"
        stuck, well = guest_at(make_invite()), guest_at(make_invite(owner=owner))
        for seed in range(6):
            stuck.send(pictures.jpeg(seed), filename=f"{seed}.jpg")
        start_deliveries(1)
        eventually(lambda: "delivering" in stuck.statuses(), "the question to the silent server")
        well.send(pictures.jpeg(9))
        eventually(lambda: well.statuses() == ["delivered"], "the delivery to the other server", 10)
        assert "delivered" not in stuck.statuses()


def test_a_claim_takes_what_it_is_allowed(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    for seed in range(5):
        guest.send(pictures.jpeg(seed), filename=f"{seed}.jpg")
    last = Upload.objects.order_by("created_at").last()
    assert last
    KnownAsset.objects.create(account=last.account, sha1=last.sha1, asset_id=last.pk)
    taken = lifecycle.claim("one:1:0", [last.account_id], 2, known=True)
    assert [upload.filename for upload in taken] == ["0.jpg", "1.jpg", "4.jpg"], "the next two, and the known one"
    assert lifecycle.claim("one:1:1", [last.account_id + 1], 9) == [], "other accounts' files are others' business"


def test_a_second_try_after_a_lost_answer_is_the_guests_own_file(
    start_deliveries: StartDeliveries, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    """Immich answers `duplicate` to it, though nobody else brought the file."""
    sandbox.faults.reset_after = Hits(count=1, on=("POST /api/assets",))
    guest = guest_at(make_invite())
    guest.send(pictures.jpeg(1))
    start_deliveries(1)
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    assert len(sandbox.assets()) == 1
    assert Upload.objects.get().recheck_at, "and what Immich did not make just now is asked about again"
