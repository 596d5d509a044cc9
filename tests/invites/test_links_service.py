"""What a host does with links: make, change, switch, copy, begin anew, take down."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from immichdrop.models import User
from invites import links
from invites.links import LinkError, LinkFields
from invites.models import Guest, Invite
from invites.refusals import Refusal
from tests.invites.conftest import MakeInvite

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
EVERYTHING = LinkFields(
    name="Beach week",
    welcome_text="Hello!",
    slug="beach",
    album_id=uuid.UUID("11111111-2222-3333-4444-555555555555"),
    album_name="Summer",
    max_uses=50,
    opens_at=datetime(2030, 7, 1, tzinfo=UTC),
    expires_at=datetime(2030, 7, 15, tzinfo=UTC),
    disabled=True,
    password="sesame",
    guest_name="required",
    kinds="photos",
    max_files=10,
    max_bytes=10**12,
    max_file_size=10**9,
    describe=True,
    tag=True,
    allow_urls=True,
)


@pytest.fixture
def host() -> User:
    return User.objects.create_user("host@example.org")


# --- making


def test_everything_can_be_said(host: User) -> None:
    assert set(EVERYTHING) == set(LinkFields.__annotations__)
    made = links.create_link(host, EVERYTHING)
    row = Invite.objects.get()
    assert row == made
    assert row.owner == host
    for name, value in EVERYTHING.items():
        if name != "password":
            assert getattr(row, name) == value
    assert row.check_password("sesame")
    assert row.password_set_at


def test_what_is_not_said_is_not_limited(host: User) -> None:
    made = links.create_link(host, {})
    assert (made.name, made.album_name, made.max_uses, made.password) == ("", "", -1, "")
    assert made.refusal() is None
    assert len(made.token) == 32


def test_texts_are_trimmed_and_an_empty_address_is_none(host: User) -> None:
    for _ in range(2):  # twice, since an empty text could be there only once
        made = links.create_link(host, {"name": "  Beach week ", "slug": " "})
        assert (made.name, made.slug) == ("Beach week", None)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"name": "x" * 201}, "name", "200"),
        ({"name": "a\0b"}, "name", "can't be kept"),
        ({"name": "\ud800"}, "name", "can't be kept"),
        ({"password": "\ud800"}, "password", "can't be kept"),
        ({"password": "x" * 201}, "password", "At most 200"),
        ({"welcome_text": "x" * 2001}, "welcome_text", "2000"),
        ({"album_name": "x" * 201}, "album_name", "200"),
        ({"slug": "Beach Week"}, "slug", "a-z, 0-9 and hyphens"),
        ({"slug": "-beach"}, "slug", "a-z, 0-9 and hyphens"),
        ({"max_uses": 0}, "max_uses", "Nobody could use it"),
        ({"max_uses": -2}, "max_uses", "-1"),
        ({"max_uses": 10**30}, "max_uses", "less than or equal"),
        ({"max_files": 0}, "max_files", "At least 1"),
        ({"max_files": -1}, "max_files", "greater than or equal"),
        ({"max_bytes": 0}, "max_bytes", "At least 1"),
        ({"max_bytes": 10**30}, "max_bytes", "less than or equal"),
        ({"max_file_size": 0}, "max_file_size", "At least 1"),
        ({"kinds": "texts"}, "kinds", "not a valid choice"),
        ({"guest_name": ""}, "guest_name", "blank"),
        ({"expires_at": datetime(2030, 7, 14)}, "expires_at", "with its offset"),  # noqa: DTZ001 - that is the fault
        ({"opens_at": datetime(2030, 7, 14)}, "opens_at", "with its offset"),  # noqa: DTZ001
        ({"opens_at": NOW, "expires_at": NOW}, "expires_at", "before it opens"),
    ],
)
def test_what_makes_no_sense_names_its_field(host: User, fields: LinkFields, field: str, words: str) -> None:
    with pytest.raises(LinkError) as refused:
        links.create_link(host, fields)
    assert set(refused.value.problems) == {field}
    assert words in refused.value.problems[field]
    assert field in str(refused.value)
    assert not Invite.objects.exists()


def test_all_that_is_wrong_is_told_at_once(host: User) -> None:
    with pytest.raises(LinkError) as refused:
        links.create_link(host, {"name": "x" * 201, "kinds": "texts", "max_uses": 0})
    assert set(refused.value.problems) == {"name", "kinds", "max_uses"}


def test_a_custom_address_is_one_links_alone(host: User, make_invite: MakeInvite) -> None:
    make_invite(slug="beach")
    other = make_invite()
    for attempt in (
        lambda: links.create_link(host, {"slug": "beach"}),
        lambda: links.change_link(other, {"slug": "beach"}),
    ):
        with pytest.raises(LinkError) as refused:
            attempt()
        assert refused.value.problems == {"slug": "This address is taken. Please choose another one."}


def test_an_address_that_somebody_takes_in_between(host: User) -> None:
    """Both looked and found it free: the database lets one of them have it."""
    rivals = []

    def rival_first(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if sql.startswith("INSERT") and not rivals:
            rivals.append("beach")
            Invite.objects.create(slug="beach")
        return execute(sql, *rest)

    with connection.execute_wrapper(rival_first), pytest.raises(LinkError) as refused:
        links.create_link(host, {"slug": "beach"})
    assert rivals == ["beach"]
    assert set(refused.value.problems) == {"slug"}


def test_anothers_token_is_no_custom_address(host: User, make_invite: MakeInvite) -> None:
    """Imported tokens are 32 hex digits, which a custom address could be: it would take that link over."""
    imported = make_invite(token="0123456789abcdef0123456789abcdef")
    with pytest.raises(LinkError) as refused:
        links.create_link(host, {"slug": imported.token})
    assert set(refused.value.problems) == {"slug"}
    assert Invite.objects.at(imported.token) == imported


# --- until when


@pytest.mark.parametrize(
    ("zone", "said", "moment"),
    [
        ("Europe/Berlin", "2030-07-14", datetime(2030, 7, 14, 22, tzinfo=UTC)),
        ("Europe/Berlin", "2030-03-31", datetime(2030, 3, 31, 22, tzinfo=UTC)),
        ("America/Los_Angeles", "2030-07-14", datetime(2030, 7, 15, 7, tzinfo=UTC)),
        ("Pacific/Kiritimati", "2030-07-14", datetime(2030, 7, 14, 10, tzinfo=UTC)),
        ("America/Los_Angeles", "2030-07-14T18:00:00+02:00", datetime(2030, 7, 14, 16, tzinfo=UTC)),
        ("America/Los_Angeles", "2030-07-14T18:00:00Z", datetime(2030, 7, 14, 18, tzinfo=UTC)),
    ],
)
def test_fault_14_a_day_ends_where_the_host_is(zone: str, said: str, moment: datetime) -> None:
    assert links.expires_at_said(said, links.zone_named(zone)) == moment


def test_fault_14_an_expiry_with_an_offset_is_enforced(host: User) -> None:
    made = links.create_link(host, {"expires_at": links.expires_at_said("2026-07-14T12:30:00-05:00", BERLIN)})
    row = Invite.objects.get(pk=made.pk)
    assert row.refusal(None, datetime(2026, 7, 14, 17, 29, tzinfo=UTC)) is None
    assert row.refusal(None, datetime(2026, 7, 14, 17, 30, tzinfo=UTC)) is Refusal.EXPIRED


def test_a_day_begins_where_the_host_is() -> None:
    assert links.opens_at_said("2030-07-14", BERLIN) == datetime(2030, 7, 13, 22, tzinfo=UTC)
    assert links.opens_at_said("", BERLIN) is links.expires_at_said("", BERLIN) is None


@pytest.mark.parametrize(
    "said", ["tomorrow", "2030-02-30", "2030-07-14T18:00", "9999-12-31", "0001-01-01T00:00+14:00", "\0", "0"]
)
def test_no_moment(said: str) -> None:
    with pytest.raises(LinkError) as refused:
        links.expires_at_said(said, BERLIN)
    assert set(refused.value.problems) == {"expires_at"}
    with pytest.raises(LinkError) as refused:
        links.opens_at_said("nonsense", BERLIN)
    assert set(refused.value.problems) == {"opens_at"}


@pytest.mark.parametrize("name", ["", "Nowhere/Else", "../../etc/passwd", "/etc/passwd", "a\0b", "\ud800", "Europe"])
def test_no_zone(name: str) -> None:
    with pytest.raises(LinkError) as refused:
        links.zone_named(name)
    assert set(refused.value.problems) == {"time_zone"}


def test_days_from_now() -> None:
    assert links.expires_in(7, NOW) == NOW + timedelta(days=7)
    for days in (0, -1, links.MOST_DAYS + 1, 10**30):
        with pytest.raises(LinkError) as refused:
            links.expires_in(days)
        assert set(refused.value.problems) == {"expires_days"}


# --- changing


def test_only_what_is_said_changes(make_invite: MakeInvite) -> None:
    """What happened at the link since it was read, here a file received, is not written over."""
    invite = make_invite(album_name="Summer", password="sesame")
    Invite.objects.filter(pk=invite.pk).update(used=5, album_name="Winter")
    links.change_link(invite, {"name": "New name"})
    row = Invite.objects.get(pk=invite.pk)
    assert (row.name, row.used, row.album_name) == ("New name", 5, "Winter")
    assert row.check_password("sesame")


def test_what_an_older_version_let_in_does_not_stand_in_the_way(make_invite: MakeInvite) -> None:
    invite = make_invite(kinds="texts")
    links.change_link(invite, {"name": "New name"})
    assert Invite.objects.get(pk=invite.pk).name == "New name"


def test_a_refused_change_changes_nothing(make_invite: MakeInvite) -> None:
    invite = make_invite()
    with pytest.raises(LinkError):
        links.change_link(invite, {"name": "New name", "max_uses": 0})
    assert Invite.objects.get(pk=invite.pk).name == "Beach week"


def test_an_empty_password_is_none(make_invite: MakeInvite) -> None:
    invite = make_invite(password="sesame")
    links.change_link(invite, {"password": ""})
    row = Invite.objects.get(pk=invite.pk)
    assert (row.password, row.password_set_at) == ("", None)


def test_no_change_asks_the_database_nothing(make_invite: MakeInvite) -> None:
    invite = make_invite()
    with CaptureQueriesContext(connection) as asked:
        links.change_link(invite, {})
    assert len(asked) == 0


# --- copying


def test_a_copy_is_like_it_and_unused(host: User, make_invite: MakeInvite) -> None:
    first = links.create_link(host, EVERYTHING)
    guest = Guest.objects.create(secret_hash="x")
    Invite.objects.filter(pk=first.pk).update(used=7, claimed_by=guest, claimed_at=NOW)
    first.refresh_from_db()
    copy = Invite.objects.get(pk=links.duplicate_link(first).pk)
    assert copy.pk != first.pk
    assert copy.token != first.token
    assert (copy.used, copy.claimed_by, copy.claimed_at, copy.slug, copy.disabled) == (0, None, None, None, False)
    assert copy.owner == host
    assert copy.check_password("sesame")
    for name in set(EVERYTHING) - {"password", "slug", "disabled"}:
        assert getattr(copy, name) == getattr(first, name)
    first.refresh_from_db()
    assert (first.slug, first.used) == ("beach", 7)


def test_a_copy_of_an_ended_link_is_open(make_invite: MakeInvite) -> None:
    ended = make_invite(expires_at=timezone.now() - timedelta(days=1))
    assert links.duplicate_link(ended).refusal() is None


# --- several


def test_switching(make_invite: MakeInvite) -> None:
    mine = [make_invite(), make_invite()]
    other, deleted = make_invite(), make_invite(deleted_at=NOW)
    chosen = Invite.objects.filter(pk__in=[*(each.pk for each in mine), deleted.pk])
    assert links.set_enabled(chosen, False) == 2
    assert set(Invite.objects.filter(disabled=True)) == set(mine)
    assert links.set_enabled(chosen, True) == 2
    assert not Invite.objects.filter(disabled=True).exists()
    other.refresh_from_db()
    assert not other.disabled


def test_fault_16_a_reset_alone_begins_anew(make_invite: MakeInvite, guest: Guest, other_guest: Guest) -> None:
    once = make_invite(max_uses=1, used=3, claimed_by=guest, claimed_at=NOW)
    full = make_invite(max_uses=2, used=2)
    assert (once.refusal(other_guest), full.refusal()) == (Refusal.CLAIMED, Refusal.EXHAUSTED)
    assert links.reset_usage(Invite.objects.all()) == 2
    for invite in (once, full):
        invite.refresh_from_db()
        assert (invite.used, invite.claimed_by, invite.claimed_at) == (0, None, None)
        assert invite.refusal(other_guest) is None


def test_taking_down(make_invite: MakeInvite) -> None:
    gone, stays = make_invite(slug="beach"), make_invite()
    assert links.delete_links(Invite.objects.filter(pk=gone.pk)) == 1
    assert links.delete_links(Invite.objects.filter(pk=gone.pk)) == 0
    assert list(Invite.objects.existing()) == [stays]


def test_a_host_without_an_immich_makes_no_links(transactional_db: None, settings: Settings) -> None:
    settings.ALLOW_SERVER_KEY = False
    host = User.objects.create_user("ann@example.org")
    with pytest.raises(LinkError) as refused:
        links.create_link(host, LinkFields(name="Party"))
    assert "owner" in refused.value.problems
    assert Invite.objects.count() == 0
    assert links.create_link(None, LinkFields(name="Party")).name == "Party", "one without an owner uses the server's"
