"""A full account takes nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from immichdrop.immich import Immich, QuotaExceeded
from immichdrop.sandbox import Sandbox, running
from tests.contract.conftest import upload_of


@pytest.fixture(params=[2, 3], ids=["v2", "v3"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    """Room for a hundred bytes."""
    with running(tmp_path, api=request.param, quota=100) as sandbox:
        yield sandbox


def test_fits_to_the_last_byte(small: Sandbox) -> None:
    client = Immich(small.url, small.api_key)

    client.upload(upload_of(bytes(60)))
    client.upload(upload_of(b"x" * 40))

    assert sum(asset.size for asset in small.assets()) == 100


def test_one_byte_too_many_is_refused(small: Sandbox) -> None:
    client = Immich(small.url, small.api_key)
    client.upload(upload_of(bytes(60)))

    with pytest.raises(QuotaExceeded) as refused:
        client.upload(upload_of(b"x" * 41))

    assert refused.value.status == 400
    assert refused.value.reason == "Quota has been exceeded!"
    assert [asset.size for asset in small.assets()] == [60]
    assert list(small.directory.glob("incoming/*")) == []


def test_a_refused_upload_has_been_read_whole(small: Sandbox) -> None:
    """The answer comes after the body, so it is seen however large the body is."""
    client = Immich(small.url, small.api_key)

    with pytest.raises(QuotaExceeded):
        client.upload(upload_of(bytes(5_000_000)))
