"""A folder of icloudpd that Immich sees as an external library: the sandbox of both versions, and a real one if named.

With `IMMICH_CONTRACT_URL`, `IMMICH_CONTRACT_KEY` (an administrator's, with all permissions) and
`IMMICH_CONTRACT_LIBRARY_DIR` (the import path of a library of that user, under the same name here and there) set, the
tests that ask for `place` also run against that server. They use names of their own and leave nothing behind.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from immichdrop.immich import Asset, Immich
from immichdrop.immich.account import ASSETS_PER_PAGE
from immichdrop.sandbox import Sandbox, running
from ingest.folders.network import Line, Network
from ingest.icloud.photos import Photo, PhotoFile
from ingest.icloud.steps.path_map import PathMap
from ingest.icloud.steps.registering import Patience, register
from tests.ingest.commands import QUICK
from tests.ingest.icloud import downloads

SOON = Patience(scan_timeout=20.0, poll_interval=0.02)
_READING = ("GET ", "POST /search/")
_REAL_URL = os.environ.get("IMMICH_CONTRACT_URL", "").rstrip("/")
_REAL_KEY = os.environ.get("IMMICH_CONTRACT_KEY", "")
_REAL_DIR = os.environ.get("IMMICH_CONTRACT_LIBRARY_DIR", "")
_IS_REAL = bool(_REAL_URL and _REAL_KEY and _REAL_DIR)


class Asked(list[str]):
    """The requests that were sent, as `PUT /stacks/{id}`."""

    def note(self, kind: str, seconds: float, status: int | None) -> None:
        self.append(kind)

    @property
    def changing(self) -> list[str]:
        return [kind for kind in self if not kind.startswith(_READING)]

    def count(self, value: str) -> int:
        """How many began like this."""
        return sum(kind.startswith(value) for kind in self)


@dataclass
class Place:
    """`top`: a folder below the library's import path. `client` asks beside the tested `line`, whose requests are in
    `asked`. `name`: what nothing else on this server is called."""

    url: str
    key: str
    library_id: str
    top: Path
    asked: Asked = field(default_factory=Asked)
    name: str = field(default_factory=lambda: f"steps {secrets.token_hex(8)}")

    def __post_init__(self) -> None:
        self.top.mkdir()
        self.client = Immich(self.url, self.key)
        self.user_id = self.client.me().id
        self.line = self.line_with(self.key)
        self.downloads = downloads.Downloads(self.top)

    def line_with(self, key: str, assets_per_page: int = ASSETS_PER_PAGE) -> Line:
        def client(url: str) -> Immich:
            return Immich(url, key, on_request=self.asked.note, assets_per_page=assets_per_page)

        return Line(Network([self.url], key), client, QUICK, threading.Event())

    def write(self, photo: downloads.Photo, *, favorite: bool | None = None) -> Photo:
        """What icloudpd would write, as the reading of the folder gives it."""
        written = self.downloads.write(photo)
        main = next(iter(written))
        files = [
            PhotoFile(str(path), main if size == "live" else size, live=size == "live")
            for size, path in written.items()
        ]
        return Photo(tuple(files), photo.created, favorite, str(written[main]))

    def add(self, *names: str) -> list[str]:
        """Files of these names: their paths."""
        paths = [self.top / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{path} {secrets.token_hex(8)}".encode())
        return list(map(str, paths))

    def register(self, *photos: Photo) -> dict[str, Asset]:
        """All files of these photos, as Immich has them now; forgets the requests that this took."""
        paths = [file.path for photo in photos for file in photo.files]
        done = register(self.line, self.library_id, paths, PathMap(), SOON)
        assert done.missing == {}
        self.asked.clear()
        return done.assets

    def clean(self) -> None:
        """A real server has nothing of these tests afterwards."""
        found = [asset.id for asset in self.client.search_library(self.library_id, f"{self.top}/")]
        self.client.delete_assets(found, force=True)
        for album in self.client.albums():
            if album.name.startswith(self.name):
                self.client._transport.json("DELETE", f"/albums/{album.id}")
        self.line.close_own()
        self.client.close()
        shutil.rmtree(self.top)


@pytest.fixture(scope="session")
def step_sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sandbox]]:
    with ExitStack() as stack:
        yield {f"v{api}": stack.enter_context(running(tmp_path_factory.mktemp(f"v{api}"), api=api)) for api in (2, 3)}


@pytest.fixture(params=["v2", "v3"])
def sandbox(request: pytest.FixtureRequest, step_sandboxes: dict[str, Sandbox]) -> Iterator[Sandbox]:
    sandbox = step_sandboxes[request.param]
    yield sandbox
    sandbox.start()
    sandbox.clear()


@pytest.fixture(params=["v2", "v3", *(["real"] if _IS_REAL else [])])
def place(request: pytest.FixtureRequest, step_sandboxes: dict[str, Sandbox], tmp_path: Path) -> Iterator[Place]:
    sandbox = step_sandboxes.get(request.param)
    place = _in_sandbox(sandbox, tmp_path) if sandbox else _in_real()
    yield place
    place.clean()
    if sandbox is not None:
        sandbox.clear()


@pytest.fixture
def sandboxed(sandbox: Sandbox, tmp_path: Path) -> Place:
    """A place whose server can be made to go wrong."""
    return _in_sandbox(sandbox, tmp_path)


def _in_sandbox(sandbox: Sandbox, tmp_path: Path) -> Place:
    (tmp_path / "library").mkdir()
    library_id = sandbox.create_library("iCloud", tmp_path / "library")
    return Place(sandbox.url, sandbox.api_key, library_id, tmp_path / "library" / "photos")


def _in_real() -> Place:
    with Immich(_REAL_URL, _REAL_KEY) as client:
        (library,) = [each for each in client.libraries() if _REAL_DIR in each.import_paths]
    return Place(_REAL_URL, _REAL_KEY, library.id, Path(_REAL_DIR) / f"steps {secrets.token_hex(8)}")
