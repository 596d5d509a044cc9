"""Passwords taken over from immich-drop: they go on working, and are hashed anew by the first right one."""

import hashlib

import pytest
from django.contrib.auth.hashers import identify_hasher

from invites import guests
from invites.hashers import ImmichDropPasswordHasher
from invites.models import Guest, Invite
from tests.invites.conftest import MakeInvite

SALT = bytes(range(16))


def old_hash(password: str, iterations: int = 200_000) -> str:
    """As immich-drop wrote it."""
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, iterations)
    return f"pbkdf2_sha256${iterations}${SALT.hex()}${key.hex()}"


@pytest.fixture
def imported(make_invite: MakeInvite) -> Invite:
    invite = make_invite()
    invite.password = ImmichDropPasswordHasher().take_over(old_hash("sésame"))
    invite.save()
    return invite


def algorithm(invite: Invite) -> str:
    return identify_hasher(Invite.objects.get(pk=invite.pk).password).algorithm


def test_a_wrong_one_changes_nothing(imported: Invite) -> None:
    assert not imported.check_password("sesame")
    assert not imported.check_password("")
    assert algorithm(imported) == ImmichDropPasswordHasher.algorithm


def test_the_right_one_is_hashed_anew_and_stays_right(imported: Invite) -> None:
    assert imported.check_password("sésame")
    assert algorithm(imported) == "md5"  # the tests' preferred one
    again = Invite.objects.get(pk=imported.pk)
    assert again.password == imported.password
    assert again.check_password("sésame")
    assert not again.check_password("sesame")


def test_hashing_anew_ends_no_unlock(imported: Invite, guest: Guest) -> None:
    guests.unlock(guest, imported)
    assert imported.check_password("sésame")
    again = Invite.objects.get(pk=imported.pk)
    assert again.password_set_at is None
    assert again.locked(guest) is None


def test_a_password_that_was_set_meanwhile_is_not_undone(imported: Invite) -> None:
    changed = Invite.objects.get(pk=imported.pk)
    changed.set_password("another")
    changed.save()
    assert imported.check_password("sésame")  # read before
    again = Invite.objects.get(pk=imported.pk)
    assert again.check_password("another")
    assert not again.check_password("sésame")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "sesame",
        "pbkdf2_sha256$200000$00$",
        "pbkdf2_sha256$0$00$" + "0" * 64,
        "pbkdf2_sha256$99999999$00$" + "0" * 64,  # would keep the server busy for a minute a guess
        "pbkdf2_sha256$200000$000$" + "0" * 64,
        "pbkdf2_sha256$200000$salt$" + "0" * 64,
        "pbkdf2_sha1$200000$00$" + "0" * 64,
        "pbkdf2_sha256$200000$00$" + "0" * 64 + "$",
    ],
)
def test_what_is_no_hash_of_immich_drop_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="immich-drop"):
        ImmichDropPasswordHasher().take_over(wrong)
