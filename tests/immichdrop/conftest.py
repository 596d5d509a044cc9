"""Hosts who log in through Immich."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from immichdrop.sandbox import Sandbox

Enter = Callable[..., Client]


@pytest.fixture(autouse=True)
def _forget_what_immich_offers() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def enter(db: None, sandbox: Sandbox) -> Enter:
    """Logs in with Immich's password, as a person whose Immich says so."""

    def with_password(*, is_admin: bool = False) -> Client:
        sandbox.change_account(is_admin=is_admin)
        client = Client()
        fields = {"way": "immich", "email": sandbox.email, "password": sandbox.password}
        assert client.post("/login", fields).status_code == 302
        return client

    return with_password
