"""A one-time link belongs to the first guest whose file was received, who may go on using it; to nobody before that."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.utils import timezone

from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.uploads.traces import assert_received, row
from tests.wire import twin_of
from uploads import lifecycle
from uploads.models import Upload

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)


def error_of(guest: TusGuest) -> object:
    answer = guest.create(len(PHOTO), PHOTO)
    return answer.json()["error"] if answer.status_code == 403 else answer.status_code


def owner_of(invite: Invite) -> object:
    invite.refresh_from_db()
    return invite.claimed_by


def test_the_first_guest_goes_on_and_others_do_not(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(max_uses=1)
    first, other = guest_at(invite), guest_at(invite)
    upload_id = first.send(PHOTO)
    assert owner_of(invite) == row(upload_id).guest
    assert invite.claimed_at is not None
    assert error_of(other) == "invite_claimed"
    first.send(PHOTO)
    twin_of(first).send(PHOTO)  # after a reload, in a new session
    assert error_of(other) == "invite_claimed"


def test_it_is_not_used_up_by_a_file_that_was_refused(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(max_uses=1)
    first, other = guest_at(invite), guest_at(invite)
    assert first.create(9, b"%PDF-1.7\n").status_code == 422
    assert owner_of(invite) is None
    other.send(PHOTO)
    assert error_of(first) == "invite_claimed"


def test_it_is_not_used_up_by_a_file_that_never_came(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(max_uses=1)
    first, other = guest_at(invite), guest_at(invite)
    upload_id = first.begin(len(PHOTO))
    assert error_of(other) == "invite_claimed", "somebody is at it"
    assert owner_of(invite) is None
    assert lifecycle.discard(row(upload_id), Upload.DiscardedBy.EXPIRED)
    other.send(PHOTO)
    assert owner_of(invite) == Upload.objects.get(status="received").guest


def test_a_file_in_pieces_claims_it_with_its_last_byte(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(max_uses=1)
    guest = guest_at(invite)
    upload_id = guest.begin(len(PHOTO))
    guest.patch(upload_id, 0, PHOTO[:100])
    assert owner_of(invite) is None
    guest.patch(upload_id, 100, PHOTO[100:])
    assert_received(upload_id, PHOTO)
    assert owner_of(invite) == row(upload_id).guest


def test_who_comes_without_a_secret_is_somebody_new_each_time(
    web: str, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    invite = make_invite(max_uses=1)
    script = TusGuest(web, invite.token)
    upload_id = script.begin(len(PHOTO))
    assert error_of(script) == "invite_claimed"
    assert error_of(guest_at(invite)) == "invite_claimed"
    assert script.patch(upload_id, 0, PHOTO).status_code == 204
    assert owner_of(invite) is None
    assert invite.claimed_at is not None
    assert error_of(script) == "invite_claimed"


def test_an_owner_whose_row_is_gone_leaves_it_claimed(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(max_uses=1, claimed_at=timezone.now())
    assert error_of(guest_at(invite)) == "invite_claimed"


@pytest.mark.parametrize("with_bytes", [True, False])
def test_two_guests_at_the_same_moment(make_invite: MakeInvite, guest_at: Arrive, with_bytes: bool) -> None:
    invite = make_invite(max_uses=1)
    guests = [guest_at(invite) for _ in range(8)]
    start = Barrier(len(guests))

    def rush(guest: TusGuest) -> int:
        start.wait()
        return guest.create(len(PHOTO), PHOTO if with_bytes else None).status_code

    with ThreadPoolExecutor(len(guests)) as pool:
        statuses = list(pool.map(rush, guests))
    assert sorted(statuses) == [201, *[403] * 7]
    assert Upload.objects.count() == 1
