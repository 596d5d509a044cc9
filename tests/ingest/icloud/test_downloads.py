"""The made folder has icloudpd's names, and Immich's library takes them in."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from immichdrop.immich import Immich
from immichdrop.sandbox import running
from tests.ingest.icloud.downloads import CREATED, Downloads, Photo

DAY = "2024/01/15/"


def names(top: Path) -> set[str]:
    return {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()}


def test_sizes_live_videos_and_clashes(tmp_path: Path) -> None:
    downloads = Downloads(tmp_path, sidecars=False)
    sizes = {"original": ".HEIC", "adjusted": ".JPG", "medium": ".JPG", "thumb": ".JPG"}

    downloads.write(Photo(sizes=sizes, live=True))
    clash = downloads.write(Photo())["original"]
    downloads.write(Photo("IMG_2.JPG", {"original": ".JPG", "adjusted": ".JPG"}, live=True))
    downloads.write(Photo("Żółw 1.JPG", {"original": ".JPG"}, id7="QVhiNzE"))

    ours = {"IMG_0001.HEIC", "IMG_0001.JPG", "IMG_0001-medium.JPG", "IMG_0001-thumb.JPG", "IMG_0001_HEVC.MOV"}
    others = {f"IMG_0001-{clash.stat().st_size}.HEIC", "IMG_2.JPG", "IMG_2-adjusted.JPG", "IMG_2.MOV"}
    assert names(tmp_path) == {DAY + name for name in ours | others | {"Żółw 1_QVhiNzE.JPG"}}
    assert clash.stat().st_mtime == CREATED.timestamp()


def test_every_file_but_the_live_video_has_a_sidecar(tmp_path: Path) -> None:
    written = Downloads(tmp_path, "none").write(Photo(live=True, rating=5, title="<Ann & Bo>"))

    assert names(tmp_path) == {"IMG_0001.HEIC", "IMG_0001.HEIC.xmp", "IMG_0001_HEVC.MOV"}
    root = ElementTree.parse(f"{written['original']}.xmp").getroot()
    assert root.tag == "{adobe:ns:meta/}xml_doc"
    assert root.findtext(".//{http://ns.adobe.com/xap/1.0/}Rating") == "5"
    assert root.findtext(".//{http://purl.org/dc/elements/1.1/}title") == "<Ann & Bo>"


def test_a_library_takes_them_in(tmp_path: Path) -> None:
    folder = tmp_path / "iCloud"
    written = Downloads(folder).write(Photo(live=True, sizes={"original": ".HEIC", "medium": ".JPG"}))

    with running(tmp_path / "immich") as sandbox, Immich(sandbox.url, sandbox.api_key) as client:
        library_id = sandbox.create_library("iCloud", folder)
        client.scan(library_id)
        sandbox.run_scans()

        for path in written.values():
            assert len(client.assets_at(library_id, str(path))) == 1
        assert len(sandbox.assets()) == 3
