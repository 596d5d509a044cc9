"""Hosts come in with what they have in Immich: e-mail and password, or an API key."""

import logging
import uuid

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.test import Client

from immichdrop.models import FailedAttempts, ImmichAccount, User
from immichdrop.sandbox import Sandbox
from tests.immichdrop.conftest import Enter

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("sandbox", [2, 3], indirect=True, ids=["v2", "v3"])


def by_password(client: Client, sandbox: Sandbox, password: str | None = None, **fields: str):
    given = {"way": "immich", "email": sandbox.email, "password": password or sandbox.password}
    return client.post("/login", {**given, **fields})


def by_key(client: Client, key: str, **fields: str):
    return client.post("/login", {"way": "key", "key": key, **fields})


def logged_in(client: Client) -> bool:
    return get_user(client).is_authenticated


# --- e-mail and password


@both
def test_a_right_password_makes_a_host(client: Client, sandbox: Sandbox) -> None:
    sandbox.change_account(is_admin=False)
    answer = by_password(client, sandbox)
    assert (answer.status_code, answer["Location"]) == (302, "/menu")
    host = User.objects.get()
    assert (host.email, host.name, host.is_staff) == (sandbox.email, "Admin", False)
    assert str(host.immich_user_id) == sandbox.user_id
    assert not host.has_usable_password()
    assert get_user(client) == host


@both
def test_the_same_person_is_the_same_host_whatever_their_address_is_now(client: Client, sandbox: Sandbox) -> None:
    by_password(client, sandbox)
    first = User.objects.get()
    sandbox.change_account(email="married@example.org")
    by_password(Client(), sandbox)
    again = User.objects.get()
    assert (again.pk, again.email) == (first.pk, "married@example.org")


@both
def test_a_wrong_password_says_no_more_than_an_unknown_address(client: Client, sandbox: Sandbox) -> None:
    wrong = by_password(client, sandbox, "wrong")
    unknown = by_password(client, sandbox, email="stranger@example.org")
    for answer in (wrong, unknown):
        assert answer.status_code == 403
        assert "don’t match" in answer.content.decode()
    assert not logged_in(client)
    assert not User.objects.exists()


@pytest.mark.parametrize("fields", [{"email": ""}, {"email": "\0"}, {"email": "no address"}, {"email": "x" * 5000}])
def test_nonsense_is_a_wrong_password(client: Client, sandbox: Sandbox, fields: dict[str, str]) -> None:
    assert by_password(client, sandbox, **fields).status_code == 403
    assert client.post("/login", {"way": "immich"}).status_code == 403


@both
def test_guessing_is_braked_before_immich_is_asked(client: Client, sandbox: Sandbox) -> None:
    for _ in range(5):
        assert by_password(client, sandbox, "wrong").status_code == 403
    asked = len(sandbox.requests)
    refused = by_password(client, sandbox)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert [seen for seen in sandbox.requests[asked:] if seen.path == "/api/auth/login"] == []


def test_an_immich_that_is_away_is_no_wrong_guess(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.down = True
    for _ in range(6):
        answer = by_password(client, sandbox)
        assert answer.status_code == 503
        assert "can’t be reached" in answer.content.decode()
    assert not FailedAttempts.objects.exists()
    sandbox.faults.down = False
    assert by_password(client, sandbox).status_code == 302


def test_the_page_opens_while_immich_is_away(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.down = True
    page = client.get("/login")
    assert page.status_code == 200
    assert "Immich account" in page.content.decode()


def test_a_local_account_still_gets_in_while_immich_is_away(client: Client, sandbox: Sandbox) -> None:
    User.objects.create_user("host@example.org", "correct horse battery")
    sandbox.faults.down = True
    fields = {"way": "local", "email": "host@example.org", "password": "correct horse battery"}
    assert client.post("/login", fields).status_code == 302


# --- whose account that is here


def test_a_local_account_is_never_taken_over(client: Client, sandbox: Sandbox) -> None:
    User.objects.create_superuser(sandbox.email, "correct horse battery")
    answer = by_password(client, sandbox)
    assert answer.status_code == 403
    assert "local account with your e-mail address" in answer.content.decode()
    assert not logged_in(client)
    assert User.objects.get().immich_user_id is None
    assert sandbox.sessions() == 0  # the session that Immich gave is ended


def test_somebody_elses_host_is_not_taken_over_either(client: Client, sandbox: Sandbox) -> None:
    User.objects.create_user(sandbox.email, immich_user_id=uuid.uuid4())
    assert by_password(client, sandbox).status_code == 403


def test_a_host_an_administrator_made_without_a_password_is_found_by_the_address(
    client: Client, sandbox: Sandbox
) -> None:
    made = User.objects.create_user(sandbox.email.upper())
    by_password(client, sandbox)
    assert User.objects.get() == made
    assert str(User.objects.get().immich_user_id) == sandbox.user_id


def test_a_host_who_was_switched_off_stays_out(client: Client, sandbox: Sandbox) -> None:
    User.objects.create_user("old@example.org", immich_user_id=sandbox.user_id, is_active=False)
    answer = by_password(client, sandbox)
    assert answer.status_code == 403
    assert "switched off" in answer.content.decode()
    assert not logged_in(client)
    assert sandbox.sessions() == 0


def test_rights_follow_immich_both_ways(sandbox: Sandbox, enter: Enter) -> None:
    client = enter(is_admin=True)
    assert client.get("/admin/").status_code == 200
    assert (User.objects.get().is_staff, User.objects.get().is_superuser) == (True, True)
    enter(is_admin=False)
    assert (User.objects.get().is_staff, User.objects.get().is_superuser) == (False, False)
    assert client.get("/admin/").status_code == 302


def test_rights_stay_where_immich_has_no_say(sandbox: Sandbox, enter: Enter, settings: LazySettings) -> None:
    settings.IMMICH_ADMINS_ARE_STAFF = False
    enter(is_admin=True)
    assert not User.objects.get().is_staff
    User.objects.update(is_staff=True)
    enter(is_admin=False)
    assert User.objects.get().is_staff


def test_rights_of_who_has_a_password_here_are_their_own(sandbox: Sandbox, enter: Enter) -> None:
    User.objects.create_superuser("root@example.org", "correct horse battery", immich_user_id=sandbox.user_id)
    enter(is_admin=False)
    assert User.objects.get().is_superuser


# --- API keys


@both
def test_a_key_says_who_its_owner_is(client: Client, sandbox: Sandbox) -> None:
    sandbox.change_account(is_admin=False)
    answer = by_key(client, f" {sandbox.create_key(['user.read'])} ")
    assert (answer.status_code, answer["Location"]) == (302, "/menu")
    assert str(User.objects.get().immich_user_id) == sandbox.user_id
    assert not ImmichAccount.objects.exclude(encrypted_key="").exists()  # the key is not kept


def test_a_key_is_kept_only_if_asked(client: Client, sandbox: Sandbox) -> None:
    sandbox.change_account(is_admin=False)
    key = sandbox.create_key(["user.read", "asset.upload"])
    by_key(client, key, keep="1")
    account = ImmichAccount.objects.of_owner(User.objects.get())
    assert (account.owner, account.api_key) == (User.objects.get(), key)
    assert key not in account.encrypted_key


@both
@pytest.mark.parametrize("key", ["wrong", "", "with\nline", "ünicode", "x" * 5000])
def test_an_unknown_key_is_a_wrong_guess(client: Client, sandbox: Sandbox, key: str) -> None:
    answer = by_key(client, key)
    assert answer.status_code == 403
    assert "doesn’t know this key" in answer.content.decode()
    assert FailedAttempts.objects.exists()


def test_guessing_keys_is_braked(client: Client, sandbox: Sandbox) -> None:
    for number in range(5):
        assert by_key(client, f"guess-{number}", email=f"{number}@example.org").status_code == 403
    assert by_key(client, sandbox.api_key).status_code == 429


@both
def test_a_key_that_cannot_say_whose_it_is(client: Client, sandbox: Sandbox) -> None:
    answer = by_key(client, sandbox.create_key(["asset.upload"]))
    assert answer.status_code == 403
    assert "user.read" in answer.content.decode()


def test_a_small_key_opens_no_admin(client: Client, sandbox: Sandbox) -> None:
    small, whole = sandbox.create_key(["user.read"]), sandbox.api_key
    by_key(client, small)
    assert not User.objects.get().is_staff  # though Immich says administrator
    assert by_key(Client(), whole)["Location"] == "/menu"
    refused = by_key(Client(), small)
    assert refused.status_code == 403
    assert "may not do everything" in refused.content.decode()
    assert User.objects.get().is_staff


def test_keys_wait_for_an_immich_that_is_away(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.down = True
    assert by_key(client, sandbox.api_key).status_code == 503


# --- what is kept of it


@both
def test_the_token_is_never_in_clear_and_ends_with_the_login(
    sandbox: Sandbox, enter: Enter, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client = enter()
        assert sandbox.sessions() == 1
        kept = client.session["immich_session"]
        client.post("/logout")
    assert kept.startswith("gAAAA")  # Fernet's
    assert sandbox.sessions() == 0
    assert not Session.objects.exists()
    assert sandbox.password not in caplog.text + str(kept)


def test_a_dead_immich_keeps_nobody_logged_in(sandbox: Sandbox, enter: Enter) -> None:
    client = enter()
    sandbox.faults.down = True
    assert client.post("/logout")["Location"] == "/login"
    assert not logged_in(client)


def test_logging_in_again_ends_the_session_before(sandbox: Sandbox, enter: Enter) -> None:
    client = enter()
    by_password(client, sandbox)
    assert sandbox.sessions() == 1


def test_who_has_a_key_already_leaves_no_session(sandbox: Sandbox, enter: Enter) -> None:
    client = enter()
    client.post("/account/connect")
    enter()
    assert sandbox.sessions() == 0


# --- the page


def test_without_immich_there_is_one_way(client: Client) -> None:
    html = client.get("/login").content.decode()
    assert "Immich account" not in html
    assert "API key" not in html
    assert by_key(client, "any").status_code == 403  # read as a local login


def test_the_page_offers_each_way(client: Client, sandbox: Sandbox) -> None:
    html = client.get("/login?next=/admin/").content.decode()
    assert "Checked with 127.0.0.1" in html
    assert 'href="?way=local&amp;next=%2Fadmin%2F"' in html
    assert 'name="key"' in client.get("/login?way=key").content.decode()
    assert 'name="password"' in client.get("/login?way=nonsense").content.decode()


def test_next_is_kept_only_within_the_site(client: Client, sandbox: Sandbox) -> None:
    assert "evil" not in client.get("/login?next=https://evil.example.net/").content.decode()
    assert by_password(client, sandbox, next="https://evil.example.net/")["Location"] == "/menu"
