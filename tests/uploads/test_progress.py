"""Telling the pages never stands in the way of receiving and delivering, whatever became of the messenger."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import free_port
from tests.uploads.traces import row
from uploads import progress

Arrive = Callable[[Invite | None], TusGuest]


@pytest.fixture(autouse=True)
def _no_loop() -> Iterator[None]:
    """As in `manage.py worker`, which serves no sockets."""
    progress.attach(None)
    progress._quiet_until = 0.0
    yield
    progress._quiet_until = 0.0
    progress.attach(None)


def test_without_the_messenger(
    make_invite: MakeInvite, guest_at: Arrive, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    upload = row(guest_at(make_invite()).send(pictures.jpeg(1)))
    progress.attach(None)
    nowhere = {"hosts": [f"redis://127.0.0.1:{free_port()}/0"]}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": nowhere}}
    progress.publish(upload)
    progress.publish(upload)
    assert caplog.text.count("event=progress_lost") == 1, "and the next one is not waited for"


def test_with_sockets_of_a_server_that_has_ended(make_invite: MakeInvite, guest_at: Arrive) -> None:
    upload = row(guest_at(make_invite()).send(pictures.jpeg(1)))

    class Ended(asyncio.SelectorEventLoop):
        def is_running(self) -> bool:
            return self.is_closed()  # a moment ago it was

    loop = Ended()
    loop.close()
    progress.attach(loop)
    progress.publish(upload)


def test_an_upload_of_nobody_is_told_to_nobody(web: str, make_invite: MakeInvite) -> None:
    upload = row(TusGuest(web, make_invite().token).send(pictures.jpeg(1)))
    assert upload.guest_id is None
    progress.publish(upload)


def test_a_group_is_one_guest_at_one_link() -> None:
    groups = {progress.group_of(guest, invite) for guest in (1, 11) for invite in (None, 1, 11)}
    assert len(groups) == 6
