"""Limits hold to the last place, however many ask for it at the same moment."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from pytest_django import Settings

from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.uploads.traces import spool_files
from tests.wire import twin_of
from uploads.models import Upload

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)
PARALLEL = 24


def rush(guests: list[TusGuest], size: int, body: bytes | None) -> list[object]:
    """All create at once; what the refused ones were told."""
    start = Barrier(len(guests))

    def create(guest: TusGuest) -> object:
        start.wait()
        answer = guest.create(size, body)
        return None if answer.status_code == 201 else answer.json()["error"]

    with ThreadPoolExecutor(len(guests)) as pool:
        return [error for error in pool.map(create, guests) if error]


@pytest.mark.parametrize("body", [PHOTO, None], ids=["with bytes", "without"])
@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"max_uses": 5}, "invite_exhausted"),
        ({"max_bytes": 5 * len(PHOTO) + 1}, "quota_exceeded"),
        ({"max_files": 5}, "too_many_files"),
    ],
    ids=["uses", "bytes", "files of one guest"],
)
def test_exactly_as_many_as_allowed(
    make_invite: MakeInvite, guest_at: Arrive, limit: dict[str, int], code: str, body: bytes | None
) -> None:
    guest = guest_at(make_invite(**limit))
    told = rush([twin_of(guest) for _ in range(PARALLEL)], len(PHOTO), body)
    assert told == [code] * (PARALLEL - 5)
    assert Upload.objects.count() == len(spool_files()) == 5


def test_places_and_files_that_finish_at_the_same_moment(make_invite: MakeInvite, guest_at: Arrive) -> None:
    """A file that turns from promised to received must not be counted twice, nor not at all."""
    invite = make_invite(max_uses=12)
    guest = guest_at(invite)
    on_their_way = [guest.begin(len(PHOTO)) for _ in range(8)]
    start = Barrier(PARALLEL)

    def act(number: int) -> int:
        mine = twin_of(guest)
        start.wait()
        if number < len(on_their_way):
            return mine.patch(on_their_way[number], 0, PHOTO).status_code
        return mine.create(len(PHOTO), PHOTO).status_code

    with ThreadPoolExecutor(PARALLEL) as pool:
        statuses = list(pool.map(act, range(PARALLEL)))
    assert statuses[:8] == [204] * 8
    assert sorted(statuses[8:]) == [201] * 4 + [403] * 12
    invite.refresh_from_db()
    assert invite.used == Upload.objects.filter(status="received").count() == 12


def test_the_disks_last_room(make_invite: MakeInvite, guest_at: Arrive, settings: Settings) -> None:
    """Room for 1 GB; eight files of 600 MB come by eight links."""
    settings.SPOOL_FREE_MB = (shutil.disk_usage(settings.SPOOL_DIR).free - 10**9) // 10**6
    told = rush([guest_at(make_invite()) for _ in range(8)], 600_000_000, None)
    assert told == ["disk_full"] * 7
    assert Upload.objects.count() == len(spool_files()) == 1
