"""`sync_folder` against each version, and a real server if named: once, changed, renamed, sidecar, live photo."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from pytest_django import Settings

from ingest.folders.models import SyncedFile
from tests import pictures
from tests.contract.conftest import Target
from tests.ingest.folders.conftest import Folder

XMP = b'<?xml version="1.0"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


@pytest.fixture
def folder(tmp_path: Path, target: Target, settings: Settings, transactional_db: None) -> Folder:
    settings.IMMICH_ADDRESSES = {"IMMICH_BASE_URL": "", "IMMICH_LOCAL_URL": target.url, "IMMICH_EXTERNAL_URL": ""}
    settings.IMMICH_API_KEY = target.api_key
    return Folder(tmp_path / "photos")


def test_a_folder_flows_into_immich_once(folder: Folder, target: Target) -> None:
    unique = secrets.randbelow(1 << 40)
    album_id, album = target.album()
    still = folder.add("IMG.HEIC", pictures.heic(unique))
    folder.add("IMG.MOV", pictures.CLIP.read_bytes() + secrets.token_bytes(8))
    folder.add("with sidecar.jpg", unique + 1)
    folder.add("with sidecar.jpg.xmp", XMP)
    folder.add("changing.jpg", unique + 2)

    first, second = folder.sync("--album", album), folder.sync("--album", album)
    folder.add("changing.jpg", unique + 3, age=60)
    still.rename(folder.path / "renamed.HEIC")
    (folder.path / "IMG.MOV").rename(folder.path / "renamed.MOV")
    third = folder.sync("--album", album)

    rows = {row.path: row for row in SyncedFile.objects.all()}
    made = {str(row.asset_id) for row in rows.values()} | {each.get("asset_id") for each in first.events}
    for asset_id in filter(None, made):
        target.forget_later(asset_id)
    assert (first.end["sent"], second.outcomes) == (4, {})
    outcomes = third.outcomes
    assert outcomes.pop("changing.jpg") == "sent"
    assert "sent" not in outcomes.values()
    live = target.client.asset(str(rows["IMG.HEIC"].asset_id))
    assert live.live_photo_video_id == str(rows["IMG.MOV"].asset_id)
    assert target.client.album(album_id).asset_count == 4
