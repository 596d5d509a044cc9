"""Answers are read as both versions write them, and doubted when they are neither."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest

from immichdrop.immich import Immich, ImmichError, NotImmich, Version
from immichdrop.immich.answers import Answer, asset
from immichdrop.immich.dialects import Dialect
from tests.immich.scripted import answer, answering, read_request, serving

V1 = Dialect(Version(1, 135, 3))
V2 = Dialect(Version(2, 7, 5))
V3 = Dialect(Version(3, 1, 0))
ALBUM = {"id": "a", "albumName": "Trip", "assetCount": 3}


def test_versions_compare_and_print() -> None:
    assert Version(2, 7, 5) < Version(3, 0, 0) <= Version(3, 1, 0)
    assert str(Version(3, 1, 0)) == "3.1.0"


@pytest.mark.parametrize(
    ("dialect", "fields", "owner"),
    [
        (V1, {"ownerId": "me", "albumUsers": []}, "me"),
        (V2, {"ownerId": "me", "albumUsers": []}, "me"),
        (V3, {"albumUsers": [{"user": {"id": "me"}, "role": "owner"}]}, "me"),
        (V3, {"albumUsers": []}, None),
    ],
)
def test_an_albums_owner(dialect: Dialect, fields: dict[str, object], owner: str | None) -> None:
    album = dialect.album(Answer(ALBUM | fields))

    assert (album.id, album.name, album.asset_count, album.owner_id) == ("a", "Trip", 3, owner)


def test_only_v3_filters_by_name() -> None:
    assert V3.album_filter("Trip") == {"name": "Trip"}
    assert V3.album_filter(None) == {}
    assert V1.album_filter("Trip") == V2.album_filter("Trip") == {}


def test_albums_are_compared_even_if_the_server_did_not_filter() -> None:
    albums = [ALBUM | {"id": "1"}, ALBUM | {"id": "2", "albumName": "trip"}]

    with serving(answering({"major": 3, "minor": 1, "patch": 0}, albums)) as server:
        client = Immich(server.url, "key")
        assert [album.id for album in client.albums("Trip")] == ["1"]
        client.close()


def test_an_asset_that_immich_has_not_read_yet() -> None:
    fields = {
        "id": "a",
        "originalFileName": "a.jpg",
        "type": "IMAGE",
        "checksum": "X4XWZkwAjRWM0+EkqTuMuP5jlsc=",
        "fileCreatedAt": "2021-06-05T12:03:02.123Z",
        "fileModifiedAt": "2021-06-05T12:03:02+00:00",
        "localDateTime": "2021-06-05T14:03:02.123Z",
        "exifInfo": None,
        "isTrashed": True,
    }

    read = asset(Answer(fields))

    assert read.sha1 == "5f85d6664c008d158cd3e124a93b8cb8fe6396c7"
    assert read.file_created_at == datetime(2021, 6, 5, 12, 3, 2, 123_000, tzinfo=UTC)
    assert (read.taken_at, read.size, read.description) == (None, None, "")
    assert read.is_trashed
    assert not read.is_favorite


@pytest.mark.parametrize(
    "body",
    [[], {}, {"id": 5}, {"id": "a", "status": None}, "text", None],
)
def test_other_json_is_not_immichs(body: object) -> None:
    with serving(answering(body)) as server:
        client = Immich(server.url, "key")
        with pytest.raises(NotImmich):
            client.me()
        client.close()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<!doctype html>", "text/html; charset=utf-8"),
        (b'{"res": "pong"}', "text/plain"),
        (b'{"res": "po', "application/json"),
        (b'{"res": "ping"}', "application/json"),
    ],
)
def test_what_is_no_pong(body: bytes, content_type: str) -> None:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        answer(connection, body, content_type=content_type)

    with serving(script) as server, pytest.raises(NotImmich):
        Immich(server.url, "key").ping()


def test_the_version_is_read_once() -> None:
    answers = [{"major": 2, "minor": 7, "patch": 5}, {"major": 3, "minor": 1, "patch": 0, "prerelease": None}]

    with serving(answering(*answers)) as server:
        client = Immich(server.url, "key")
        assert client.version() == client.version() == (2, 7, 5)
        assert client.version(refresh=True) == (3, 1, 0)
        client.close()


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    def endless(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        block = b" " * 1_000_000
        try:
            while True:
                connection.sendall(block)
        except OSError:
            return

    with serving(endless) as server, pytest.raises(ImmichError, match="larger"):
        Immich(server.url, "key").me()
