"""Which files are there already?"""

from __future__ import annotations

import pytest

from immichdrop.immich import Existing, Forbidden, Immich
from immichdrop.sandbox import Sandbox
from tests.contract.conftest import Target, sha1, unique_bytes


def test_tells_known_from_unknown(target: Target) -> None:
    data = unique_bytes()
    asset_id = target.upload(data)

    known = target.client.bulk_check({"mine": sha1(data), "other": sha1(unique_bytes())})

    assert known == {"mine": Existing(asset_id, is_trashed=False), "other": None}


def test_many_are_asked_in_several_requests(target: Target) -> None:
    data = unique_bytes()
    asset_id = target.upload(data)
    checksums = {f"file {number}": f"{number:040x}" for number in range(12_000)}

    known = target.client.bulk_check(checksums | {"mine": sha1(data)})

    assert len(known) == 12_001
    assert {key: found for key, found in known.items() if found} == {"mine": Existing(asset_id, is_trashed=False)}


def test_nothing_is_asked_without_a_request(sandbox: Sandbox, client: Immich) -> None:
    assert client.bulk_check({}) == {}
    assert sandbox.requests == []


def test_an_empty_question_is_a_server_error(target: Target) -> None:
    answer = target.request("POST", "/assets/bulk-upload-check", json={"assets": []})

    assert answer.status_code == 500
    assert answer.json()["message"] == "Failed to check bulk upload"


def test_a_body_over_10_mb_is_a_server_error(target: Target) -> None:
    body = b'{"assets": [' + b" " * 10 * 1024 * 1024 + b"]}"

    answer = target.request(
        "POST", "/assets/bulk-upload-check", data=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 500
    assert answer.json()["message"] == "Internal server error"


def test_needs_the_permission_to_upload(target: Target) -> None:
    stranger = target.client_with(["album.read"])

    with pytest.raises(Forbidden) as refused:
        stranger.bulk_check({"it": sha1(b"")})
    assert refused.value.permission == "asset.upload"
