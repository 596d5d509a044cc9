"""The sandbox answers as the recorded servers did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from immichdrop.sandbox import Sandbox
from tests.contract.likeness import differences
from tests.contract.recordings import Answer, Exchange, Player, load

VERSIONS = {"v2.7.5": 2, "v3.1.0": 3}
EXCHANGES = {version: load(version) for version in VERSIONS}
_PASSWORD = "immich-admin-pw"

Played = dict[str, tuple[Answer, object]]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Every exchange, played once and in order: what came, and what should have."""
    results: Played = {}
    for version, api in VERSIONS.items():
        folder: Path = tmp_path_factory.mktemp(version)
        for exchange, answer, expected in _play(folder, version, api):
            results[str(exchange)] = answer, expected
    return results


def _play(folder: Path, version: str, api: int) -> Iterator[tuple[Exchange, Answer, object]]:
    sandbox = Sandbox(folder, api=api, password=_PASSWORD)
    sandbox.start()
    try:
        player = Player(sandbox.url, sandbox.email)
        for exchange in EXCHANGES[version]:
            answer = player.play(exchange)
            yield exchange, answer, player.expected(exchange)
    finally:
        sandbox.close()


@pytest.mark.parametrize("exchange", [one for version in VERSIONS for one in EXCHANGES[version]], ids=str)
def test_answers_as_recorded(exchange: Exchange, played: Played) -> None:
    answer, expected = played[str(exchange)]

    assert answer.status == exchange.response["status"], answer.body
    assert answer.content_type == exchange.response.get("content-type", "")
    assert list(differences(expected, answer.body)) == []


def test_both_versions_are_recorded() -> None:
    assert all(len(exchanges) > 200 for exchanges in EXCHANGES.values())
