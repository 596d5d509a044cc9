"""Without a shared disk: the files are sent, and the same is done with them."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest
from pytest_django import Settings

from immichdrop.immich import Immich
from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox, running
from immichdrop.sandbox.faults import Hits
from ingest.folders import history
from ingest.icloud.models import ICloudRun
from tests.ingest.icloud.conftest import EVERYTHING, FAST, SIZES, Ran, call
from tests.ingest.icloud.downloads import Downloads, Photo


class Sent:
    """A folder that Immich does not see."""

    def __init__(self, sandbox: Sandbox, path: Path) -> None:
        self.sandbox = sandbox
        self.path = path
        self.downloads = Downloads(path)

    def sync(self, *arguments: object) -> Ran:
        self.sandbox.requests.clear()
        return call("--directory", self.path, "--upload", *FAST, *arguments)

    def names(self) -> list[str]:
        return sorted(asset.name for asset in self.sandbox.assets())


@pytest.fixture
def sent(sandbox: Sandbox, settings: Settings, tmp_path: Path, transactional_db: None) -> Sent:
    settings.IMMICH_ADDRESSES = {"IMMICH_BASE_URL": "", "IMMICH_LOCAL_URL": sandbox.url, "IMMICH_EXTERNAL_URL": ""}
    return Sent(sandbox, tmp_path / "photos")


def test_files_are_sent_and_everything_is_done(sent: Sent) -> None:
    sent.sandbox.change_account(is_admin=False)
    sent.downloads.write(Photo(sizes=SIZES, live=True, rating=5))
    sent.downloads.write(Photo("IMG_2.JPG", {"original": ".JPG"}))

    ran = sent.sync(*EVERYTHING)

    assert (ran.code, ran.error, ran.outcomes) == (0, "", {"IMG_0001.HEIC": "done", "IMG_2.JPG": "done"})
    stills = ["IMG_0001-medium.JPG", "IMG_0001.HEIC", "IMG_0001.JPG"]
    assert sent.names() == sorted([*stills, "IMG_0001_HEVC.MOV", "IMG_2.JPG"])
    by_name = {asset.name: asset for asset in sent.sandbox.assets()}
    assert sorted(sent.sandbox.stacks()[0]) == sorted(by_name[name].id for name in stills)
    assert sent.sandbox.stacks()[0][0] == by_name["IMG_0001.JPG"].id
    assert all(by_name[name].is_favorite for name in stills)
    assert by_name["IMG_0001.HEIC"].live_photo_video_id == by_name["IMG_0001_HEVC.MOV"].id
    assert sorted(asset.name for asset in sent.sandbox.album_assets("iCloud/2024")) == sorted([*stills, "IMG_2.JPG"])

    assert sent.sync(*EVERYTHING).outcomes == {}
    assert sent.sandbox.requests == []
    again = sent.sync(*EVERYTHING, "--process-existing")
    changing = [each for each in sent.sandbox.requests if each.method not in ("GET", "HEAD")]
    assert (again.code, [each.path for each in changing if "/albums/" not in each.path]) == (0, [])


def test_what_immich_refuses_is_not_tried_for_ever(sent: Sent) -> None:
    sent.downloads.write(Photo(rating=5))
    sent.downloads.write(Photo("IMG_2.HEIC", rating=5))
    sent.sandbox.faults.status = 400
    sent.sandbox.faults.error_before = Hits(on=("POST /api/assets",), count=1)
    ran = sent.sync("--favorite")
    assert ran.code == 0
    assert len(sent.names()) == 1
    assert sent.sandbox.assets()[0].is_favorite


def test_what_immich_is_too_busy_for_stays_pending(sent: Sent) -> None:
    sent.downloads.write(Photo())
    sent.sandbox.faults.status = 503
    sent.sandbox.faults.error_before = Hits(on=("POST /api/assets",))
    ran = sent.sync()
    assert (ran.code, ran.outcomes) == (1, {"IMG_0001.HEIC": "pending"})
    sent.sandbox.faults.clear()
    assert sent.sync().outcomes == {"IMG_0001.HEIC": "done"}


def test_a_key_that_may_not_send(sent: Sent) -> None:
    sent.downloads.write(Photo())
    ran = sent.sync("--api-key", sent.sandbox.create_key(["user.read", "asset.read"]))
    assert ran.code == 1
    assert "asset.upload" in ran.error


def test_either_a_library_or_sending(sent: Sent) -> None:
    sent.path.mkdir()
    assert sent.sync("--library-id", "x").code == 2
    assert "send 1 file" in [sent.downloads.write(Photo()), sent.sync("--dry-run")][1].events[1]["detail"]


@pytest.mark.parametrize("name", ["100% iCloud", "100%Ada", "{Ada}"])
def test_a_folder_with_a_sign_of_dates_in_its_name(sent: Sent, name: str) -> None:
    """Nothing beside it is sent."""
    (sent.path / name).mkdir(parents=True)
    Downloads(sent.path / name).write(Photo())
    sent.downloads.write(Photo("private.JPG", {"original": ".JPG"}))
    assert call("--directory", sent.path / name, "--upload", *FAST).outcomes == {"IMG_0001.HEIC": "done"}
    assert sent.names() == ["IMG_0001.HEIC"]


def test_a_folder_that_is_being_sent_already_stays_pending(sent: Sent, settings: Settings) -> None:
    sent.downloads.write(Photo())
    folder = history.folder_at(str(sent.path), ImmichAccount.objects.environment(), str(sent.path))
    with (settings.DATA_DIR / f"folder-{folder.pk}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = sent.sync()
    assert (ran.code, ran.outcomes) == (1, {"IMG_0001.HEIC": "pending"})
    assert ICloudRun.objects.get().outcome == ICloudRun.Outcome.SOME_PENDING
    assert sent.sync().outcomes == {"IMG_0001.HEIC": "done"}


def test_what_was_deleted_in_immich_is_not_missed(sent: Sent) -> None:
    sent.downloads.write(Photo(sizes=SIZES))
    sent.sync()
    medium = next(asset for asset in sent.sandbox.assets() if "medium" in asset.name)
    with Immich(sent.sandbox.url, sent.sandbox.api_key) as client:
        client.delete_assets([medium.id], force=True)
    sent.sandbox.run_jobs()
    ran = sent.sync("--process-existing", "--stack-media")
    assert (ran.code, ran.outcomes, len(sent.names())) == (0, {"IMG_0001.HEIC": "done"}, 2)


def test_another_user_s_key_has_everything_sent_and_done(sent: Sent, settings: Settings, tmp_path: Path) -> None:
    sent.downloads.write(Photo(sizes=SIZES, live=True, rating=5))
    sent.sync(*EVERYTHING)
    with running(tmp_path / "theirs") as other:
        home = dict(settings.IMMICH_ADDRESSES), settings.IMMICH_API_KEY
        settings.IMMICH_ADDRESSES["IMMICH_LOCAL_URL"], settings.IMMICH_API_KEY = other.url, other.api_key
        ran = sent.sync(*EVERYTHING)
        other.requests.clear()
        again = sent.sync(*EVERYTHING)
        assert (ran.outcomes, again.outcomes) == ({"IMG_0001.HEIC": "done"}, {})
        assert (len(other.assets()), len(other.stacks()[0]), other.requests) == (4, 3, [])
    settings.IMMICH_ADDRESSES, settings.IMMICH_API_KEY = home
    assert (sent.sync(*EVERYTHING).outcomes, sent.sandbox.requests) == ({}, [])


def test_what_is_sent_is_told_in_the_log_file(sent: Sent, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """By the engine that sends it, whose lines would otherwise cross the bar."""
    sent.downloads.write(Photo())

    sent.sync("--log-file", tmp_path / "log")

    assert "outcome=sent" in (tmp_path / "log").read_text()
    assert "outcome=sent" not in capfd.readouterr().err
