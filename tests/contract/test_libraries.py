"""External libraries of the sandbox: scanned from this machine's disk, searched with Immich's traps."""

from __future__ import annotations

from pathlib import Path

import pytest

from immichdrop.immich import AdminNeeded, Forbidden, Immich, NotFound, Rejected
from immichdrop.sandbox import Sandbox
from tests.immich.scripted import answer, read_request, serving

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "iCloud"
    folder.mkdir()
    return folder


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def scanned(sandbox: Sandbox, client: Immich, *folders: Path) -> str:
    """A new library, scanned."""
    library_id = sandbox.create_library("iCloud", *folders)
    client.scan(library_id)
    sandbox.run_scans()
    return library_id


def paths(client: Immich, library_id: str, part: str = "") -> set[str]:
    return {asset.path for asset in client.search_library(library_id, part)}


def test_a_library_is_told(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    library_id = sandbox.create_library("iCloud", folder)

    library = client.library(library_id)

    assert (library.name, library.import_paths, library.refreshed_at) == ("iCloud", (str(folder),), None)
    assert "**/@eaDir/**" in library.exclusion_patterns
    assert library.owner_id == sandbox.user_id
    assert client.libraries() == [library]
    with pytest.raises(NotFound):
        client.library(NOBODY)


def test_a_scan_takes_in_what_is_on_disk(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    write(folder, "2024/IMG_1.JPG", "IMG_1.MOV", ".hidden.jpg", ".dot/a.jpg", "@eaDir/a.jpg", "._b.jpg", "a.txt")

    library_id = scanned(sandbox, client, folder)

    assert paths(client, library_id) == {str(folder / "2024/IMG_1.JPG"), str(folder / "IMG_1.MOV")}
    assert client.library_queue().is_idle
    assert client.library(library_id).refreshed_at is not None
    scanned_again = len(sandbox.assets())
    client.scan(library_id)
    sandbox.run_scans()
    assert len(sandbox.assets()) == scanned_again


def test_a_search_finds_too_much_and_assets_at_does_not(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    names = ["IMG_1.JPG", "IMG_1.JPG.jpg", "img_1.jpg", "IMGx1.JPG", "50%.jpg", "50 of.jpg", "a\\b.jpg"]
    write(folder, *names)
    library_id = scanned(sandbox, client, folder)

    near = {str(folder / name) for name in names[:4]}
    assert paths(client, library_id, str(folder / "IMG_1.JPG")) == near
    assert {str(folder / "50 of.jpg")} == paths(client, library_id, "%0 of")
    for name in names:
        assert [asset.path for asset in client.assets_at(library_id, str(folder / name))] == [str(folder / name)]
    assert client.assets_at(library_id, str(folder / "IMG_2.JPG")) == []


def test_all_pages_are_read(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    write(folder, *(f"IMG_1.JPG.{number}.jpg" for number in range(6)), "IMG_1.JPG")

    library_id = scanned(sandbox, client, folder)

    with Immich(sandbox.url, sandbox.api_key, assets_per_page=2) as reader:
        assert len(paths(reader, library_id)) == 7
        assert len(reader.assets_at(library_id, str(folder / "IMG_1.JPG"))) == 1


def test_only_the_library_is_searched(sandbox: Sandbox, client: Immich, folder: Path, tmp_path: Path) -> None:
    write(folder, "a.jpg")
    scanned(sandbox, client, folder)
    (tmp_path / "other").mkdir()
    other = scanned(sandbox, client, tmp_path / "other")

    assert client.assets_at(other, str(folder / "a.jpg")) == []


def test_hidden_archived_and_trashed_are_found(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    write(folder, "IMG_1.HEIC", "IMG_1_HEVC.MOV", "IMG_2.HEIC")
    library_id = scanned(sandbox, client, folder)

    def at(name: str) -> str:
        (asset,) = client.assets_at(library_id, str(folder / name))
        return asset.id

    client.link_live_video(at("IMG_1.HEIC"), at("IMG_1_HEVC.MOV"))
    client.delete_assets([at("IMG_2.HEIC")])

    assert client.assets_at(library_id, str(folder / "IMG_1_HEVC.MOV"))[0].visibility == "hidden"
    assert client.assets_at(library_id, str(folder / "IMG_1.HEIC"))[0].live_photo_video_id == at("IMG_1_HEVC.MOV")
    assert client.assets_at(library_id, str(folder / "IMG_2.HEIC"))[0].is_trashed


def test_several_at_once_ignore_the_live_video(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    write(folder, "a.jpg", "a.mov")
    library_id = scanned(sandbox, client, folder)
    still, video = (client.assets_at(library_id, str(folder / name))[0].id for name in ("a.jpg", "a.mov"))

    client._transport.json("PUT", "/assets", body={"ids": [still], "livePhotoVideoId": video})
    client.update_assets([still], is_favorite=True, rating=5)

    asset = client.asset(still)
    assert (asset.live_photo_video_id, asset.is_favorite, asset.rating) == (None, True, 5)


def test_what_vanished_is_offline_until_it_is_back(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    write(folder, "a.jpg")
    library_id = scanned(sandbox, client, folder)
    path = str(folder / "a.jpg")

    for is_there in (False, True):
        if is_there:
            write(folder, "a.jpg")
        else:
            Path(path).unlink()
        client.scan(library_id)
        sandbox.run_scans()
        (asset,) = client.assets_at(library_id, path)
        assert (asset.is_offline, asset.is_trashed) == (not is_there, not is_there)


def test_deleting_leaves_the_file(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    write(folder, "a.jpg")
    library_id = scanned(sandbox, client, folder)

    client.delete_assets([client.assets_at(library_id, str(folder / "a.jpg"))[0].id], force=True)
    sandbox.run_jobs()

    assert (folder / "a.jpg").exists()


def test_a_paused_queue_scans_nothing(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    write(folder, "a.jpg")
    library_id = sandbox.create_library("iCloud", folder)
    client._transport.json("PUT", "/queues/library", body={"isPaused": True})
    client.scan(library_id)
    sandbox.run_scans()

    queue = client.library_queue()
    assert (queue.is_idle, queue.is_paused) == (False, True)
    assert paths(client, library_id) == set()
    client._transport.json("PUT", "/queues/library", body={"isPaused": False})
    sandbox.run_scans()

    assert paths(client, library_id) == {str(folder / "a.jpg")}


def test_only_administrators_may(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    library_id = scanned(sandbox, client, folder)
    sandbox.change_account(is_admin=False)
    try:
        for attempt in (
            client.libraries,
            client.library_queue,
            lambda: client.library(library_id),
            lambda: client.scan(library_id),
        ):
            with pytest.raises(AdminNeeded, match="API key of one"):
                attempt()
    finally:
        sandbox.change_account(is_admin=True)


def test_a_missing_permission_is_named(sandbox: Sandbox, folder: Path) -> None:
    library_id = sandbox.create_library("iCloud", folder)
    with Immich(sandbox.url, sandbox.create_key(["asset.read"])) as limited:
        with pytest.raises(Forbidden, match=r"library\.read") as refused:
            limited.library(library_id)
        assert not isinstance(refused.value, AdminNeeded)
        assert limited.assets_at(library_id, "/a.jpg") == []


def test_import_paths_are_checked_when_changed(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    library_id = sandbox.create_library("iCloud", folder)
    write(folder, "file.jpg")
    wrong = {
        str(folder / "nope"): r"ENOENT",
        str(folder / "file.jpg"): "Not a directory",
        str(sandbox.directory): "media upload folder",
        "relative": "must be absolute",
    }

    for path, words in wrong.items():
        with pytest.raises(Rejected, match=words):
            client._transport.json("PUT", f"/libraries/{library_id}", body={"importPaths": [path]})


def test_a_server_without_queues_is_asked_for_its_jobs() -> None:
    unknown = {"message": "Cannot GET /api/queues/library", "error": "Not Found", "statusCode": 404}
    counts = {"active": 1, "completed": 0, "failed": 0, "delayed": 3, "waiting": 2, "paused": 0}
    jobs = {"library": {"jobCounts": counts, "queueStatus": {"isPaused": False, "isActive": True}}}

    def script(connection: object) -> None:
        for status, body in (("404 Not Found", unknown), ("200 OK", jobs)):
            read_request(connection)  # type: ignore[arg-type]
            answer(connection, body, status)  # type: ignore[arg-type]

    with serving(script) as server, Immich(server.url, "key") as client:
        queue = client.library_queue()

    assert (queue.active, queue.waiting, queue.is_idle) == (1, 2, False)


def test_a_library_of_somebody_else_shows_nothing(sandbox: Sandbox, client: Immich, folder: Path) -> None:
    write(folder, "a.jpg")
    stranger = sandbox.create_user("Bo", "bo@example.org")
    library_id = sandbox.create_library("Bo's", folder, owner_id=stranger)
    client.scan(library_id)
    sandbox.run_scans()

    assert client.library(library_id).owner_id == stranger
    assert paths(client, library_id) == set()
