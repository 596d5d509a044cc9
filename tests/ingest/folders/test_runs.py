"""One run after the other: what is new is sent once, whatever happened in between."""

import os
import signal
import threading
import unicodedata
from pathlib import Path

import pytest
from pytest_django import Settings

from immichdrop.immich import Immich
from immichdrop.sandbox import Sandbox, running
from immichdrop.sandbox.faults import Hits
from ingest.folders.models import SyncedFile
from tests.ingest.folders.conftest import Folder, in_album, names, no_rights_of_root
from tests.serving import eventually

UPLOADS = "POST /api/assets"


def sent(sandbox: Sandbox) -> int:
    return sum(f"{each.method} {each.path}" == UPLOADS for each in sandbox.requests)


def test_what_is_new_is_sent_once_into_the_album(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    folder.add("deeper/still/b.jpg", 2)
    folder.add("notes.txt", b"not for Immich")
    folder.add("a copy.jpg", 1)

    first = folder.sync("--album", "Screenshots")
    requests = len(sandbox.requests)
    second = folder.sync("--album", "Screenshots")

    assert (first.code, second.code) == (0, 0)
    assert in_album(sandbox, "Screenshots") == names(sandbox)
    assert len(names(sandbox)) == 2
    assert first.end["sent"] == 2
    assert first.end["others"] == {".txt": 1}
    assert sorted(first.outcomes.values()) == ["duplicate", "sent", "sent"]
    assert second.outcomes == {}
    assert second.end["unchanged"] == 3
    asked = [each.path for each in sandbox.requests[requests:]]
    assert asked == ["/api/server/ping", "/api/users/me", "/api/server/media-types"]


def test_a_changed_file_under_an_old_name_is_sent(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    folder.sync()
    folder.add("a.jpg", 2, age=1800)

    assert folder.sync().outcomes == {"a.jpg": "sent"}
    assert names(sandbox) == ["a.jpg", "a.jpg"]


def test_a_renamed_file_is_known_by_its_sum(folder: Folder, sandbox: Sandbox) -> None:
    file = folder.add("a.jpg", 1)
    folder.sync("--album", "A")
    file.rename(folder.path / "b.jpg")

    assert folder.sync("--album", "B").outcomes == {"b.jpg": "renamed"}
    assert (sent(sandbox), names(sandbox), in_album(sandbox, "B")) == (1, ["a.jpg"], ["a.jpg"])
    assert folder.sync("--album", "B").outcomes == {}


def test_what_its_owner_deleted_in_immich_does_not_come_back(folder: Folder, sandbox: Sandbox) -> None:
    file = folder.add("a.jpg", 1)
    folder.sync("--album", "A")
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.delete_assets([sandbox.assets()[0].id], force=True)
    sandbox.run_jobs()

    unchanged = folder.sync("--album", "A")
    file.rename(folder.path / "b.jpg")
    renamed = folder.sync("--album", "A")

    assert (unchanged.outcomes, renamed.outcomes) == ({}, {"b.jpg": "renamed"})
    assert (renamed.code, names(sandbox)) == (0, [])


def test_what_lies_in_the_trash_is_told_and_restored_on_demand(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    folder.sync()
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.delete_assets([sandbox.assets()[0].id])
    SyncedFile.objects.all().delete()

    told = folder.sync("--album", "A")
    again = folder.sync("--album", "A")
    assert told.outcomes == again.outcomes == {"a.jpg": "trashed"}
    assert sandbox.assets()[0].is_trashed

    restored = folder.sync("--album", "A", "--restore-trashed")
    assert restored.outcomes == {"a.jpg": "duplicate"}
    assert not sandbox.assets()[0].is_trashed
    assert in_album(sandbox, "A") == ["a.jpg"]


def test_an_album_that_was_deleted_is_made_again(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    folder.sync("--album", "A")
    sandbox._store.delete_album(sandbox.albums()[0].id)
    folder.add("b.jpg", 2)

    assert folder.sync("--album", "A").code == 0
    assert in_album(sandbox, "A") == ["b.jpg"]


def test_a_failed_album_is_done_by_the_next_run(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    sandbox.faults.error_before = Hits(on=("PUT /api/albums/*",))
    failed = folder.sync("--album", "A")
    sandbox.faults.clear()
    assert (failed.code, failed.end["sent"], failed.end["no_album"]) == (1, 1, 1)
    assert in_album(sandbox, "A") == []

    assert folder.sync("--album", "A").code == 0
    assert (sent(sandbox), in_album(sandbox, "A")) == (1, ["a.jpg"])


@pytest.mark.parametrize(("for_good", "outcomes"), [(True, {}), (False, {"a.jpg": "trashed"})])
def test_what_was_deleted_before_it_came_into_its_album_is_no_trouble(
    folder: Folder, sandbox: Sandbox, for_good: bool, outcomes: dict[str, str]
) -> None:
    folder.add("a.jpg", 1)
    sandbox.faults.error_before = Hits(on=("PUT /api/albums/*",))
    folder.sync("--album", "A")
    sandbox.faults.clear()
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.delete_assets([sandbox.assets()[0].id], force=for_good)
    sandbox.run_jobs()

    for _ in range(2):
        ran = folder.sync("--album", "A")
        assert (ran.code, ran.outcomes) == (0, outcomes)


def test_another_user_s_key_finds_everything_new(
    folder: Folder, sandbox: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    folder.add("a.jpg", 1)
    folder.sync()
    with running(tmp_path / "theirs") as other:
        settings.IMMICH_ADDRESSES["IMMICH_LOCAL_URL"], settings.IMMICH_API_KEY = other.url, other.api_key
        foreseen = folder.sync("--dry-run")
        ran = folder.sync()
        assert (foreseen.outcomes, ran.outcomes) == ({"a.jpg": "would_send"}, {"a.jpg": "sent"})
        assert names(other) == ["a.jpg"]


def test_a_409_is_a_duplicate_with_its_id(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    sandbox.faults.status = 409
    sandbox.faults.error_after = Hits(on=(UPLOADS,))

    ran = folder.sync("--album", "A")

    assert ran.outcomes == {"a.jpg": "duplicate"}
    assert str(folder.rows()["a.jpg"].asset_id) == sandbox.assets()[0].id
    assert in_album(sandbox, "A") == ["a.jpg"]


def test_what_immich_had_and_lost_is_sent(folder: Folder, sandbox: Sandbox) -> None:
    """An asset deleted for good is still told of until Immich's job has run."""
    folder.add("a.jpg", 1)
    folder.sync()
    SyncedFile.objects.all().delete()
    with Immich(sandbox.url, sandbox.api_key) as immich:
        immich.delete_assets([sandbox.assets()[0].id], force=True)
    first = folder.sync("--restore-trashed")
    sandbox.run_jobs()
    SyncedFile.objects.update(recheck_at="2020-01-01T00:00Z")

    assert "sent" not in first.outcomes.values()
    assert folder.sync().outcomes == {"a.jpg": "sent"}
    assert names(sandbox) == ["a.jpg"]


@pytest.mark.parametrize("fault", ["error_before", "reset_body", "reset_after"])
def test_trouble_that_passes_costs_nothing(folder: Folder, sandbox: Sandbox, fault: str) -> None:
    for number in range(4):
        folder.add(f"{number}.jpg", number)
    sandbox.faults.status = 500
    setattr(sandbox.faults, fault, Hits(on=(UPLOADS,), count=2))

    ran = folder.sync("--album", "A", "--concurrency", 1)

    assert (ran.code, len(names(sandbox))) == (0, 4)
    assert in_album(sandbox, "A") == names(sandbox)


def test_a_500_that_stays_is_told_and_tried_by_the_next_run(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    sandbox.faults.status = 500
    sandbox.faults.error_before = Hits(on=(UPLOADS,))
    failed = folder.sync()
    sandbox.faults.clear()
    assert (failed.code, failed.outcomes) == (1, {"a.jpg": "failed"})
    assert "500" in folder.rows()["a.jpg"].message or "did not take it" in folder.rows()["a.jpg"].message

    assert folder.sync().outcomes == {"a.jpg": "sent"}


def test_an_asset_that_immich_forgot_is_sent_again_in_the_same_run(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    sandbox.faults.forgetting = Hits(on=(UPLOADS,), count=1)

    assert folder.sync("--settle", 0).outcomes == {"a.jpg": "sent"}
    assert names(sandbox) == ["a.jpg"]


def test_a_refused_file_is_left_alone_until_it_changes(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("a.jpg", 1)
    sandbox.faults.status = 400
    sandbox.faults.error_before = Hits(on=(UPLOADS,))
    assert folder.sync().outcomes == {"a.jpg": "refused"}
    sandbox.faults.clear()
    assert folder.sync().outcomes == {}
    folder.add("a.jpg", 2, age=10)
    assert folder.sync().outcomes == {"a.jpg": "sent"}


def test_a_key_that_is_refused_ends_the_run(folder: Folder, sandbox: Sandbox) -> None:
    for number in range(20):
        folder.add(f"{number}.jpg", number)
    sandbox.faults.status = 401
    sandbox.faults.error_before = Hits(on=(UPLOADS,))

    ran = folder.sync("--concurrency", 2)

    assert ran.code == 1
    assert "API key" in ran.end["message"]
    assert sent(sandbox) <= 2
    assert folder.last.last_outcome == "refused"


def test_an_unreadable_file_is_told_and_the_others_go(folder: Folder, sandbox: Sandbox) -> None:
    folder.add("good.jpg", 1)
    bad = folder.add("bad.jpg", 2)
    below = folder.add("closed/c.jpg", 3).parent
    bad.chmod(0)
    below.chmod(0)
    with no_rights_of_root():
        ran = folder.sync()
    bad.chmod(0o600)
    below.chmod(0o700)
    assert (ran.code, ran.outcomes) == (1, {"good.jpg": "sent", "bad.jpg": "failed", "closed": "failed"})
    assert folder.sync().outcomes == {"bad.jpg": "sent", "closed/c.jpg": "sent"}


def test_odd_names(folder: Folder, sandbox: Sandbox) -> None:
    nfd = unicodedata.normalize("NFD", "Ä.jpg")
    odd = ["😀.jpg", nfd, "new\nline.jpg", "a'b\"c;d.jpg", "%41.jpg", os.fsdecode(b"latin-\xe9.jpg")]
    for number, name in enumerate(odd):
        folder.add(name, number)

    assert folder.sync("--album", "A").end["sent"] == len(odd)
    second = folder.sync()
    assert (second.end["unchanged"], second.outcomes) == (len(odd), {})
    assert {"😀.jpg", "Ä.jpg", "newline.jpg"} <= set(names(sandbox))


def test_a_folder_nobody_may_write_to(folder: Folder, sandbox: Sandbox) -> None:
    file = folder.add("a.jpg", 1)
    before = file.stat()
    file.chmod(0o400)
    folder.path.chmod(0o500)
    try:
        with no_rights_of_root():
            ran = folder.sync()
        after = file.stat()
    finally:
        folder.path.chmod(0o700)
    assert ran.outcomes == {"a.jpg": "sent"}
    assert (after.st_size, after.st_mtime_ns, [each.name for each in folder.path.iterdir()]) == (
        before.st_size,
        before.st_mtime_ns,
        ["a.jpg"],
    )


def test_what_is_hidden_partial_or_a_link_is_passed_over(folder: Folder, sandbox: Sandbox, tmp_path: Path) -> None:
    for number, name in enumerate([".a.jpg", "a.jpg.part", "b.jpg.crdownload", "c.jpg~", "d.tmp", "@eaDir/e.jpg"]):
        folder.add(name, number)
    elsewhere = Folder(tmp_path / "elsewhere")
    (folder.path / "link.jpg").symlink_to(elsewhere.add("f.jpg", 9))
    (folder.path / "below").symlink_to(elsewhere.path)
    os.mkfifo(folder.path / "pipe.jpg")

    assert folder.sync().outcomes == {}
    assert set(folder.sync("--follow-symlinks").outcomes) == {"link.jpg", "below/f.jpg"}
    assert names(sandbox) in (["link.jpg"], ["f.jpg"])


def test_what_is_still_being_written_waits(folder: Folder, sandbox: Sandbox) -> None:
    """Open for writing, by somebody whose bytes have not moved its size or time for an hour."""
    file = folder.add("a.jpg", 1)
    with file.open("ab"):
        waiting = folder.sync("--settle", 0)
    assert (waiting.code, waiting.outcomes, names(sandbox)) == (0, {"a.jpg": "waiting"}, [])
    assert folder.sync().outcomes == {"a.jpg": "sent"}


def test_a_file_of_this_moment_is_left_alone_for_a_while(folder: Folder, sandbox: Sandbox) -> None:
    """As a copy that goes on is: each look finds it changed, until it is whole."""
    folder.add("a.jpg", 1, age=0)

    ran = folder.sync("--settle", 1)

    assert ran.outcomes == {"a.jpg": "sent"}
    assert ran.end["seconds"] >= 0.9


def test_an_empty_file_is_named_and_not_waited_for(folder: Folder, sandbox: Sandbox) -> None:
    """One that has been empty for a while stays so; a copy that has just begun may go on."""
    folder.add("a.jpg", content=b"", age=3600)
    folder.add("b.jpg", content=b"", age=10)
    ran = folder.sync("--settle", 0)
    assert (ran.code, ran.outcomes) == (0, {"a.jpg": "empty", "b.jpg": "waiting"})
    folder.add("a.jpg", 1)
    assert folder.sync("--settle", 0).outcomes["a.jpg"] == "sent"


def test_an_interrupted_run_ends_cleanly_and_the_next_goes_on(folder: Folder, sandbox: Sandbox) -> None:
    for number in range(40):
        folder.add(f"{number}.jpg", number)
    sandbox.faults.latency = 0.01

    def interrupt() -> None:
        eventually(lambda: len(sandbox.assets()) >= 5, "some files")
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    ran = folder.sync("--album", "A", "--concurrency", 1)
    interrupting.join()

    assert (ran.code, ran.end["stopped"], folder.last.last_outcome) == (130, True, "stopped")
    assert 5 <= len(sandbox.assets()) < 40
    assert folder.rows().keys() == set(names(sandbox))  # also what was on its way is noted
    assert folder.sync("--album", "A").code == 0
    assert in_album(sandbox, "A") == sorted(f"{number}.jpg" for number in range(40))
