"""What icloudpd downloaded becomes a tidy library: the first run, the second, and what changes between them."""

from __future__ import annotations

import fcntl
import os
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from immichdrop.sandbox.faults import Hits
from ingest.folders.models import key_of
from ingest.folders.network import Network
from ingest.icloud import store, working
from ingest.icloud.job import Job
from ingest.icloud.models import ICloudFolder, ICloudPhoto, ICloudRun
from ingest.icloud.options import Options
from ingest.icloud.outcomes import Report, Told
from ingest.icloud.steps.registering import Patience
from ingest.icloud.steps.setbacks import MOST
from tests.ingest.commands import QUICK
from tests.ingest.folders.conftest import no_rights_of_root
from tests.ingest.icloud.conftest import EVERYTHING, SIZES, Library
from tests.ingest.icloud.downloads import CREATED, Photo


def test_the_first_run_does_everything(library: Library) -> None:
    live, plain = library.write(Photo(sizes=SIZES, live=True, rating=5), Photo("IMG_2.JPG", {"original": ".JPG"}))

    ran = library.sync(*EVERYTHING)

    assert (ran.code, ran.error, ran.outcomes) == (0, "", {"IMG_0001.HEIC": "done", "IMG_2.JPG": "done"})
    counted = {name: ran.end[name] for name in ("photos", "registered", "stacked", "favorites", "live", "albums")}
    assert counted == {"photos": 2, "registered": 2, "stacked": 1, "favorites": 1, "live": 1, "albums": 2}
    assert library.stacks() == [["IMG_0001.JPG", "IMG_0001-medium.JPG", "IMG_0001.HEIC"]]
    assert all(library.asset(live[size]).is_favorite for size in SIZES)
    assert not library.asset(plain["original"]).is_favorite
    assert library.asset(live["original"]).live_photo_video_id == library.asset(live["live"]).id
    assert library.album("iCloud/2024") == ["IMG_0001-medium.JPG", "IMG_0001.HEIC", "IMG_0001.JPG", "IMG_2.JPG"]
    assert sum(request.endswith("/scan") for request in library.changing) == 1
    assert ICloudRun.objects.get().outcome == ICloudRun.Outcome.DONE


def test_the_second_run_asks_nothing(library: Library) -> None:
    library.write(Photo(sizes=SIZES, live=True, rating=5))
    library.sync(*EVERYTHING)

    ran = library.sync(*EVERYTHING)

    assert (ran.code, ran.outcomes) == (0, {})
    assert library.sandbox.requests == []
    assert (ran.end["photos"], ran.end["known"]) == (1, 1)


def test_everything_again_changes_nothing(library: Library) -> None:
    library.write(Photo(sizes=SIZES, live=True, rating=5), Photo("IMG_2.JPG", {"original": ".JPG"}))
    library.sync(*EVERYTHING)

    ran = library.sync(*EVERYTHING, "--process-existing")

    assert (ran.code, set(ran.outcomes.values())) == (0, {"done"})
    assert [each for each in library.changing if not each.startswith("PUT /api/albums/")] == []
    assert [ran.end[name] for name in ("stacked", "favorites", "live", "albums")] == [0, 0, 0, 0]


def test_nothing_but_registering_is_done_unasked(library: Library) -> None:
    library.write(Photo(sizes=SIZES, live=True, rating=5))
    ran = library.sync()
    assert (ran.code, ran.end["registered"]) == (0, 1)
    assert (library.stacks(), library.sandbox.albums()) == ([], [])
    assert len(library.changing) == 1


def test_a_rewritten_sidecar_costs_a_look(library: Library) -> None:
    (written,) = library.write(photo := Photo(rating=None))
    library.sync(*EVERYTHING)
    library.downloads.write_sidecar(written["original"], photo)
    assert library.sync(*EVERYTHING).outcomes == {}
    assert library.sandbox.requests == []


def test_a_sidecar_that_comes_later_tells_another_day(library: Library) -> None:
    library.downloads._sidecars = False
    (written,) = library.write(Photo(sizes=SIZES))
    library.sync(*EVERYTHING)
    library.downloads.write_sidecar(written["original"], Photo(created=CREATED.replace(year=2019)))

    told = library.sync("--stack-media")
    given = library.sync(*EVERYTHING, "--process-existing")
    library.downloads.write_sidecar(written["original"], Photo(created=CREATED.replace(year=2018)))
    ran = library.sync(*EVERYTHING)

    assert (told.outcomes, given.code) == ({}, 0)
    assert ran.outcomes == {"IMG_0001.HEIC": "done"}
    assert library.changing == ["POST /api/albums", next(each for each in library.changing if "/assets" in each)]
    assert library.rows()["IMG_0001.HEIC"].created == CREATED.replace(year=2018)
    assert [album.name for album in library.sandbox.albums()] == ["iCloud/2018", "iCloud/2019", "iCloud/2024"]


def test_a_photo_that_was_pending_keeps_its_day(library: Library) -> None:
    """That of the place where it was taken, also when it comes back from the database."""
    tokyo = datetime(2024, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=9)))
    library.write(Photo(created=tokyo))
    library.sandbox.pause_scans()
    assert library.sync("--album", "iCloud/{:%Y/%m/%d}", "--scan-timeout", 0.1).code == 1
    library.sandbox.resume_scans()
    assert library.sync("--album", "iCloud/{:%Y/%m/%d}").code == 0
    assert [album.name for album in library.sandbox.albums()] == ["iCloud/2024/01/01"]


def test_a_favourite_that_is_given_later_and_taken_away(library: Library) -> None:
    (written,) = library.write(Photo())
    library.sync(*EVERYTHING)
    library.downloads.write_sidecar(written["original"], Photo(rating=5))
    given = library.sync(*EVERYTHING)
    was_favourite = library.asset(written["original"]).is_favorite

    library.downloads.write_sidecar(written["original"], Photo())
    taken = library.sync(*EVERYTHING)
    kept = library.asset(written["original"]).is_favorite
    asked = library.sync(*EVERYTHING, "--unset-favorites")

    assert given.outcomes == asked.outcomes == {"IMG_0001.HEIC": "done"}
    assert (was_favourite, taken.outcomes, kept) == (True, {}, True)
    assert not library.asset(written["original"]).is_favorite
    assert library.changing == ["PUT /api/assets"]


def test_favourites_of_immich_alone_stay(library: Library) -> None:
    (written,) = library.write(Photo())
    library.sync("--favorite")
    library.sandbox._store.update_assets([library.asset(written["original"]).id], {"is_favorite": True})
    library.sync("--favorite", "--unset-favorites", "--process-existing")
    assert library.asset(written["original"]).is_favorite


def test_a_mark_of_immich_is_not_taken_for_our_own(library: Library) -> None:
    """It was a favourite there before it was one in iCloud."""
    (written,) = library.write(Photo())
    library.sync("--favorite")
    library.sandbox._store.update_assets([library.asset(written["original"]).id], {"is_favorite": True})
    library.downloads.write_sidecar(written["original"], Photo(rating=5))
    library.sync("--favorite")
    library.downloads.write_sidecar(written["original"], Photo())

    library.sync("--favorite", "--unset-favorites")

    assert library.asset(written["original"]).is_favorite


def test_a_mark_is_ours_until_it_is_taken_from_every_size(library: Library) -> None:
    (written,) = library.write(Photo(sizes=SIZES, rating=5))
    library.sync("--favorite")
    medium = library.asset(written["medium"]).id
    for size in SIZES:
        library.downloads.write_sidecar(written[size], Photo())
    library.sandbox._store.update_assets([medium], {"is_offline": True})
    library.sandbox.pause_scans()
    impatient = ("--favorite", "--unset-favorites", "--scan-timeout", 0.1)
    first = library.sync(*impatient)
    library.sandbox._store.update_assets([medium], {"is_offline": False})
    library.sync(*impatient)

    assert first.outcomes == {"IMG_0001.HEIC": "pending"}
    assert not any(library.asset(written[size]).is_favorite for size in SIZES)


def test_existing_favourites_alone(library: Library) -> None:
    starred, _ = library.write(Photo(rating=5, sizes=SIZES), Photo("IMG_2.HEIC"))
    library.sync()
    ran = library.sync(*EVERYTHING, "--process-existing-favorites")
    assert ran.outcomes == {"IMG_0001.HEIC": "done"}
    assert library.asset(starred["original"]).is_favorite
    assert (library.stacks(), library.sandbox.albums()) == ([], [])


def test_a_size_that_comes_later_joins_the_stack(library: Library) -> None:
    library.write(Photo(sizes={"original": ".HEIC", "medium": ".JPG"}))
    library.sync(*EVERYTHING)
    folder = next(library.path.rglob("*.HEIC")).parent
    (folder / "IMG_0001.JPG").write_bytes((folder / "IMG_0001-medium.JPG").read_bytes() + b"\0")
    os.utime(folder / "IMG_0001.JPG", (CREATED.timestamp(), CREATED.timestamp()))

    assert library.sync(*EVERYTHING).outcomes == {"IMG_0001.HEIC": "done"}

    assert library.stacks() == [["IMG_0001.JPG", "IMG_0001-medium.JPG", "IMG_0001.HEIC"]]


def test_another_rating_for_favourites(library: Library) -> None:
    (written,) = library.write(Photo(rating=3))
    library.sync("--favorite", "--favorite-to-rating", 3)
    assert library.asset(written["original"]).is_favorite


def test_photos_taken_since(library: Library) -> None:
    library.write(Photo(), Photo("IMG_2.HEIC", created=CREATED.replace(year=2020)))
    first = library.sync("--since", "2024-01-01")
    again = library.sync("--since", "2024-01-01")
    asked = len(library.sandbox.requests)
    assert (first.outcomes, again.outcomes, asked) == ({"IMG_0001.HEIC": "done"}, {}, 0)
    assert library.sync().outcomes == {"IMG_2.HEIC": "done"}


def test_a_missing_file_is_pending_and_the_others_go_on(library: Library) -> None:
    (good,) = library.write(Photo(rating=5))
    library.sync()
    library.write(Photo("IMG_2.HEIC", {"original": ".HEIC", "thumb": ".JPG"}, created=CREATED.replace(year=2023)))
    library.sandbox.pause_scans()

    ran = library.sync(*EVERYTHING, "--scan-timeout", 0.1, "--process-existing")

    assert (ran.code, ran.outcomes) == (1, {"IMG_0001.HEIC": "done", "IMG_2.HEIC": "pending"})
    assert ran.end["pending"] == 1
    assert library.asset(good["original"]).is_favorite
    assert "IMG_2-thumb.JPG: Immich has not taken it in yet" in library.rows()["IMG_2.HEIC"].reason
    assert ICloudRun.objects.first().outcome == ICloudRun.Outcome.SOME_PENDING

    library.sandbox.resume_scans()
    assert library.sync(*EVERYTHING).outcomes == {"IMG_2.HEIC": "done"}
    assert library.sync(*EVERYTHING).outcomes == {}
    assert library.stacks() == [["IMG_2.HEIC", "IMG_2-thumb.JPG"]]


def test_what_is_taken_away(library: Library) -> None:
    one, two = library.write(Photo(), Photo("IMG_2.HEIC", created=datetime.fromisoformat("2023-05-05T10:00+00:00")))
    library.sync()
    one["original"].unlink()
    for path in sorted(two["original"].parent.glob("*")):
        path.unlink()
    two["original"].parent.rmdir()

    assert library.sync().code == 0

    assert not ICloudPhoto.objects.exists()
    assert not ICloudFolder.objects.filter(path=str(two["original"].parent)).exists()


@pytest.mark.parametrize("folders", ["{:%Y}", "none"])
def test_an_empty_mount_point_proves_nothing(library: Library, folders: str) -> None:
    library.downloads._folders = folders
    library.write(Photo())
    library.sync()
    away = library.path.parent / "unplugged"
    library.path.rename(away)
    library.path.mkdir()
    library.sync()
    assert ICloudPhoto.objects.count() == 1


def test_what_is_pending_waits_for_its_disk(library: Library) -> None:
    (written,) = library.write(Photo(sizes=SIZES, rating=5))
    library.sandbox.pause_scans()
    library.sync("--scan-timeout", 0.1)
    away = library.path.parent / "unplugged"
    library.path.rename(away)
    library.path.mkdir()

    ran = library.sync(*EVERYTHING, "--scan-timeout", 0.1)

    assert (ran.code, ran.outcomes, library.sandbox.requests) == (0, {}, [])
    assert library.rows()["IMG_0001.HEIC"].pending == ICloudPhoto.Pending.ALL
    library.path.rmdir()
    away.rename(library.path)
    library.sandbox.resume_scans()
    assert library.sync(*EVERYTHING).outcomes == {"IMG_0001.HEIC": "done"}
    assert len(library.stacks()) == 1
    assert library.asset(written["original"]).is_favorite


def test_what_is_pending_and_deleted_is_forgotten(library: Library) -> None:
    one, two = library.write(Photo(sizes=SIZES), Photo("IMG_2.HEIC"))
    library.sandbox.pause_scans()
    library.sync("--scan-timeout", 0.1)
    library.sandbox.resume_scans()
    one["medium"].unlink()
    two["original"].unlink()

    assert (library.sync().outcomes, list(library.rows())) == ({"IMG_0001.HEIC": "done"}, ["IMG_0001.HEIC"])


@pytest.mark.parametrize("batch", [("--batch-process", 1), ("--batch-process",), ("--batch-process", "all"), ()])
def test_batches(library: Library, batch: tuple[object, ...]) -> None:
    library.write(*(Photo(f"IMG_{number}.HEIC", rating=5) for number in range(3)))
    ran = library.sync("--favorite", *batch)
    scans = sum(request.endswith("/scan") for request in library.changing)
    assert (ran.code, ran.end["favorites"], scans) == (0, 3, 1)
    marked = [request for request in library.changing if request == "PUT /api/assets"]
    assert len(marked) == (3 if batch == ("--batch-process", 1) else 1)


def test_a_batch_of_all_is_done_in_parts(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "AT_ONCE", 2)
    library.write(*(Photo(f"IMG_{number}.HEIC", rating=5) for number in range(5)))
    library.sandbox.faults.status = 503
    library.sandbox.faults.error_before = Hits(on=("PUT /api/albums/*/assets",))
    cut_off = library.sync("--favorite", "--album", "A", "--batch-process", "all")
    library.sandbox.faults.clear()

    assert (cut_off.code, sum(asset.is_favorite for asset in library.sandbox.assets())) == (1, 2)
    ran = library.sync("--favorite", "--album", "A", "--batch-process", "all")
    assert (ran.code, library.changing.count("PUT /api/assets")) == (0, 2)


def test_rows_are_written_in_parts(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.write(*(Photo(f"IMG_{number}.HEIC") for number in range(5)))
    library.sync()
    monkeypatch.setattr(store, "BLOCK", 2)
    with CaptureQueriesContext(connection) as asked:
        store.step_done(list(ICloudPhoto.objects.all()))
    assert sum(each["sql"].startswith("BEGIN") for each in asked) == 3


@pytest.mark.parametrize(
    "request_of", ["POST /api/stacks", "PUT /api/assets/*", "PUT /api/assets", "PUT /api/albums/*/assets"]
)
def test_a_photo_that_immich_fails_at_keeps_no_other_back(library: Library, request_of: str) -> None:
    library.write(*(Photo(f"IMG_{number}.HEIC", SIZES, live=True, rating=5) for number in range(3)))
    library.sandbox.faults.status = 500
    # All of the tries, and where all photos are in one request, those of its halves down to one photo.
    halvings = {"PUT /api/assets": 4, "PUT /api/albums/*/assets": 4}.get(request_of, 1)
    library.sandbox.faults.error_before = Hits(on=(request_of,), count=QUICK.tries * halvings)

    ran = library.sync(*EVERYTHING)

    assert (ran.code, sorted(ran.outcomes.values())) == (1, ["done", "done", "pending"])
    (pending,) = [row for row in library.rows().values() if row.pending]
    assert "Immich fails at it" in pending.reason
    assert set(library.sync(*EVERYTHING).outcomes.values()) == {"done"}


def test_an_immich_that_fails_at_everything_ends_the_run_and_no_later_one(library: Library) -> None:
    library.write(*(Photo(f"IMG_{number}0.HEIC", SIZES) for number in range(10)))
    library.sandbox.faults.status = 500
    library.sandbox.faults.error_before = Hits(on=("POST /api/stacks",))

    first = library.sync("--stack-media", "--batch-process", 8)
    asked = sum(request == "POST /api/stacks" for request in library.changing)
    second = library.sync("--stack-media", "--batch-process", 8)

    assert (first.code, len(first.outcomes), asked) == (1, 8, MOST * QUICK.tries)
    assert (second.code, len(second.outcomes)) == (1, 10)
    library.sandbox.faults.clear()
    assert set(library.sync("--stack-media").outcomes.values()) == {"done"}


def test_names_of_every_script(library: Library) -> None:
    library.downloads._folders = "none"
    library.write(*(Photo(f"{name}.HEIC", live=True) for name in ("Żółw 1", "写真", "a%b_c", "IMG_1.JPG")))
    Path(library.path / "IMG_1.JPG.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    ran = library.sync(*EVERYTHING)
    assert (ran.code, ran.end["live"], set(ran.outcomes.values())) == (0, 4, {"done"})


def test_a_folder_that_is_named_twice_or_within_another(library: Library) -> None:
    library.write(Photo())
    inner = library.path / "2024"
    ran = library.sync("--directory", inner, "--directory", f"{library.path}/")
    assert (ran.code, ran.end["photos"], ran.outcomes) == (0, 1, {"IMG_0001.HEIC": "done"})


def test_everything_again_since_a_day(library: Library) -> None:
    library.write(Photo(), Photo("IMG_2.HEIC", created=CREATED.replace(year=2020)))
    library.sync()
    assert library.sync("--process-existing", "--since", "2024-01-01").outcomes == {"IMG_0001.HEIC": "done"}


def test_two_runs_at_once(library: Library, settings: Settings) -> None:
    library.write(Photo())
    with (settings.DATA_DIR / f"icloud-{key_of(library.id)}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = library.sync()
    assert (ran.code, ran.notes) == (0, ["Another sync_icloud is at work there."])
    assert library.sandbox.requests == []


def test_a_run_that_breaks_off_is_not_called_done(library: Library) -> None:
    library.write(Photo())

    class Broken(Report):
        def tells(self, told: Told) -> None:
            raise BrokenPipeError("nobody reads this")

    network = Network([library.sandbox.url], library.sandbox.api_key)
    job = Job(network, library.sandbox.api_key, Broken(), threading.Event(), QUICK)
    with pytest.raises(BrokenPipeError):
        job.run(Options((str(library.path),), library.id, patience=Patience(5.0, 0.05)))
    run = ICloudRun.objects.get()
    assert (run.outcome, run.message) == (ICloudRun.Outcome.BROKEN_OFF, "BrokenPipeError: nobody reads this")


def test_only_what_changed_is_looked_at(library: Library) -> None:
    """As a watched folder's changes are taken."""
    library.write(Photo())
    library.sync()
    (second,) = library.write(Photo("IMG_2.HEIC", created=CREATED.replace(year=2025)))
    library.write(Photo("IMG_3.HEIC", created=CREATED.replace(year=2022)))
    hidden = library.path / ".hidden"
    hidden.mkdir()
    (hidden / "a.JPG").write_bytes(b"x")
    network = Network([library.sandbox.url], library.sandbox.api_key)
    job = Job(network, library.sandbox.api_key, Report(), threading.Event(), QUICK)
    options = Options((str(library.path),), library.id, patience=Patience(5.0, 0.05))

    changed = [second["original"], second["original"].parent, hidden, hidden / "a.JPG", library.path / "gone.JPG"]
    job.run(options, [str(path) for path in changed])

    assert sorted(library.rows()) == ["IMG_0001.HEIC", "IMG_2.HEIC"]
    job.run(options)
    assert sorted(library.rows()) == ["IMG_0001.HEIC", "IMG_2.HEIC", "IMG_3.HEIC"]


def test_a_folder_that_may_not_be_read_is_told(library: Library) -> None:
    (one, _) = library.write(Photo(), Photo("IMG_2.HEIC", created=CREATED.replace(year=2020)))
    folder = one["original"].parent
    folder.chmod(0)
    with no_rights_of_root():
        ran = library.sync()
    folder.chmod(0o755)
    assert (ran.code, ran.outcomes) == (1, {"IMG_2.HEIC": "done"})
    assert str(folder) in ran.end["message"]
    assert library.sync().outcomes == {"IMG_0001.HEIC": "done"}
