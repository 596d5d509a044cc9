"""Files of an icloudpd folder found in Immich, and taken in by at most one scan."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from immichdrop.sandbox import Sandbox, running
from immichdrop.sandbox.faults import Hits
from ingest.folders.network import StoppedError
from ingest.icloud.steps import registering
from ingest.icloud.steps.path_map import PathMap
from ingest.icloud.steps.registering import Patience, Registration, Why, look_up, register
from tests.ingest.commands import QUICK
from tests.ingest.icloud.steps.conftest import SOON, Place

IMPATIENT = Patience(scan_timeout=0.2, poll_interval=0.02)


def registered(place: Place, *paths: str, patience: Patience = SOON) -> Registration:
    place.asked.clear()
    return register(place.line, place.library_id, paths, PathMap(), patience)


def test_fault_one_scan_per_photo(place: Place) -> None:
    """One for all of them, and none where a search finds everything: one search for each folder."""
    paths = place.add("2024/01/IMG_1.JPG", "2024/01/IMG_1.MOV", "2024/02/IMG_1.JPG", "IMG 2.HEIC")

    first = registered(place, *paths)
    assert (set(first.assets), first.missing, first.scanned) == (set(paths), {}, True)
    assert place.asked.count("POST /libraries/") == 1

    second = registered(place, *paths)
    assert ({path: asset.id for path, asset in second.assets.items()}, second.scanned) == (
        {path: asset.id for path, asset in first.assets.items()},
        False,
    )
    assert place.asked.changing == []
    visibilities = 1 if place.client.version().major >= 3 else 3
    assert 3 <= place.asked.count("POST /search/metadata") <= 3 * visibilities


def test_fault_the_search_finds_a_part_of_a_path_without_case_and_with_wildcards(place: Place) -> None:
    wanted = place.add("IMG_1.JPG", "50%.jpg", "a/IMG_1.JPG")
    traps = place.add("IMG_1.JPG.jpg", "img_1.jpg", "IMGx1.JPG", "50 of.jpg", "b/a/IMG_1.JPG", "aIMG_1.JPG")

    done = registered(place, *wanted)

    assert {path: asset.path for path, asset in done.assets.items()} == {path: path for path in wanted}
    assert not {asset.id for asset in done.assets.values()} & {
        asset.id for asset in registered(place, *traps).assets.values()
    }


def test_fault_one_asset_more_than_a_page_holds(place: Place) -> None:
    place.line = place.line_with(place.key, assets_per_page=3)
    paths = place.add(*(f"IMG_{number}.JPG" for number in range(10)))

    assert set(registered(place, *paths).assets) == set(paths)
    assert set(registered(place, *paths).assets) == set(paths)
    assert place.asked.changing == []


def test_photos_of_one_moment_where_pages_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Immich may show them on both pages, or on neither."""
    monkeypatch.setattr(registering, "LOOKED_AT", 3)
    monkeypatch.setattr(registering, "FEW", 0)
    with running(tmp_path / "immich", shuffles_ties=True) as sandbox:
        (tmp_path / "library").mkdir()
        library_id = sandbox.create_library("iCloud", tmp_path / "library")
        place = Place(sandbox.url, sandbox.api_key, library_id, tmp_path / "library" / "photos")
        place.line = place.line_with(place.key, assets_per_page=3)
        paths = place.add(*(f"IMG_{number}.JPG" for number in range(40)))
        for path in paths:
            os.utime(path, (1_700_000_000, 1_700_000_000))

        assert set(registered(place, *paths).assets) == set(paths)
        again = registered(place, *paths)
        assert (set(again.assets), again.scanned) == (set(paths), False)
        place.line.close_own()
        place.client.close()


def test_a_file_that_immich_fails_at(sandboxed: Place, sandbox: Sandbox) -> None:
    """Each is asked for by itself where it fails at a folder."""
    paths = sandboxed.add("a/1.jpg", "a/2.jpg", "a/3.jpg", "b/1.jpg")
    registered(sandboxed, *paths)
    tries = QUICK.tries
    sandbox.faults.status = 500
    sandbox.faults.error_before = Hits(on=("POST /api/search/metadata",), count=2 * tries)

    done = registered(sandboxed, *paths)

    assert (len(done.assets), list(done.missing.values()), done.scanned) == (3, [Why.FAILING], False)
    sandbox.faults.clear()
    assert set(registered(sandboxed, *paths).assets) == set(paths)


def test_few_of_a_full_folder_are_asked_for_by_name(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registering, "LOOKED_AT", 2)
    place.line = place.line_with(place.key, assets_per_page=2)
    paths = place.add(*(f"IMG_{number}.JPG" for number in range(40)))
    registered(place, *paths)

    done = registered(place, *paths[::20])

    assert set(done.assets) == set(paths[::20])
    assert place.asked.count("POST /search/metadata") < 15


def test_only_the_library_is_searched(sandboxed: Place, sandbox: Sandbox) -> None:
    (path,) = sandboxed.add("a.jpg")
    registered(sandboxed, path)
    empty = Path(path).parent.parent / "empty"
    empty.mkdir()
    sandboxed.library_id = sandbox.create_library("other", empty)

    assert registered(sandboxed, path, patience=IMPATIENT).missing == {path: Why.NOT_TAKEN_IN}


def test_fault_one_missing_file_ends_the_run(place: Place) -> None:
    """It has its reason, and the others their assets. What is gone from the disk is not waited for."""
    here, gone = place.add("a.jpg", "b.jpg")
    Path(gone).unlink()
    (never,) = place.add("c.txt")

    began = time.monotonic()
    done = registered(place, here, gone)
    assert (set(done.assets), done.missing) == ({here}, {gone: Why.GONE})
    assert time.monotonic() - began < SOON.scan_timeout / 2

    done = registered(place, here, never, patience=IMPATIENT)
    assert (set(done.assets), done.missing) == ({here}, {never: Why.NOT_TAKEN_IN})
    assert place.asked.count("POST /libraries/") == 1
    assert "has not taken it in" in done.missing[never].words


def test_nothing_is_scanned_for_what_is_gone(place: Place) -> None:
    (gone,) = place.add("a.jpg")
    Path(gone).unlink()

    assert registered(place, gone).missing == {gone: Why.GONE}
    assert place.asked.changing == []


def test_without_a_limit_it_ends_when_immich_has_scanned(place: Place) -> None:
    here, never = place.add("a.jpg", "c.txt")

    done = registered(place, here, never, patience=Patience(scan_timeout=0, poll_interval=0.02))

    assert (set(done.assets), done.missing) == ({here}, {never: Why.NOT_TAKEN_IN})


def test_a_scan_that_takes_long(sandboxed: Place, sandbox: Sandbox) -> None:
    """Without a limit it is waited for, and a limit ends that."""
    (path,) = sandboxed.add("a.jpg")
    sandbox.pause_scans()
    assert registered(sandboxed, path, patience=IMPATIENT).missing == {path: Why.NOT_TAKEN_IN}

    later = threading.Timer(0.3, sandbox.resume_scans)
    later.start()
    done = registered(sandboxed, path, patience=Patience(scan_timeout=0, poll_interval=0.02))
    later.join()
    assert (set(done.assets), done.missing) == ({path}, {})


def test_scans_of_many_batches_do_not_pile_up(sandboxed: Place, sandbox: Sandbox) -> None:
    paths = sandboxed.add("a.jpg", "b.jpg", "c.jpg")
    sandbox.pause_scans()

    batches = [registered(sandboxed, path, patience=Patience(0.1, 0.02)) for path in paths]

    assert [batch.scanned for batch in batches] == [True, False, False]
    sandbox.resume_scans()
    assert set(registered(sandboxed, *paths).assets) == set(paths)


def test_a_key_that_may_not_ask_whether_immich_scans(sandboxed: Place, sandbox: Sandbox) -> None:
    here, never = sandboxed.add("a.jpg", "b.txt")
    line = sandboxed.line_with(sandbox.create_key(sorted(registering.PERMISSIONS)))

    done = register(line, sandboxed.library_id, [here, never], PathMap(), IMPATIENT)

    assert (set(done.assets), done.missing, done.scanned) == ({here}, {never: Why.NOT_TAKEN_IN}, True)
    assert sandboxed.asked.count("GET /queues/library") == 1
    line.close_own()


def test_while_immich_scans_not_every_folder_is_searched(sandboxed: Place, sandbox: Sandbox) -> None:
    paths = sandboxed.add(*(f"{number}/a.jpg" for number in range(30)))
    sandbox.pause_scans()

    done = registered(sandboxed, *paths, patience=Patience(scan_timeout=0.3, poll_interval=0.05))
    sandbox.resume_scans()

    assert set(done.missing) == set(paths)
    visibilities = 1 if sandboxed.client.version().major >= 3 else 3
    assert sandboxed.asked.count("POST /search/metadata") < 70 * visibilities


def test_a_run_that_is_stopped_waits_no_longer(sandboxed: Place) -> None:
    (path,) = sandboxed.add("a.txt")
    stop = threading.Timer(0.2, sandboxed.line.stopping.set)
    stop.start()

    with pytest.raises(StoppedError):
        registered(sandboxed, path, patience=Patience(scan_timeout=600, poll_interval=300))
    stop.join()


def test_trashed_and_offline_are_told_apart(sandboxed: Place, sandbox: Sandbox) -> None:
    trashed, offline = sandboxed.add("a.jpg", "b.jpg")
    assets = registered(sandboxed, trashed, offline).assets
    sandboxed.client.delete_assets([assets[trashed].id])
    Path(offline).rename(f"{offline}.away")
    sandboxed.client.scan(sandboxed.library_id)
    sandbox.run_scans()
    sandbox.pause_scans()
    Path(f"{offline}.away").rename(offline)

    done = registered(sandboxed, trashed, offline, patience=IMPATIENT)
    assert done.missing == {trashed: Why.TRASHED, offline: Why.OFFLINE}

    sandbox.resume_scans()
    done = registered(sandboxed, trashed, offline)
    assert (set(done.assets), done.missing) == ({offline}, {trashed: Why.TRASHED})
    assert registered(sandboxed, trashed).scanned is False


def test_fault_host_and_immich_call_a_folder_differently(sandboxed: Place, tmp_path: Path) -> None:
    sandboxed.add("2024/IMG_1.JPG")
    (tmp_path / "host").symlink_to(sandboxed.top)
    path = str(tmp_path / "host" / "2024/IMG_1.JPG")
    path_map = PathMap([f"{tmp_path / 'host'}={sandboxed.top}"])

    done = register(sandboxed.line, sandboxed.library_id, [path], path_map, SOON)

    assert done.assets[path].path == str(sandboxed.top / "2024/IMG_1.JPG")


def test_a_name_that_is_no_unicode(sandboxed: Place) -> None:
    path = os.fsdecode(os.fsencode(sandboxed.top) + b"/\xff.jpg")
    Path(path).write_bytes(b"x")

    assert registered(sandboxed, path).missing == {path: Why.UNREADABLE_NAME}
    assert sandboxed.asked == []


def test_known_assets_are_looked_up(sandboxed: Place, sandbox: Sandbox) -> None:
    here, trashed, deleted = sandboxed.add("a.jpg", "b.jpg", "c.jpg")
    assets = registered(sandboxed, here, trashed, deleted).assets
    sandboxed.client.delete_assets([assets[trashed].id])
    sandboxed.client.delete_assets([assets[deleted].id], force=True)
    sandbox.run_jobs()

    done = look_up(sandboxed.line, {path: asset.id for path, asset in assets.items()})

    assert (set(done.assets), done.missing) == ({here}, {trashed: Why.TRASHED, deleted: Why.DELETED})
