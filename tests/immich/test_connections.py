"""Connections that die, stall, or are answered too early."""

from __future__ import annotations

import io
import socket
import threading
from datetime import UTC, datetime

import pytest

from immichdrop.immich import AssetUpload, FileUnreadable, Immich, Invalid, TooLarge, Unauthorised, Unavailable
from tests.immich.scripted import Script, answer, answering, read_request, serving

PONG = {"res": "pong"}
VERSION = {"major": 3, "minor": 1, "patch": 0}
CREATED = {"id": "11111111-1111-4111-8111-111111111111", "status": "created"}
MOMENT = datetime(2021, 6, 5, tzinfo=UTC)


def upload_of(size: int) -> AssetUpload:
    return AssetUpload("a.jpg", size, lambda: io.BytesIO(bytes(size)), MOMENT, MOMENT)


def once_then_reset(connection: socket.socket) -> None:
    """Answer one request; close without a word when the next one comes."""
    read_request(connection)
    answer(connection, PONG)
    read_request(connection)


def reset_at_once(connection: socket.socket) -> None:
    read_request(connection)


def test_a_reused_connection_that_dies_is_no_failure() -> None:
    with serving(once_then_reset, answering(CREATED)) as server:
        client = Immich(server.url, "key")
        client.ping()

        assert client.upload(upload_of(10)).id == CREATED["id"]
        assert server.connections == 2
        client.close()


def test_the_whole_file_is_sent_again() -> None:
    bodies: list[bytes] = []
    progress: list[int] = []

    def take(connection: socket.socket) -> None:
        bodies.append(read_request(connection)[1])
        answer(connection, CREATED)

    upload = AssetUpload("a.jpg", 5, lambda: io.BytesIO(b"whole"), MOMENT, MOMENT, on_progress=progress.append)
    with serving(once_then_reset, take) as server:
        client = Immich(server.url, "key")
        client.ping()
        client.upload(upload)

    assert b"\r\n\r\nwhole\r\n--" in bodies[0]
    assert progress == [5, 5]


def test_a_fresh_connection_that_dies_is_a_failure() -> None:
    with serving(once_then_reset, reset_at_once, answering(PONG)) as server:
        client = Immich(server.url, "key")
        client.ping()

        with pytest.raises(Unavailable, match="lost"):
            client.ping()
        assert server.connections == 2


def test_a_first_connection_that_dies_is_a_failure() -> None:
    with serving(reset_at_once, answering(PONG)) as server:
        with pytest.raises(Unavailable):
            Immich(server.url, "key").ping()
        assert server.connections == 1


def test_an_album_is_never_made_twice() -> None:
    """Names are not unique: a second request could make a second album."""

    def version_then_reset(connection: socket.socket) -> None:
        read_request(connection)
        answer(connection, VERSION)
        read_request(connection)

    with serving(version_then_reset, answering({})) as server:
        with pytest.raises(Unavailable):
            Immich(server.url, "key").create_album("Trip")
        assert server.connections == 1


@pytest.mark.parametrize(("status", "error"), [("413 Payload Too Large", TooLarge), ("401 Unauthorized", Unauthorised)])
def test_an_answer_before_the_end_of_the_body_is_heard(status: str, error: type[Exception]) -> None:
    def refuse_early(connection: socket.socket) -> None:
        connection.recv(1000)
        answer(connection, b"<html>", status, content_type="text/html")
        # Closing with unread bytes resets what the client is still sending.

    with serving(refuse_early) as server, pytest.raises(error):
        Immich(server.url, "key").upload(upload_of(50_000_000))


def test_a_slow_reader_gets_more_time_than_a_connection() -> None:
    """A disk that stalls behind Immich must not end an upload after the connect timeout."""
    never = threading.Event()

    def read_late(connection: socket.socket) -> None:
        never.wait(0.3)
        read_request(connection)
        answer(connection, CREATED)

    with serving(read_late) as server:
        client = Immich(server.url, "key", connect_timeout=0.1)
        assert client.upload(upload_of(20_000_000)).id == CREATED["id"]


def test_silence_ends_after_the_read_timeout() -> None:
    heard = threading.Event()

    def keep_silent(connection: socket.socket) -> None:
        read_request(connection)
        heard.wait(5)

    with serving(keep_silent) as server:
        with pytest.raises(Unavailable, match="in time"):
            Immich(server.url, "key", read_timeout=0.1).ping()
        heard.set()


def test_an_answer_that_breaks_off_is_unavailable() -> None:
    def break_off(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")

    with serving(break_off) as server, pytest.raises(Unavailable):
        Immich(server.url, "key").me()


def test_a_download_that_breaks_off_is_unavailable() -> None:
    def break_off(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 100\r\n\r\nhalf")

    target = io.BytesIO()
    with serving(break_off) as server, pytest.raises(Unavailable):
        Immich(server.url, "key").original(CREATED["id"]).save(target)


def test_a_file_that_fails_is_not_the_networks_fault() -> None:
    with serving(answering(PONG), answering(PONG)) as server:
        client = Immich(server.url, "key")
        client.ping()
        with pytest.raises(FileUnreadable):
            client.upload(AssetUpload("a.jpg", 10, lambda: io.BytesIO(b"short"), MOMENT, MOMENT))
        # The half-sent request took its connection with it.
        client.ping()
        client.close()


def saying(*answers: tuple[str, object]) -> Script:
    """These statuses and bodies, on one connection."""

    def script(connection: socket.socket) -> None:
        for status, body in answers:
            read_request(connection)
            answer(connection, body, status)

    return script


def test_refused_fields_are_sent_again_after_asking_for_the_version() -> None:
    """The server may have been updated since."""
    refusal = "400 Bad Request", {"message": "Validation failed", "errors": []}

    with serving(saying(refusal, ("200 OK", VERSION), ("201 Created", CREATED))) as server:
        client = Immich(server.url, "key")
        assert client.upload(upload_of(3)).id == CREATED["id"]
        assert client.version() == (3, 1, 0)


def test_fields_refused_twice_are_refused() -> None:
    refusal = "400 Bad Request", {"message": ["deviceId must be a string"]}

    with serving(saying(refusal, ("200 OK", VERSION), refusal)) as server:
        with pytest.raises(Invalid, match="deviceId must be a string"):
            Immich(server.url, "key").upload(upload_of(3))
        assert server.connections == 1
