"""`POST /api/ping`: whether Immich answers, for the banner; its address is the hosts' alone."""

import pytest
from django.conf import LazySettings
from django.test import Client

from immichdrop.immich import Immich
from immichdrop.models import ImmichAccount, User
from immichdrop.reachability import FRESH, Reachability, answers
from immichdrop.sandbox import Sandbox

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org")


@pytest.mark.parametrize("sandbox", [1, 2, 3], indirect=True)
def test_it_answers(client: Client, host: User, sandbox: Sandbox, settings: LazySettings) -> None:
    settings.IMMICH_ALBUM_NAME = "Everything"
    client.force_login(host)
    answer = client.post("/api/ping")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ok": True, "base_url": sandbox.url, "album_name": "Everything"},
    )


def test_strangers_get_no_address(client: Client, db: None, sandbox: Sandbox) -> None:
    answer = client.post("/api/ping")
    assert answer.json() == {"ok": True, "base_url": None, "album_name": None}
    assert sandbox.url not in str(answer.headers)


def test_it_is_away(client: Client, host: User, settings: LazySettings) -> None:
    settings.IMMICH_BASE_URL = NOBODY
    client.force_login(host)
    assert client.post("/api/ping").json() == {"ok": False, "base_url": NOBODY, "album_name": None}


def test_none_is_named(client: Client, host: User, settings: LazySettings) -> None:
    settings.IMMICH_BASE_URL = ""
    client.force_login(host)
    assert client.post("/api/ping").json() == {"ok": False, "base_url": None, "album_name": None}


def test_a_host_with_an_immich_of_their_own_hears_of_that(
    client: Client, host: User, sandbox: Sandbox, settings: LazySettings
) -> None:
    settings.IMMICH_BASE_URL = NOBODY
    account = ImmichAccount(owner=host, base_url=sandbox.url)
    account.set_api_key("any")
    account.save()
    assert client.post("/api/ping").json()["ok"] is False
    client.force_login(host)
    assert client.post("/api/ping").json() == {"ok": True, "base_url": sandbox.url, "album_name": None}


def test_only_post_and_not_from_elsewhere(client: Client, db: None) -> None:
    assert client.get("/api/ping").status_code == 405
    assert client.post("/api/ping", headers={"Origin": "https://evil.example.net"}).status_code == 403


def test_an_answer_holds_for_a_while_whoever_asks() -> None:
    now, asked, up = [100.0], [], [True]

    def ask(address: str) -> bool:
        asked.append(address)
        return up[0]

    reach = Reachability(ask, lambda: now[0])
    assert reach.of("http://one")
    assert reach.of("http://two")
    up[0] = False
    now[0] += FRESH - 0.1
    assert reach.of("http://one")
    assert asked == ["http://one", "http://two"]
    now[0] += 0.1
    assert not reach.of("http://one")
    assert not reach.of("http://one")
    assert asked == ["http://one", "http://two", "http://one"]
    assert not reach.of("")
    assert len(asked) == 3


def test_no_key_is_shown_to_whoever_is_pinged(sandbox: Sandbox) -> None:
    assert answers(sandbox.url)
    assert all("x-api-key" not in str(seen).lower() for seen in sandbox.requests)
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.ping()
