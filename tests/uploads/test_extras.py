"""The guest's own words into Immich, where the link's host wants it and the key may."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from invites.models import Invite, Visit
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import extras
from uploads.models import Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
DELIVER = ("asset.upload", "album.read", "album.create", "albumAsset.create")


@pytest.mark.parametrize("sandbox", [1, 2, 3], indirect=True)
def test_name_and_message_become_the_description(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite(name="Anna & Ben", describe=True, tag=True))
    guest.send(pictures.jpeg(1), guest_name="Maria", guest_message="Congratulations!")
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    (asset,) = sandbox.assets()
    assert asset.description == "Maria: Congratulations!"
    assert sandbox.tags_of(asset.id) == ["Drop/Anna & Ben/Maria"]
    assert Upload.objects.get().message == ""


def test_only_where_the_host_wants_it(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    guest.send(pictures.jpeg(1), guest_name="Maria", guest_message="Congratulations!")
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    (asset,) = sandbox.assets()
    assert (asset.description, sandbox.tags_of(asset.id)) == ("", [])


def test_what_was_there_before_is_not_changed(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    invite = make_invite(describe=True, tag=True)
    first, second = guest_at(invite), guest_at(invite)
    first.send(pictures.jpeg(1), guest_name="Maria")
    eventually(lambda: first.statuses() == ["delivered"], "the delivery")
    second.send(pictures.jpeg(1), guest_name="Mallory", guest_message="Mine!")
    eventually(lambda: second.statuses() == ["duplicate"], "the answer")
    (asset,) = sandbox.assets()
    assert asset.description == "From Maria"
    assert sandbox.tags_of(asset.id) == ["Drop/Beach week/Maria"]


def test_a_key_that_may_not_is_a_note(
    settings: Settings, deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    settings.IMMICH_API_KEY = sandbox.create_key(DELIVER)
    guest = guest_at(make_invite(album_name="Party", describe=True, tag=True))
    guest.send(pictures.jpeg(1), guest_name="Maria")
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    message = Upload.objects.get().message
    assert "asset.update" in message
    assert "tag.create" in message
    assert len(sandbox.album_assets("Party")) == 1
    assert ImmichAccount.objects.get().pause == ""


def test_an_outage_in_between_forgets_nothing(
    deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    sandbox.faults.error_before = Hits(count=1, on=("PUT /api/assets",))
    guest = guest_at(make_invite(describe=True))
    guest.send(pictures.jpeg(1), guest_name="Maria")
    eventually(lambda: guest.statuses() == ["delivered"], "the second try")
    (asset,) = sandbox.assets()
    assert asset.description == "From Maria"


@pytest.mark.parametrize(
    ("name", "message", "words"),
    [("", "", ""), ("Ann", "", "From Ann"), ("", "Hello", "Hello"), ("Ann", "Hello", "Ann: Hello")],
)
def test_descriptions(name: str, message: str, words: str) -> None:
    assert extras.description(Visit(name=name, message=message)) == words


def test_a_guest_makes_no_levels_of_tags() -> None:
    invite = Invite(name="Ann/Ben")
    assert extras.tag(invite, Visit(name="../Mallory")) == "Drop/Ann-Ben/..-Mallory"
    assert extras.tag(invite, None) == "Drop/Ann-Ben"
