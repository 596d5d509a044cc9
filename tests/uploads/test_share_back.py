"""What came through a link goes back by a shared link in Immich, which keeps showing exactly that."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import requests
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from immichdrop.immich import Immich, LinkSettings
from immichdrop.latency import connect
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from invites.models import Invite, ShareBack
from tests import pictures
from tests.contract.conftest import upload_of
from tests.guest import TUS, TusGuest
from tests.immichdrop.test_albums_api import key_with
from tests.serving import eventually
from uploads import share_back_upkeep, sharing_back, spool
from uploads.lane import Lane
from uploads.models import SharedAsset, Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
Ask = Callable[..., HttpResponse]
ANY = pytest.mark.parametrize("sandbox", [1, 2, 3], indirect=True)
NOT_ENOUGH = ("asset.upload", "asset.read", "album.read", "sharedLink.create", "sharedLink.read", "asset.share")


@pytest.fixture
def link(link: Invite, library: ImmichAccount) -> Invite:
    """Into the host's own library."""
    return link


@pytest.fixture
def lane(web: str, library: ImmichAccount) -> Lane:
    """Deliveries one step after another."""
    return Lane("test:1:", spool.default(), 3, connect, lambda: [library.pk], look_every=0)


@pytest.fixture
def ask(link: Invite, host: User) -> Ask:
    """The link's shared link, by its host."""
    client = Client()
    client.force_login(host)

    def ask(method: str, token: str = link.token, **body: object) -> HttpResponse:
        path, data = f"/api/invite/{token}/shared-link", body if method in ("post", "patch") else None
        return getattr(client, method)(path, data, content_type="application/json")

    return ask


@pytest.fixture
def guest(guest_at: Arrive, link: Invite) -> TusGuest:
    return guest_at(link)


def deliver(lane: Lane, guest: TusGuest, *numbers: int) -> list[str]:
    """Photos of the guest's that are in Immich: ids of uploads."""
    sent = [guest.send(pictures.jpeg(number)) for number in numbers]
    while lane.run_once():
        pass
    assert set(guest.statuses()) <= {"delivered", "duplicate", "discarded"}
    soon = timezone.now() + share_back_upkeep.SOON
    ShareBack.objects.filter(look_at__lte=soon).update(look_at=timezone.now())  # it is later now
    return sent


def asset_of(upload_id: str) -> str:
    return str(Upload.objects.get(pk=upload_id).asset_id)


def shown(sandbox: Sandbox) -> list[str]:
    """The assets that the one shared link shows."""
    with Immich(sandbox.url, sandbox.api_key) as immich:
        (link,) = immich.shared_links()
        return sorted(immich.shared_link(link.id).asset_ids)


def due() -> None:
    ShareBack.objects.update(look_at=timezone.now() - timedelta(seconds=1))


def came_through(link: Invite, *assets: str) -> None:
    """These are in Immich by now."""
    account, now = link.account(), timezone.now()
    whole = {"invite": link, "account": account, "size": 5, "offset": 5, "delivered_at": now, "status": "delivered"}
    Upload.objects.bulk_create(Upload(**whole, filename="a.jpg", asset_id=asset) for asset in assets)
    due()


@ANY
def test_exactly_what_came_through_the_link(
    ask: Ask, lane: Lane, guest: TusGuest, guest_at: Arrive, sandbox: Sandbox, host: User
) -> None:
    other = guest_at(Invite.objects.create(owner=host))
    deliver(lane, other, 8, 9)
    photos = deliver(lane, guest, 1, 2, 9)  # the last is a duplicate
    gone = photos.pop(1)
    guest.session.delete(f"{guest.url}/api/tus/{gone}", headers=TUS, timeout=30)
    lane.run_once()
    ends = (timezone.now() + timedelta(days=7)).replace(microsecond=0)
    wanted = {"description": "Ours", "password": "sesame", "slug": "beach", "expiresAt": ends.isoformat()}
    answer = ask("post", **wanted, allowDownload=False, allowUpload=True)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert sorted(made["assetIds"]) == shown(sandbox) == sorted(map(asset_of, photos))
    assert {name: made[name] for name in wanted} == wanted
    assert (made["type"], made["url"]) == ("INDIVIDUAL", f"{sandbox.url}/s/beach")
    assert (made["allowUpload"], made["allowDownload"]) == (False, False)
    assert (made["revealAt"], made["revealed"], made["trouble"]) == (None, False, None)
    assert ask("get").json() == made


@ANY
def test_the_album(ask: Ask, lane: Lane, guest: TusGuest, link: Invite, sandbox: Sandbox) -> None:
    Invite.objects.filter(pk=link.pk).update(album_name="Party")
    assert ask("post").json()["error"] == "nothing_yet", "the album is made with the first file"
    deliver(lane, guest, 1)
    made = ask("post", allowUpload=True).json()
    assert (made["type"], made["album"]["albumName"], made["allowUpload"]) == ("ALBUM", "Party", True)
    sandbox.requests.clear()
    deliver(lane, guest, 2)
    assert not [each for each in sandbox.requests if "shared-links" in str(each)], "Immich shows what is in its album"
    assert SharedAsset.objects.count() == 0


@ANY
def test_what_comes_later_is_added_and_what_is_taken_back_taken_out(
    ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox
) -> None:
    photos = deliver(lane, guest, 1, 2)
    assert ask("post").status_code == 201
    photos += deliver(lane, guest, 3)
    lane.run_once()
    assert shown(sandbox) == sorted(map(asset_of, photos))
    taken_back = photos.pop(0)
    guest.session.delete(f"{guest.url}/api/tus/{taken_back}", headers=TUS, timeout=30)
    lane.run_once()
    assert shown(sandbox) == sorted(map(asset_of, photos))
    sandbox.requests.clear()
    lane.run_once()
    assert sandbox.requests == [], "once"


def test_what_two_guests_sent_stays_while_one_of_them_wants_it(
    ask: Ask, lane: Lane, guest: TusGuest, guest_at: Arrive, link: Invite, sandbox: Sandbox
) -> None:
    (first,) = deliver(lane, guest, 1)
    assert ask("post").status_code == 201
    deliver(lane, guest_at(link), 1)
    guest.session.delete(f"{guest.url}/api/tus/{first}", headers=TUS, timeout=30)
    lane.run_once()
    assert shown(sandbox) == [asset_of(first)]


@pytest.mark.parametrize("fault", ["error_before", "error_after", "reset_after"])
def test_a_failed_addition_is_tried_again_and_there_once(
    ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox, fault: str
) -> None:
    photos = deliver(lane, guest, 1, 2)
    assert ask("post").status_code == 201
    sandbox.faults.status = 500
    setattr(sandbox.faults, fault, Hits(on=("PUT /api/shared-links/*",), count=9 if fault == "reset_after" else 1))
    photos += deliver(lane, guest, 3)
    lane.run_once()
    row = ShareBack.objects.get()
    assert (row.attempts, row.trouble) == (1, ""), "that passes by itself"
    assert SharedAsset.objects.filter(added_at=None).count() == 1
    sandbox.faults.clear()
    due()
    lane.run_once()
    assert shown(sandbox) == sorted(map(asset_of, photos)), "each once"
    assert SharedAsset.objects.filter(added_at=None).count() == 0
    assert ShareBack.objects.get().attempts == 0


def test_taken_back_after_an_addition_that_nobody_heard_of(
    ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox
) -> None:
    photos = deliver(lane, guest, 1)
    assert ask("post").status_code == 201
    sandbox.faults.status, sandbox.faults.error_after = 500, Hits(on=("PUT /api/shared-links/*",), count=1)
    (late,) = deliver(lane, guest, 2)
    lane.run_once()
    guest.session.delete(f"{guest.url}/api/tus/{late}", headers=TUS, timeout=30)
    lane.run_once()
    assert shown(sandbox) == list(map(asset_of, photos))


def test_by_the_threads_of_a_worker(ask: Ask, deliveries: Worker, guest: TusGuest, sandbox: Sandbox) -> None:
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    assert ask("post").status_code == 201
    guest.send(pictures.jpeg(2))
    eventually(lambda: len(shown(sandbox)) == 2, "the second photo")


def test_what_immich_lost_is_left_out(ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox) -> None:
    photos = deliver(lane, guest, 1, 2, 3)
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.delete_assets([asset_of(photos[0])], force=True)
    sandbox.run_jobs()
    assert ask("post").status_code == 201
    lane.run_once()
    assert shown(sandbox) == sorted(map(asset_of, photos[1:]))
    assert ShareBack.objects.get().trouble == ""


def test_thousands_at_once(ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox, link: Invite) -> None:
    deliver(lane, guest, 1)
    assert ask("post").status_code == 201
    came_through(link, *(str(uuid.uuid4()) for _ in range(2500)))
    sandbox.requests.clear()
    lane.run_once()
    row = ShareBack.objects.get()
    assert len([each for each in sandbox.requests if each.method == "PUT"]) == 3
    assert (row.trouble, row.attempts) == ("", 0), "Immich knows none of them, which is no reason to stop"
    assert SharedAsset.objects.filter(added_at=None).count() == 2500


def test_more_than_a_look_has_time_for_is_gone_on_with(
    ask: Ask, lane: Lane, guest: TusGuest, link: Invite, immich: Immich
) -> None:
    """Others have their turn in between."""

    def look() -> None:
        claimed = share_back_upkeep.claim([link.account().pk])
        assert claimed, "it stays due"
        share_back_upkeep.look(claimed, lane.line.client, assets_at_once=2)

    deliver(lane, guest, 1)
    assert ask("post").status_code == 201
    came_through(link, *(immich.upload(upload_of(pictures.jpeg(number))).id for number in range(2, 15)))
    look()
    assert SharedAsset.objects.count() == 1 + 2 * share_back_upkeep.BATCHES_OF_A_LOOK
    for _ in range(2):
        look()
    assert SharedAsset.objects.exclude(added_at=None).count() == 14
    assert share_back_upkeep.claim([link.account().pk]) is None


def test_nobody_else_looks_meanwhile(ask: Ask, lane: Lane, guest: TusGuest, link: Invite) -> None:
    """Two at once could take out what the other one is adding. What comes meanwhile is not forgotten."""
    deliver(lane, guest, 1)
    assert ask("post").status_code == 201
    accounts = [link.account().pk]
    claimed = share_back_upkeep.claim(accounts)
    assert claimed
    ShareBack.objects.look_again([link.pk])
    assert share_back_upkeep.claim(accounts) is None
    share_back_upkeep.look(claimed, lane.line.client)
    again = share_back_upkeep.claim(accounts)
    assert again, "it changed while it was looked at"
    share_back_upkeep.look(again, lane.line.client)
    assert share_back_upkeep.claim(accounts) is None

    due()
    assert share_back_upkeep.claim(accounts), "and this one's worker is killed"
    assert share_back_upkeep.claim(accounts) is None
    ShareBack.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert share_back_upkeep.claim(accounts)


def test_a_worker_that_took_too_long_settles_nothing(ask: Ask, lane: Lane, guest: TusGuest, link: Invite) -> None:
    deliver(lane, guest, 1)
    assert ask("post").status_code == 201
    late = share_back_upkeep.claim([link.account().pk])
    assert late
    theirs = timezone.now() + share_back_upkeep.LEASE
    ShareBack.objects.update(leased_until=theirs)
    share_back_upkeep.look(late, lane.line.client)
    assert ShareBack.objects.get().leased_until == theirs


def test_the_host_takes_it_down_while_it_is_looked_at(ask: Ask, lane: Lane, guest: TusGuest, link: Invite) -> None:
    deliver(lane, guest, 1)
    assert ask("post").status_code == 201
    deliver(lane, guest, 2)
    claimed = share_back_upkeep.claim([link.account().pk])
    assert claimed
    assert ask("delete").status_code == 200
    share_back_upkeep.look(claimed, lane.line.client)
    assert not ShareBack.objects.exists()
    assert not SharedAsset.objects.exists()


def test_a_second_tap_finds_what_the_first_one_made(
    ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox, host: User, link: Invite
) -> None:
    """Also with a custom address, which the first one has taken by then."""
    deliver(lane, guest, 1)
    sandbox.faults.latency = 0.3

    def tap() -> int:
        client = Client()
        client.force_login(host)
        body = {"slug": "beach"}
        try:
            return client.post(f"/api/invite/{link.token}/shared-link", body, "application/json").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        taps = [pool.submit(tap) for _ in range(2)]
    assert sorted(each.result() for each in taps) == [201, 409]
    sandbox.faults.latency = 0
    with Immich(sandbox.url, sandbox.api_key) as immich:
        assert len(immich.shared_links()) == 1
    assert ask("post").json()["error"] == "already_shared"


def test_a_key_that_may_not_tells_the_host(ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox, host: User) -> None:
    deliver(lane, guest, 1)
    account = ImmichAccount.objects.get(owner=host)
    account.set_api_key(key_with(sandbox, *NOT_ENOUGH))
    account.save()
    assert ask("post").status_code == 201
    deliver(lane, guest, 2)
    lane.run_once()
    told = ask("get").json()
    assert (told["trouble"], told["troubleDetail"]) == ("forbidden", "sharedLink.update")
    assert ImmichAccount.objects.get(owner=host).pause == "", "which is no reason to deliver nothing"
    account.set_api_key(sandbox.api_key)
    account.save()
    sharing_back.look_now(ShareBack.objects.get())
    lane.run_once()
    assert len(shown(sandbox)) == 2
    assert ask("get").json()["trouble"] is None


def test_an_immich_that_does_not_take_more_tells_the_host(
    ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox
) -> None:
    photos = deliver(lane, guest, 1)
    assert ask("post").status_code == 201
    sandbox.faults.status, sandbox.faults.error_before = 404, Hits(on=("PUT /api/shared-links/*",))
    photos += deliver(lane, guest, 2)
    lane.run_once()
    assert ask("get").json()["trouble"] == "refused"
    sandbox.faults.clear()
    due()
    lane.run_once()
    assert ask("get").json()["trouble"] is None
    assert shown(sandbox) == sorted(map(asset_of, photos))


def test_deleted_in_immich_another_can_be_made(
    ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox, link: Invite
) -> None:
    deliver(lane, guest, 1)
    made = ask("post", revealAt="2020-01-01T00:00Z").json()
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.delete_shared_link(made["id"])
    ShareBack.objects.update(seen_at=timezone.now() - share_back_upkeep.LOOK_EVERY)
    due()
    lane.run_once()
    assert ShareBack.objects.get().trouble == "gone"
    assert guest.open().json()["photosUrl"] is None
    answer = ask("get")
    assert answer.status_code == 404
    assert "deleted in Immich" in answer.json()["message"]
    assert [ask(method).status_code for method in ("patch", "delete")] == [404, 404]
    again = ask("post")
    assert again.status_code == 201
    assert again.json()["id"] != made["id"]
    assert ShareBack.objects.get().trouble == ""


def test_whoever_looks_notices_that_it_is_gone(ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox) -> None:
    deliver(lane, guest, 1)
    made = ask("post").json()
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.delete_shared_link(made["id"])
    assert ask("patch", slug="new").status_code == 404
    assert ShareBack.objects.get().trouble == "gone"


def test_what_is_changed_elsewhere_is_heard_of(
    ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox, host: User
) -> None:
    deliver(lane, guest, 1)
    made = ask("post", revealAt="2020-01-01T00:00Z", slug="one").json()
    client = Client()
    client.force_login(host)
    ends = (timezone.now() + timedelta(days=1)).isoformat()
    client.patch(f"/api/shared-links/{made['id']}", {"slug": "two", "expiresAt": ends}, content_type="application/json")
    lane.run_once()
    assert guest.open().json()["photosUrl"] == f"{sandbox.url}/s/two"
    ShareBack.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert guest.open().json()["photosUrl"] is None, "there is nothing to see any more"


def test_changed_without_losing_a_setting(ask: Ask, lane: Lane, guest: TusGuest) -> None:
    deliver(lane, guest, 1)
    made = ask("post", password="p", slug="mine", description="One").json()
    said = ask("patch", description="Two", revealAt="2020-01-01T00:00+02:00").json()
    assert said == {**made, "description": "Two", "revealAt": "2019-12-31T22:00:00+00:00", "revealed": True}
    assert ask("patch", revealAt=None, description="Two").json() == {**made, "description": "Two"}
    assert ask("post").json()["error"] == "already_shared"
    assert ask("delete").json() == {"ok": True, "deleted": 1}
    assert ask("get").json() == {"error": "not_found"}
    assert ShareBack.objects.count() == 0


def test_immich_is_not_asked_what_guests_find(ask: Ask, lane: Lane, guest: TusGuest, host: User) -> None:
    deliver(lane, guest, 1)
    made = ask("post", password="p").json()
    ImmichAccount.objects.filter(owner=host).update(base_url="http://127.0.0.1:1")
    kept = {name: made[name] for name in ("id", "type", "url", "expiresAt", "trouble", "troubleDetail")}
    shown = {**kept, "revealAt": "2020-01-01T00:00:00+00:00", "revealed": True}
    assert ask("patch", revealAt="2020-01-01T00:00Z").json() == shown
    assert guest.open().json()["photosUrl"] == made["url"]
    assert ask("patch", revealAt=None).json() == {**kept, "revealAt": None, "revealed": False}
    assert guest.open().json()["photosUrl"] is None
    assert ask("patch", revealAt=None, slug="x").status_code == 502
    ImmichAccount.objects.filter(owner=host).update(connected=False)
    assert ask("patch", revealAt="2020-01-01T00:00Z").json() == {**shown, "revealed": False}
    ShareBack.objects.update(trouble="gone")
    assert ask("patch", revealAt=None).status_code == 404
    ShareBack.objects.all().delete()
    assert ask("patch", revealAt=None).json() == {"error": "not_found"}


def test_a_key_that_is_none_any_more(ask: Ask, lane: Lane, guest: TusGuest, host: User) -> None:
    deliver(lane, guest, 1)
    assert ask("post").status_code == 201
    account = ImmichAccount.objects.get(owner=host)
    account.set_api_key("revoked")
    account.save()
    ShareBack.objects.update(seen_at=None)
    due()
    lane.run_once()
    row = ShareBack.objects.get()
    assert (row.trouble, row.trouble_detail) == ("forbidden", "")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"slug": "our wedding"}, "slug"),
        ({"revealAt": "tomorrow"}, "revealAt"),
        ({"revealAt": "2030-07-14T18:00"}, "revealAt"),
        ({"revealAt": "9999-12-31T23:59-14:00"}, "revealAt"),
        ({"revealAt": 5}, "revealAt"),
        ({"expiresAt": "2020-07-14T18:00Z"}, "expiresAt"),
    ],
)
def test_what_makes_no_sense(ask: Ask, lane: Lane, guest: TusGuest, body: dict[str, object], field: str) -> None:
    deliver(lane, guest, 1)
    answer = ask("post", **body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
    assert field in answer.json()["message"]
    assert ShareBack.objects.count() == 0


def test_a_slug_that_is_taken(ask: Ask, lane: Lane, guest: TusGuest, sandbox: Sandbox) -> None:
    (photo,) = deliver(lane, guest, 1)
    Client()
    requests.post(
        f"{sandbox.url}/api/shared-links",
        json={"type": "INDIVIDUAL", "assetIds": [asset_of(photo)], "slug": "mine"},
        headers={"x-api-key": sandbox.api_key},
        timeout=10,
    )
    assert ask("post", slug="mine").json()["error"] == "slug_taken"
    assert ShareBack.objects.count() == 0


def test_nothing_came_yet(ask: Ask, lane: Lane, sandbox: Sandbox) -> None:
    assert (ask("post").status_code, ask("post").json()["error"]) == (409, "nothing_yet")
    assert ask("get").status_code == 404


def test_only_its_host(ask: Ask, lane: Lane, guest: TusGuest, link: Invite, sandbox: Sandbox) -> None:
    deliver(lane, guest, 1)
    made = ask("post").json()
    before = len(sandbox.requests)
    for stranger in (
        User.objects.create_user("other@example.org"),
        User.objects.create_user("admin@example.org", is_staff=True),
    ):
        client = Client()
        client.force_login(stranger)
        for method in ("get", "post", "patch", "delete"):
            answer = getattr(client, method)(
                f"/api/invite/{link.token}/shared-link", {}, content_type="application/json"
            )
            assert (answer.status_code, answer.json()) == (404, {"error": "not_found"})
    assert Client().get(f"/api/invite/{link.token}/shared-link").status_code == 401
    assert len(sandbox.requests) == before, "Immich was not even asked"
    assert ask("get").json() == made


def test_a_library_of_everybodys_is_not_the_hosts_to_share(sandbox: Sandbox, host: User, ask: Ask) -> None:
    ImmichAccount.objects.filter(owner=host).update(connected=False)
    assert (ask("post").status_code, ask("post").json()["error"]) == (403, "forbidden")


# --- what guests find


def in_hours(number: int) -> datetime:
    return timezone.now() + timedelta(hours=number)


@pytest.mark.parametrize(("reveal", "told"), [(None, False), (-1, True), (1, False)])
def test_from_when_on_guests_are_told(ask: Ask, lane: Lane, guest: TusGuest, reveal: int | None, told: bool) -> None:
    deliver(lane, guest, 1)
    made = ask("post", revealAt=in_hours(reveal).isoformat() if reveal else None).json()
    assert guest.open().json()["photosUrl"] == (made["url"] if told else None)
    page = guest.session.get(f"{guest.url}/invite/{guest.token}", timeout=10).text
    assert (made["url"] in page) == told


def test_never_before_the_password(ask: Ask, lane: Lane, guest: TusGuest, link: Invite, guest_at: Arrive) -> None:
    deliver(lane, guest, 1)
    made = ask("post", revealAt="2020-01-01T00:00Z").json()
    link.set_password("sesame")
    link.save()
    stranger = guest_at(link)
    assert stranger.open().json()["photosUrl"] is None
    assert made["url"] not in stranger.session.get(f"{stranger.url}/invite/{link.token}", timeout=10).text
    Invite.objects.update(expires_at=timezone.now())
    assert made["url"] not in stranger.session.get(f"{stranger.url}/invite/{link.token}", timeout=10).text
    Invite.objects.update(expires_at=None)
    stranger.session.post(f"{stranger.url}/api/invite/{link.token}/auth", json={"password": "sesame"}, timeout=10)
    assert stranger.open().json()["photosUrl"] == made["url"]


@pytest.mark.parametrize(
    ("closed", "told"),
    [
        ({"expires_at": in_hours(-1)}, True),
        ({"max_uses": 2, "used": 2}, True),
        ({"disabled": True}, False),
        ({"opens_at": in_hours(1)}, False),
        ({"max_uses": 1, "claimed_at": in_hours(-1)}, False),
        ({"deleted_at": in_hours(-1)}, False),
    ],
)
def test_a_closed_link(
    ask: Ask, lane: Lane, guest: TusGuest, link: Invite, closed: dict[str, object], told: bool
) -> None:
    deliver(lane, guest, 1)
    made = ask("post", revealAt="2020-01-01T00:00Z").json()
    Invite.objects.filter(pk=link.pk).update(**closed)
    page = guest.session.get(f"{guest.url}/invite/{link.token}", timeout=10).text
    assert (made["url"] in page) == told


def test_an_unknown_id_is_no_link(ask: Ask) -> None:
    for token in ("unknown", str(uuid.uuid4()), "%00"):
        assert [ask(method, token).status_code for method in ("get", "post", "patch", "delete")] == [404] * 4


# --- made anew, and found again


def test_what_was_left_behind_is_found_again(
    ask: Ask, lane: Lane, guest: TusGuest, immich: Immich, sandbox: Sandbox
) -> None:
    """Immich made it, and its answer was lost."""
    photos = deliver(lane, guest, 1, 2)
    wanted = {"slug": "beach", "password": "sesame", "description": "Ours", "allowDownload": False}
    ends = timezone.now().replace(microsecond=0) + timedelta(days=7)
    sandbox.faults.reset_after = Hits(on=("POST /api/shared-links",), count=1)
    assert ask("post", **wanted, expiresAt=ends.isoformat()).status_code == 502
    assert not ShareBack.objects.exists()
    sandbox.faults.clear()
    (left,) = immich.shared_links()
    later = ends + timedelta(minutes=3)  # "in a week", said once more
    made = ask("post", **wanted, expiresAt=later.isoformat())
    assert made.status_code == 201, made.content
    assert (made.json()["id"], made.json()["expiresAt"]) == (left.id, later.isoformat())
    assert sorted(made.json()["assetIds"]) == shown(sandbox) == sorted(map(asset_of, photos))


@pytest.mark.parametrize("other", ["password", "assets", "end", "album", "known"])
def test_what_only_looks_like_it_is_left_alone(
    ask: Ask,
    lane: Lane,
    guest: TusGuest,
    immich: Immich,
    assets: list[str],
    album: str,
    library: ImmichAccount,
    other: str,
) -> None:
    (photo,) = map(asset_of, deliver(lane, guest, 21))
    made = immich.create_shared_link(
        album_id=album if other == "album" else None,
        asset_ids=[photo, *(assets[:1] if other == "assets" else [])],
        settings=LinkSettings(
            slug="beach",
            password="other" if other == "password" else None,
            expires_at=timezone.now() + timedelta(days=7) if other == "end" else None,
        ),
    )
    if other == "known":
        invite = Invite.objects.create()
        ShareBack.objects.create(invite=invite, account=library, link_id=made.id, type="INDIVIDUAL", address="a")
    answer = ask("post", slug="beach")
    assert (answer.status_code, answer.json()["error"]) == (400, "slug_taken")
    assert immich.shared_link(made.id).slug == "beach"
