"""Immich's single sign-on, as its own pages use it: Immich speaks with the identity provider, we carry the answers.

Nothing about it was recorded: paths and fields are those of Immich's OpenAPI descriptions of 2.7.5 and 3.1.0, which
agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from .answers import Answer, Login
from .credentials import Anonymous
from .sessions import login_of
from .transport import CONNECT_TIMEOUT, READ_TIMEOUT, Transport


@dataclass(frozen=True, slots=True)
class LoginWays:
    """How people log in at this server. `oauth_text`: what its button says; empty without OAuth."""

    password: bool
    oauth: bool
    oauth_text: str


def login_ways(
    base_url: str, *, connect_timeout: float = CONNECT_TIMEOUT, read_timeout: float = READ_TIMEOUT
) -> LoginWays:
    """From `/server/features` and `/server/config` (recorded exchanges 039, 041)."""
    transport = Transport(base_url, Anonymous(), connect_timeout=connect_timeout, read_timeout=read_timeout)
    try:
        features = Answer(transport.json("GET", "/server/features"))
        oauth = features.flag("oauth")
        config = Answer(transport.json("GET", "/server/config") if oauth else {})
    finally:
        transport.close()
    return LoginWays(features.flag("passwordLogin"), oauth, config.optional_text("oauthButtonText") or "")


def oauth_address(
    base_url: str,
    redirect_uri: str,
    state: str,
    code_challenge: str,
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
) -> str:
    """Where the person signs in. They come back to `redirect_uri`, which the identity provider has to know.

    `code_challenge` is the SHA-256 of a verifier that only we know, in unpadded base64url (RFC 7636, S256).
    """
    transport = Transport(base_url, Anonymous(), connect_timeout=connect_timeout, read_timeout=read_timeout)
    try:
        body = {"redirectUri": redirect_uri, "state": state, "codeChallenge": code_challenge}
        answer = Answer(transport.json("POST", "/oauth/authorize", body=body, repeatable=False))
    finally:
        transport.close()
    return answer.text("url")


def oauth_login(
    base_url: str,
    url: str,
    state: str,
    code_verifier: str,
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
) -> Login:
    """A new session for whoever came back to `url`, the `redirect_uri` with all that the provider added.

    Immich answers 500 when the provider does not confirm it, and Rejected when it does not know the person.
    """
    transport = Transport(base_url, Anonymous(), connect_timeout=connect_timeout, read_timeout=read_timeout)
    try:
        body = {"url": url, "state": state, "codeVerifier": code_verifier}
        return login_of(Answer(transport.json("POST", "/oauth/callback", body=body, repeatable=False)))
    finally:
        transport.close()
