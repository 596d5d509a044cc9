"""A host connects their own Immich: by a key made in their name, or one they paste; and disconnects it."""

import logging

import pytest
from django.conf import LazySettings
from django.test import Client

from immichdrop import hosts
from immichdrop.immich import Immich, Unauthorised
from immichdrop.key_permissions import PERMISSIONS, uses
from immichdrop.models import FailedAttempts, ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests.immichdrop.conftest import Enter

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("sandbox", [2, 3], indirect=True, ids=["v2", "v3"])
PASSWORD = "correct horse battery"


@pytest.fixture
def local(sandbox: Sandbox) -> Client:
    """Logged in with a local account of the same address as in Immich."""
    client = Client()
    client.force_login(User.objects.create_user(sandbox.email, PASSWORD))
    return client


def own() -> ImmichAccount | None:
    return ImmichAccount.objects.connected_of(User.objects.get())


def text_of(client: Client) -> str:
    return client.get("/account").content.decode()


# --- a key made here


@both
def test_a_key_is_made_with_what_is_needed_and_nothing_else(sandbox: Sandbox, enter: Enter) -> None:
    client = enter()
    assert "Connect my library" in text_of(client)
    answer = client.post("/account/connect", follow=True)
    assert answer.redirect_chain == [("/account", 302)]
    assert "Your library is connected" in answer.content.decode()
    account = own()
    assert account is not None
    assert sandbox.keys() == {str(account.immich_key_id): PERMISSIONS}
    with Immich(sandbox.url, account.api_key) as immich:
        assert immich.me().email == sandbox.email
    assert Invite(owner=User.objects.get()).account() == account


def test_the_login_at_immich_ends_with_it(sandbox: Sandbox, enter: Enter) -> None:
    client = enter()
    client.post("/account/connect")
    assert sandbox.sessions() == 0
    assert "immich_session" not in client.session


def test_the_key_is_never_in_clear(sandbox: Sandbox, enter: Enter, caplog: pytest.LogCaptureFixture) -> None:
    client = enter()
    with caplog.at_level(logging.DEBUG):
        client.post("/account/connect")
        page = text_of(client)
    account = own()
    assert account is not None
    assert account.api_key not in account.encrypted_key + caplog.text + page


def test_a_login_that_ended_in_immich_makes_no_key(sandbox: Sandbox, enter: Enter) -> None:
    client = enter()
    sandbox.clear()
    answer = client.post("/account/connect")
    assert answer.status_code == 403
    assert "sign in again" in answer.content.decode()
    assert own() is None


def test_an_immich_that_is_away_makes_no_key_yet(sandbox: Sandbox, enter: Enter) -> None:
    client = enter()
    sandbox.faults.down = True
    assert client.post("/account/connect").status_code == 503
    sandbox.faults.down = False
    client.post("/account/connect")
    assert own() is not None


# --- a key that was pasted


@both
def test_a_pasted_key_is_kept_when_immich_knows_it(sandbox: Sandbox, local: Client) -> None:
    assert "Sign in with Immich" in text_of(local)
    key = sandbox.create_key(["asset.upload", "user.read"])
    assert local.post("/account/connect", {"key": f" {key}\n"}).status_code == 302
    account = own()
    assert account is not None
    assert (account.api_key, account.immich_key_id) == (key, None)
    # From now on this person may also come in through Immich.
    fields = {"way": "immich", "email": sandbox.email, "password": sandbox.password}
    assert Client().post("/login", fields).status_code == 302
    assert User.objects.count() == 1


def test_who_is_logged_in_may_add_immich_by_its_password(sandbox: Sandbox, local: Client) -> None:
    fields = {"way": "immich", "email": sandbox.email, "password": sandbox.password, "next": "/account"}
    assert Client().post("/login", fields).status_code == 403  # but nobody else
    assert local.post("/login", fields).status_code == 302
    host = User.objects.get()
    assert str(host.immich_user_id) == sandbox.user_id
    assert not host.is_staff  # rights of an account with a password are its own
    local.post("/account/connect")
    assert own() is not None


def test_a_friends_key_opens_no_door_here(sandbox: Sandbox) -> None:
    client = Client()
    client.force_login(User.objects.create_user("somebody.else@example.org", PASSWORD))
    client.post("/account/connect", {"key": sandbox.api_key})
    assert own() is not None
    assert User.objects.get().immich_user_id is None


@pytest.mark.parametrize("key", ["wrong", "two words", "x" * 3000])
def test_an_unknown_key_is_not_kept(sandbox: Sandbox, local: Client, key: str) -> None:
    answer = local.post("/account/connect", {"key": key})
    assert answer.status_code == 403
    assert "doesn’t know this key" in answer.content.decode()
    assert own() is None
    assert FailedAttempts.objects.exists()


def test_guessing_keys_is_braked_here_too(sandbox: Sandbox, local: Client) -> None:
    for number in range(5):
        local.post("/account/connect", {"key": f"guess-{number}"})
    assert local.post("/account/connect", {"key": sandbox.api_key}).status_code == 429


def test_nothing_given_connects_nothing(sandbox: Sandbox, local: Client) -> None:
    assert local.post("/account/connect").status_code == 403
    assert own() is None


def test_without_an_immich_there_is_nothing_to_connect(client: Client, settings: LazySettings) -> None:
    client.force_login(User.objects.create_user("host@example.org", PASSWORD))
    assert "knows no Immich yet" in text_of(client)
    assert client.post("/account/connect", {"key": "any"}).status_code == 403


# --- what the page says


@both
def test_the_page_says_what_is_allowed_and_what_a_missing_permission_means(sandbox: Sandbox, local: Client) -> None:
    local.post("/account/connect", {"key": sandbox.create_key(["asset.upload", "user.read"])})
    html = text_of(local)
    assert html.count(">Allowed<") == 2
    assert html.count(">Missing<") == len(uses(of_server=False)) - 2
    assert "Files arrive in Immich, but in no album." in html
    assert sandbox.email in html


@pytest.mark.parametrize("trouble", ["away", "revoked", "secret"])
def test_the_page_says_why_it_cannot_tell(
    sandbox: Sandbox, local: Client, settings: LazySettings, trouble: str
) -> None:
    local.post("/account/connect", {"key": sandbox.create_key(["asset.upload"])})
    expected = {"away": "can’t be reached", "revoked": "doesn’t take this key", "secret": "can’t be read any more"}
    if trouble == "away":
        sandbox.faults.down = True
    elif trouble == "revoked":
        sandbox.clear()
    else:
        ImmichAccount.objects.update(encrypted_key="gAAAA-of-another-secret")
    answer = local.get("/account")
    assert answer.status_code == 200
    assert expected[trouble] in answer.content.decode()
    assert ("Give it another key" in answer.content.decode()) == (trouble != "away")


def test_a_key_that_can_be_read_no_more_is_replaced(sandbox: Sandbox, local: Client) -> None:
    local.post("/account/connect", {"key": sandbox.create_key(["asset.upload"])})
    ImmichAccount.objects.update(encrypted_key="gAAAA-of-another-secret", pause="quota")
    local.post("/account/connect", {"key": sandbox.api_key})
    account = own()
    assert account is not None
    assert (account.api_key, account.pause) == (sandbox.api_key, "unauthorised")  # probed each minute


# --- disconnecting


@both
def test_a_key_made_here_is_revoked_in_immich(sandbox: Sandbox, enter: Enter) -> None:
    client = enter()
    client.post("/account/connect")
    account = own()
    assert account is not None
    key = account.api_key
    answer = client.post("/account/disconnect", follow=True)
    assert "revoked in Immich as well" in answer.content.decode()
    assert sandbox.keys() == {}
    assert own() is None
    with pytest.raises(Unauthorised), Immich(sandbox.url, key) as immich:
        immich.me()
    assert Invite(owner=User.objects.get()).account() == ImmichAccount.objects.environment()


def test_a_pasted_key_stays_in_immich_and_the_host_is_told(sandbox: Sandbox, local: Client) -> None:
    local.post("/account/connect", {"key": sandbox.create_key(["asset.upload"])})
    answer = local.post("/account/disconnect", follow=True)
    assert "please delete it in Immich" in answer.content.decode()
    assert len(sandbox.keys()) == 1
    assert own() is None


def test_an_immich_that_is_away_keeps_nobody_connected(sandbox: Sandbox, enter: Enter) -> None:
    client = enter()
    client.post("/account/connect")
    sandbox.faults.down = True
    answer = client.post("/account/disconnect", follow=True)
    assert "please delete it in Immich" in answer.content.decode()
    assert own() is None


def test_disconnecting_nothing_is_nothing(sandbox: Sandbox, local: Client) -> None:
    answer = local.post("/account/disconnect", follow=True)
    assert "Disconnected" not in answer.content.decode()


def test_connecting_again_goes_on_with_the_same_row(sandbox: Sandbox, local: Client) -> None:
    """What waited for the account is delivered with the new key."""
    local.post("/account/connect", {"key": sandbox.api_key})
    before = own()
    local.post("/account/disconnect")
    local.post("/account/connect", {"key": sandbox.api_key})
    assert own() == before


def test_a_pasted_key_replaces_and_revokes_one_made_here(sandbox: Sandbox, enter: Enter) -> None:
    client = enter()
    client.post("/account/connect")
    key = sandbox.create_key(["asset.upload"])
    client.post("/account/connect", {"key": key})
    assert list(sandbox.keys().values()) == [frozenset({"asset.upload"})]
    account = own()
    assert account is not None
    assert account.api_key == key


# --- whose key serves


def test_without_the_servers_key_hosts_connect_theirs_first(
    sandbox: Sandbox, local: Client, settings: LazySettings
) -> None:
    host = User.objects.get()
    assert hosts.may_make_links(host)
    settings.ALLOW_SERVER_KEY = False
    assert not hosts.may_make_links(host)
    assert "as soon as your own library is connected" in text_of(local)
    local.post("/account/connect", {"key": sandbox.api_key})
    assert hosts.may_make_links(host)


def test_files_of_links_they_have_all_the_same_wait_for_them(
    sandbox: Sandbox, local: Client, settings: LazySettings
) -> None:
    settings.ALLOW_SERVER_KEY = False
    link = Invite(owner=User.objects.get())
    waiting = link.account()
    assert waiting != ImmichAccount.objects.environment()
    assert (waiting.api_key, waiting.connected) == ("", False)
    assert link.account() == waiting
    local.post("/account/connect", {"key": sandbox.api_key})
    assert link.account() == waiting
    assert link.account().api_key == sandbox.api_key
    assert Invite(owner=None).account() == ImmichAccount.objects.environment()


# --- strangers


@pytest.mark.parametrize("path", ["/account", "/account/connect", "/account/disconnect"])
def test_a_stranger_is_asked_to_log_in(client: Client, path: str) -> None:
    answer = client.get(path) if path == "/account" else client.post(path, {"key": "any"})
    assert (answer.status_code, answer["Location"]) == (302, f"/login?next={path}")


def test_a_host_sees_and_changes_only_their_own(sandbox: Sandbox, local: Client) -> None:
    local.post("/account/connect", {"key": sandbox.api_key})
    other = Client()
    other.force_login(User.objects.create_user("other@example.org", PASSWORD))
    assert sandbox.email not in other.get("/account").content.decode()
    other.post("/account/disconnect")
    assert ImmichAccount.objects.filter(connected=True, owner__email=sandbox.email).exists()


@pytest.mark.parametrize("path", ["/account/connect", "/account/disconnect"])
def test_a_foreign_page_can_not_do_it(local: Client, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = local.cookies
    assert strict.post(path, {"key": "any"}).status_code == 403
    assert local.get(path).status_code == 405
