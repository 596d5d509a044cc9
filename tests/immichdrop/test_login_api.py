"""`POST /api/login` and `/api/logout`: the same accounts and the same brake as the page."""

import pytest
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpResponse
from django.test import Client

from immichdrop.models import User
from immichdrop.sandbox import Sandbox

PASSWORD = "correct horse battery"
JSON = "application/json"


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org", PASSWORD, name="Anna Berg")


def login(client: Client, password: object = PASSWORD, email: object = "host@example.org") -> HttpResponse:
    return client.post("/api/login", {"email": email, "password": password}, content_type=JSON)


def logged_in(client: Client) -> bool:
    return get_user(client).is_authenticated


def test_a_right_password_logs_in(client: Client, host: User) -> None:
    answer = login(client, email=" Host@Example.org ")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ok": True, "userEmail": "host@example.org", "userId": str(host.pk), "name": "Anna Berg", "isAdmin": False},
    )
    assert logged_in(client)
    assert client.get("/api/invites").status_code == 200


def test_a_host_of_immich_keeps_that_id(client: Client, host: User) -> None:
    User.objects.update(immich_user_id="11111111-2222-3333-4444-555555555555", is_staff=True)
    said = login(client).json()
    assert (said["userId"], said["isAdmin"]) == ("11111111-2222-3333-4444-555555555555", True)


def test_the_session_is_another_one_after_login(client: Client, host: User) -> None:
    client.session.save()
    before = client.session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = before
    login(client)
    assert logged_in(client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before


@pytest.mark.parametrize(
    ("email", "password"),
    [("host@example.org", "wrong"), ("stranger@example.org", PASSWORD), ("host@example.org", PASSWORD.upper())],
)
def test_anything_else_does_not_and_says_no_more(client: Client, host: User, email: str, password: str) -> None:
    answer = login(client, password, email)
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})
    assert not logged_in(client)


def test_an_account_that_was_switched_off_stays_out(client: Client, host: User) -> None:
    User.objects.update(is_active=False)
    assert login(client).status_code == 401


@pytest.mark.parametrize(("email", "password"), [("", PASSWORD), ("host@example.org", ""), (None, None)])
def test_both_are_wanted(client: Client, host: User, email: str | None, password: str | None) -> None:
    answer = login(client, password, email)
    assert (answer.status_code, answer.json()["error"]) == (400, "missing_credentials")


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '"text"', "[" * 100_000, "email=host@example.org&password=x", '{"email": "\\ud800"}']
)
def test_no_json_object(client: Client, host: User, body: str) -> None:
    answer = client.post("/api/login", body, content_type=JSON)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"email": 5, "password": "x"}', "email"),
        ('{"email": "a@b.c", "password": ["x"]}', "password"),
        ('{"email": "a\\u0000@b.c", "password": "x"}', "email"),
    ],
)
def test_a_wrong_type_names_its_field(client: Client, host: User, body: str, field: str) -> None:
    answer = client.post("/api/login", body, content_type=JSON)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
    assert answer.json()["message"].startswith(f"{field}: ")


def test_fault_12_guessing_is_braked_here_and_on_the_page_together(client: Client, host: User) -> None:
    for _ in range(3):
        assert login(client, "wrong").status_code == 401
    for _ in range(2):
        assert client.post("/login", {"email": host.email, "password": "wrong"}).status_code == 403
    assert login(client, "wrong").status_code == 429
    answer = login(client)
    assert (answer.status_code, answer.json()) == (429, {"error": "too_many_requests"})
    assert 0 < int(answer["Retry-After"]) <= 15
    assert not logged_in(client)


def test_logout_ends_it(client: Client, host: User) -> None:
    login(client)
    answer = client.post("/api/logout")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert not logged_in(client)
    assert client.post("/api/logout").json() == {"ok": True}


@pytest.mark.parametrize("path", ["/api/login", "/api/logout"])
def test_another_site_can_do_neither(client: Client, host: User, path: str) -> None:
    login(client)
    answer = client.post(path, "{}", content_type=JSON, headers={"Origin": "https://evil.example.net"})
    assert (answer.status_code, answer.json()) == (403, {"error": "foreign_origin"})
    assert logged_in(client)
    assert client.get(path).status_code == 405


def test_with_immichs_password_and_its_session_ends_at_logout(client: Client, db: None, sandbox: Sandbox) -> None:
    answer = login(client, sandbox.password, sandbox.email)
    assert (answer.status_code, answer.json()["userId"]) == (200, sandbox.user_id)
    assert sandbox.sessions() == 1
    client.post("/api/logout")
    assert sandbox.sessions() == 0


def test_an_immich_that_is_away_is_no_wrong_guess(client: Client, db: None, sandbox: Sandbox) -> None:
    sandbox.faults.down = True
    for _ in range(6):
        answer = login(client, sandbox.password, sandbox.email)
        assert (answer.status_code, answer.json()) == (502, {"error": "login_failed"})
