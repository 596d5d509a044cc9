"""Hosts come in with a local account's e-mail and password, and never leave the site on the way."""

from urllib.parse import unquote

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from immichdrop.models import User

PASSWORD = "correct horse battery"


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org", PASSWORD, is_staff=True)


def login(client: Client, password: str = PASSWORD, email: str = "host@example.org", **more: str):
    return client.post("/login", {"email": email, "password": password}, **more)


def logged_in(client: Client) -> bool:
    return get_user(client).is_authenticated


def test_the_page_opens(client: Client, db: None) -> None:
    answer = client.get("/login")
    assert answer.status_code == 200
    assert 'name="email"' in answer.content.decode()


def test_a_right_password_leads_to_the_links(client: Client, host: User) -> None:
    answer = login(client)
    assert (answer.status_code, answer["Location"]) == (302, "/menu")
    assert logged_in(client)
    assert client.get("/menu").status_code == 200


@pytest.mark.parametrize("email", ["HOST@example.org", "Host@Example.ORG", "  host@example.org "])
def test_an_address_has_no_case(client: Client, host: User, email: str) -> None:
    assert login(client, email=email).status_code == 302


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("host@example.org", "wrong"),
        ("host@example.org", ""),
        ("stranger@example.org", PASSWORD),
        ("", ""),
        ("host@example.org\0", "wrong"),
        ("\0", "\0"),
    ],
)
def test_anything_else_does_not_and_says_no_more(client: Client, host: User, email: str, password: str) -> None:
    answer = login(client, password, email)
    assert answer.status_code == 403
    assert "don’t match" in answer.content.decode()
    assert not logged_in(client)


def test_a_missing_field_is_a_wrong_password(client: Client, host: User) -> None:
    assert client.post("/login", {}).status_code == 403


def test_an_account_that_was_switched_off_stays_out(client: Client, host: User) -> None:
    User.objects.update(is_active=False)
    assert login(client).status_code == 403
    assert not logged_in(client)


def test_a_form_leads_where_the_host_wanted_to_go(client: Client, host: User) -> None:
    page = client.get("/login?next=/admin/invites/invite/").content.decode()
    assert 'name="next" value="/admin/invites/invite/"' in page
    answer = client.post("/login", {"email": host.email, "password": PASSWORD, "next": "/admin/invites/invite/"})
    assert answer["Location"] == "/admin/invites/invite/"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example.net/",
        "//evil.example.net/",
        "///evil.example.net/",
        "/\\evil.example.net/",
        "\\\\evil.example.net",
        "http:evil.example.net",
        "javascript:alert(1)",
        " https://evil.example.net",
        "\thttps://evil.example.net",
    ],
)
@pytest.mark.parametrize("where", ["query", "form"])
def test_next_never_leaves_the_site(client: Client, host: User, wanted: str, where: str) -> None:
    fields = {"email": host.email, "password": PASSWORD}
    if where == "form":
        answer = client.post("/login", {**fields, "next": wanted})
    else:
        answer = client.post("/login", fields, query_params={"next": wanted})
    assert (answer.status_code, answer["Location"]) == (302, "/menu")


def test_the_sixth_wrong_password_has_to_wait_and_nobody_else(client: Client, host: User) -> None:
    for _ in range(5):
        assert login(client, "wrong").status_code == 403
    refused = login(client, "wrong")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 15
    # Not even the right one is looked at now.
    assert login(client).status_code == 429
    assert not logged_in(client)
    assert login(Client(), REMOTE_ADDR="198.51.100.2").status_code == 302


def test_the_admins_own_login_form_is_no_second_door(client: Client, host: User) -> None:
    answer = client.get("/admin/login/", query_params={"next": "/admin/uploads/upload/"})
    assert (answer.status_code, unquote(answer["Location"])) == (302, "/login?next=/admin/uploads/upload/")
    client.post("/admin/login/", {"username": host.email, "password": PASSWORD})
    assert not logged_in(client)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/login?next=")


def test_a_host_who_may_not_use_the_admin_comes_to_the_links(client: Client, db: None) -> None:
    User.objects.create_user("guest@example.org", PASSWORD)
    answer = login(client, email="guest@example.org")
    assert (answer.status_code, answer["Location"]) == (302, "/menu")
    assert client.get("/menu").status_code == 200


def test_a_host_who_may_not_use_the_admin_is_told(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("guest@example.org", PASSWORD))
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "may not use the admin" in answer.content.decode()


def test_logging_in_renames_the_session(client: Client, host: User) -> None:
    client.get("/login")
    session = client.session
    session["seen"] = True
    session.save()
    client.cookies["drop_session"] = session.session_key or ""
    before = client.session.session_key
    login(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_many_accounts_from_one_address_are_braked_as_well(client: Client, host: User) -> None:
    for number in range(30):
        assert login(client, "wrong", f"host{number}@example.org").status_code == 403
    assert login(client).status_code == 429
    assert login(Client(), REMOTE_ADDR="198.51.100.2").status_code == 302


def test_an_account_of_ones_own_buys_no_more_guesses(client: Client, host: User) -> None:
    for number in range(15):
        login(client, "wrong", f"host{number}@example.org")
    assert login(client).status_code == 302
    for number in range(15):
        login(client, "wrong", f"other{number}@example.org")
    assert login(client).status_code == 429


@pytest.mark.parametrize("method", ["get", "post"])
def test_logout_ends_it(client: Client, host: User, method: str) -> None:
    client.force_login(host)
    answer = getattr(client, method)("/logout")
    assert (answer.status_code, answer["Location"]) == (302, "/login")
    assert not logged_in(client)


def test_without_a_public_page_the_front_leads_here(client: Client, db: None, settings: LazySettings) -> None:
    assert client.get("/")["Location"] == "/login"
    settings.PUBLIC_UPLOAD_PAGE_ENABLED = True
    assert client.get("/").status_code == 200


def test_createsuperuser_works_without_questions(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="Admin@Example.org", interactive=False, verbosity=0)
    assert login(client, email="admin@example.org").status_code == 302
    with pytest.raises(CommandError):
        call_command("createsuperuser", interactive=False, verbosity=0)


def test_an_account_needs_an_address(db: None) -> None:
    with pytest.raises(ValueError, match="needs an e-mail address"):
        User.objects.create_user("")
