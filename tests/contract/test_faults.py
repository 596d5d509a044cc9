"""The sandbox's troubles: each does what it says, to the requests it is for, as often as it shall."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from immichdrop.immich import Immich, ImmichError, Unavailable
from immichdrop.sandbox import Faults, FaultsError, Hits, Sandbox
from tests.contract.conftest import sha1, unique_bytes, upload_of

# The same for every version.
pytestmark = pytest.mark.parametrize("sandbox", ["v3"], indirect=True)
UPLOADS = ("POST /api/assets",)
STORED = {"reset_before": 0, "error_before": 0, "reset_body": 0, "error_after": 1, "reset_after": 1}
SetFaults = Callable[..., requests.Response]


@pytest.fixture
def set_faults(sandbox: Sandbox) -> SetFaults:
    def post(**faults: object) -> requests.Response:
        return requests.post(f"{sandbox.url}/sandbox/faults", json=faults, timeout=10)

    return post


@pytest.mark.parametrize("name", STORED)
def test_each_spoils_an_upload_in_its_way(sandbox: Sandbox, client: Immich, name: str) -> None:
    data = unique_bytes() + bytes(3_000_000)
    setattr(sandbox.faults, name, Hits(count=1, on=UPLOADS))

    with pytest.raises(Unavailable) as failed:
        client.upload(upload_of(data))

    assert failed.value.status == (503 if name.startswith("error") else None)
    assert len(sandbox.assets()) == STORED[name]
    assert list((sandbox.directory / "incoming").iterdir()) == []
    assert client.upload(upload_of(data)).duplicate == bool(STORED[name])
    assert [asset.size for asset in sandbox.assets()] == [len(data)]


@pytest.mark.parametrize("name", ["reset_before", "reset_after"])
def test_a_reset_is_one(sandbox: Sandbox, name: str) -> None:
    """Not the polite end that `down` gives to a request that was read whole."""
    setattr(sandbox.faults, name, Hits())
    host, port = sandbox.url.removeprefix("http://").split(":")

    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET /api/server/ping HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_a_request_without_a_body_is_reset_as_well(sandbox: Sandbox, client: Immich) -> None:
    sandbox.faults.reset_body = Hits()

    with pytest.raises(Unavailable):
        client.ping()


def test_only_the_requests_it_is_for(sandbox: Sandbox, client: Immich) -> None:
    sandbox.faults.error_before = Hits(on=("PUT /api/albums/*/assets", "* /api/users/me"))
    album = client.create_album("Trip")
    asset_id = client.upload(upload_of(unique_bytes())).id

    with pytest.raises(Unavailable):
        client.add_to_album(album.id, [asset_id])
    with pytest.raises(Unavailable):
        client.me()
    assert sandbox.faults.error_before.struck == 2
    assert requests.get(sandbox.url, timeout=10).ok


@pytest.mark.parametrize(
    ("status", "retry_after", "told"), [(503, 7, 7.0), (429, 7, 7.0), (500, 7, None), (503, None, None)]
)
def test_the_answer_tells_when_to_come_again(
    sandbox: Sandbox, client: Immich, status: int, retry_after: int | None, told: float | None
) -> None:
    sandbox.faults.error_before = Hits()
    sandbox.faults.status, sandbox.faults.retry_after = status, retry_after

    with pytest.raises(Unavailable) as failed:
        client.me()

    assert (failed.value.status, failed.value.retry_after) == (status, told)


def test_what_is_forgotten_was_promised(sandbox: Sandbox, client: Immich) -> None:
    data = unique_bytes()
    sandbox.faults.forgetting = Hits(count=1)

    promised = client.upload(upload_of(data))

    assert not promised.duplicate
    assert client.bulk_check({"it": sha1(data)}) == {"it": None}
    kept = client.upload(upload_of(data))
    assert not kept.duplicate
    assert kept.id != promised.id
    assert client.upload(upload_of(data)).id == kept.id
    assert list(sandbox.directory.glob("originals/*")) == [sandbox.assets()[0].path]


def test_a_duplicate_is_not_forgotten(sandbox: Sandbox, client: Immich) -> None:
    data = unique_bytes()
    client.upload(upload_of(data))
    sandbox.faults.forgetting = Hits()

    client.upload(upload_of(data))

    assert sandbox.faults.forgetting.struck == 0
    assert len(sandbox.assets()) == 1


def attempts(sandbox: Sandbox, number: int = 60) -> list[int | None]:
    """The status each of so many requests failed with; 0 for none.

    On connections of their own: a reset one that was used before is tried again by the client.
    """
    outcomes: list[int | None] = []
    for _ in range(number):
        with Immich(sandbox.url, sandbox.api_key) as client:
            try:
                client.me()
                outcomes.append(0)
            except ImmichError as error:
                outcomes.append(error.status)
    return outcomes


def test_flaky_is_a_share_and_the_same_again(sandbox: Sandbox) -> None:
    outcomes = []
    for seed in (4, 4, 5):
        sandbox.faults.flaky = Hits(share=0.3, seed=seed)
        outcomes.append(attempts(sandbox))
        assert outcomes[-1].count(0) == 60 - sandbox.faults.flaky.struck

    once, again, otherwise = outcomes
    assert once == again != otherwise
    assert {0, None, 503} == set(once)
    assert 30 <= once.count(0) <= 54


def test_faults_work_together(sandbox: Sandbox, client: Immich) -> None:
    sandbox.faults.error_before = Hits(count=1)
    sandbox.faults.error_after = Hits(count=1)
    sandbox.faults.forgetting = Hits(count=1)
    data = unique_bytes()
    outcomes: list[bool | None] = []

    for _ in range(3):
        try:
            outcomes.append(client.upload(upload_of(data)).duplicate)
        except Unavailable:
            outcomes.append(None)

    # Refused; stored, forgotten and refused; stored.
    assert outcomes == [None, None, False]


def test_latency_alone_is_no_failure(sandbox: Sandbox, client: Immich) -> None:
    sandbox.faults.latency = 0.05

    client.ping()


def test_requests_wait_side_by_side(sandbox: Sandbox) -> None:
    sandbox.faults.latency = 0.5

    def ask(_: int) -> None:
        with Immich(sandbox.url, sandbox.api_key) as client:
            client.ping()

    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))

    assert 0.5 <= time.monotonic() - start < 7 * 0.5


def test_only_some_are_late(sandbox: Sandbox, client: Immich) -> None:
    sandbox.faults.latency, sandbox.faults.late = 60, Hits(count=1, on=UPLOADS)
    impatient = Immich(sandbox.url, sandbox.api_key, read_timeout=0.2)

    client.ping()
    with pytest.raises(Unavailable, match="in time"):
        impatient.upload(upload_of(unique_bytes()))
    client.upload(upload_of(unique_bytes()))


def test_faults_can_be_set_from_outside(sandbox: Sandbox, client: Immich, set_faults: SetFaults) -> None:
    told = set_faults(down=True, error_before={"count": 1, "on": ["* /api/users/me"]}, retry_after=3).json()

    assert told["down"] is True
    assert told["error_before"] == {"share": 1.0, "count": 1, "on": ["* /api/users/me"], "seed": 0, "struck": 0}
    with pytest.raises(Unavailable):
        client.ping()
    assert set_faults(down=None).json() == told | {"down": False}
    with pytest.raises(Unavailable) as failed:
        client.me()
    assert failed.value.retry_after == 3
    assert requests.get(f"{sandbox.url}/sandbox/faults", timeout=10).json()["error_before"]["struck"] == 1
    assert requests.delete(f"{sandbox.url}/sandbox/faults", timeout=10).json() == Faults().to_json()
    client.me()


@pytest.mark.parametrize(
    "wrong",
    [
        {"fire": True},
        {"latency": "long"},
        {"down": 1},
        {"retry_after": True},
        {"flaky": 0.5},
        {"flaky": {"shares": 0.5}},
        {"flaky": {"share": 1.5}},
        {"flaky": {"count": -1}},
        {"flaky": {"on": ["/api/assets"]}},
        {"flaky": {"on": "POST /api/assets"}},
    ],
    ids=str,
)
def test_what_can_not_be_set_is_refused_whole(
    sandbox: Sandbox, set_faults: SetFaults, wrong: dict[str, object]
) -> None:
    answer = set_faults(latency=3, **wrong) if "latency" not in wrong else set_faults(down=True, **wrong)

    assert answer.status_code == 400
    assert answer.json()["message"]
    assert sandbox.faults == Faults()


@pytest.mark.parametrize("body", ["", "[]", "nonsense", '"down"'])
def test_a_body_is_an_object(sandbox: Sandbox, body: str) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/faults", data=body, timeout=10)

    assert answer.status_code == 400
    with pytest.raises(FaultsError, match="object"):
        Faults().change_as(body)


def test_clearing_ends_all_trouble(sandbox: Sandbox) -> None:
    sandbox.faults.change({name: {} for name in STORED} | {"down": True, "latency": 1, "status": 500})

    sandbox.clear()

    assert sandbox.faults == Faults()
