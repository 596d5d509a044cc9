"""`GET /api/invite/{token}`: what a guest may know of a link, and how a browser becomes a guest."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from immichdrop.models import User
from invites import guests
from invites.api import describe
from invites.models import Guest, Invite, Visit
from tests.invites.conftest import AsGuest, MakeInvite

ALBUM = uuid.UUID("11111111-2222-3333-4444-555555555555")
# The older clients' fields, which scripts read.
OLDER = set(
    "token albumId albumName name maxUses used remaining expiresAt oneTime claimed claimedAt expired active"
    " inactiveReason passwordRequired authorized".split()
)


def state(client: Client, invite: Invite) -> dict[str, object]:
    answer = client.get(f"/api/invite/{invite.token}")
    assert answer.status_code == 200
    return dict(answer.json())


def test_an_open_link_is_described(client: Client, make_invite: MakeInvite) -> None:
    host = User.objects.create_user("anna@example.org", name="Anna Berg")
    until = datetime(2030, 7, 15, tzinfo=UTC)
    invite = make_invite(
        owner=host, album_name="Summer", album_id=ALBUM, welcome_text="Hello!", expires_at=until, max_uses=50, used=8
    )
    said = state(client, invite)
    assert set(said) >= OLDER
    assert {name: said[name] for name in OLDER} == {
        "token": invite.token,
        "albumId": None,
        "albumName": "Summer",
        "name": "Beach week",
        "maxUses": 50,
        "used": 8,
        "remaining": 42,
        "expiresAt": "2030-07-15T00:00:00+00:00",
        "oneTime": False,
        "claimed": False,
        "claimedAt": None,
        "expired": False,
        "active": True,
        "inactiveReason": None,
        "passwordRequired": False,
        "authorized": True,
    }
    assert said["welcomeText"] == "Hello!"
    assert said["hostName"] == "Anna"
    assert "anna@example.org" not in str(said)


def test_a_link_is_found_by_its_custom_address_too(client: Client, make_invite: MakeInvite) -> None:
    invite = make_invite(slug="beach")
    assert client.get("/api/invite/beach").json()["token"] == invite.token


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"disabled": True}, "disabled"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expired"),
        ({"opens_at": datetime(9000, 1, 1, tzinfo=UTC)}, "not_open"),
        ({"max_uses": 2, "used": 2}, "exhausted"),
        ({"max_uses": 1, "claimed_at": datetime(2026, 1, 1, tzinfo=UTC)}, "claimed"),
    ],
)
def test_a_closed_link_says_why(
    client: Client, make_invite: MakeInvite, fields: dict[str, object], reason: str
) -> None:
    said = state(client, make_invite(**fields))
    assert (said["active"], said["inactiveReason"]) == (False, reason)
    assert said["expired"] is (reason == "expired")
    assert said["claimed"] is (reason == "claimed")


def test_a_one_time_link_is_open_to_its_owner_and_taken_for_others(make_invite: MakeInvite, as_guest: AsGuest) -> None:
    mine, guest = as_guest()
    stranger, _ = as_guest()
    invite = make_invite(max_uses=1, claimed_by=guest, claimed_at=timezone.now())
    assert (state(mine, invite)["active"], state(mine, invite)["oneTime"]) == (True, True)
    assert state(stranger, invite)["inactiveReason"] == "claimed"


# --- before the password


def test_album_and_welcome_text_are_hidden_until_the_password_is_given(
    make_invite: MakeInvite, as_guest: AsGuest
) -> None:
    invite = make_invite(password="sesame", album_name="Surprise party", album_id=ALBUM, welcome_text="Don't tell her!")
    stranger, _ = as_guest()
    said = state(stranger, invite)
    assert said["passwordRequired"] is True
    assert said["authorized"] is False
    assert said["albumName"] is said["albumId"] is said["welcomeText"] is None
    assert "Surprise" not in str(said)
    inside, _ = as_guest(to=invite)
    said = state(inside, invite)
    assert said["authorized"] is True
    assert (said["albumName"], said["albumId"], said["welcomeText"]) == ("Surprise party", None, "Don't tell her!")


def test_the_albums_id_is_its_owners_alone(make_invite: MakeInvite, guest: Guest) -> None:
    owner = User.objects.create_user("owner@example.org")
    other = User.objects.create_user("other@example.org")
    invite = make_invite(owner=owner, album_id=ALBUM)
    assert describe(invite, guest, owner.pk)["albumId"] == str(ALBUM)
    assert describe(invite, guest, other.pk)["albumId"] is None
    assert describe(invite, guest, None)["albumId"] is None
    assert describe(make_invite(album_id=ALBUM), guest, None)["albumId"] is None  # nobody's link


def test_the_owner_is_known_by_the_login(client: Client, make_invite: MakeInvite) -> None:
    owner = User.objects.create_user("owner@example.org")
    invite = make_invite(owner=owner, album_id=ALBUM)
    client.force_login(owner)
    assert state(client, invite)["albumId"] == str(ALBUM)


def test_a_guest_reads_only_their_own_words(make_invite: MakeInvite, as_guest: AsGuest) -> None:
    invite, elsewhere = make_invite(), make_invite()
    mine, guest = as_guest()
    stranger, _ = as_guest()
    Visit.objects.create(guest=guest, invite=invite, name="Maria", message="With love")
    assert state(mine, invite)["visit"] == {"name": "Maria", "message": "With love"}
    assert state(mine, elsewhere)["visit"] == {"name": "", "message": ""}
    assert state(stranger, invite)["visit"] == {"name": "", "message": ""}


# --- unknown links


def test_unknown_and_deleted_links_answer_alike(client: Client, make_invite: MakeInvite) -> None:
    deleted = make_invite()
    Invite.objects.filter(pk=deleted.pk).delete_links()
    seen = set()
    for token in ("unknown", "x" * 32, deleted.token, "%00", "a%00b", "%F0%9F%98%80"):
        answer = client.get(f"/api/invite/{token}")
        seen.add((answer.status_code, answer.content, tuple(sorted(answer.items()))))
        assert not answer.cookies
    assert len(seen) == 1
    status, body, _ = seen.pop()
    assert (status, body) == (404, b'{"error": "not_found"}')
    assert not Guest.objects.exists()


def test_only_get(client: Client, make_invite: MakeInvite) -> None:
    assert client.post(f"/api/invite/{make_invite().token}").status_code == 405


# --- becoming a guest


def test_a_new_browser_becomes_a_guest_once(client: Client, make_invite: MakeInvite) -> None:
    invite = make_invite()
    answer = client.get(f"/api/invite/{invite.token}")
    secret = answer["X-Drop-Guest"]
    assert len(secret) >= 22  # 128 bits
    assert Guest.objects.get().secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    again = client.get(f"/api/invite/{invite.token}")
    assert "X-Drop-Guest" not in again
    assert not again.cookies
    assert Guest.objects.count() == 1
    # At another link the same browser is the same guest.
    client.get(f"/api/invite/{make_invite().token}")
    assert Guest.objects.count() == 1


def test_the_secret_is_taken_from_the_header_where_cookies_are_blocked(make_invite: MakeInvite) -> None:
    invite = make_invite()
    secret = Client().get(f"/api/invite/{invite.token}")["X-Drop-Guest"]
    answer = Client().get(f"/api/invite/{invite.token}", headers={"X-Drop-Guest": secret})
    assert "X-Drop-Guest" not in answer
    assert Guest.objects.count() == 1


def test_a_secret_nobody_gave_makes_a_new_guest(client: Client, make_invite: MakeInvite) -> None:
    client.cookies[guests.COOKIE] = "invented"
    answer = client.get(f"/api/invite/{make_invite().token}")
    assert answer["X-Drop-Guest"] != "invented"
    assert Guest.objects.count() == 1


def test_the_cookie_is_for_this_server_alone(client: Client, make_invite: MakeInvite) -> None:
    answer = client.get(f"/api/invite/{make_invite().token}")
    cookie = answer.cookies["drop_guest"]
    assert cookie.value == answer["X-Drop-Guest"]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert cookie["max-age"] == timedelta(days=180).total_seconds()
    assert cookie["domain"] == ""
    assert not cookie["secure"]


def test_over_https_the_cookie_is_bound_to_it(client: Client, make_invite: MakeInvite) -> None:
    invite = make_invite()
    answer = client.get(f"/api/invite/{invite.token}", secure=True)
    assert set(answer.cookies) == {"__Host-drop_guest"}
    cookie = answer.cookies["__Host-drop_guest"]
    assert cookie["secure"] is True
    assert cookie["httponly"] is True
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    client.get(f"/api/invite/{invite.token}", secure=True)
    assert Guest.objects.count() == 1


def test_a_guest_stays_the_same_through_login_and_logout(client: Client, make_invite: MakeInvite) -> None:
    invite = make_invite()
    client.get(f"/api/invite/{invite.token}")
    client.force_login(User.objects.create_user("host@example.org"))
    client.get(f"/api/invite/{invite.token}")
    client.get("/logout")
    client.get(f"/api/invite/{invite.token}")
    assert Guest.objects.count() == 1
