"""An upload becomes one asset, whatever is sent twice, at once or half."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import pytest

from immichdrop.immich import FileUnreadable, Immich, Rejected
from immichdrop.sandbox import Sandbox
from tests.contract.conftest import TAKEN, Target, sha1, unique_bytes, upload_of


def test_the_same_bytes_are_one_asset(target: Target) -> None:
    data = unique_bytes()

    first = target.client.upload(upload_of(data, "first.jpg"))
    target.forget_later(first.id)
    again = target.client.upload(upload_of(data, "again.png"))

    assert not first.duplicate
    assert again.duplicate
    assert again.id == first.id
    assert target.client.asset(first.id).sha1 == sha1(data)


@pytest.mark.parametrize("name", ["Ünïcödé 照片 😀.JPG", 'a"b;c=d.jpg', "two  spaces.jpg", "%41.jpg"])
def test_the_real_name_is_kept(target: Target, name: str) -> None:
    asset_id = target.upload(unique_bytes(), name)

    assert target.client.asset(asset_id).name == name


def test_dates_keep_their_moment(target: Target) -> None:
    moment = datetime(2010, 5, 5, 23, 30, tzinfo=timezone(timedelta(hours=2)))

    uploaded = target.client.upload(upload_of(unique_bytes(), moment=moment))
    target.forget_later(uploaded.id)

    asset = target.client.asset(uploaded.id)
    assert asset.file_created_at == moment
    assert asset.file_modified_at == moment


def test_eight_at_once_are_one_asset(target: Target) -> None:
    data = unique_bytes()

    def send(_: int) -> tuple[str, bool]:
        with Immich(target.url, target.api_key) as client:
            uploaded = client.upload(upload_of(data))
        return uploaded.id, uploaded.duplicate

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(send, range(8)))

    target.forget_later(outcomes[0][0])
    assert len({asset_id for asset_id, _ in outcomes}) == 1
    assert sorted(duplicate for _, duplicate in outcomes) == [False] + [True] * 7


def test_progress_counts_the_bytes_of_the_file(target: Target) -> None:
    data = unique_bytes() + bytes(600_000)
    counts: list[int] = []

    uploaded = target.client.upload(replace(upload_of(data), on_progress=counts.append))
    target.forget_later(uploaded.id)

    assert counts == [262_144, 524_288, len(data)]


@pytest.mark.parametrize("name", ["notes.txt", "photo", "photo.jpg "])
def test_other_types_are_refused(target: Target, name: str) -> None:
    with pytest.raises(Rejected) as refused:
        target.client.upload(upload_of(unique_bytes(), name))

    assert refused.value.status == 400
    assert refused.value.reason == f"Unsupported file type {name}"


def test_an_empty_file_is_refused_since_v3(target: Target) -> None:
    if target.major < 3:
        target.upload(b"")
        return
    with pytest.raises(Rejected, match="File is empty"):
        target.client.upload(upload_of(b""))


def test_a_file_shorter_than_announced_leaves_nothing(target: Target) -> None:
    data = unique_bytes()

    with pytest.raises(FileUnreadable):
        target.client.upload(replace(upload_of(data), size=len(data) + 1))

    assert target.client.bulk_check({"it": sha1(data)}) == {"it": None}


def test_the_name_counts_only_before_the_file(target: Target) -> None:
    part = ("assetData", ("blob", unique_bytes(), "image/jpeg"))

    answer = target.request("POST", "/assets", files=[*target.fields(), part, ("filename", (None, "real.jpg"))])

    assert answer.status_code == 400
    assert answer.json()["message"] == "Unsupported file type blob"


@pytest.mark.parametrize("field", ["file", "assetdata"])
def test_an_unexpected_file_field_is_refused(target: Target, field: str) -> None:
    part = (field, ("a.jpg", unique_bytes(), "image/jpeg"))

    answer = target.request("POST", "/assets", files=[*target.fields(), part])

    assert answer.status_code == 400
    assert answer.json()["message"] == f"Unexpected field - {field}"


def test_dates_need_an_offset_since_v3(target: Target) -> None:
    part = ("assetData", ("a.jpg", unique_bytes(), "image/jpeg"))
    fields = target.fields(fileCreatedAt="2021-06-05T12:03:02")

    answer = target.request("POST", "/assets", files=[*fields, part])

    if target.major < 3:
        assert answer.status_code == 201
        target.forget_later(answer.json()["id"])
    else:
        assert answer.status_code == 400
        assert [error["path"] for error in answer.json()["errors"]] == [["fileCreatedAt"]]


def test_device_fields_are_needed_before_v3(target: Target) -> None:
    part = ("assetData", ("a.jpg", unique_bytes(), "image/jpeg"))
    fields = target.fields(deviceAssetId=None, deviceId=None)

    answer = target.request("POST", "/assets", files=[*fields, part])

    if target.major < 3:
        assert answer.status_code == 400
        assert "deviceId must be a string" in answer.json()["message"]
    else:
        assert answer.status_code == 201
        target.forget_later(answer.json()["id"])


def test_a_naive_date_is_never_sent(target: Target) -> None:
    with pytest.raises(ValueError, match="time zone"):
        target.client.upload(upload_of(unique_bytes(), moment=TAKEN.replace(tzinfo=None)))


def test_a_known_checksum_is_answered_before_the_body(target: Target) -> None:
    data = unique_bytes()
    asset_id = target.upload(data)
    headers = {"x-immich-checksum": sha1(data)}

    answer = target.request("POST", "/assets", headers=headers)

    assert answer.status_code == 200
    assert answer.json() == {"status": "duplicate", "id": asset_id}


def test_an_announced_checksum_proves_nothing(target: Target) -> None:
    data = unique_bytes()
    part = ("assetData", ("a.jpg", data, "image/jpeg"))
    headers = {"x-immich-checksum": "0" * 40}

    answer = target.request("POST", "/assets", headers=headers, files=[*target.fields(), part])

    target.forget_later(answer.json()["id"])
    assert answer.status_code == 201
    assert target.client.asset(answer.json()["id"]).sha1 == sha1(data)


def test_chunked_bodies_are_taken(target: Target) -> None:
    part = ("assetData", ("a.jpg", unique_bytes(), "image/jpeg"))
    prepared = target.prepare_form([*target.fields(), part])

    def pieces() -> Iterator[bytes]:
        yield prepared.body[:100]
        yield prepared.body[100:]

    answer = target.request("POST", "/assets", data=pieces(), headers={"Content-Type": prepared.content_type})

    assert answer.status_code == 201
    target.forget_later(answer.json()["id"])


def test_a_form_without_end_is_refused(target: Target) -> None:
    part = ("assetData", ("a.jpg", unique_bytes(), "image/jpeg"))
    prepared = target.prepare_form([*target.fields(), part])

    answer = target.request("POST", "/assets", data=prepared.body[:-6], headers={"Content-Type": prepared.content_type})

    assert answer.status_code == 400
    assert answer.json()["message"] == "Multipart: Unexpected end of form"


def test_an_aborted_upload_leaves_nothing(sandbox: Sandbox) -> None:
    address = urlsplit(sandbox.url)
    head = (
        "POST /api/assets HTTP/1.1\r\nHost: sandbox\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: 9000000\r\nx-api-key: {sandbox.api_key}\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="assetData"; filename="a.jpg"\r\n\r\n'
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + bytes(3_000_000))

    # Stopping waits for what is still being handled.
    sandbox.stop()
    assert sandbox.assets() == []
    assert list(sandbox.directory.glob("incoming/*")) == []
    assert list(sandbox.directory.glob("originals/*")) == []
