"""Links and guests without a running server: the database alone."""

from collections.abc import Callable

import pytest
from django.test import Client

from invites import guests
from invites.models import Guest, Invite

MakeInvite = Callable[..., Invite]
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
