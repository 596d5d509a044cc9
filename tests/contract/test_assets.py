"""What comes back of an asset."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from immichdrop.immich import Immich, Invalid, NotFound, Rejected
from immichdrop.sandbox import Sandbox
from tests.contract.conftest import Target, unique_bytes, upload_of

NOBODY = "00000000-0000-4000-8000-000000000000"


def picture(color: str = "navy", exif: Image.Exif | None = None) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (800, 600), color).save(file, "JPEG", exif=exif or Image.Exif())
    return file.getvalue()


def test_the_original_comes_back_byte_by_byte(target: Target) -> None:
    data = unique_bytes() + bytes(range(256)) * 3000
    asset_id = target.upload(data, "clip.mp4")
    received = io.BytesIO()

    download = target.client.original(asset_id)

    assert download.size == len(data)
    assert download.content_type == "video/mp4"
    assert download.save(received) == len(data)
    assert received.getvalue() == data


def test_the_original_comes_in_blocks(target: Target) -> None:
    data = unique_bytes() + bytes(600_000)
    asset_id = target.upload(data)

    with target.client.original(asset_id) as download:
        sizes = [len(block) for block in download]

    assert sum(sizes) == len(data)
    assert max(sizes) <= 262_144


def test_a_thumbnail_is_a_small_picture(sandbox: Sandbox, client: Immich) -> None:
    asset_id = client.upload(upload_of(picture())).id
    file = io.BytesIO()

    client.thumbnail(asset_id).save(file)

    assert max(Image.open(file).size) == 250


def test_a_picture_that_is_none_has_no_thumbnail(sandbox: Sandbox, client: Immich) -> None:
    asset_id = client.upload(upload_of(unique_bytes())).id

    with pytest.raises(Rejected, match="Asset media not found") as refused:
        client.thumbnail(asset_id)
    assert refused.value.status == 404


def test_a_size_that_there_is_not_is_invalid(target: Target) -> None:
    asset_id = target.upload(unique_bytes())

    with pytest.raises(Invalid, match="size"):
        target.client.thumbnail(asset_id, size="huge")


def test_what_is_not_there_is_not_found(target: Target) -> None:
    for ask in (target.client.asset, target.client.original, target.client.thumbnail):
        with pytest.raises(NotFound, match="Not found or no"):
            ask(NOBODY)


def test_a_malformed_id_is_invalid(target: Target) -> None:
    with pytest.raises(Invalid):
        target.client.asset("no-uuid")
