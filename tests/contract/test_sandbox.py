"""The sandbox itself: what it keeps, shows, and reads out of files."""

from __future__ import annotations

import io
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from PIL import Image

from immichdrop.immich import Immich
from immichdrop.sandbox import Sandbox, running
from tests.contract.conftest import TAKEN, unique_bytes, upload_of
from tests.contract.test_assets import picture

EXIF_IFD, ORIENTATION = 0x8769, 0x0112
DATE_ORIGINAL, OFFSET_ORIGINAL, FRACTION_ORIGINAL = 0x9003, 0x9011, 0x9291


def taken_picture(clock: str, offset: str | None = None, fraction: str | None = None) -> bytes:
    exif = Image.Exif()
    tags = {DATE_ORIGINAL: clock, OFFSET_ORIGINAL: offset, FRACTION_ORIGINAL: fraction}
    exif[EXIF_IFD] = {tag: value for tag, value in tags.items() if value}
    return picture(exif=exif)


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    data = unique_bytes()
    with running(tmp_path) as before:
        client = Immich(before.url, before.api_key)
        album = client.create_album("Trip")
        asset_id = client.upload(upload_of(data)).id
        client.add_to_album(album.id, [asset_id])

    with running(tmp_path) as after:
        assert (after.api_key, after.email, after.password) == (before.api_key, before.email, before.password)
        client = Immich(after.url, after.api_key)
        assert client.upload(upload_of(data)).id == asset_id
        assert [asset.id for asset in after.album_assets("Trip")] == [asset_id]
        assert after.assets()[0].path.read_bytes() == data


def test_its_secrets_are_for_the_owner_alone(tmp_path: Path) -> None:
    with running(tmp_path):
        mode = (tmp_path / "account.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


def test_leftovers_of_a_killed_sandbox_are_removed(tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "half-a-file").write_bytes(b"half")

    with running(tmp_path):
        assert list((tmp_path / "incoming").iterdir()) == []


def test_the_directory_can_be_moved(tmp_path: Path) -> None:
    with running(tmp_path / "here") as before:
        Immich(before.url, before.api_key).upload(upload_of(b"moved"))
    (tmp_path / "here").rename(tmp_path / "there")

    with running(tmp_path / "there") as after:
        assert after.assets()[0].path.read_bytes() == b"moved"


def test_requests_are_noted(sandbox: Sandbox, client: Immich) -> None:
    client.ping()
    sandbox.faults.down = True
    requests.post(f"{sandbox.url}/sandbox/faults", json={"down": False}, timeout=10)
    client.me()

    asked = [
        ("GET", "/api/server/ping", 200),
        ("POST", "/sandbox/faults", 200),
        ("GET", "/api/users/me", 200),
    ]
    # Other tests run beside this one, and one of them may ask at a port that was free a moment ago.
    assert [seen for seen in sandbox.requests if seen in asked] == asked


@pytest.mark.parametrize(
    ("data", "moment", "wall_clock", "zone"),
    [
        (
            taken_picture("2019:02:03 14:05:06", "+02:00", "123"),
            datetime(2019, 2, 3, 12, 5, 6, 123_000, tzinfo=UTC),
            datetime(2019, 2, 3, 14, 5, 6, 123_000, tzinfo=UTC),
            "UTC+2",
        ),
        (
            taken_picture("2019:02:03 14:05:06", "-03:30"),
            datetime(2019, 2, 3, 17, 35, 6, tzinfo=UTC),
            datetime(2019, 2, 3, 14, 5, 6, tzinfo=UTC),
            "UTC-3:30",
        ),
        (
            taken_picture("2019:02:03 14:05:06"),
            datetime(2019, 2, 3, 14, 5, 6, tzinfo=UTC),
            datetime(2019, 2, 3, 14, 5, 6, tzinfo=UTC),
            None,
        ),
        (picture(), TAKEN, TAKEN, None),
        (taken_picture("0000:00:00 00:00:00"), TAKEN, TAKEN, None),
        (b"no picture at all", TAKEN, TAKEN, None),
    ],
    ids=["offset", "negative offset", "no offset", "no EXIF", "impossible date", "no picture"],
)
def test_dates_are_read_from_the_file(
    sandbox: Sandbox, client: Immich, data: bytes, moment: datetime, wall_clock: datetime, zone: str | None
) -> None:
    asset = client.asset(client.upload(upload_of(data)).id)
    (stored,) = sandbox.assets()

    assert asset.file_created_at == moment
    assert asset.taken_at == moment
    assert asset.local_date_time == wall_clock
    assert stored.time_zone == zone
    assert stored.sha1 == asset.sha1


@pytest.mark.parametrize(("orientation", "size"), [(1, (800, 600)), (6, (600, 800))])
def test_a_turned_picture_has_its_turned_size(
    sandbox: Sandbox, client: Immich, orientation: int, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    client.upload(upload_of(picture(exif=exif)))

    (stored,) = sandbox.assets()

    assert (stored.width, stored.height) == size


def test_without_a_date_of_its_own_the_earlier_one_counts(sandbox: Sandbox, client: Immich) -> None:
    earlier = datetime(2001, 2, 3, tzinfo=UTC)
    data = unique_bytes()
    upload = upload_of(data)
    upload = type(upload)(upload.filename, upload.size, upload.open, TAKEN, earlier)

    asset = client.asset(client.upload(upload).id)

    assert asset.file_created_at == earlier


def test_the_page_shows_what_it_holds(sandbox: Sandbox, client: Immich) -> None:
    album = client.create_album("<Beach>")
    asset_id = client.upload(upload_of(picture(), "sea & sand.jpg")).id
    client.add_to_album(album.id, [asset_id])
    client.upload(upload_of(unique_bytes(), "alone.mp4"))

    answer = requests.get(sandbox.url, timeout=10)
    thumbnail = requests.get(f"{sandbox.url}/sandbox/thumbnails/{asset_id}", timeout=10)
    original = requests.get(f"{sandbox.url}/sandbox/originals/{asset_id}", timeout=10)

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for words in ("&lt;Beach&gt;", "sea &amp; sand.jpg", "alone.mp4", sandbox.assets()[0].sha1, "Not in an album"):
        assert words in answer.text
    assert "<script" not in answer.text
    assert Image.open(io.BytesIO(thumbnail.content)).format == "JPEG"
    assert original.content == picture()
    assert original.headers["content-disposition"].startswith("attachment")


def test_the_page_shows_what_was_added_and_what_was_deleted(sandbox: Sandbox, client: Immich) -> None:
    kept, gone = (client.upload(upload_of(unique_bytes(), name)).id for name in ("kept.jpg", "gone.jpg"))
    client.update_asset(kept, description="from <Ann>")
    client.tag_assets(client.upsert_tags(["Drop/Beach"])["Drop/Beach"], [kept])
    assert "Trash" not in requests.get(sandbox.url, timeout=10).text
    client.delete_assets([gone], force=True)

    page = requests.get(sandbox.url, timeout=10).text

    held, trash = page.split("<h2>Trash</h2>")
    assert "from &lt;Ann&gt;" in held
    assert "Drop/Beach" in held
    assert "gone.jpg" not in held
    assert "gone.jpg" in trash
    assert "until a job removes it" in trash


def test_a_directory_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    data = unique_bytes()
    with running(tmp_path) as before, Immich(before.url, before.api_key) as client:
        client.upload(upload_of(data))
    with closing(sqlite3.connect(tmp_path / "sandbox.sqlite3")) as database:
        for column in ("description", "rating", "latitude", "longitude", "is_deleted"):
            database.execute(f"ALTER TABLE asset DROP COLUMN {column}")
        database.commit()

    with running(tmp_path) as after, Immich(after.url, after.api_key) as client:
        asset = client.update_asset(client.upload(upload_of(data)).id, description="kept")

    assert (asset.description, asset.is_trashed) == ("kept", False)


@pytest.mark.parametrize("api", [1, 2, 3])
def test_it_is_the_version_it_shall_be(sandboxes: dict[str, Sandbox], api: int) -> None:
    sandbox = sandboxes[f"v{api}"]
    with Immich(sandbox.url, sandbox.api_key) as client:
        version = client.version()

        assert version.major == api
        assert client.about().version == f"v{version}"


@pytest.mark.parametrize("kind", ["thumbnails", "originals"])
def test_the_page_knows_what_is_missing(sandbox: Sandbox, kind: str) -> None:
    assert requests.get(f"{sandbox.url}/sandbox/{kind}/nothing", timeout=10).status_code == 404


def test_the_api_is_found_by_well_known(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/.well-known/immich", timeout=10)

    assert answer.json() == {"api": {"endpoint": "/api"}}


@pytest.mark.parametrize(("name", "length"), [("b" * 4996 + ".jpg", 5000), ("c" * 19996 + ".jpg", None)])
def test_very_long_names(sandbox: Sandbox, name: str, length: int | None) -> None:
    """Recorded exchanges 147, 148: the part's header may have 16 kB."""
    fields = {
        "deviceAssetId": "a",
        "deviceId": "b",
        "fileCreatedAt": TAKEN.isoformat(),
        "fileModifiedAt": TAKEN.isoformat(),
    }

    answer = requests.post(
        f"{sandbox.url}/api/assets",
        data=fields,
        files={"assetData": (name, b"long")},
        headers={"x-api-key": sandbox.api_key},
        timeout=10,
    )

    if length is None:
        assert answer.status_code == 400
        assert answer.json()["message"] == "Multipart: Malformed part header"
    else:
        assert answer.status_code == 201
        assert len(sandbox.assets()[0].name) == length


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('filename="Ünïcödé 照片 😀.jpg"', "Ünïcödé 照片 😀.jpg"),
        ("filename*=UTF-8''%E7%85%A7%E7%89%87.jpg", "gG.jpg"),
        ("filename=\"fallback.jpg\"; filename*=UTF-8''%C3%BCber.jpg", "\ufffdber.jpg"),
        (r'filename="a\"b.jpg"', 'a"b.jpg'),
        ('filename="a%22b.jpg"', "a%22b.jpg"),
        ('filename="dir/sub/name.jpg"', "name.jpg"),
        (r'filename="C:\\x\\name.jpg"', "name.jpg"),
        ('filename="a\tb.jpg"', "a\tb.jpg"),
        ('filename="a;b=c.jpg"', "a;b=c.jpg"),
    ],
)
def test_names_of_parts(sandbox: Sandbox, client: Immich, disposition: str, name: str) -> None:
    """Recorded exchanges 137-152, with the names the servers then told."""
    fields = {
        "deviceAssetId": "a",
        "deviceId": "b",
        "fileCreatedAt": TAKEN.isoformat(),
        "fileModifiedAt": TAKEN.isoformat(),
    }
    parts = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    parts.append(f'--b\r\nContent-Disposition: form-data; name="assetData"; {disposition}\r\n\r\nbytes\r\n--b--\r\n')

    answer = requests.post(
        f"{sandbox.url}/api/assets",
        data="".join(parts).encode(),
        headers={"x-api-key": sandbox.api_key, "Content-Type": "multipart/form-data; boundary=b"},
        timeout=10,
    )

    assert answer.status_code == 201
    assert client.asset(answer.json()["id"]).name == name


def test_live_photos(sandbox: Sandbox, client: Immich) -> None:
    """Recorded exchanges 128-131: the video becomes hidden, the still points to it."""
    video = client.upload(upload_of(unique_bytes(), "IMG_1.mov")).id
    fields = {
        "deviceAssetId": "a",
        "deviceId": "b",
        "fileCreatedAt": TAKEN.isoformat(),
        "fileModifiedAt": TAKEN.isoformat(),
        "livePhotoVideoId": video,
    }

    answer = requests.post(
        f"{sandbox.url}/api/assets",
        data=fields,
        files={"assetData": ("IMG_1.jpg", unique_bytes())},
        headers={"x-api-key": sandbox.api_key},
        timeout=10,
    )

    assert client.asset(video).visibility == "hidden"
    assert client.asset(answer.json()["id"]).live_photo_video_id == video
