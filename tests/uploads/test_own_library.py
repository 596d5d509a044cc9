"""Links deliver into their host's own library; without one, and without the server's key, their files wait for it."""

from collections.abc import Callable

from pytest_django import Settings

from immichdrop import connecting
from immichdrop.immich_session import Kept
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import housekeeping
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]


def connect(host: User, sandbox: Sandbox) -> ImmichAccount:
    connecting.connect_by_session(host, Kept(sandbox.url, sandbox.open_session()))
    account = ImmichAccount.objects.connected_of(host)
    assert account is not None
    return account


def test_a_key_made_here_delivers_albums_words_and_tags(
    settings: Settings, deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.IMMICH_API_KEY = "not-a-key"
    host = User.objects.create_user("host@example.org")
    connect(host, sandbox)
    guest = guest_at(make_invite(owner=host, album_name="Party", describe=True, tag=True))
    guest.send(pictures.jpeg(1), guest_name="Maria", guest_message="Hello")
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    (asset,) = sandbox.album_assets("Party")
    assert asset.description == "Maria: Hello"
    assert sandbox.tags_of(asset.id)


def test_files_wait_for_a_host_who_has_to_connect_first(
    settings: Settings, deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.ALLOW_SERVER_KEY = False
    host = User.objects.create_user("host@example.org")
    guest = guest_at(make_invite(owner=host))
    guest.send(pictures.jpeg(1))
    eventually(lambda: guest.statuses() == ["waiting"], "the wait")
    assert sandbox.assets() == []
    account = connect(host, sandbox)
    housekeeping.resume(account)
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
