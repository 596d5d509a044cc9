"""A link whose album is gone from Immich and can't be made again says so, until that is mended."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from immichdrop.immich import Immich
from immichdrop.latency import connect
from immichdrop.models import User
from immichdrop.sandbox import Sandbox
from invites import links
from invites.models import Invite, LinkStatus
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import missing_albums
from uploads.missing_albums import Shelf, Wish, compare, shelf_of, wishes
from uploads.models import Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
NOWHERE = uuid.UUID("00000000-0000-4000-8000-000000000000")
ALL = frozenset({"all"})


def remove(sandbox: Sandbox, album_id: str) -> None:
    requests.delete(f"{sandbox.url}/api/albums/{album_id}", headers={"x-api-key": sandbox.api_key}, timeout=10)


def status_of(link: Invite) -> LinkStatus | None:
    link.refresh_from_db()
    return link.status()


def deliver(guest: TusGuest, number: int) -> None:
    before = len(guest.statuses())
    guest.send(pictures.jpeg(number), filename=f"{number}.jpg")
    eventually(lambda: guest.statuses() == ["delivered"] * (before + 1), "the delivery")


# --- found out by deliveries


def test_a_delivery_finds_it_out_and_a_later_one_takes_it_back(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    link = make_invite(album_id=NOWHERE)
    guest = guest_at(link)
    deliver(guest, 1)
    assert status_of(link) == LinkStatus.ALBUM_MISSING
    since = link.album_missing_at
    deliver(guest, 2)
    assert status_of(link) == LinkStatus.ALBUM_MISSING
    assert link.album_missing_at == since, "since when it is known"
    # Somebody gave the link a name in the database; then the album is made.
    Invite.objects.update(album_name="Party")
    deliver(guest, 3)
    assert status_of(link) == LinkStatus.ACTIVE


def test_one_that_can_be_made_again_is_not_missing(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    link = make_invite(album_id=NOWHERE, album_name="Party")
    deliver(guest_at(link), 1)
    assert status_of(link) == LinkStatus.ACTIVE


@pytest.mark.parametrize(("deleted", "status"), [(True, LinkStatus.ALBUM_MISSING), (False, LinkStatus.ACTIVE)])
def test_a_key_that_makes_no_albums(
    settings: Settings,
    deliveries: Worker,
    sandbox: Sandbox,
    make_invite: MakeInvite,
    guest_at: Arrive,
    deleted: bool,
    status: LinkStatus,
) -> None:
    """Without the deletion it is the key that has to be mended, and not the album."""
    album = Immich(sandbox.url, sandbox.api_key).create_album("Party")
    may = ["asset.upload", "album.read", *([] if not deleted else ["albumAsset.create"])]
    settings.IMMICH_API_KEY = sandbox.create_key(may)
    if deleted:
        remove(sandbox, album.id)
    link = make_invite(album_id=album.id, album_name="Party")
    deliver(guest_at(link), 1)
    assert Upload.objects.get().in_album_at is None
    assert status_of(link) == status


def test_an_album_that_was_never_there_and_can_not_be_made(
    settings: Settings, deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.IMMICH_API_KEY = sandbox.create_key(["asset.upload", "album.read", "albumAsset.create"])
    link = make_invite(album_name="Party")
    guest = guest_at(link)
    deliver(guest, 1)
    assert status_of(link) == LinkStatus.ALBUM_MISSING
    settings.IMMICH_API_KEY = sandbox.api_key
    deliver(guest, 2)
    assert status_of(link) == LinkStatus.ACTIVE


def test_a_link_that_wishes_another_album_by_now_is_left_alone(make_invite: MakeInvite) -> None:
    link = make_invite(album_name="New")
    before = Upload(invite=link, album_id=NOWHERE)
    missing_albums.note([before], gone=True)
    assert status_of(link) == LinkStatus.ACTIVE


def test_another_album_for_the_link_takes_it_back(make_invite: MakeInvite) -> None:
    link = make_invite(album_id=NOWHERE, album_missing_at=timezone.now())
    links.change_link(link, {"name": "Only the name"})
    assert status_of(link) == LinkStatus.ALBUM_MISSING
    links.change_link(link, {"album_id": None, "album_name": "Another"})
    assert status_of(link) == LinkStatus.ACTIVE


# --- found out by looking


@pytest.mark.parametrize("sandbox", [2, 3], indirect=True)
def test_a_look_at_all_albums(transactional_db: None, sandbox: Sandbox, make_invite: MakeInvite) -> None:
    immich = Immich(sandbox.url, sandbox.api_key)
    there = immich.create_album("Summer")
    made = [
        make_invite(name="by id", album_id=there.id),
        make_invite(name="by name", album_name="Summer"),
        make_invite(name="to be made", album_name="Winter"),
        make_invite(name="none"),
        make_invite(name="gone", album_id=NOWHERE),
        make_invite(name="ended and gone", album_id=NOWHERE, disabled=True),
    ]
    found = wishes(Invite.objects.existing())
    assert {wish.title for wish in found} == {"by id", "by name", "to be made", "gone"}
    shelf = shelf_of(immich, ALL, [wish.album_id for wish in found])
    assert shelf is not None
    assert [wish.title for wish in compare(found, shelf)] == ["gone"]
    assert [status_of(link) for link in made].count(LinkStatus.ALBUM_MISSING) == 1
    # Looked at once more, nothing is written.
    assert [wish.title for wish in compare(wishes(Invite.objects.existing()), shelf)] == ["gone"]


def test_a_look_takes_back_what_was_mended(sandbox: Sandbox, make_invite: MakeInvite) -> None:
    host = User.objects.create_user("host@example.org")
    marked = {"album_missing_at": timezone.now()}
    album = Immich(sandbox.url, sandbox.api_key).create_album("Party")
    mended = make_invite(album_id=album.id, owner=host, **marked)
    missing = make_invite(album_id=NOWHERE, **marked)
    missing_albums.look_again(connect)
    assert (status_of(mended), status_of(missing)) == (LinkStatus.ACTIVE, LinkStatus.ALBUM_MISSING)
    sandbox.faults.down = True
    missing_albums.look_again(connect)
    assert status_of(missing) == LinkStatus.ALBUM_MISSING


def test_nobody_is_asked_when_nothing_is_missing(sandbox: Sandbox, make_invite: MakeInvite) -> None:
    make_invite(album_id=NOWHERE)
    missing_albums.look_again(connect)
    assert sandbox.requests == []


def test_a_key_that_lists_no_albums_says_nothing(transactional_db: None, sandbox: Sandbox) -> None:
    immich = Immich(sandbox.url, sandbox.create_key(["asset.upload"]))
    assert shelf_of(immich, immich.permissions(), [NOWHERE]) is None


@pytest.mark.parametrize(
    ("others", "name", "may_make", "expected"),
    [
        ({str(NOWHERE): True}, "", False, True),  # somebody shares it, which no list tells
        ({str(NOWHERE): False}, "", True, False),
        ({}, "", True, None),  # it was not asked about
        ({}, "Party", True, None),
        ({str(NOWHERE): False}, "Party", True, True),
        ({str(NOWHERE): False}, "Party", False, False),
        ({str(NOWHERE): False}, "Summer", False, True),
    ],
)
def test_what_a_shelf_has(others: dict[str, bool], name: str, may_make: bool, expected: bool | None) -> None:
    shelf = Shelf(frozenset(), frozenset({"Summer"}), may_make, others)
    assert shelf.has(Wish(1, "Link", NOWHERE, name, known_missing=False)) is expected


# --- shown


def test_the_list_says_it(client: Client, make_invite: MakeInvite) -> None:
    host = User.objects.create_user("host@example.org")
    make_invite(owner=host, album_id=NOWHERE, album_missing_at=timezone.now())
    client.force_login(host)
    assert "Album missing" in client.get("/menu").content.decode()
    assert "Beach week" in client.get("/menu?show=active").content.decode()


def test_what_ends_a_link_is_told_first(make_invite: MakeInvite) -> None:
    marked = {"album_missing_at": timezone.now()}
    later = timezone.now() + timedelta(days=1)
    assert status_of(make_invite(**marked)) == LinkStatus.ALBUM_MISSING
    assert status_of(make_invite(**marked, opens_at=later)) == LinkStatus.ALBUM_MISSING
    assert status_of(make_invite(**marked, expires_at=later)) == LinkStatus.ALBUM_MISSING
    assert status_of(make_invite(**marked, disabled=True)) == LinkStatus.DISABLED
    assert status_of(make_invite(**marked, expires_at=timezone.now())) == LinkStatus.EXPIRED


def test_a_thousand_links_are_two_updates(
    transactional_db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    gone = [Invite(album_id=uuid.uuid4()) for _ in range(1000)]
    back = [Invite(album_name="Party", album_missing_at=timezone.now()) for _ in range(1000)]
    Invite.objects.bulk_create([*gone, *back])
    shelf = Shelf(frozenset(), frozenset(), may_make=True, others={str(link.album_id): False for link in gone})
    with django_assert_num_queries(3):
        missing = compare(wishes(Invite.objects.existing()), shelf)
    assert len(missing) == 1000
    assert Invite.objects.exclude(album_missing_at=None).count() == 1000
