"""A folder of icloudpd that a sandbox sees as its external library, and the command that goes through it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.records import StoredAsset
from ingest.icloud.models import ICloudPhoto
from tests.ingest import commands
from tests.ingest.commands import run
from tests.ingest.icloud.downloads import Downloads, Photo

FAST = ("--poll-interval", "0.05", "--scan-timeout", "3")
EVERYTHING = ("--stack-media", "--favorite", "--associate-live-with-extra-sizes", "--album", "iCloud/{:%Y}")
SIZES = {"original": ".HEIC", "adjusted": ".JPG", "medium": ".JPG"}


class Ran(commands.Ran):
    """`outcomes`: the name of a photo's leading file → what became of it."""

    @property
    def outcomes(self) -> dict[str, str]:
        return {Path(each["path"]).name: each["outcome"] for each in self.of("photo")}

    @property
    def notes(self) -> list[str]:
        return [each["text"] for each in self.of("note")]


def call(*arguments: object) -> Ran:
    return Ran(*run("sync_icloud", *arguments))


class Library:
    """An external library of the sandbox, and icloudpd's folder in it."""

    def __init__(self, sandbox: Sandbox, path: Path) -> None:
        path.mkdir()
        self.sandbox = sandbox
        self.path = path
        self.id = sandbox.create_library("iCloud", path)
        self.downloads = Downloads(path)

    def write(self, *photos: Photo) -> list[dict[str, Path]]:
        return [self.downloads.write(photo) for photo in photos]

    def sync(self, *arguments: object) -> Ran:
        """Runs the command over the folder; forgets the requests before it."""
        self.sandbox.requests.clear()
        return call("--directory", self.path, "--library-id", self.id, *FAST, *arguments)

    @property
    def changing(self) -> list[str]:
        """The requests of the last run that may have changed something."""
        return [
            f"{each.method} {each.path}"
            for each in self.sandbox.requests
            if each.method != "GET" and each.path != "/api/search/metadata"
        ]

    def asset(self, path: Path) -> StoredAsset:
        (found,) = [each for each in self.sandbox.assets() if str(each.path) == str(path)]
        return found

    def stacks(self) -> list[list[str]]:
        """The names of the files in each stack: the primary one first, then the others in their order."""
        names = {asset.id: Path(str(asset.path)).name for asset in self.sandbox.assets()}
        return [[names[first], *sorted(names[each] for each in others)] for first, *others in self.sandbox.stacks()]

    def album(self, name: str) -> list[str]:
        return sorted(Path(str(asset.path)).name for asset in self.sandbox.album_assets(name))

    def rows(self) -> dict[str, ICloudPhoto]:
        return {row.path: row for row in ICloudPhoto.objects.all()}


@pytest.fixture
def library(sandbox: Sandbox, settings: Settings, tmp_path: Path, transactional_db: None) -> Library:
    settings.IMMICH_ADDRESSES = {"IMMICH_BASE_URL": "", "IMMICH_LOCAL_URL": sandbox.url, "IMMICH_EXTERNAL_URL": ""}
    return Library(sandbox, tmp_path / "photos")
