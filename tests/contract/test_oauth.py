"""Single sign-on and keys made with a session, by the descriptions of 2.7.5 and 3.1.0."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from immichdrop.immich import (
    Immich,
    Invalid,
    Rejected,
    Unauthorised,
    Unavailable,
    create_key,
    login,
    login_ways,
    logout,
    oauth_address,
    oauth_login,
)
from immichdrop.sandbox import Sandbox, running

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "https://drop.example.org/oauth/callback"
STATE = "state-of-this-test"


@pytest.fixture(params=[1, 2, 3], ids=lambda api: f"v{api}")
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path, api=request.param, oauth=True) as sandbox:
        yield sandbox


def sign_in(address: str, answer: str = "yes") -> str:
    """The address a person's browser is sent back to."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert query["code_challenge_method"] == "S256"
    page = requests.post(f"{address.split('?')[0]}/answer", {**query, "answer": answer}, allow_redirects=False)
    return page.headers["location"]


def test_the_ways_to_log_in_are_told(provider: Sandbox, tmp_path: Path) -> None:
    ways = login_ways(provider.url)
    assert (ways.password, ways.oauth, ways.oauth_text) == (True, True, "Login with OAuth")
    with running(tmp_path / "other", password_login=False) as other:
        ways = login_ways(other.url)
        assert (ways.password, ways.oauth, ways.oauth_text) == (False, False, "")
        with pytest.raises(Unauthorised):
            login(other.url, other.email, other.password)


def test_a_person_comes_back_logged_in(provider: Sandbox) -> None:
    back = sign_in(oauth_address(provider.url, BACK, STATE, CHALLENGE))
    assert back.startswith(f"{BACK}?code=")
    session = oauth_login(provider.url, back, STATE, VERIFIER)
    assert (session.user.email, session.user.is_admin) == (provider.email, True)
    assert provider.sessions() == 1
    logout(provider.url, session.access_token)
    assert provider.sessions() == 0


def test_a_code_is_good_once(provider: Sandbox) -> None:
    back = sign_in(oauth_address(provider.url, BACK, STATE, CHALLENGE))
    oauth_login(provider.url, back, STATE, VERIFIER)
    with pytest.raises(Unavailable) as refused:
        oauth_login(provider.url, back, STATE, VERIFIER)
    assert refused.value.status == 500


@pytest.mark.parametrize(
    ("state", "verifier", "replace"),
    [("other", VERIFIER, None), (STATE, "w" * 64, None), (STATE, VERIFIER, ("drop.example.org", "evil.example.org"))],
    ids=["state", "verifier", "address"],
)
def test_what_does_not_belong_together_is_refused(
    provider: Sandbox, state: str, verifier: str, replace: tuple[str, str] | None
) -> None:
    back = sign_in(oauth_address(provider.url, BACK, STATE, CHALLENGE))
    with pytest.raises(Unavailable):
        oauth_login(provider.url, back.replace(*replace) if replace else back, state, verifier)
    assert provider.sessions() == 0


def test_missing_fields_are_refused(provider: Sandbox) -> None:
    back = sign_in(oauth_address(provider.url, BACK, STATE, CHALLENGE))
    with pytest.raises(Rejected, match="state is missing"):
        oauth_login(provider.url, back, "", VERIFIER)
    with pytest.raises(Rejected, match="verifier is missing"):
        oauth_login(provider.url, back, STATE, "")
    answer = requests.post(f"{provider.url}/api/oauth/authorize", json={})
    assert answer.status_code == 400


def test_a_person_who_says_no_brings_no_code(provider: Sandbox) -> None:
    assert "error=access_denied" in sign_in(oauth_address(provider.url, BACK, STATE, CHALLENGE), "no")


def test_without_oauth_there_is_none(tmp_path: Path) -> None:
    with running(tmp_path) as sandbox, pytest.raises(Rejected, match="not enabled"):
        oauth_address(sandbox.url, BACK, STATE, CHALLENGE)


def test_a_session_makes_a_key_that_can_revoke_itself(provider: Sandbox) -> None:
    token = login(provider.url, provider.email, provider.password).access_token
    made = create_key(provider.url, token, "Drop", {"user.read", "apiKey.delete"})
    assert made.secret not in repr(made)
    with Immich(provider.url, made.secret) as immich:
        assert immich.permissions() == {"user.read", "apiKey.delete"}
        immich.delete_key(made.id)
        with pytest.raises(Unauthorised):
            immich.me()
    with pytest.raises(Invalid):
        create_key(provider.url, token, "Drop", {"no.such"})
    with pytest.raises(Unauthorised):
        create_key(provider.url, "nobody", "Drop", {"user.read"})
