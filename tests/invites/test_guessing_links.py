"""Names that lead nowhere cost whoever tries them, and nobody else."""

import pytest
from django.test import Client

from invites.finding import FREE_MISSES
from tests.conftest import MakeInvite

pytestmark = pytest.mark.django_db


def miss(client: Client, times: int, address: str = "192.0.2.7") -> int:
    """Asks for so many links that don't exist; the last status."""
    status = 0
    for number in range(times):
        status = client.get(f"/api/invite/nothing-{number}", REMOTE_ADDR=address).status_code
    return status


def test_the_budget_ends(client: Client) -> None:
    assert miss(client, FREE_MISSES) == 404
    answer = client.get("/api/invite/one-more", REMOTE_ADDR="192.0.2.7")
    assert (answer.status_code, answer.json()) == (429, {"error": "too_many_requests"})
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["/invite/nothing", "/api/uploads?invite=nothing"])
def test_every_door_counts(client: Client, path: str) -> None:
    for _ in range(FREE_MISSES):
        assert client.get(path).status_code == 404
    answer = client.get(path)
    assert answer.status_code == 429
    assert "Retry-After" in answer


def test_a_token_is_no_guess(client: Client, make_invite: MakeInvite) -> None:
    """A hotel's guests share an address: the one who plays must not shut the others out."""
    invite = make_invite(slug="beach")
    miss(client, FREE_MISSES + 1)
    assert client.get(f"/api/invite/{invite.token}", REMOTE_ADDR="192.0.2.7").status_code == 200
    assert client.get(f"/invite/{invite.token}", REMOTE_ADDR="192.0.2.7").status_code == 200
    assert client.get("/api/invite/beach", REMOTE_ADDR="192.0.2.7").status_code == 429, "but a word may be guessed"


def test_another_address_is_not_affected(client: Client, make_invite: MakeInvite) -> None:
    make_invite(slug="beach")
    miss(client, FREE_MISSES + 1)
    assert client.get("/api/invite/beach", REMOTE_ADDR="192.0.2.8").status_code == 200


def test_a_household_of_ipv6_is_one(client: Client) -> None:
    miss(client, FREE_MISSES, "2001:db8:0:1::1")
    assert miss(client, 1, "2001:db8:0:1:ffff::2") == 429
    assert miss(client, 1, "2001:db8:0:2::1") == 404
