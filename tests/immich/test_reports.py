"""Whoever wants to know is told of every request: what was asked, how long it took, and what came back."""

from __future__ import annotations

import socket

import pytest

from immichdrop.immich import Immich, Unauthorised, Unavailable
from tests.immich.scripted import Script, answer, answering, read_request, serving

ALBUM = "2f3c8a10-9d1f-4f6e-8a57-0f4be1cd7a11"
ASSET = "11111111-1111-4111-8111-111111111111"
PONG = {"res": "pong"}
Report = tuple[str, float, int | None]


def refusing(connection: socket.socket) -> None:
    read_request(connection)
    answer(connection, {"message": "no"}, status="401 Unauthorized")


def silent(connection: socket.socket) -> None:
    read_request(connection)


def once_then_reset(connection: socket.socket) -> None:
    read_request(connection)
    answer(connection, PONG)
    read_request(connection)


def test_kinds_carry_no_ids() -> None:
    told: list[Report] = []
    added = [{"id": ASSET, "success": True}]
    with serving(answering(PONG, added)) as server:
        client = Immich(f"{server.url}/api/", "key", on_request=lambda *report: told.append(report))
        client.ping()
        client.add_to_album(ALBUM, [ASSET])
        client.close()
    assert [(kind, status) for kind, _, status in told] == [
        ("GET /server/ping", 200),
        ("PUT /albums/{id}/assets", 200),
    ]
    assert all(0 < seconds < 5 for _, seconds, _ in told)


@pytest.mark.parametrize(("script", "error", "status"), [(refusing, Unauthorised, 401), (silent, Unavailable, None)])
def test_refusals_and_silence_are_reported(script: Script, error: type[Exception], status: int | None) -> None:
    told: list[Report] = []
    with serving(script) as server:
        client = Immich(server.url, "key", on_request=lambda *report: told.append(report))
        with pytest.raises(error):
            client.me()
    assert [(kind, came) for kind, _, came in told] == [("GET /users/me", status)]


def test_a_second_try_is_a_request_of_its_own() -> None:
    told: list[Report] = []
    with serving(once_then_reset, answering(PONG)) as server:
        client = Immich(server.url, "key", on_request=lambda *report: told.append(report))
        client.ping()
        client.ping()
        client.close()
    assert [status for _, _, status in told] == [200, None, 200]
