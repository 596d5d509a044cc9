"""Guests: known by a secret, with a name and a message at each link of their own."""

import pytest

from invites import guests
from invites.models import Guest, Invite, Visit
from tests.invites.conftest import MakeInvite

pytestmark = pytest.mark.django_db


def test_a_guest_is_found_by_header_or_cookie() -> None:
    guest, secret = guests.create()
    assert guests.find(secret, {}) == guest
    assert guests.find(None, {"drop_guest": secret}) == guest
    assert guests.find(None, {"__Host-drop_guest": secret}) == guest
    assert guests.find("", {}) is guests.find(None, {}) is guests.find("invented", {}) is None


def test_the_header_wins_and_an_unknown_one_does_not_hide_the_cookie() -> None:
    one, first = guests.create()
    two, second = guests.create()
    assert guests.find(first, {"drop_guest": second}) == one
    assert guests.find("invented", {"drop_guest": second}) == two


def test_the_secret_itself_is_not_kept() -> None:
    guest, secret = guests.create()
    assert secret not in str(Guest.objects.filter(pk=guest.pk).values())
    assert guests.find(guest.secret_hash, {}) is None


def test_words_are_kept_until_others_are_said(make_invite: MakeInvite, guest: Guest) -> None:
    invite = make_invite()
    guests.introduce(guest, invite, "", "")
    assert not Visit.objects.exists()
    guests.introduce(guest, invite, "Maria", "")
    guests.introduce(guest, invite, "", "With love")
    visit = Visit.objects.get()
    assert (visit.name, visit.message) == ("Maria", "With love")
    guests.introduce(guest, invite, "Maria B.", "")
    visit.refresh_from_db()
    assert (visit.name, visit.message) == ("Maria B.", "With love")


def test_words_at_one_link_are_not_told_at_another(make_invite: MakeInvite, guest: Guest) -> None:
    invite, elsewhere = make_invite(), make_invite()
    guests.introduce(guest, invite, "Maria", "")
    assert guests.visit(guest, elsewhere).name == ""
    assert guests.visit(guest, invite).name == "Maria"


def test_unlocking_twice_is_one_visit(make_invite: MakeInvite, guest: Guest) -> None:
    invite: Invite = make_invite(password="sesame")
    guests.introduce(guest, invite, "Maria", "")
    guests.unlock(guest, invite)
    guests.unlock(guest, invite)
    visit = Visit.objects.get()
    assert visit.name == "Maria"
    assert visit.unlocked_at is not None
