"""Sessions: an e-mail and a password instead of an API key."""

from __future__ import annotations

from .answers import Answer, Login, User
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
    return Login(
        access_token=answer.text("accessToken"),
        user=User(
            id=answer.text("userId"),
            email=answer.text("userEmail"),
            name=answer.text("name"),
            is_admin=answer.flag("isAdmin"),
        ),
    )


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
