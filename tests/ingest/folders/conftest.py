"""A folder of photos, and the command that sends it, in this process."""

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django import Settings

from immichdrop.sandbox import Sandbox
from ingest.folders.models import SyncedFile, SyncFolder
from tests import pictures
from tests.ingest import commands
from tests.ingest.commands import run

AN_HOUR_AGO = 3600


class Ran(commands.Ran):
    """`outcomes`: path → what became of the file."""

    @property
    def outcomes(self) -> dict[str, str]:
        return {each["path"]: each["outcome"] for each in self.of("file")}


class Folder:
    """Photos on a disk, an hour old; `sync` runs the command over them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def add(self, name: str, content: bytes | int = 1, *, age: float = AN_HOUR_AGO) -> Path:
        """A file of these bytes, or the JPEG of this number."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pictures.jpeg(content) if isinstance(content, int) else content)
        moment = time.time() - age
        os.utime(file, (moment, moment))
        return file

    def sync(self, *arguments: object) -> Ran:
        return sync(self.path, *arguments)

    def rows(self) -> dict[str, SyncedFile]:
        return {row.path: row for row in SyncedFile.objects.filter(folder=self.last)}

    @property
    def last(self) -> SyncFolder:
        return SyncFolder.objects.get(path=str(self.path))


def sync(*arguments: object) -> Ran:
    return Ran(*run("sync_folder", *arguments))


@pytest.fixture
def sandbox(sandbox: Sandbox, settings: Settings, transactional_db: None) -> Sandbox:
    """The Immich of the network at home."""
    settings.IMMICH_ADDRESSES = {"IMMICH_BASE_URL": "", "IMMICH_LOCAL_URL": sandbox.url, "IMMICH_EXTERNAL_URL": ""}
    return sandbox


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "photos")


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


_CAPABILITIES_V3 = 0x20080522
_READ_EVERYTHING = 0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextmanager
def no_rights_of_root() -> Iterator[None]:
    """This thread may read and write no more than its files' modes say, also when it is root's (capset(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, held = _Header(_CAPABILITIES_V3, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(ctypes.byref(header), held) == 0
    fewer = (ctypes.c_uint32 * 6)(*held)
    fewer[0] &= ~_READ_EVERYTHING
    assert libc.capset(ctypes.byref(header), fewer) == 0
    try:
        yield
    finally:
        assert libc.capset(ctypes.byref(header), held) == 0


def names(sandbox: Sandbox) -> list[str]:
    return sorted(asset.name for asset in sandbox.assets())


def in_album(sandbox: Sandbox, album: str) -> list[str]:
    return sorted(asset.name for asset in sandbox.album_assets(album))
