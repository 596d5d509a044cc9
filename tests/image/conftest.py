"""The image, built once, and what it is started on. Only root can do that."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from immichdrop.sandbox import Sandbox, running
from tests.image.container import Container, StartOn, owners
from tests.image.dockerfile import Stage, build
from tests.uploads.old_state import OldState, password_hash


@pytest.fixture(scope="session")
def made() -> Iterator[Stage]:
    """Built once: half a minute, most of it pip's."""
    if os.getuid() != 0:
        pytest.skip("a container begins as root, and these tests are not root's")
    folder = Path(tempfile.mkdtemp(prefix="immich-drop-image-"))
    folder.chmod(0o755)
    try:
        yield build(folder)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def data() -> Iterator[Path]:
    """A new volume: an empty folder of root's, at a place that other users reach."""
    folder = Path(tempfile.mkdtemp(prefix="immich-drop-volume-"))
    folder.chmod(0o755)
    (folder / "data").mkdir(mode=0o755)
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def container(made: Stage, data: Path) -> Iterator[StartOn]:
    """A container on `data`, with this environment; it is ended with the test."""
    containers: list[Container] = []

    def on(**environment: str) -> Container:
        containers.append(Container(made, data, **environment))
        return containers[-1]

    yield on
    for each in containers:
        each.close()


@pytest.fixture
def immich(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path / "immich") as sandbox:
        yield sandbox


@pytest.fixture
def old_volume(data: Path) -> Path:
    """As its container wrote it, which ran as root: links, a log, and a chunk that nobody fetched."""
    state = OldState(data / "state.db")
    state.add_invite(1, name="Beach week", password_hash=password_hash("sesame"))
    state.add_upload(1)
    state.add_event(1)
    chunks = data / "chunks" / "session" / "item"
    chunks.mkdir(parents=True)
    (chunks / "0.part").write_bytes(b"half a photo")
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert set(owners(data).values()) == {(0, 0)}
    return data
