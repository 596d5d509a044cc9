"""The plugin for builds of icloudpd that have plugins, called as they call it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import tomllib
from argparse import ArgumentParser, Namespace
from importlib.metadata import EntryPoint

import pytest
from django.db import connection
from pytest_django import Settings

from ingest.folders.models import key_of
from ingest.icloud.plugin import ImmichDropPlugin
from tests.ingest.icloud.conftest import SIZES, Library
from tests.ingest.icloud.downloads import Photo
from tests.serving import ROOT

GROUP = "icloudpd.plugins"


def configured(library: Library, *words: str) -> ImmichDropPlugin:
    """As icloudpd's manager does it: one object for the options, another one that works."""
    parser = ArgumentParser(allow_abbrev=False)
    parser.add_argument("--directory")
    ImmichDropPlugin().add_arguments(parser)
    config = parser.parse_args([*words, "--immich-library-id", library.id, "--immich-poll-interval", "0.05"])
    plugin = ImmichDropPlugin()
    plugin.configure(config, global_config=None, user_configs=[Namespace(directory=str(library.path))])
    return plugin


def test_its_entry_point_leads_to_it_without_django() -> None:
    (name, value), *others = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][
        GROUP
    ].items()
    assert others == []
    assert EntryPoint(name, value, GROUP).load() is ImmichDropPlugin
    assert ImmichDropPlugin().name == name
    script = f"from {value.replace(':', ' import ')} as Plugin; from argparse import ArgumentParser as P;"
    script += "p = P(); Plugin().add_arguments(p); print(p.format_help())"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--immich-stack-media" in told.stdout
    assert "--immich-directory" not in told.stdout


def test_photos_are_taken_as_they_come(library: Library) -> None:
    words = ("--immich-stack-media", "original", "medium", "--immich-favorite", "--immich-batch-process", "1")
    plugin = configured(library, *words)
    library.write(Photo(sizes=SIZES, rating=5))
    plugin.on_download_all_sizes_complete(photo=None, dry_run=False)
    assert library.stacks() == [["IMG_0001.HEIC", "IMG_0001-medium.JPG"]]
    plugin.on_run_completed(dry_run=False)
    plugin.cleanup()
    assert sum(asset.is_favorite for asset in library.sandbox.assets()) == 3


@pytest.mark.parametrize(
    ("words", "first"), [(["--immich-batch-process", "2"], 2), (["--immich-batch-process"], 3), ([], 3)]
)
def test_batches(library: Library, words: list[str], first: int) -> None:
    plugin = configured(library, *words)
    seen = []
    for number in range(3):
        library.write(Photo(f"IMG_{number}.HEIC"))
        plugin.on_download_all_sizes_complete(photo=None, dry_run=False)
        seen.append(len(library.sandbox.assets()))
    plugin.on_run_completed(dry_run=False)
    assert seen == ([0, 2, 2] if first == 2 else [0, 0, 0])
    assert len(library.sandbox.assets()) == 3


def test_a_dry_run_and_trouble_change_nothing_and_end_nothing(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = configured(library)
    library.write(Photo())
    plugin.on_download_all_sizes_complete(photo=None, dry_run=True)
    plugin.on_run_completed(dry_run=True)
    assert library.sandbox.assets() == []
    library.sandbox.change_account(is_admin=False)
    plugin.on_run_completed(dry_run=False)
    assert "administrator" in capsys.readouterr().err


def test_an_interruption_is_icloudpds_too(library: Library) -> None:
    plugin = configured(library)
    library.write(Photo())
    library.sandbox.faults.latency = 0.3
    library.sandbox.requests.clear()
    done = threading.Event()

    def interrupt() -> None:
        while not library.sandbox.requests and not done.wait(0.05):
            pass
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        plugin.on_run_completed(dry_run=False)
    done.set()
    thread.join()


def test_a_disk_and_a_database_in_trouble_end_no_download(
    library: Library, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = configured(library)
    library.write(Photo())
    lock = settings.DATA_DIR / f"icloud-{key_of(library.id)}.lock"
    lock.mkdir()
    plugin.on_run_completed(dry_run=False)
    lock.rmdir()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE icloud_icloudrun RENAME TO away")
    try:
        plugin.on_run_completed(dry_run=False)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO icloud_icloudrun")
    said = capsys.readouterr().err
    assert str(lock) in said
    assert "icloud_icloudrun" in said
