"""What is changed of an asset, and what stays."""

from __future__ import annotations

import pytest

from immichdrop.immich import Invalid, NotFound
from tests.contract.conftest import Target, unique_bytes

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_a_description_is_written_and_read(target: Target) -> None:
    asset_id = target.upload(unique_bytes(), "kept.jpg")

    changed = target.client.update_asset(asset_id, description="from Ann: «sea» 🌊\nsecond line")

    assert changed.description == "from Ann: «sea» 🌊\nsecond line"
    assert target.client.asset(asset_id).description == changed.description
    assert changed.name == "kept.jpg"
    assert not changed.is_favorite


def test_what_is_not_given_stays(target: Target) -> None:
    asset_id = target.upload(unique_bytes())
    target.client.update_asset(asset_id, description="first", is_favorite=True)

    target.client.update_asset(asset_id, is_favorite=False)
    assert target.client.asset(asset_id).description == "first"
    target.client.update_asset(asset_id, description="")

    asset = target.client.asset(asset_id)
    assert (asset.description, asset.is_favorite) == ("", False)


def test_several_at_once(target: Target) -> None:
    ids = [target.upload(unique_bytes()) for _ in range(3)]

    target.client.update_assets(ids[:2], description="together")

    assert [target.client.asset(each).description for each in ids] == ["together", "together", ""]


def test_all_or_none(target: Target) -> None:
    asset_id = target.upload(unique_bytes())

    with pytest.raises(NotFound, match=r"asset\.update"):
        target.client.update_assets([asset_id, NOBODY], description="never")

    assert target.client.asset(asset_id).description == ""


def test_what_is_trashed_can_be_changed(target: Target) -> None:
    asset_id = target.upload(unique_bytes())
    target.client.delete_assets([asset_id])

    assert target.client.update_asset(asset_id, description="still").is_trashed


def test_what_is_not_there_is_not_found(target: Target) -> None:
    with pytest.raises(NotFound, match=r"asset\.update"):
        target.client.update_asset(NOBODY, description="never")


def test_malformed_fields_are_invalid(target: Target) -> None:
    asset_id = target.upload(unique_bytes())

    with pytest.raises(Invalid):
        target.client.update_asset("no-uuid", description="never")
    for body in ({"description": 5}, {"visibility": "bogus"}, {"livePhotoVideoId": "no-uuid"}, {"latitude": 1.0}):
        assert target.request("PUT", f"/assets/{asset_id}", json=body).status_code == 400, body


def test_only_v3_knows_patch(target: Target) -> None:
    asset_id = target.upload(unique_bytes())

    answer = target.request("PATCH", f"/assets/{asset_id}", json={"description": "patched"})

    assert answer.status_code == (200 if target.major >= 3 else 404)


def test_a_date_counts_at_once(target: Target) -> None:
    asset_id = target.upload(unique_bytes())
    body = {"dateTimeOriginal": "2020-02-03T04:05:06.000+01:00", "latitude": 48.85, "longitude": 2.35, "rating": 3}

    exif = target.request("PUT", f"/assets/{asset_id}", json=body).json()["exifInfo"]

    assert exif["dateTimeOriginal"] == "2020-02-03T03:05:06+00:00"
    assert (exif["timeZone"], exif["latitude"], exif["longitude"], exif["rating"]) == ("UTC+1", 48.85, 2.35, 3)


def test_a_live_photo_is_joined_and_parted(target: Target) -> None:
    still, video = target.upload(unique_bytes()), target.upload(unique_bytes(), "IMG_1.mov")

    target.client.link_live_video(still, video)
    assert target.client.asset(still).live_photo_video_id == video
    assert target.client.asset(video).visibility == "hidden"
    target.client.unlink_live_video(still)

    assert target.client.asset(still).live_photo_video_id is None
    assert target.client.asset(video).visibility == "timeline"
