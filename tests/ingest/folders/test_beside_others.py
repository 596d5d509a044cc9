"""What others do meanwhile, and what earlier runs left: changed files, a second run, a killed one, many rows."""

import fcntl
import io
import socket
import threading
import uuid

from django.utils import timezone
from pytest_django import Settings

from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox
from ingest.folders import history
from ingest.folders.models import SyncedFile
from tests import pictures
from tests.ingest.folders.conftest import Folder, in_album, names
from tests.serving import eventually
from uploads import albums
from uploads.delivery import sha1_of
from uploads.models import KnownAlbum


def test_a_file_that_changes_while_it_stands_in_line_is_sent_whole(folder: Folder, sandbox: Sandbox) -> None:
    """Written anew in its place, and longer, while the first ones are on their way."""
    before = {f"{number}.jpg": pictures.jpeg(number) for number in range(6)}
    after = {f"{number}.jpg": pictures.jpeg(number + 10) + b"\0" * 1000 for number in range(6)}
    for name, content in before.items():
        folder.add(name, content)
    sandbox.faults.latency = 0.1

    def change() -> None:
        eventually(lambda: names(sandbox), "the first file")
        for name, content in after.items():
            folder.add(name, content, age=60)

    changing = threading.Thread(target=change)
    changing.start()
    ran = folder.sync("--concurrency", 1, "--settle", 0.1)
    changing.join()
    sandbox.faults.clear()
    folder.sync()

    whole = {sha1_of(io.BytesIO(content)) for content in (*before.values(), *after.values())}
    there = {asset.sha1 for asset in sandbox.assets()}
    assert ran.code == 0
    assert len(there - whole) <= 1  # that which was on its way just then
    assert there >= {sha1_of(io.BytesIO(content)) for content in after.values()}


def test_two_runs_do_not_go_through_one_folder_at_once(folder: Folder, sandbox: Sandbox, settings: Settings) -> None:
    folder.sync()
    folder.add("a.jpg", 1)
    with (settings.DATA_DIR / f"folder-{folder.last.pk}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = folder.sync()
    assert (ran.code, ran.outcomes, names(sandbox)) == (0, {}, [])
    assert "Another sync_folder is at work" in ran.events[-1]["text"]
    assert folder.sync().outcomes == {"a.jpg": "sent"}


def test_what_earlier_runs_left_is_read_in_blocks(folder: Folder, sandbox: Sandbox) -> None:
    """A library that Immich had before: a million rows of doubt, or without their album, are not for memory."""
    folder.sync()
    many = 2 * history.BLOCK + 1
    SyncedFile.objects.bulk_create(
        SyncedFile(
            folder=folder.last,
            path_key=f"{number:040}",
            path=f"{number}.jpg",
            sha1=f"{number:040x}",
            state="duplicate",
            asset_id=uuid.uuid4(),
            album=f"{number % 2}",
            recheck_at=timezone.now() if number else None,
        )
        for number in range(many)
    )
    before = len(sandbox.requests)

    assert folder.sync().code == 0  # Immich has none of them

    questions = [each for each in sandbox.requests[before:] if each.path.endswith("/bulk-upload-check")]
    assert len(questions) == 3  # two blocks, and the one that is in no doubt but has no album
    assert not history.doubtful(folder.last)
    assert SyncedFile.objects.filter(state="unsure").count() == many - 1
    assert not list(history.without_album(folder.last))


def test_an_album_that_a_killed_process_was_making_is_made(folder: Folder, sandbox: Sandbox) -> None:
    """Its lease would go on for a minute."""
    folder.add("a.jpg", 1)
    KnownAlbum.objects.create(
        account=ImmichAccount.objects.environment(),
        name="A",
        lease_until=timezone.now() + albums.LEASE,
        lease_owner=f"{socket.gethostname()}:4194305:",  # no process has that number
    )
    ran = folder.sync("--album", "A")
    assert ran.end["seconds"] < albums.PATIENCE / 2
    assert (ran.code, in_album(sandbox, "A")) == (0, ["a.jpg"])
