"""Single sign-on, as a host's browser goes through it, with a stand-in identity provider."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import LazySettings
from django.contrib.auth import get_user
from django.test import Client

from immichdrop import oauth
from immichdrop.models import FailedAttempts, User
from immichdrop.sandbox import Sandbox, running

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[2, 3], ids=["v2", "v3"])
def provider(request: pytest.FixtureRequest, tmp_path: Path, settings: LazySettings) -> Iterator[Sandbox]:
    with running(tmp_path / "immich", api=request.param, oauth=True, password_login=False) as sandbox:
        settings.IMMICH_BASE_URL = sandbox.url
        sandbox.change_account(is_admin=False)
        yield sandbox


def sign_in(client: Client, answer: str = "yes", wanted: str = "") -> str:
    """Path and query that the provider sends the browser back to."""
    address = client.get("/oauth/start", {"next": wanted} if wanted else {})["Location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert query["redirect_uri"] == "http://testserver/oauth/callback"
    page = requests.post(f"{address.split('?')[0]}/answer", {**query, "answer": answer}, allow_redirects=False)
    back = urlsplit(page.headers["location"])
    assert back.netloc == "testserver"
    return f"{back.path}?{back.query}"


def logged_in(client: Client) -> bool:
    return get_user(client).is_authenticated


def test_the_button_is_there_where_immich_has_it(client: Client, provider: Sandbox, tmp_path: Path) -> None:
    html = client.get("/login?next=/account").content.decode()
    assert "Login with OAuth" in html
    assert 'href="/oauth/start?next=%2Faccount"' in html
    assert "Immich account" not in html  # password login is off there


def test_and_not_where_it_is_off(client: Client, sandbox: Sandbox) -> None:
    assert "/oauth/start" not in client.get("/login").content.decode()
    answer = client.get("/oauth/start")
    assert answer.status_code == 403
    assert "did not work" in answer.content.decode()


def test_without_immich_it_says_so(client: Client) -> None:
    answer = client.get("/oauth/start")
    assert answer.status_code == 403
    assert "knows no Immich" in answer.content.decode()


def test_a_host_comes_back_logged_in(client: Client, provider: Sandbox) -> None:
    answer = client.get(sign_in(client))
    assert (answer.status_code, answer["Location"]) == (302, "/menu")
    assert logged_in(client)
    host = User.objects.get()
    assert (host.email, str(host.immich_user_id)) == (provider.email, provider.user_id)
    # As after a password, a key can be made.
    client.post("/account/connect")
    assert len(provider.keys()) == 1
    assert provider.sessions() == 0


def test_and_where_they_wanted_to_go(client: Client, provider: Sandbox) -> None:
    assert client.get(sign_in(client, wanted="/account?x=1"))["Location"] == "/account?x=1"
    assert client.get(sign_in(client, wanted="https://evil.example.net/"))["Location"] == "/menu"


def test_the_public_address_is_where_they_come_back(client: Client, provider: Sandbox, settings: LazySettings) -> None:
    settings.PUBLIC_BASE_URL = "https://drop.example.org"
    address = client.get("/oauth/start")["Location"]
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == ["https://drop.example.org/oauth/callback"]


def test_an_answer_is_good_once(client: Client, provider: Sandbox) -> None:
    back = sign_in(client)
    client.get(back)
    client.post("/logout")
    assert client.get(back).status_code == 403
    assert not logged_in(client)


def test_an_answer_is_good_only_in_the_browser_that_asked(client: Client, provider: Sandbox) -> None:
    back = sign_in(client)
    other = Client()
    answer = other.get(back)
    assert answer.status_code == 403
    assert "begun somewhere else" in answer.content.decode()
    assert not logged_in(other)
    sign_in(other)
    assert other.get(back).status_code == 403  # nor in one that asked something else
    assert provider.sessions() == 0


@pytest.mark.parametrize("query", ["", "?state=", "?code=x", "?state=%00", "?state=ünicode&code=x", "?error=x"])
def test_a_made_up_answer_is_none(client: Client, provider: Sandbox, query: str) -> None:
    sign_in(client)
    answer = client.get(f"/oauth/callback{query}")
    assert answer.status_code == 403
    assert not logged_in(client)
    # Any page could send a host's browser here, which must not keep them out.
    assert not FailedAttempts.objects.exists()


def test_a_wrong_code_is_refused_by_immich(client: Client, provider: Sandbox) -> None:
    state = parse_qs(urlsplit(sign_in(client)).query)["state"][0]
    answer = client.get("/oauth/callback", {"state": state, "code": "made-up"})
    assert answer.status_code == 403
    assert "did not work" in answer.content.decode()


def test_an_answer_that_took_too_long(client: Client, provider: Sandbox) -> None:
    back = sign_in(client)
    session = client.session
    session["oauth"] = {**session["oauth"], "at": session["oauth"]["at"] - oauth.PATIENCE}
    session.save()
    assert client.get(back).status_code == 403


def test_a_host_may_change_their_mind(client: Client, provider: Sandbox) -> None:
    answer = client.get(sign_in(client, "no"))
    assert answer.status_code == 403
    assert "You stopped the sign-in" in answer.content.decode()
    assert not FailedAttempts.objects.exists()


def test_an_immich_that_is_away(client: Client, provider: Sandbox) -> None:
    back = sign_in(client)
    provider.faults.down = True
    assert client.get("/oauth/start").status_code == 503
    answer = client.get(back)
    assert answer.status_code == 503
    assert "can’t be reached" in answer.content.decode()


def test_made_up_codes_are_braked(client: Client, provider: Sandbox) -> None:
    for _ in range(5):
        state = parse_qs(urlsplit(sign_in(client)).query)["state"][0]
        assert client.get("/oauth/callback", {"state": state, "code": "guess"}).status_code == 403
    assert client.get("/oauth/start").status_code == 429
    assert client.get("/oauth/callback?state=guess").status_code == 429


def test_a_local_account_is_not_taken_over_this_way(client: Client, provider: Sandbox) -> None:
    User.objects.create_superuser(provider.email, "correct horse battery")
    assert client.get(sign_in(client)).status_code == 403
    assert provider.sessions() == 0
