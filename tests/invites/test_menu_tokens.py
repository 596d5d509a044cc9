"""`/menu/tokens` and the tokens in the admin: made, shown once, revoked."""

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from immichdrop.models import User
from invites import tokens
from invites.api_tokens import Scope, hash_of
from invites.models import ApiToken

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"drop_[A-Za-z0-9_-]{43}")
SAID = {"name": "iPhone", "may_files": "on", "may_links": "on", "album_name": "Phone", "expires_at": "2999-05-01"}


@pytest.fixture
def host(client: Client) -> User:
    host = User.objects.create_user("ada@example.org")
    client.force_login(host)
    return host


def test_a_token_is_made_and_shown_once(client: Client, host: User) -> None:
    page = client.post("/menu/tokens", {**SAID, "time_zone": "America/New_York"})
    (secret,) = set(SECRET.findall(page.content.decode()))
    token = ApiToken.objects.get()
    assert (token.owner, token.secret_hash, token.album_name) == (host, hash_of(secret), "Phone")
    assert token.scopes == [Scope.FILES, Scope.LINKS]
    assert token.expires_at == datetime.fromisoformat("2999-05-02T00:00:00-04:00")
    assert page["Cache-Control"] == "no-store"
    assert "iPhone" in client.get("/menu/tokens").content.decode()
    assert not SECRET.search(client.get("/menu/tokens").content.decode())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "What is it for?"),
        ({"name": "x" * 101}, "At most 100"),
        ({"may_files": "", "may_links": ""}, "Choose what it may do."),
        ({"album_name": "x" * 201}, "At most 200"),
        ({"expires_at": "soon"}, "A date such as"),
    ],
)
def test_what_makes_no_sense_is_said(client: Client, host: User, changes: dict[str, str], words: str) -> None:
    page = client.post("/menu/tokens", {name: said for name, said in {**SAID, **changes}.items() if said})
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not SECRET.search(page.content.decode())
    assert not ApiToken.objects.all()


def test_a_token_is_revoked(client: Client, host: User) -> None:
    token, _ = tokens.create_token(host, "Old phone", [Scope.FILES])
    answer = client.post(f"/menu/tokens/{token.pk}/revoke", follow=True)
    assert "Revoked" in answer.content.decode()
    assert "Old phone" not in client.get("/menu/tokens").content.decode()
    token.refresh_from_db()
    assert token.state == "revoked"


def test_another_hosts_are_like_ones_that_are_not_there(client: Client, host: User) -> None:
    theirs, _ = tokens.create_token(User.objects.create_user("eve@example.org"), "Secret project", [Scope.FILES])
    assert "Secret project" not in client.get("/menu/tokens").content.decode()
    assert client.post(f"/menu/tokens/{theirs.pk}/revoke").status_code == 404
    assert client.get(f"/menu/tokens/{theirs.pk}/revoke").status_code == 405
    theirs.refresh_from_db()
    assert theirs.state == "active"


def test_where_hosts_find_them(client: Client, host: User) -> None:
    for path in ("/menu", "/account"):
        assert 'href="/menu/tokens"' in client.get(path).content.decode()


def test_in_the_admin(admin_client: Client) -> None:
    add = reverse("admin:invites_apitoken_add")
    answer = admin_client.post(add, {"name": "Scanner", "may_files": "on"}, follow=True)
    (secret,) = set(SECRET.findall(answer.content.decode()))
    token = ApiToken.objects.get()
    assert (token.owner, token.secret_hash, token.scopes) == (None, hash_of(secret), [Scope.FILES])
    assert "Choose what" in admin_client.post(add, {"name": "Nothing"}).content.decode()
    change = reverse("admin:invites_apitoken_change", args=[token.pk])
    assert not SECRET.search(admin_client.get(change).content.decode())
    admin_client.post(change, {"name": "Scanner", "may_files": "on", "may_invites": "on", "album_name": "Scans"})
    token.refresh_from_db()
    assert (token.scopes, token.album_name, token.secret_hash) == (
        [Scope.FILES, Scope.INVITES],
        "Scans",
        hash_of(secret),
    )
    chosen = {"action": "revoke", "_selected_action": [token.pk]}
    assert b"1 revoked" in admin_client.post(reverse("admin:invites_apitoken_changelist"), chosen, follow=True).content
    token.refresh_from_db()
    assert token.state == "revoked"
