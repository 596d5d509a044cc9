"""Sidecars go along with their files; the halves of a live photo find each other."""

import threading
from pathlib import Path

import pytest

from immichdrop.immich import Immich
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from immichdrop.sandbox.records import StoredAsset
from ingest.folders.looking import Looking, Options
from ingest.folders.network import Line, Network
from ingest.folders.outcomes import Outcomes, Report
from ingest.folders.walking import Choice, Walk
from tests import pictures
from tests.ingest.commands import QUICK
from tests.ingest.folders.conftest import Folder, in_album, names, no_rights_of_root

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


def by_name(sandbox: Sandbox) -> dict[str, StoredAsset]:
    return {asset.name: asset for asset in sandbox.assets()}


def test_a_sidecar_goes_along(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    folder.add("a.jpg.xmp", XMP)
    folder.add("b.jpg", 2)

    assert folder.sync().outcomes == {"a.jpg": "sent", "b.jpg": "sent"}

    kept = by_name(sandbox)["a.jpg"].sidecar
    assert kept
    assert kept.read_bytes() == XMP
    assert by_name(sandbox)["b.jpg"].sidecar is None


def test_the_video_is_sent_first_and_linked(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("IMG_1.HEIC", pictures.heic(1))
    folder.add("IMG_1.MOV", pictures.CLIP.read_bytes())
    folder.add("IMG_2.MOV", pictures.CLIP.read_bytes() + b"\0")

    ran = folder.sync("--album", "A")

    assert ran.outcomes == dict.fromkeys(("IMG_1.HEIC", "IMG_1.MOV", "IMG_2.MOV"), "sent")
    assets = by_name(sandbox)
    assert assets["IMG_1.HEIC"].live_photo_video_id == assets["IMG_1.MOV"].id
    assert assets["IMG_1.MOV"].visibility == "hidden"
    assert in_album(sandbox, "A") == ["IMG_1.HEIC", "IMG_2.MOV"]
    assert folder.sync().end["unchanged"] == 3


def test_halves_that_come_one_after_the_other_are_linked(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("still first.HEIC", pictures.heic(1))
    folder.add("video first.mov", pictures.CLIP.read_bytes())
    folder.sync()
    folder.add("still first.mov", pictures.CLIP.read_bytes() + b"\0")
    folder.add("video first.HEIC", pictures.heic(2))

    assert set(folder.sync().outcomes.values()) == {"sent"}

    assets = by_name(sandbox)
    for stem in ("still first", "video first"):
        assert assets[f"{stem}.HEIC"].live_photo_video_id == assets[f"{stem}.mov"].id


def test_a_still_that_immich_had_is_linked(folder: Folder, sandbox: Sandbox) -> None:
    still, video = folder.add("a.HEIC", pictures.heic(1)), folder.add("a.MOV", pictures.CLIP.read_bytes())
    folder.sync("--exclude", "*.mov")
    still.rename(folder.path / "b.HEIC")
    video.rename(folder.path / "b.MOV")

    assert folder.sync().outcomes == {"b.HEIC": "duplicate", "b.MOV": "sent"}

    assets = by_name(sandbox)
    assert assets["a.HEIC"].live_photo_video_id == assets["b.MOV"].id


def test_a_video_goes_alone_when_its_still_is_not_wanted(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.HEIC", pictures.heic(1))
    folder.add("a.MOV", pictures.CLIP.read_bytes())
    assert folder.sync("--exclude", "*.heic").outcomes == {"a.MOV": "sent"}
    with Immich(sandbox.url, sandbox.api_key) as immich:
        assert immich.asset(sandbox.assets()[0].id).visibility == "timeline"


def test_a_still_that_can_t_be_read_keeps_its_video_from_nothing(folder: Folder, sandbox: Sandbox) -> None:
    closed = folder.add("closed.HEIC", pictures.heic(1))
    folder.add("closed.MOV", pictures.CLIP.read_bytes())
    folder.add("empty.HEIC", b"")
    folder.add("empty.MOV", pictures.CLIP.read_bytes() + b"\0")
    closed.chmod(0)
    with no_rights_of_root():
        ran = folder.sync("--album", "A")
    closed.chmod(0o600)

    told = {"closed.HEIC": "failed", "closed.MOV": "sent", "empty.HEIC": "empty", "empty.MOV": "sent"}
    assert (ran.code, ran.outcomes) == (1, told)
    assert in_album(sandbox, "A") == ["closed.MOV", "empty.MOV"]
    assert folder.sync("--album", "A").outcomes["closed.HEIC"] == "sent"
    assets = by_name(sandbox)
    assert assets["closed.HEIC"].live_photo_video_id == assets["closed.MOV"].id


def test_the_video_of_a_refused_still_is_a_file_like_others(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.HEIC", pictures.heic(1))
    sandbox.faults.status = 400
    sandbox.faults.error_before = Hits(on=("POST /api/assets",))
    folder.sync()
    sandbox.faults.clear()
    folder.add("a.MOV", pictures.CLIP.read_bytes())

    assert folder.sync("--album", "A").outcomes == {"a.MOV": "sent"}
    assert in_album(sandbox, "A") == ["a.MOV"]


def delete_all(sandbox: Sandbox) -> None:
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.delete_assets([asset.id for asset in sandbox.assets()], force=True)
    sandbox.run_jobs()


def test_a_still_goes_without_a_video_that_was_deleted(folder: Folder, sandbox: Sandbox) -> None:
    """Immich refuses one that is to be linked to what it does not have."""
    folder.add("a.MOV", pictures.CLIP.read_bytes())
    folder.sync()
    delete_all(sandbox)
    folder.add("a.HEIC", pictures.heic(1))

    assert folder.sync().outcomes == {"a.HEIC": "sent"}
    assert names(sandbox) == ["a.HEIC"]


def test_a_deleted_live_photo_does_not_come_back_by_another_name(folder: Folder, sandbox: Sandbox) -> None:
    still, video = folder.add("a.HEIC", pictures.heic(1)), folder.add("a.MOV", pictures.CLIP.read_bytes())
    folder.sync()
    delete_all(sandbox)
    still.rename(folder.path / "b.HEIC")
    video.rename(folder.path / "b.MOV")

    assert folder.sync("--album", "A").outcomes == {"b.HEIC": "renamed", "b.MOV": "renamed"}
    assert names(sandbox) == []
    assert folder.sync("--album", "A").end["unchanged"] == 2


def test_a_video_that_its_still_took_along_meanwhile_is_told_once(folder: Folder, sandbox: Sandbox) -> None:
    """The walk comes by it after that, and knows what the history said before."""
    folder.add("a.HEIC", pictures.heic(1))
    folder.add("a.MOV", pictures.CLIP.read_bytes())
    folder.sync()
    options, outcomes = Options(str(folder.path)), Outcomes(Report(), "")
    line = Line(Network([], ""), lambda _: pytest.fail("Immich is asked"), QUICK, threading.Event())
    (video,) = Walk(options.root, Choice(include=("*.mov",)), lambda *_: None)

    assert Looking(folder.last, options, line, outcomes, lambda _: None).candidate(video, None) is None


@pytest.mark.parametrize("followed", [True, False])
def test_a_sidecar_that_is_a_link(folder: Folder, sandbox: Sandbox, tmp_path: Path, followed: bool) -> None:
    folder.add("a.jpg", 1)
    (tmp_path / "elsewhere.xmp").write_bytes(XMP)
    (folder.path / "a.jpg.xmp").symlink_to(tmp_path / "elsewhere.xmp")

    assert folder.sync(*(["--follow-symlinks"] if followed else [])).outcomes == {"a.jpg": "sent"}
    assert bool(by_name(sandbox)["a.jpg"].sidecar) is followed
