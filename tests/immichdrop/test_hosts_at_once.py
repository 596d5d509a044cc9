"""The same person logs in for the first time in several places at the same moment."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from immichdrop import hosts, immich
from immichdrop.models import ImmichAccount, User


@pytest.fixture
def person() -> immich.User:
    return immich.User(str(uuid.uuid4()), "host@example.org", "Lena", is_admin=False)


def at_once(work) -> list[int]:
    def one(_: int) -> int:
        try:
            return work().pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(8)))


def test_there_is_one_host(transactional_db: None, person: immich.User) -> None:
    assert set(at_once(lambda: hosts.user_of(person, is_admin=False))) == {User.objects.get().pk}


def test_there_is_one_account_without_a_key(transactional_db: None) -> None:
    host = User.objects.create_user("host@example.org")
    assert set(at_once(lambda: ImmichAccount.objects.without_key(host))) == {ImmichAccount.objects.get().pk}
