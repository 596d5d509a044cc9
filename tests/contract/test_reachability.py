"""What the client says of a server that is not there, not Immich, or not in time."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from immichdrop.immich import Immich, ImmichError, NotImmich, Unavailable
from immichdrop.sandbox import Sandbox
from tests.contract.conftest import unique_bytes, upload_of

# The same for every version.
pytestmark = pytest.mark.parametrize("sandbox", ["v3"], indirect=True)


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/", " "])
def test_the_address_may_be_written_in_several_ways(sandbox: Sandbox, suffix: str) -> None:
    Immich(sandbox.url + suffix, sandbox.api_key).ping()


def test_the_servers_clock_is_that_of_its_latest_answer(sandbox: Sandbox, client: Immich) -> None:
    assert client.clock is None

    client.ping()

    assert client.clock is not None
    assert abs((client.clock - datetime.now(UTC)).total_seconds()) < 3


@pytest.mark.parametrize("path", ["/photos", "/server", "//"])
def test_a_page_is_not_immich(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(NotImmich, match="text/html"):
        Immich(f"{sandbox.url}{path}/x", sandbox.api_key).ping()


def test_a_page_is_no_answer_to_an_upload(sandbox: Sandbox) -> None:
    client = Immich(sandbox.url, sandbox.api_key)
    elsewhere = Immich(f"{sandbox.url}/elsewhere", sandbox.api_key)

    with pytest.raises(ImmichError):
        elsewhere.upload(upload_of(unique_bytes()))
    assert client.albums() == []
    assert sandbox.assets() == []


def test_a_stopped_server_is_unavailable(sandbox: Sandbox, client: Immich) -> None:
    sandbox.stop()

    with pytest.raises(Unavailable) as failed:
        client.ping()
    assert failed.value.status is None
    assert "refused" in failed.value.reason


def test_a_server_that_drops_connections_is_unavailable(sandbox: Sandbox, client: Immich) -> None:
    data = unique_bytes() + bytes(3_000_000)
    client.ping()
    sandbox.faults.down = True

    with pytest.raises(Unavailable):
        client.ping()
    with pytest.raises(Unavailable):
        client.upload(upload_of(data))
    assert sandbox.assets() == []


def test_it_works_again_afterwards(sandbox: Sandbox, client: Immich) -> None:
    client.ping()
    sandbox.stop()
    with pytest.raises(Unavailable):
        client.ping()
    sandbox.start()

    client.ping()
    assert not client.upload(upload_of(unique_bytes())).duplicate


def test_a_restart_between_two_requests_is_not_noticed(sandbox: Sandbox, client: Immich) -> None:
    client.ping()
    sandbox.stop()
    sandbox.start()

    client.ping()


def test_no_answer_in_time_is_unavailable(sandbox: Sandbox) -> None:
    sandbox.faults.latency = 60
    client = Immich(sandbox.url, sandbox.api_key, read_timeout=0.1)

    with pytest.raises(Unavailable, match="in time"):
        client.ping()
    with pytest.raises(Unavailable, match="in time"):
        client.upload(upload_of(unique_bytes()))


def test_an_upload_the_server_misses_can_be_sent_again(sandbox: Sandbox, client: Immich) -> None:
    data = unique_bytes()
    sandbox.faults.down = True
    with pytest.raises(Unavailable):
        client.upload(upload_of(data))
    sandbox.faults.down = False

    assert not client.upload(upload_of(data)).duplicate
    assert io.BytesIO(data).getvalue() == sandbox.assets()[0].path.read_bytes()
