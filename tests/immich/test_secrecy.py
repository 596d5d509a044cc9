"""The API key goes to the server and nowhere else."""

from __future__ import annotations

import io
import logging
import socket
import traceback
from datetime import UTC, datetime

import pytest

from immichdrop.immich import AssetUpload, Immich, ImmichError, Login, NotImmich, Unauthorised, User
from tests.immich.scripted import answer, read_request, serving

KEY = "a-very-secret-key"
UPLOAD = AssetUpload("a.jpg", 1, lambda: io.BytesIO(b"x"), datetime.now(UTC), datetime.now(UTC))


def everything_about(error: BaseException) -> str:
    """All that a log, a debugger's page or a report would show."""
    lines = traceback.TracebackException.from_exception(error, capture_locals=False).format(chain=True)
    seen, todo = [], [error]
    while todo:
        current = todo.pop()
        seen += [repr(current), str(current), repr(vars(current)), repr(current.args)]
        todo += [linked for linked in (current.__cause__, current.__context__) if linked]
    return "".join(lines) + "".join(seen)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "not an address", "http://[::1", "ftp://photos"])
def test_not_in_what_goes_wrong_on_the_way(address: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = Immich(address, KEY)

    for attempt in (client.me, lambda: client.upload(UPLOAD)):
        with pytest.raises(ImmichError) as failed:
            attempt()
        assert KEY not in everything_about(failed.value)
    assert KEY not in caplog.text


def test_errors_hold_no_request(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ImmichError) as failed:
        Immich("http://127.0.0.1:9", KEY).me()

    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None


def test_not_in_what_the_server_refuses(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    heads: list[str] = []

    with (
        serving(lambda connection: heads.append(refuse(connection))) as server,
        pytest.raises(Unauthorised) as failed,
    ):
        Immich(server.url, KEY).me()

    assert f"x-api-key: {KEY}" in heads[0]
    assert KEY not in everything_about(failed.value)
    assert KEY not in caplog.text


def refuse(connection: socket.socket) -> str:
    head, _ = read_request(connection)
    answer(connection, {"message": "Invalid API key"}, "401 Unauthorized")
    return head


@pytest.mark.parametrize("key", ["", "   ", f"{KEY}\nX-Other: 1", f"{KEY} {KEY}", f"{KEY}ü", f"{KEY}\x00"])
def test_an_impossible_key_is_refused_without_being_quoted(key: str) -> None:
    with pytest.raises(Unauthorised) as failed:
        Immich("http://127.0.0.1:9", key).me()

    assert KEY not in everything_about(failed.value)


def test_spaces_around_a_pasted_key_do_not_matter() -> None:
    heads: list[str] = []

    with serving(lambda connection: heads.append(refuse(connection))) as server, pytest.raises(Unauthorised):
        Immich(server.url, f" {KEY}\n").me()

    assert f"x-api-key: {KEY}\r\n" in heads[0] + "\r\n"


def test_not_in_a_repr() -> None:
    client = Immich("http://user:password@photos.example/api", KEY)

    assert repr(client) == "<Immich at photos.example>"
    assert KEY not in repr(vars(client))


def test_a_token_is_not_in_a_repr() -> None:
    session = Login(access_token=KEY, user=User("id", "a@b.c", "Ada", is_admin=False))

    assert KEY not in repr(session)


def test_not_sent_to_where_a_redirect_points() -> None:
    def redirect(connection: socket.socket) -> None:
        read_request(connection)
        location = f"Location: {elsewhere.url}/api/users/me\r\n"
        answer(connection, b"", "302 Found", headers=location)

    with serving() as elsewhere, serving(redirect) as server, pytest.raises(NotImmich, match="redirects"):
        Immich(server.url, KEY).me()

    assert elsewhere.connections == 0


def test_not_sent_with_anonymous_questions() -> None:
    heads: list[str] = []

    def pong(connection: socket.socket) -> None:
        heads.append(read_request(connection)[0])
        answer(connection, {"res": "pong"})

    with serving(pong) as server:
        Immich(server.url, KEY).ping()

    assert KEY not in heads[0]
