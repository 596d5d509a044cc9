"""Deleted: into the trash and back, or for good, a moment later."""

from __future__ import annotations

from pathlib import Path

import pytest

from immichdrop.immich import Existing, Immich, NotFound
from immichdrop.sandbox import Sandbox, running
from tests.contract.conftest import Target, sha1, unique_bytes, upload_of
from tests.serving import eventually

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_the_trash_is_told(target: Target) -> None:
    data = unique_bytes()
    asset_id = target.upload(data)

    target.client.delete_assets([asset_id])

    assert target.client.bulk_check({"it": sha1(data)}) == {"it": Existing(asset_id, is_trashed=True)}
    assert target.client.asset(asset_id).is_trashed


def test_restoring_takes_out_of_the_trash(target: Target) -> None:
    data = unique_bytes()
    asset_id, other = target.upload(data), target.upload(unique_bytes())
    target.client.delete_assets([asset_id])

    target.client.restore([asset_id, other])

    assert target.client.bulk_check({"it": sha1(data)}) == {"it": Existing(asset_id, is_trashed=False)}
    assert not target.client.asset(other).is_trashed


def test_a_duplicate_of_a_trashed_one_stays_in_the_trash(target: Target) -> None:
    data = unique_bytes()
    asset_id = target.upload(data)
    target.client.delete_assets([asset_id])

    again = target.client.upload(upload_of(data))

    assert (again.id, again.duplicate) == (asset_id, True)
    assert target.client.asset(asset_id).is_trashed


def test_all_or_none(target: Target) -> None:
    asset_id = target.upload(unique_bytes())

    for attempt in (target.client.delete_assets, target.client.restore):
        with pytest.raises(NotFound, match=r"asset\.delete"):
            attempt([asset_id, NOBODY])

    assert not target.client.asset(asset_id).is_trashed


def test_an_album_forgets_what_is_trashed_until_it_is_back(target: Target) -> None:
    album_id, name = target.album()
    asset_id = target.upload(unique_bytes())
    target.client.add_to_album(album_id, [asset_id])

    target.client.delete_assets([asset_id])
    assert target.client.albums(name)[0].asset_count == 0
    target.client.restore([asset_id])

    assert target.client.albums(name)[0].asset_count == 1


def test_deleted_by_force_it_lives_on_for_a_moment(sandbox: Sandbox, client: Immich) -> None:
    """Recorded exchanges 220-223, 461-464: a duplicate that is not there any more."""
    data = unique_bytes()
    asset_id = client.upload(upload_of(data)).id

    client.delete_assets([asset_id], force=True)

    assert client.bulk_check({"it": sha1(data)}) == {"it": Existing(asset_id, is_trashed=True)}
    again = client.upload(upload_of(data))
    assert (again.id, again.duplicate) == (asset_id, True)
    client.restore([asset_id])
    assert client.asset(asset_id).is_trashed
    sandbox.run_jobs()
    with pytest.raises(NotFound):
        client.asset(asset_id)
    assert client.bulk_check({"it": sha1(data)}) == {"it": None}
    assert not client.upload(upload_of(data)).duplicate
    assert len(list(sandbox.directory.glob("originals/*"))) == 1


def is_gone(target: Target, asset_id: str) -> bool:
    return target.request("GET", f"/assets/{asset_id}").status_code == 400


def test_deleted_by_force_it_is_gone_in_the_end(target: Target) -> None:
    data = unique_bytes()
    asset_id = target.upload(data)

    target.client.delete_assets([asset_id], force=True)
    target.run_jobs()

    eventually(lambda: is_gone(target, asset_id), "the job")
    assert target.client.bulk_check({"it": sha1(data)}) == {"it": None}


def test_a_live_photo_takes_its_video_with_it(target: Target) -> None:
    """Recorded exchanges 465, 466."""
    still, video = target.upload(unique_bytes()), target.upload(unique_bytes(), "a.mov")
    target.request("PUT", f"/assets/{still}", json={"livePhotoVideoId": video})

    target.client.delete_assets([still], force=True)
    target.run_jobs()

    eventually(lambda: is_gone(target, video), "the job")


def test_the_job_runs_by_itself_if_it_shall(tmp_path: Path) -> None:
    with running(tmp_path, jobs_after=0.05) as sandbox, Immich(sandbox.url, sandbox.api_key) as client:
        client.delete_assets([client.upload(upload_of(unique_bytes())).id], force=True)

        eventually(lambda: sandbox.assets() == [], "the job")


def test_a_job_that_was_due_runs_at_the_next_start(tmp_path: Path) -> None:
    with running(tmp_path, jobs_after=60) as before, Immich(before.url, before.api_key) as client:
        client.delete_assets([client.upload(upload_of(unique_bytes())).id], force=True)
        assert len(before.assets()) == 1

    with running(tmp_path, jobs_after=60) as after:
        assert after.assets() == []
