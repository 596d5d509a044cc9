"""`GET /api/invite/{token}/uploads`: what came through a host's own link."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from immichdrop.models import ImmichAccount, User
from invites.models import Invite
from uploads.hosts_api import NEWEST
from uploads.models import Upload

AT = datetime(2026, 7, 14, 12, tzinfo=UTC)
SHA1 = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"
ASSET = uuid.UUID("11111111-2222-3333-4444-555555555555")
Receive = Callable[..., Upload]


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def invite(host: User) -> Invite:
    return Invite.objects.create(name="Beach week", owner=host)


@pytest.fixture
def at_home(client: Client, host: User) -> Client:
    client.force_login(host)
    return client


@pytest.fixture
def receive(invite: Invite) -> Receive:
    account = ImmichAccount.objects.environment()

    def make(**fields: object) -> Upload:
        whole = {"invite": invite, "account": account, "filename": "a.jpg", "size": 5, "offset": 5}
        return Upload.objects.create(**{**whole, "status": "received", "received_at": AT, **fields})

    return make


def names(client: Client, invite: Invite) -> list[str]:
    return [item["filename"] for item in client.get(f"/api/invite/{invite.token}/uploads").json()["items"]]


def test_a_file_as_the_older_clients_know_it(at_home: Client, invite: Invite, receive: Receive) -> None:
    receive(
        filename="<img src=x onerror=alert(1)>.jpg",
        size=1234,
        offset=1234,
        sha1=SHA1,
        asset_id=ASSET,
        status="delivered",
        client_address="2001:db8::1",
        user_agent="Safari",
    )
    receive(filename="b.jpg", received_at=AT - timedelta(hours=1), status="waiting")
    answer = at_home.get(f"/api/invite/{invite.token}/uploads")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json() == {
        "items": [
            {
                "uploadedAt": "2026-07-14T12:00:00+00:00",
                "ip": "2001:db8::1",
                "userAgent": "Safari",
                "fingerprint": None,
                "filename": "<img src=x onerror=alert(1)>.jpg",
                "size": 1234,
                "checksum": SHA1,
                "assetId": str(ASSET),
            },
            {
                "uploadedAt": "2026-07-14T11:00:00+00:00",
                "ip": None,
                "userAgent": "",
                "fingerprint": None,
                "filename": "b.jpg",
                "size": 5,
                "checksum": None,
                "assetId": None,
            },
        ]
    }


def test_only_what_came_whole_and_through_this_link(
    at_home: Client, host: User, invite: Invite, receive: Receive
) -> None:
    other = Invite.objects.create(owner=host)
    receive(filename="elsewhere.jpg", invite=other)
    receive(filename="public.jpg", invite=None)
    receive(filename="begun.jpg", status="receiving", offset=2, received_at=None)
    receive(filename="given-up.jpg", status="discarded")
    receive(filename="failed.jpg", status="failed")
    assert names(at_home, invite) == ["failed.jpg"]
    assert names(at_home, other) == ["elsewhere.jpg"]


def test_the_newest_five_hundred_in_few_queries(
    at_home: Client,
    invite: Invite,
    receive: Receive,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(NEWEST + 1):
        receive(filename=f"{number}.jpg", received_at=AT + timedelta(seconds=number))
    with django_assert_max_num_queries(4):
        listed = names(at_home, invite)
    assert listed == [f"{number}.jpg" for number in range(NEWEST, 0, -1)]


def test_its_custom_address_names_it_too(at_home: Client, invite: Invite, receive: Receive) -> None:
    receive()
    Invite.objects.update(slug="beach")
    assert len(at_home.get("/api/invite/beach/uploads").json()["items"]) == 1


def test_anothers_link_and_none_at_all_look_alike(invite: Invite, receive: Receive) -> None:
    receive()
    stranger = Client()
    stranger.force_login(User.objects.create_user("stranger@example.org"))
    deleted = Invite.objects.create(owner=User.objects.get(email="stranger@example.org"), deleted_at=AT)
    for token in (invite.token, "unknown", deleted.token, "%00"):
        answer = stranger.get(f"/api/invite/{token}/uploads")
        assert (answer.status_code, answer.json()) == (403, {"error": "forbidden"})
    assert Client().get(f"/api/invite/{invite.token}/uploads").json() == {"error": "unauthorized"}


def test_a_closed_link_is_still_its_hosts(at_home: Client, invite: Invite, receive: Receive) -> None:
    receive()
    Invite.objects.update(disabled=True, expires_at=AT)
    assert names(at_home, invite) == ["a.jpg"]
    assert at_home.post(f"/api/invite/{invite.token}/uploads").status_code == 405
