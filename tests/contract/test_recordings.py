"""The sandbox answers as the recorded servers did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from immichdrop.sandbox import Sandbox
from tests.contract.likeness import differences
from tests.contract.recordings import Answer, Exchange, Player, load

# API 1 was not recorded: it is held to what v2 answered, but for the version itself.
VERSIONS = {1: "v2.7.5", 2: "v2.7.5", 3: "v3.1.0"}
EXCHANGES = {api: load(version) for api, version in VERSIONS.items()}
_TELL_THE_VERSION = {"server-version", "server-about"}
# By then Immich had run the job that removes what was deleted by force.
_AFTER_JOBS = {222, 462, 466}
# By then it had scanned the library.
_AFTER_SCAN = {344}
# By then Immich had measured these.
_MEASURED = {199, 200, 201, 300}
# A list names one asset of a link, the earliest by dates that are in the files.
_BY_DATE_IN_FILE = {385, 438}
_PASSWORD = "immich-admin-pw"

Played = dict[tuple[int, str], tuple[Answer, object]]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Every exchange, played once and in order: what came, and what should have."""
    results: Played = {}
    for api in VERSIONS:
        folder: Path = tmp_path_factory.mktemp(f"v{api}")
        for exchange, answer, expected in _play(folder, api):
            results[api, str(exchange)] = answer, expected
    return results


def _play(folder: Path, api: int) -> Iterator[tuple[Exchange, Answer, object]]:
    sandbox = Sandbox(folder, api=api, password=_PASSWORD, scans_after=None)
    sandbox.start()
    try:
        player = Player(sandbox.url, sandbox.email)
        for exchange in EXCHANGES[api]:
            if exchange.number in _AFTER_JOBS:
                sandbox.run_jobs()
            if exchange.number in _AFTER_SCAN:
                sandbox.run_scans()
            answer = player.play(exchange)
            yield exchange, answer, player.expected(exchange)
    finally:
        sandbox.close()


@pytest.mark.parametrize(
    ("api", "exchange"),
    [
        pytest.param(api, one, id=f"api{api}-{one}")
        for api in VERSIONS
        for one in EXCHANGES[api]
        if api != 1 or one.name not in _TELL_THE_VERSION
    ],
)
def test_answers_as_recorded(api: int, exchange: Exchange, played: Played) -> None:
    answer, expected = played[api, str(exchange)]

    assert answer.status == exchange.response["status"], answer.body
    assert answer.content_type == exchange.response.get("content-type", "")
    found = list(differences(expected, answer.body))
    if exchange.number in _MEASURED:
        found = [line for line in found if not line.startswith(".duration:")]
    if exchange.number in _BY_DATE_IN_FILE:
        found = [line for line in found if ".assets[0]." not in line]
    assert found == []


def test_both_versions_are_recorded() -> None:
    assert all(len(exchanges) > 200 for exchanges in EXCHANGES.values())
