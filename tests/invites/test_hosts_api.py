"""The JSON routes of hosts about their links: made, listed, changed, switched and taken down, each host their own."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from immichdrop.models import User
from invites.models import Guest, Invite
from invites.refusals import Refusal
from tests.invites.conftest import MakeInvite

JSON = "application/json"
ALBUM = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def at_home(client: Client, host: User) -> Client:
    """The host's browser or script, logged in."""
    client.force_login(host)
    return client


def create(client: Client, **fields: object) -> HttpResponse:
    return client.post("/api/invites", fields, content_type=JSON)


def change(client: Client, token: str, **fields: object) -> HttpResponse:
    return client.patch(f"/api/invite/{token}", fields, content_type=JSON)


# --- making


def test_a_link_is_made(at_home: Client, host: User) -> None:
    answer = create(at_home, albumId=ALBUM, albumName="Summer", maxUses=50, password="sesame", name="Beach week")
    invite = Invite.objects.get()
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "ok": True,
            "token": invite.token,
            "url": f"/invite/{invite.token}",
            "absoluteUrl": f"http://testserver/invite/{invite.token}",
            "albumId": ALBUM,
            "albumName": "Summer",
            "maxUses": 50,
            "expiresAt": None,
            "name": "Beach week",
        },
    )
    assert invite.owner == host
    assert invite.check_password("sesame")


def test_nothing_said_is_a_one_time_link_without_album(at_home: Client) -> None:
    said = create(at_home).json()
    assert (said["maxUses"], said["albumId"], said["albumName"], said["expiresAt"]) == (1, None, None, None)
    invite = Invite.objects.get()
    assert invite.one_time
    assert not invite.password


def test_null_is_nothing_said(at_home: Client) -> None:
    said = create(
        at_home, albumId=None, albumName=None, expiresDays=None, expiresAt=None, password=None, name=None, timeZone=None
    )
    assert said.status_code == 200
    assert Invite.objects.get().refusal() is None


def test_the_public_address_is_told(at_home: Client, settings: LazySettings) -> None:
    settings.PUBLIC_BASE_URL = "https://drop.example.org"
    said = create(at_home).json()
    assert said["absoluteUrl"] == f"https://drop.example.org/invite/{said['token']}"


def test_so_many_days(at_home: Client) -> None:
    before = timezone.now()
    said = create(at_home, expiresDays=7).json()
    until = Invite.objects.get().expires_at
    assert until is not None
    assert datetime.fromisoformat(said["expiresAt"]) == until
    assert before + timedelta(days=7) <= until <= timezone.now() + timedelta(days=7)


def test_fault_14_the_last_day_ends_where_the_host_is(at_home: Client) -> None:
    said = create(at_home, expiresAt="2030-07-14", timeZone="America/Los_Angeles").json()
    assert datetime.fromisoformat(said["expiresAt"]) == datetime(2030, 7, 15, 7, tzinfo=UTC)
    said = create(at_home, expiresAt="2030-07-14").json()  # the server's zone, where the host names none
    assert datetime.fromisoformat(said["expiresAt"]) == datetime(2030, 7, 14, 22, tzinfo=UTC)


def test_fault_14_an_expiry_with_an_offset_is_enforced(at_home: Client) -> None:
    ago = (timezone.now() - timedelta(minutes=1)).astimezone(timezone.get_fixed_timezone(14 * 60))
    token = create(at_home).json()["token"]
    assert change(at_home, token, expiresAt=ago.isoformat()).status_code == 200
    assert at_home.get(f"/api/invite/{token}").json()["inactiveReason"] == "expired"
    later = (timezone.now() + timedelta(minutes=1)).astimezone(timezone.get_fixed_timezone(-12 * 60))
    assert change(at_home, token, expiresAt=later.isoformat()).status_code == 200
    assert at_home.get(f"/api/invite/{token}").json()["active"] is True


WRONG: list[tuple[dict[str, object], str]] = [
    ({"name": 5}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"name": "a\0b"}, "name"),
    ({"albumId": "Summer"}, "albumId"),
    ({"albumId": 5}, "albumId"),
    ({"albumName": ["Summer"]}, "albumName"),
    ({"albumName": "x" * 201}, "albumName"),
    ({"maxUses": "5"}, "maxUses"),
    ({"maxUses": None}, "maxUses"),
    ({"maxUses": True}, "maxUses"),
    ({"maxUses": 1.5}, "maxUses"),
    ({"maxUses": 0}, "maxUses"),
    ({"maxUses": -2}, "maxUses"),
    ({"maxUses": 10**30}, "maxUses"),
    ({"expiresDays": 0}, "expiresDays"),
    ({"expiresDays": -1}, "expiresDays"),
    ({"expiresDays": "7"}, "expiresDays"),
    ({"expiresDays": 10**9}, "expiresDays"),
    ({"expiresAt": "tomorrow"}, "expiresAt"),
    ({"expiresAt": "2030-07-14T18:00"}, "expiresAt"),
    ({"expiresAt": 1900000000}, "expiresAt"),
    ({"expiresAt": "2030-07-14", "timeZone": "Nowhere"}, "timeZone"),
    ({"expiresAt": "2030-07-14", "timeZone": 2}, "timeZone"),
    ({"password": 1234}, "password"),
    ({"password": "x" * 201}, "password"),
]


@pytest.mark.parametrize(("fields", "field"), WRONG)
def test_what_makes_no_sense_names_its_field(
    at_home: Client, host: User, make_invite: MakeInvite, fields: dict[str, object], field: str
) -> None:
    invite = make_invite(owner=host)
    before = Invite.objects.values().get()
    for answer in (create(at_home, **fields), change(at_home, invite.token, **fields)):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
        assert answer.json()["message"].startswith(f"{field}: ")
    assert Invite.objects.values().get() == before


@pytest.mark.parametrize("fields", [{"disabled": "yes"}, {"disabled": 1}, {"resetUsage": "yes"}, {"resetUsage": 1}])
def test_yes_and_no_are_json_s(at_home: Client, host: User, make_invite: MakeInvite, fields: dict[str, object]) -> None:
    answer = change(at_home, make_invite(owner=host).token, **fields)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
    assert answer.json()["message"].startswith(f"{next(iter(fields))}: ")


BODIES = [
    "",
    "{",
    "null",
    "[]",
    "5",
    '"text"',
    "\xff",
    "name=Beach",
    "[" * 100_000,
    "9" * 5000,
    '{"name": "\\ud800", "tokens": ["\\ud800"]}',
]


@pytest.mark.parametrize("body", BODIES)
def test_no_json_object(at_home: Client, host: User, make_invite: MakeInvite, body: str) -> None:
    path = f"/api/invite/{make_invite(owner=host).token}"
    for answer in (
        at_home.post("/api/invites", body.encode("latin-1"), content_type=JSON),
        at_home.post("/api/invites/bulk", body.encode("latin-1"), content_type=JSON),
        at_home.post("/api/invites/delete", body.encode("latin-1"), content_type=JSON),
        at_home.patch(path, body.encode("latin-1"), content_type=JSON),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
    assert Invite.objects.existing().count() == 1


# --- listing


def test_a_list_says_of_each_link(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    at = datetime(2026, 7, 1, tzinfo=UTC)
    until = datetime(2030, 7, 15, tzinfo=UTC)
    invite = make_invite(
        owner=host, album_id=ALBUM, album_name="Summer", max_uses=50, used=8, expires_at=until, created_at=at
    )
    answer = at_home.get("/api/invites")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "items": [
                {
                    "token": invite.token,
                    "name": "Beach week",
                    "albumId": ALBUM,
                    "albumName": "Summer",
                    "maxUses": 50,
                    "used": 8,
                    "remaining": 42,
                    "expiresAt": "2030-07-15T00:00:00+00:00",
                    "allowUrls": False,
                    "active": True,
                    "inactiveReason": None,
                    "createdAt": "2026-07-01T00:00:00+00:00",
                }
            ]
        },
    )


@pytest.mark.parametrize(
    ("fields", "reason", "remaining"),
    [
        ({}, None, None),
        ({"disabled": True}, "disabled", None),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expired", None),
        ({"opens_at": datetime(9000, 1, 1, tzinfo=UTC)}, "not_open", None),
        ({"max_uses": 2, "used": 3}, "exhausted", 0),
        ({"max_uses": 1}, None, 1),
        ({"max_uses": 1, "claimed_at": datetime(2026, 1, 1, tzinfo=UTC)}, "claimed", 0),
    ],
)
def test_why_a_link_is_closed(
    at_home: Client,
    host: User,
    make_invite: MakeInvite,
    fields: dict[str, object],
    reason: str | None,
    remaining: int | None,
) -> None:
    make_invite(owner=host, **fields)
    [item] = at_home.get("/api/invites").json()["items"]
    assert (item["active"], item["inactiveReason"], item["remaining"]) == (reason is None, reason, remaining)


def test_search_and_order(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    for number, name in enumerate(("Beach", "Zoo", "Alps")):
        make_invite(owner=host, name=name, created_at=datetime(2026, 7, number + 1, tzinfo=UTC))

    def names(**query: str) -> list[str]:
        return [item["name"] for item in at_home.get("/api/invites", query).json()["items"]]

    assert names() == ["Alps", "Zoo", "Beach"]
    assert names(sort="name") == ["Alps", "Beach", "Zoo"]
    assert names(sort="-name") == ["Zoo", "Beach", "Alps"]
    assert names(sort="created") == ["Beach", "Zoo", "Alps"]
    assert names(sort="nonsense") == ["Alps", "Zoo", "Beach"]
    assert names(q="o") == ["Zoo"]
    assert names(q="\0") == ["Alps", "Zoo", "Beach"]
    assert names(q="nothing") == []


def test_a_thousand_links_take_few_queries(
    at_home: Client, host: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Invite.objects.bulk_create(Invite(owner=host, name=f"Link {number}") for number in range(1000))
    with django_assert_max_num_queries(8):
        assert len(at_home.get("/api/invites").json()["items"]) == 1000
    with django_assert_max_num_queries(8):
        assert len(at_home.get("/api/invites", {"q": "Link 99", "sort": "-used"}).json()["items"]) == 19


# --- changing


def test_everything_changes(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    invite = make_invite(owner=host, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    said = {
        "name": " Party ",
        "disabled": True,
        "maxUses": -1,
        "expiresAt": None,
        "password": "sesame",
        "allowUrls": True,
    }
    answer = change(at_home, invite.token, **said)
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "updated": 1})
    invite.refresh_from_db()
    assert (invite.name, invite.disabled, invite.max_uses, invite.expires_at) == ("Party", True, -1, None)
    assert invite.allow_urls
    assert invite.check_password("sesame")
    assert change(at_home, invite.token, password="", disabled=False).status_code == 200
    invite.refresh_from_db()
    assert (invite.password, invite.disabled, invite.name) == ("", False, "Party")


def test_days_from_now_unless_a_day_is_named(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    invite = make_invite(owner=host)
    change(at_home, invite.token, expiresDays=3)
    invite.refresh_from_db()
    assert invite.expires_at is not None
    assert timedelta(days=2, hours=23) < invite.expires_at - timezone.now() <= timedelta(days=3)
    change(at_home, invite.token, expiresAt="2030-07-14T00:00:00Z", expiresDays=3)
    invite.refresh_from_db()
    assert invite.expires_at == datetime(2030, 7, 14, tzinfo=UTC)
    change(at_home, invite.token, expiresDays=None)
    invite.refresh_from_db()
    assert invite.expires_at is None


def test_fault_16_reset_usage_alone_begins_anew(
    at_home: Client, host: User, make_invite: MakeInvite, guest: Guest
) -> None:
    invite = make_invite(owner=host, max_uses=1, used=3, claimed_by=guest, claimed_at=timezone.now())
    assert invite.refusal() is Refusal.CLAIMED
    assert change(at_home, invite.token, resetUsage=True).json() == {"ok": True, "updated": 1}
    invite.refresh_from_db()
    assert (invite.used, invite.claimed_by, invite.claimed_at) == (0, None, None)
    assert invite.refusal() is None


def test_nothing_said_changes_nothing(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    invite = make_invite(owner=host, used=3)
    for fields in ({}, {"resetUsage": False}, {"unknown": 1}):
        assert change(at_home, invite.token, **fields).json() == {"ok": True, "updated": 0}
    invite.refresh_from_db()
    assert invite.used == 3


def test_a_refused_change_does_not_reset_either(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    invite = make_invite(owner=host, used=3)
    assert change(at_home, invite.token, resetUsage=True, maxUses=0).status_code == 400
    invite.refresh_from_db()
    assert invite.used == 3


def test_the_custom_address_names_it_too(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    invite = make_invite(owner=host, slug="beach")
    assert change(at_home, "beach", name="Party").status_code == 200
    invite.refresh_from_db()
    assert invite.name == "Party"


# --- several


def send(client: Client, what: str, **fields: object) -> HttpResponse:
    return client.post(f"/api/invites/{what}", fields, content_type=JSON)


def test_switching_and_taking_down(at_home: Client, host: User, make_invite: MakeInvite) -> None:
    one, two, three = (make_invite(owner=host) for _ in range(3))
    tokens = [one.token, two.token, "unknown"]
    assert send(at_home, "bulk", tokens=tokens, action="disable").json() == {"ok": True, "updated": 2}
    assert set(Invite.objects.filter(disabled=True)) == {one, two}
    assert send(at_home, "bulk", tokens=tokens, action="enable").json() == {"ok": True, "updated": 2}
    assert not Invite.objects.filter(disabled=True).exists()
    assert send(at_home, "delete", tokens=tokens).json() == {"ok": True, "deleted": 2}
    assert list(Invite.objects.existing()) == [three]
    assert send(at_home, "delete", tokens=tokens).json() == {"ok": True, "deleted": 0}
    assert send(at_home, "bulk", tokens=tokens, action="enable").json() == {"ok": True, "updated": 0}
    assert [item["token"] for item in at_home.get("/api/invites").json()["items"]] == [three.token]
    assert change(at_home, one.token, name="Back").status_code == 404


@pytest.mark.parametrize("what", ["bulk", "delete"])
def test_tokens_are_wanted(at_home: Client, host: User, make_invite: MakeInvite, what: str) -> None:
    make_invite(owner=host)
    for fields in ({}, {"tokens": []}, {"tokens": None}):
        answer = send(at_home, what, action="disable", **fields)
        assert (answer.status_code, answer.json()["error"]) == (400, "missing_tokens")
    for tokens in ("token", [5], ["a\0b"], [["token"]], {"a": 1}, ["x"] * 10_001):
        answer = send(at_home, what, action="disable", tokens=tokens)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
        assert answer.json()["message"].startswith("tokens: ")
    assert Invite.objects.existing().filter(disabled=False).count() == 1
    assert send(at_home, what, action="disable", tokens=["x"] * 10_000).status_code == 200


@pytest.mark.parametrize("action", ["", "delete", 5, None])
def test_an_action_is_wanted(at_home: Client, host: User, make_invite: MakeInvite, action: object) -> None:
    answer = send(at_home, "bulk", tokens=[make_invite(owner=host).token], action=action)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
    assert answer.json()["message"].startswith("action: ")
