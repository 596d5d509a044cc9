"""What a tus answer says beside its status: until when an upload waits, and where it lives."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from pytest_django import Settings
from requests import Response

from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import BODY, TUS, TusGuest, metadata

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)


def waits(answer: Response) -> timedelta:
    return parsedate_to_datetime(answer.headers["Upload-Expires"]) - datetime.now(UTC)


def test_until_when_it_waits(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    created = guest.create(len(PHOTO))
    assert timedelta(minutes=9) < waits(created) <= timedelta(minutes=10)
    upload_id = created.headers["Location"].rpartition("/")[2]
    begun = guest.patch(upload_id, 0, PHOTO[:10])
    assert timedelta(hours=23) < waits(begun) <= timedelta(hours=24)
    assert timedelta(hours=23) < waits(guest.head(upload_id)) <= timedelta(hours=24)
    done = guest.patch(upload_id, 10, PHOTO[10:])
    assert "Upload-Expires" not in done.headers


@pytest.mark.parametrize(
    ("public", "forwarded", "start"),
    [
        ("", {}, "/api/tus/"),
        ("https://drop.example.org", {}, "https://drop.example.org/api/tus/"),
        (
            "",
            {"X-Forwarded-Host": "drop.example.org", "X-Forwarded-Proto": "https"},
            "https://drop.example.org/api/tus/",
        ),
    ],
)
def test_where_it_lives(
    settings: Settings, web: str, make_invite: MakeInvite, public: str, forwarded: dict[str, str], start: str
) -> None:
    settings.PUBLIC_BASE_URL = public
    headers = {
        **TUS,
        **forwarded,
        "Upload-Length": "10",
        "Upload-Metadata": metadata(filename="a.jpg", invite=make_invite().token),
    }
    answer = TusGuest(web).session.post(f"{web}/api/tus/", headers=headers, timeout=30)
    assert answer.status_code == 201
    assert answer.headers["Location"].startswith(start)


def test_a_head_is_not_cached(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    assert guest.head(guest.begin(10)).headers["Cache-Control"] == "no-store"


def test_too_many_begun(settings: Settings, make_invite: MakeInvite, guest_at: Arrive) -> None:
    settings.MAX_UNFINISHED_PER_GUEST = 3
    guest = guest_at(make_invite())
    upload_id, _, _ = (guest.begin(len(PHOTO)) for _ in range(3))
    answer = guest.create(len(PHOTO))
    assert (answer.status_code, answer.json()["error"]) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) > 0
    assert guest.patch(upload_id, 0, PHOTO).status_code == 204
    assert guest.create(len(PHOTO)).status_code == 201


def test_too_many_sent_at_once(settings: Settings, make_invite: MakeInvite, guest_at: Arrive) -> None:
    settings.MAX_PATCHES_PER_GUEST = 0  # as if others were running
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    answer = guest.patch(upload_id, 0, PHOTO)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert guest.head(upload_id).status_code == 200, "a HEAD is never refused for that"


def test_an_unknown_link_costs_its_prober(web: str, make_invite: MakeInvite) -> None:
    """Names that lead nowhere, on the upload route too; a token that exists is never kept waiting."""
    statuses = set()
    for number in range(32):
        statuses.add(TusGuest(web, f"nothing-{number}").create(10).status_code)
    assert statuses == {403, 429}
    assert TusGuest(web, make_invite().token).create(10).status_code == 201


def test_creation_without_bytes_says_nothing_of_others(make_invite: MakeInvite, guest_at: Arrive) -> None:
    first, second = (guest_at(make_invite()) for _ in range(2))
    first.begin(10)
    assert second.session.post(f"{second.url}/api/tus/", headers=BODY, timeout=30).status_code == 400
