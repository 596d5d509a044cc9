"""Sidecars go along with their files; the halves of a live photo find each other."""

from immichdrop.immich import Immich
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.records import StoredAsset
from tests import pictures
from tests.ingest.folders.conftest import Folder, in_album

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
