"""`invite.refusal()`: the one reason why a guest may not send now, or None."""

from datetime import UTC, datetime, timedelta

import pytest

from invites import guests
from invites.models import Guest, Invite
from invites.refusals import Refusal
from tests.invites.conftest import MakeInvite

NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_an_open_link_takes_anybody(make_invite: MakeInvite, guest: Guest) -> None:
    invite = make_invite(opens_at=NOW - HOUR, expires_at=NOW + HOUR)
    assert invite.refusal(guest, NOW) is None
    assert invite.refusal(None, NOW) is None


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"disabled": True}, Refusal.DISABLED),
        ({"opens_at": NOW + HOUR}, Refusal.NOT_OPEN),
        ({"expires_at": NOW - HOUR}, Refusal.EXPIRED),
        ({"max_uses": 3, "used": 3}, Refusal.EXHAUSTED),
        ({"max_uses": 3, "used": 4}, Refusal.EXHAUSTED),
        ({"deleted_at": NOW - HOUR}, Refusal.INVALID_INVITE),
        # The first that applies is told.
        ({"deleted_at": NOW, "disabled": True}, Refusal.INVALID_INVITE),
        ({"disabled": True, "expires_at": NOW - HOUR}, Refusal.DISABLED),
        ({"max_uses": 3, "used": 3, "expires_at": NOW - HOUR}, Refusal.EXPIRED),
    ],
)
def test_a_closed_link_says_why(
    make_invite: MakeInvite, guest: Guest, fields: dict[str, object], refusal: Refusal
) -> None:
    invite = make_invite(**fields)
    assert invite.closed(guest, NOW) is refusal
    assert invite.refusal(guest, NOW) is refusal
    # Also to a guest who still has to give a password: nobody should type one in vain.
    locked = make_invite(password="sesame", **fields)
    assert locked.refusal(guest, NOW) is refusal


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"opens_at": NOW}, None),
        ({"opens_at": NOW + timedelta(microseconds=1)}, Refusal.NOT_OPEN),
        ({"expires_at": NOW}, Refusal.EXPIRED),
        ({"expires_at": NOW + timedelta(microseconds=1)}, None),
        ({"max_uses": 3, "used": 2}, None),
        ({"max_uses": -1, "used": 1_000_000}, None),
    ],
)
def test_the_edges(make_invite: MakeInvite, fields: dict[str, object], refusal: Refusal | None) -> None:
    assert make_invite(**fields).refusal(None, NOW) is refusal


def test_an_expiry_with_an_offset_is_that_moment(make_invite: MakeInvite) -> None:
    invite = make_invite(expires_at=datetime.fromisoformat("2026-07-14T12:30:00-05:00"))
    invite.refresh_from_db()
    assert invite.refusal(None, datetime(2026, 7, 14, 17, 29, tzinfo=UTC)) is None
    assert invite.refusal(None, datetime(2026, 7, 14, 17, 30, tzinfo=UTC)) is Refusal.EXPIRED


def test_without_a_moment_it_is_now(make_invite: MakeInvite) -> None:
    assert make_invite(expires_at=datetime(2020, 1, 1, tzinfo=UTC)).refusal() is Refusal.EXPIRED
    assert make_invite(opens_at=datetime(9000, 1, 1, tzinfo=UTC)).refusal() is Refusal.NOT_OPEN


# --- one-time links


def test_a_one_time_link_belongs_to_whoever_came_first(
    make_invite: MakeInvite, guest: Guest, other_guest: Guest
) -> None:
    invite = make_invite(max_uses=1)
    assert invite.refusal(guest) is invite.refusal(other_guest) is invite.refusal(None) is None
    invite.claimed_by, invite.claimed_at, invite.used = guest, NOW, 5
    assert invite.refusal(guest) is None  # and may go on
    assert invite.refusal(other_guest) is Refusal.CLAIMED
    assert invite.refusal(None) is Refusal.CLAIMED


def test_a_one_time_link_whose_guest_was_deleted_stays_taken(make_invite: MakeInvite, guest: Guest) -> None:
    invite = make_invite(max_uses=1, claimed_by=None, claimed_at=NOW)
    assert invite.refusal(guest) is Refusal.CLAIMED
    assert invite.refusal(None) is Refusal.CLAIMED


@pytest.mark.parametrize(
    ("fields", "remaining"),
    [
        ({"max_uses": -1, "used": 9}, None),
        ({"max_uses": 1}, 1),
        ({"max_uses": 1, "claimed_at": NOW}, 0),
        ({"max_uses": 5, "used": 2}, 3),
        ({"max_uses": 5, "used": 7}, 0),
    ],
)
def test_what_is_left(make_invite: MakeInvite, fields: dict[str, object], remaining: int | None) -> None:
    assert make_invite(**fields).remaining == remaining


# --- passwords


def test_a_password_is_asked_of_everybody_once(make_invite: MakeInvite, guest: Guest, other_guest: Guest) -> None:
    invite = make_invite(password="sesame")
    assert invite.refusal(guest) is Refusal.PASSWORD_REQUIRED
    guests.unlock(guest, invite)
    assert invite.refusal(guest) is None
    assert invite.refusal(other_guest) is Refusal.PASSWORD_REQUIRED
    assert invite.refusal(None) is Refusal.PASSWORD_REQUIRED


def test_an_unlock_counts_at_its_own_link_only(make_invite: MakeInvite, guest: Guest) -> None:
    guests.unlock(guest, make_invite(password="sesame"))
    assert make_invite(password="sesame").refusal(guest) is Refusal.PASSWORD_REQUIRED


def test_a_visit_alone_is_no_unlock(make_invite: MakeInvite, guest: Guest) -> None:
    invite = make_invite(password="sesame")
    guests.introduce(guest, invite, "Maria", "")
    assert invite.refusal(guest) is Refusal.PASSWORD_REQUIRED


def test_another_password_ends_every_unlock(make_invite: MakeInvite, guest: Guest, other_guest: Guest) -> None:
    invite = make_invite(password="sesame")
    guests.unlock(guest, invite)
    invite.set_password("open up")
    invite.save()
    assert invite.locked(guest) is Refusal.UNLOCK_ENDED
    assert invite.locked(other_guest) is Refusal.PASSWORD_REQUIRED
    guests.unlock(guest, invite)
    assert invite.locked(guest) is None


def test_the_same_password_again_ends_them_too(make_invite: MakeInvite, guest: Guest) -> None:
    invite = make_invite(password="sesame")
    guests.unlock(guest, invite)
    invite.set_password("sesame")
    assert invite.locked(guest) is Refusal.UNLOCK_ENDED


def test_no_password_any_more_lets_everybody_in(make_invite: MakeInvite, other_guest: Guest) -> None:
    invite = make_invite(password="sesame")
    invite.set_password("")
    assert invite.locked(other_guest) is invite.locked(None) is None


def test_the_password_is_kept_hashed(make_invite: MakeInvite) -> None:
    invite = make_invite(password="sesame")
    assert "sesame" not in invite.password
    assert invite.check_password("sesame")
    assert not invite.check_password("Sesame")
    assert not invite.check_password("\ud800")  # half a character, as JSON may carry
    assert not make_invite().check_password("")


# --- what a refusal is on the wire


def test_an_ended_unlock_differs_by_its_status_alone() -> None:
    ended, required = Refusal.UNLOCK_ENDED, Refusal.PASSWORD_REQUIRED
    assert (ended.wire_code, ended.status) == ("invite_password_required", 401)
    assert (required.wire_code, required.status) == ("invite_password_required", 403)


def test_every_refusal_is_a_clients_fault_or_a_servers_state() -> None:
    assert {refusal.status for refusal in Refusal} <= {400, 401, 403, 413, 422, 429, 503, 507}


# --- taking links down


def test_a_link_taken_down_is_gone_for_guests_and_kept_for_its_uploads(make_invite: MakeInvite) -> None:
    invite = make_invite(slug="beach")
    assert Invite.objects.at(invite.token) == Invite.objects.at("beach") == invite
    assert Invite.objects.filter(pk=invite.pk).delete_links() == 1
    assert Invite.objects.at(invite.token) is None
    assert Invite.objects.at("beach") is None
    assert Invite.objects.filter(pk=invite.pk).delete_links() == 0
    invite.refresh_from_db()
    assert invite.refusal() is Refusal.INVALID_INVITE
    assert make_invite(slug="beach").path == "/invite/beach"  # the address is free again


@pytest.mark.parametrize("address", ["", "unknown", "\0", "a\0b", "x" * 5000, "%", "ü" * 40])
def test_an_unknown_address_is_no_link(make_invite: MakeInvite, address: str) -> None:
    make_invite()
    assert Invite.objects.at(address) is None


def test_tokens_are_long_and_imported_ones_stay_valid(make_invite: MakeInvite) -> None:
    assert len(make_invite().token) == 32
    assert make_invite().token != make_invite().token
    imported = make_invite(token="0123456789abcdef0123456789abcdef")
    assert Invite.objects.at("0123456789abcdef0123456789abcdef") == imported
