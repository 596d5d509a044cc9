"""A host's list of links: whose they are, what is found, in which order, and which state each is in."""

from datetime import UTC, datetime, timedelta

import pytest

from immichdrop.models import User
from invites.models import Invite, LinkStatus
from tests.invites.conftest import MakeInvite

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# Fields of a link, and the state it is in.
STATES: list[tuple[dict[str, object], LinkStatus]] = [
    ({}, LinkStatus.ACTIVE),
    ({"opens_at": NOW}, LinkStatus.ACTIVE),
    ({"opens_at": NOW + HOUR}, LinkStatus.NOT_OPEN),
    ({"opens_at": NOW + HOUR, "expires_at": NOW + DAY}, LinkStatus.NOT_OPEN),
    ({"expires_at": NOW + 3 * DAY}, LinkStatus.ACTIVE),
    ({"expires_at": NOW + 3 * DAY - HOUR}, LinkStatus.ENDS_SOON),
    ({"expires_at": NOW}, LinkStatus.EXPIRED),
    ({"max_uses": 1}, LinkStatus.ACTIVE),
    ({"max_uses": 1, "used": 3}, LinkStatus.ACTIVE),
    ({"max_uses": 1, "claimed_at": NOW}, LinkStatus.USED_UP),
    ({"max_uses": 5, "used": 3}, LinkStatus.ACTIVE),
    ({"max_uses": 5, "used": 4}, LinkStatus.ENDS_SOON),
    ({"max_uses": 5, "used": 5}, LinkStatus.USED_UP),
    ({"max_uses": 5, "used": 6}, LinkStatus.USED_UP),
    ({"max_uses": 5, "used": 1, "claimed_at": NOW}, LinkStatus.ACTIVE),
    ({"max_uses": -1, "used": 10**6, "claimed_at": NOW}, LinkStatus.ACTIVE),
    ({"disabled": True}, LinkStatus.DISABLED),
    ({"disabled": True, "expires_at": NOW - DAY}, LinkStatus.DISABLED),
    ({"max_uses": 5, "used": 5, "expires_at": NOW - DAY}, LinkStatus.EXPIRED),
]


@pytest.mark.parametrize(("fields", "status"), STATES)
def test_the_state_of_a_link(make_invite: MakeInvite, fields: dict[str, object], status: LinkStatus) -> None:
    assert make_invite(**fields).status(NOW) is status


def test_a_state_is_of_now(make_invite: MakeInvite) -> None:
    assert make_invite(expires_at=datetime(2020, 1, 1, tzinfo=UTC)).status() is LinkStatus.EXPIRED


def test_a_deleted_link_is_in_no_state_and_in_no_list(make_invite: MakeInvite) -> None:
    deleted = make_invite(deleted_at=NOW)
    ended = make_invite(deleted_at=NOW, disabled=True)
    host = User.objects.create_superuser("staff@example.org")
    assert deleted.status(NOW) is ended.status(NOW) is None
    assert not Invite.objects.active(NOW).exists()
    assert not Invite.objects.ended(NOW).exists()
    assert not Invite.objects.of_host(host, everybodys=True).exists()


def test_all_three_are_counted_at_once(make_invite: MakeInvite) -> None:
    assert Invite.objects.counts(NOW) == {"all": 0, "active": 0, "ended": 0}
    for fields, _ in STATES:
        make_invite(**fields)
    links = Invite.objects.existing()
    expected = {"all": len(STATES), "active": links.active(NOW).count(), "ended": links.ended(NOW).count()}
    assert links.counts(NOW) == expected
    assert min(expected.values()) > 5


@pytest.mark.parametrize(("fields", "status"), STATES)
def test_the_database_says_what_the_row_says(
    make_invite: MakeInvite, fields: dict[str, object], status: LinkStatus
) -> None:
    invite = make_invite(**fields)
    assert Invite.objects.active(NOW).exists() is (invite.closed(None, NOW) is None)
    ended = status in (LinkStatus.USED_UP, LinkStatus.EXPIRED, LinkStatus.DISABLED)
    assert Invite.objects.ended(NOW).exists() is ended


def test_lists_are_of_now_too(make_invite: MakeInvite) -> None:
    ended, active = make_invite(expires_at=datetime(2020, 1, 1, tzinfo=UTC)), make_invite()
    assert list(Invite.objects.active()) == [active]
    assert list(Invite.objects.ended()) == [ended]


def test_a_list_is_of_one_host(make_invite: MakeInvite) -> None:
    anna, ben = (User.objects.create_user(f"{name}@example.org") for name in ("anna", "ben"))
    staff = User.objects.create_user("staff@example.org", is_staff=True)
    of_anna, of_staff, of_nobody = make_invite(owner=anna), make_invite(owner=staff), make_invite()
    assert list(Invite.objects.of_host(anna)) == [of_anna]
    assert list(Invite.objects.of_host(anna, everybodys=True)) == [of_anna]
    assert not Invite.objects.of_host(ben, everybodys=True).exists()
    assert list(Invite.objects.of_host(staff)) == [of_staff]
    assert set(Invite.objects.of_host(staff, everybodys=True)) == {of_anna, of_staff, of_nobody}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {"wedding", "beach"}),
        ("  ", {"wedding", "beach"}),
        ("BEN", {"wedding"}),
        ("summer", {"beach"}),
        ("beach 2026", {"beach"}),
        ("beach anna", set()),
        ("0123abcd", {"wedding"}),
        ("0123a", set()),  # too short for a token, in which it could stand by chance
        ("by-the-sea", {"beach"}),
        ("100%", {"beach"}),
        ("%", {"beach"}),
        ("_", set()),
        ("a\0nna", {"wedding"}),  # two words
        ("'", set()),
    ],
)
def test_a_search(make_invite: MakeInvite, text: str, found: set[str]) -> None:
    wedding = make_invite(name="Anna & Ben", album_name="Wedding", token="0123abcd" * 4)
    beach = make_invite(
        name="Beach week", album_name="Summer 2026, 100%", slug="by-the-sea", token="fedcfedcfedcfedcfedcfedcfedcfedc"
    )
    by_name = {"wedding": wedding, "beach": beach}
    assert set(Invite.objects.search(text)) == {by_name[name] for name in found}


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("created", ["zoo", "Alps", "beach"]),
        ("-created", ["beach", "Alps", "zoo"]),
        ("expires", ["beach", "Alps", "zoo"]),
        ("-expires", ["zoo", "Alps", "beach"]),
        ("name", ["Alps", "beach", "zoo"]),
        ("-name", ["zoo", "beach", "Alps"]),
        ("used", ["Alps", "beach", "zoo"]),
        ("-used", ["zoo", "beach", "Alps"]),
        ("", ["beach", "Alps", "zoo"]),
        ("password", ["beach", "Alps", "zoo"]),
        ("--created", ["beach", "Alps", "zoo"]),
    ],
)
def test_an_order(make_invite: MakeInvite, name: str, order: list[str]) -> None:
    """An end that is not set is the latest; a link without a name goes by its album's, and case does not count."""
    make_invite(name="zoo", created_at=NOW, used=9)
    make_invite(name="Alps", created_at=NOW + HOUR, expires_at=NOW + DAY, used=1)
    make_invite(name="", album_name="beach", created_at=NOW + DAY, expires_at=NOW, used=5)
    assert [each.title for each in Invite.objects.sorted_by(name)] == order


def test_equals_stay_in_one_order(make_invite: MakeInvite) -> None:
    made = [make_invite(name="Same", created_at=NOW) for _ in range(3)]
    assert list(Invite.objects.sorted_by("name")) == made
    assert list(Invite.objects.sorted_by("-created")) == made[::-1]
