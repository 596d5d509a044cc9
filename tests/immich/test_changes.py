"""What the client sends to change, delete, restore and tag assets, and how it reads what comes back."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from immichdrop.immich import Immich, NotFound, NotImmich
from tests.immich.scripted import answer, read_request, serving

ASSET = {
    "id": "a",
    "originalFileName": "a.jpg",
    "type": "IMAGE",
    "checksum": "X4XWZkwAjRWM0+EkqTuMuP5jlsc=",
    "fileCreatedAt": "2021-06-05T12:03:02.123Z",
    "fileModifiedAt": "2021-06-05T12:03:02.000Z",
    "localDateTime": "2021-06-05T14:03:02.123Z",
    "exifInfo": {"description": "hello"},
}


class Conversation:
    """A server that gives these answers; `said` is what it was asked: the request's line and body."""

    def __init__(self, *answers: object) -> None:
        self.said: list[tuple[str, Any]] = []
        self._answers = answers

    def __call__(self, connection: socket.socket) -> None:
        for given in self._answers:
            head, body = read_request(connection)
            self.said.append((head.splitlines()[0].removesuffix(" HTTP/1.1"), json.loads(body) if body else None))
            status, content = given if isinstance(given, tuple) else ("200 OK", given)
            answer(connection, b"" if content is None else content, status)


Talk = Callable[..., tuple[Immich, Conversation]]


@pytest.fixture
def talk() -> Iterator[Talk]:
    """A client, and the server that gives it these answers."""
    open_servers = []

    def start(*answers: object) -> tuple[Immich, Conversation]:
        conversation = Conversation(*answers)
        server = serving(conversation)
        client = Immich(server.__enter__().url, "key")
        open_servers.append((server, client))
        return client, conversation

    yield start
    for server, client in open_servers:
        client.close()
        server.__exit__(None, None, None)


NO_CONTENT = ("204 No Content", None)


def test_an_update_sends_only_what_changes(talk: Talk) -> None:
    client, conversation = talk(ASSET, ASSET)

    assert client.update_asset("a/b", description="hello").description == "hello"
    client.update_asset("a", description="", is_favorite=False)

    assert conversation.said == [
        ("PUT /api/assets/a%2Fb", {"description": "hello"}),
        ("PUT /api/assets/a", {"description": "", "isFavorite": False}),
    ]


def test_several_are_updated_in_one_request(talk: Talk) -> None:
    client, conversation = talk(NO_CONTENT)

    client.update_assets(["a", "b"], description="from Ann")

    assert conversation.said == [("PUT /api/assets", {"ids": ["a", "b"], "description": "from Ann"})]


def test_deleting_is_trashing_unless_forced(talk: Talk) -> None:
    client, conversation = talk(NO_CONTENT, NO_CONTENT)

    client.delete_assets(["a"])
    client.delete_assets(["b"], force=True)

    assert conversation.said == [
        ("DELETE /api/assets", {"ids": ["a"], "force": False}),
        ("DELETE /api/assets", {"ids": ["b"], "force": True}),
    ]


def test_restoring(talk: Talk) -> None:
    client, conversation = talk({"count": 2})

    client.restore(["a", "b"])

    assert conversation.said == [("POST /api/trash/restore/assets", {"ids": ["a", "b"]})]


def test_tags_are_told_by_their_names(talk: Talk) -> None:
    client, conversation = talk([{"id": "2", "value": "Drop/Beach", "name": "Beach"}, {"id": "1", "value": "Drop"}])

    ids = client.upsert_tags(["Drop", "Drop/Beach", "/Drop//Beach/"])

    assert ids == {"Drop": "1", "Drop/Beach": "2", "/Drop//Beach/": "2"}
    assert conversation.said == [("PUT /api/tags", {"tags": ["Drop", "Drop/Beach"]})]


def test_a_tag_that_was_not_answered_is_no_answer(talk: Talk) -> None:
    client, _ = talk([{"id": "1", "value": "Drop"}])

    with pytest.raises(NotImmich):
        client.upsert_tags(["Drop", "Drop/Beach"])


@pytest.mark.parametrize("name", ["", "/", "//"])
def test_a_tag_needs_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        Immich("http://127.0.0.1:1", "key").upsert_tags([name])


def test_tagging_tells_what_became_of_each(talk: Talk) -> None:
    client, conversation = talk(
        [
            {"id": "a", "success": True},
            {"id": "b", "success": False, "error": "duplicate"},
            {"id": "c", "success": False},
        ]
    )

    assert client.tag_assets("t/1", ["a", "b", "a", "c"]) == {"a": None, "b": "duplicate", "c": "unknown"}
    assert conversation.said == [("PUT /api/tags/t%2F1/assets", {"ids": ["a", "b", "c"]})]


@pytest.mark.parametrize(
    ("message", "attempt"),
    [
        ("Not found or no asset.update access", lambda client: client.update_asset("a", description="x")),
        ("Not found or no asset.update access", lambda client: client.update_assets(["a"], description="x")),
        ("Not found or no asset.delete access", lambda client: client.delete_assets(["a"])),
        ("Not found or no asset.delete access", lambda client: client.restore(["a"])),
        ("Not found or no tag.asset access", lambda client: client.tag_assets("t", ["a"])),
        ("Tag not found", lambda client: client.tag_assets("t", ["a"])),
    ],
)
def test_what_is_gone_is_not_found(talk: Talk, message: str, attempt: Callable[[Immich], object]) -> None:
    client, _ = talk(("400 Bad Request", {"message": message}))

    with pytest.raises(NotFound, match=message):
        attempt(client)


def test_nothing_to_do_needs_no_server() -> None:
    client = Immich("http://127.0.0.1:1", "key")

    client.update_assets([], description="x")
    client.delete_assets([], force=True)
    client.restore([])
    assert client.upsert_tags([]) == {}
    assert client.tag_assets("t", []) == {}
