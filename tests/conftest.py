"""Fixtures every test may use: the running product, a sandbox Immich, delivery threads, guests and links.

Property tests are judged by what they find, not by how busy the machine is; `make fuzz` lets them look longer.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.contenttypes.management import create_contenttypes
from django.core.management.color import Style
from django.db import connection
from django.db.models.signals import post_migrate
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from pytest_django import Settings

from immichdrop.immich import Immich, LinkSettings, SharedLink
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox, running
from invites.models import Invite
from tests import pictures
from tests.contract.conftest import upload_of
from tests.guest import TusGuest
from tests.serving import Processes, WebThread
from uploads import blocking, media_types, progress, spool
from uploads.worker import Worker

property_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
property_settings.register_profile("deep", property_settings.get_profile("patient"), max_examples=5000)
property_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "patient")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL those tests alone that have to do with a database: the others ran on SQLite, and are the same."""
    if "postgresql" not in django_settings.DATABASES["default"]["ENGINE"]:
        return
    left_out = [item for item in items if not _asks_the_database(item)]
    items[:] = [item for item in items if _asks_the_database(item)]
    config.hook.pytest_deselected(items=left_out)


# What `migrate` writes of the models. It is the same before and after every test, and making it anew took longer than
# most tests.
_OF_THE_MODELS = {"django_content_type", "auth_permission"}


def _sql_that_empties(style: Style, tables: Sequence[str], **options: object) -> list[str]:
    """What empties the tables between two tests. Also on PostgreSQL, where Django would truncate: that makes new files
    for each table and index. Foreign keys are looked at when the transaction ends."""
    return [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables if table not in _OF_THE_MODELS]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    type(connection.ops).sql_flush = staticmethod(_sql_that_empties)  # type: ignore[assignment,method-assign]
    assert post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    assert post_migrate.disconnect(create_contenttypes)


def _asks_the_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db"})


@pytest.fixture(autouse=True)
def nobody_asks_on() -> Iterator[None]:
    """A question that was given up goes on in its thread; the next test's server may get the port that it asks at."""
    yield
    for thread in threading.enumerate():
        if thread.name == "doctor":
            thread.join(10)


@pytest.fixture(scope="session")
def web_thread() -> Iterator[WebThread]:
    web = WebThread()
    web.start()
    yield web
    web.stop()
    progress.attach(None)


@pytest.fixture
def web(web_thread: WebThread, transactional_db: None, settings: Settings) -> Iterator[str]:
    """The running product's address. Nothing is delivered unless `deliveries` is asked for as well."""
    for left in settings.SPOOL_DIR.iterdir():
        left.unlink()
    yield web_thread.url
    web_thread.rest()
    blocking.close_connections()
    media_types.learn(media_types.BUILT_IN_IMAGES, media_types.BUILT_IN_VIDEOS)


@pytest.fixture(params=[3], ids=lambda api: f"v{api}")
def sandbox(request: pytest.FixtureRequest, tmp_path: Path, settings: Settings) -> Iterator[Sandbox]:
    """An Immich of its own for each test; parametrise indirectly with 1 or 2 for the older APIs."""
    with running(tmp_path / "immich", api=request.param) as immich:
        settings.IMMICH_BASE_URL = immich.url
        settings.IMMICH_API_KEY = immich.api_key
        yield immich


@pytest.fixture
def immich(sandbox: Sandbox) -> Iterator[Immich]:
    """What its owner has at hand."""
    with Immich(sandbox.url, sandbox.api_key) as immich:
        yield immich


@pytest.fixture
def library(host: User, sandbox: Sandbox) -> ImmichAccount:
    """The sandbox as the library of the folder's `host`."""
    account = ImmichAccount(owner=host, base_url=sandbox.url, connected=True)
    account.set_api_key(sandbox.api_key)
    account.save()
    return account


@pytest.fixture
def assets(immich: Immich) -> list[str]:
    """Three photos in Immich."""
    return [immich.upload(upload_of(pictures.jpeg(number))).id for number in range(3)]


@pytest.fixture
def album(immich: Immich, assets: list[str]) -> str:
    """Summer, with these photos."""
    album = immich.create_album("Summer")
    immich.add_to_album(album.id, assets)
    return album.id


MakeShared = Callable[..., SharedLink]


@pytest.fixture
def make_shared(immich: Immich, album: str, library: ImmichAccount) -> MakeShared:
    """One of the album, or of these assets, in the host's library."""

    def make(assets: Sequence[str] = (), **settings: object) -> SharedLink:
        made = immich.create_shared_link(
            album_id=None if assets else album,
            asset_ids=assets,
            settings=LinkSettings(**settings),  # type: ignore[arg-type]
        )
        return immich.shared_link(made.id)

    return make


@pytest.fixture
def start_deliveries(web: str, sandbox: Sandbox) -> Iterator[Callable[[int], Worker]]:
    """Starts so many delivery threads; they end with the test, also when it fails."""
    started: list[Worker] = []

    def start(threads: int) -> Worker:
        started.append(Worker(spool.default(), threads))
        started[-1].start()
        return started[-1]

    yield start
    for worker in started:
        worker.stop(60)


@pytest.fixture
def deliveries(start_deliveries: Callable[[int], Worker]) -> Worker:
    """Delivery threads, as `serve` has them."""
    return start_deliveries(3)


MakeInvite = Callable[..., Invite]


@pytest.fixture
def make_invite(transactional_db: None) -> MakeInvite:
    def make(password: str = "", **fields: object) -> Invite:
        invite = Invite(**{"name": "Beach week", **fields})
        invite.set_password(password)
        invite.save()
        return invite

    return make


@pytest.fixture
def guest_at(web: str) -> Callable[[Invite | None], TusGuest]:
    """A new guest who has just opened a link, or the public page."""

    def arrive(invite: Invite | None) -> TusGuest:
        guest = TusGuest(web, invite.token if invite else "")
        assert guest.open().ok
        return guest

    return arrive


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Callable[..., Processes]]:
    """Makes `Processes` on a data folder of their own; all are ended after the test."""
    made: list[Processes] = []

    def make(**environment: str) -> Processes:
        made.append(Processes(tmp_path / "data", **environment))
        return made[-1]

    yield make
    for each in made:
        each.close()
