"""A platform, the way to it, and what downloads from it: the real programs, in real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.downloads.fetching import Fetcher
from ingest.downloads.proxy import FilteringProxy
from tests.ingest.downloads.fake_platform import NAMES, FakePlatform
from tests.ingest.downloads.internet import PUBLIC, Inside, Internet


@pytest.fixture(scope="session")
def the_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakePlatform]:
    made = FakePlatform(tmp_path_factory.mktemp("platform"))
    yield made
    made.close()


@pytest.fixture
def platform(the_platform: FakePlatform) -> FakePlatform:
    the_platform.forget()
    return the_platform


@pytest.fixture
def inside() -> Iterator[Inside]:
    server = Inside()
    yield server
    server.close()


@pytest.fixture
def internet() -> Internet:
    return Internet()


@pytest.fixture
def proxy(internet: Internet) -> Iterator[FilteringProxy]:
    with internet.proxy() as running:
        yield running


@pytest.fixture
def fetcher(platform: FakePlatform, internet: Internet, proxy: FilteringProxy) -> Fetcher:
    """Which finds the platform at its names."""
    for name in NAMES:
        internet.place(name, PUBLIC, platform.port)
    return Fetcher(proxy, [str(platform.extractors)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "job"
    made.mkdir()
    return made
