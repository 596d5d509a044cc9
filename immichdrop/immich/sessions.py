"""Sessions: an e-mail and a password instead of an API key, and the keys that are made with them."""

from __future__ import annotations

from collections.abc import Iterable

from .answers import Answer, Login, NewKey, User
from .credentials import Anonymous, Bearer
from .transport import CONNECT_TIMEOUT, READ_TIMEOUT, Transport


def login(
    base_url: str,
    email: str,
    password: str,
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
) -> Login:
    """Check an e-mail and password: a new session. Unauthorised when they don't match.

    Immich keeps the session until `logout`.
    """
    transport = Transport(base_url, Anonymous(), connect_timeout=connect_timeout, read_timeout=read_timeout)
    try:
        body = {"email": email, "password": password}
        answer = Answer(transport.json("POST", "/auth/login", body=body, repeatable=False))
    finally:
        transport.close()
    return login_of(answer)


def logout(
    base_url: str,
    access_token: str,
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
) -> None:
    """End a session made by `login`."""
    transport = Transport(base_url, Bearer(access_token), connect_timeout=connect_timeout, read_timeout=read_timeout)
    try:
        transport.json("POST", "/auth/logout")
    finally:
        transport.close()


def create_key(
    base_url: str,
    access_token: str,
    name: str,
    permissions: Iterable[str],
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
) -> NewKey:
    """A new API key of the session's owner. Invalid when this version of Immich does not know a permission."""
    transport = Transport(base_url, Bearer(access_token), connect_timeout=connect_timeout, read_timeout=read_timeout)
    try:
        body = {"name": name, "permissions": sorted(permissions)}
        answer = Answer(transport.json("POST", "/api-keys", body=body, repeatable=False))
    finally:
        transport.close()
    return NewKey(id=answer.object("apiKey").text("id"), secret=answer.text("secret"))


def login_of(answer: Answer) -> Login:
    """From `/auth/login` (recorded exchange 009), and the same from `/oauth/callback`."""
    return Login(
        access_token=answer.text("accessToken"),
        user=User(
            id=answer.text("userId"),
            email=answer.text("userEmail"),
            name=answer.text("name"),
            is_admin=answer.flag("isAdmin"),
        ),
    )
