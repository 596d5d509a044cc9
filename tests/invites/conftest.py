"""Links and guests without a running server: the database alone. And a host at the JSON routes of shared links."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from immichdrop.models import ImmichAccount, User
from invites import guests
from invites.models import Guest, Invite

SHARED_LINKS = "/api/shared-links"

MakeInvite = Callable[..., Invite]
Ask = Callable[..., HttpResponse]
AsGuest = Callable[..., tuple[Client, Guest]]


@pytest.fixture
def make_invite(db: None) -> MakeInvite:
    """A link with these fields; `password` in clear."""

    def make(password: str = "", **fields: object) -> Invite:
        invite = Invite(**{"name": "Beach week", **fields})
        invite.set_password(password)
        invite.save()
        return invite

    return make


@pytest.fixture
def guest(db: None) -> Guest:
    return guests.create()[0]


@pytest.fixture
def other_guest(db: None) -> Guest:
    return guests.create()[0]


@pytest.fixture
def as_guest(db: None) -> AsGuest:
    """A browser whose guest is known, and the guest; `to` is a link that it has unlocked."""

    def make(to: Invite | None = None) -> tuple[Client, Guest]:
        known, secret = guests.create()
        client = Client()
        client.cookies[guests.COOKIE] = secret
        if to:
            guests.unlock(known, to)
        return client, known

    return make


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def ask(client: Client, host: User, library: ImmichAccount) -> Ask:
    client.force_login(host)
    return asking(client)


def asking(client: Client) -> Ask:
    def ask(method: str, path: str = "", **body: object) -> HttpResponse:
        return getattr(client, method)(
            f"{SHARED_LINKS}{path}", body if method != "get" else None, content_type="application/json"
        )

    return ask
