"""`/api/albums`: the albums of the Immich that a host's links deliver into."""

import pytest
import requests
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox

JSON = "application/json"


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def at_home(client: Client, host: User) -> Client:
    client.force_login(host)
    return client


def create(client: Client, name: object) -> HttpResponse:
    return client.post("/api/albums", {"name": name}, content_type=JSON)


def key_with(sandbox: Sandbox, *permissions: str) -> str:
    answer = requests.post(
        f"{sandbox.url}/api/api-keys",
        json={"name": "less", "permissions": list(permissions)},
        headers={"x-api-key": sandbox.api_key},
        timeout=30,
    )
    return str(answer.json()["secret"])


@pytest.mark.parametrize("sandbox", [1, 2, 3], indirect=True)
def test_albums_are_made_and_listed(at_home: Client, sandbox: Sandbox) -> None:
    assert at_home.get("/api/albums").json() == []
    answer = create(at_home, " Summer ")
    assert answer.status_code == 201
    [album] = sandbox.albums()
    assert answer.json() == {"id": album.id, "albumName": "Summer", "assetCount": 0}
    assert at_home.get("/api/albums").json() == [answer.json()]


@pytest.mark.parametrize("method", ["get", "post"])
def test_fault_2_nobody_without_a_login(client: Client, db: None, sandbox: Sandbox, method: str) -> None:
    answer = getattr(client, method)("/api/albums", {"name": "Party"}, content_type=JSON)
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})
    assert sandbox.albums() == []
    assert sandbox.requests == []


def test_the_hosts_own_account_comes_before_the_servers(
    at_home: Client, host: User, sandbox: Sandbox, settings: LazySettings
) -> None:
    settings.IMMICH_BASE_URL = "http://127.0.0.1:1"
    account = ImmichAccount(owner=host, base_url=sandbox.url)
    account.set_api_key(sandbox.api_key)
    account.save()
    assert create(at_home, "Mine").status_code == 201
    assert [album["albumName"] for album in at_home.get("/api/albums").json()] == ["Mine"]
    other = Client()
    other.force_login(User.objects.create_user("other@example.org"))
    assert other.get("/api/albums").status_code == 502  # the server's, not the other host's


def test_a_key_that_lacks_the_permission(at_home: Client, sandbox: Sandbox, settings: LazySettings) -> None:
    settings.IMMICH_API_KEY = key_with(sandbox, "album.read")
    assert at_home.get("/api/albums").json() == []
    answer = create(at_home, "Party")
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert "album.create" in answer.json()["message"]
    settings.IMMICH_API_KEY = key_with(sandbox, "album.create")
    assert at_home.get("/api/albums").status_code == 403


def test_a_key_that_is_none(at_home: Client, sandbox: Sandbox, settings: LazySettings) -> None:
    settings.IMMICH_API_KEY = "wrong"
    answer = at_home.get("/api/albums")
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "", "nonsense"])
def test_immich_is_away(at_home: Client, settings: LazySettings, address: str) -> None:
    settings.IMMICH_BASE_URL = address
    for answer in (at_home.get("/api/albums"), create(at_home, "Party")):
        assert (answer.status_code, answer.json()["error"]) == (502, "request_failed")
        assert answer.json()["message"]


def test_a_key_that_can_not_be_read_any_more(
    at_home: Client, host: User, sandbox: Sandbox, settings: LazySettings
) -> None:
    account = ImmichAccount(owner=host, base_url=sandbox.url)
    account.set_api_key(sandbox.api_key)
    account.save()
    settings.SECRET_KEY = "another"
    at_home.force_login(host)
    answer = at_home.get("/api/albums")
    assert (answer.status_code, answer.json()["error"]) == (502, "request_failed")
    assert "enter the Immich key again" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("{}", "missing_name", "name:"),
        ('{"name": null}', "missing_name", "name:"),
        ('{"name": "  "}', "missing_name", "name:"),
        ('{"name": 5}', "invalid_json", "name: expected str"),
        ('{"name": "a\\u0000"}', "invalid_json", "name: it has a character"),
        ('{"name": "\\ud800"}', "invalid_json", "JSON object"),
        ('{"name": "' + "x" * 201 + '"}', "invalid_json", "name: at most 200"),
        ("{", "invalid_json", "JSON object"),
        ("[]", "invalid_json", "JSON object"),
    ],
)
def test_what_makes_no_sense(at_home: Client, sandbox: Sandbox, body: str, code: str, words: str) -> None:
    answer = at_home.post("/api/albums", body, content_type=JSON)
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert words in answer.json()["message"]
    assert sandbox.albums() == []
