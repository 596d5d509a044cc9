"""The brake on guessing: free at first, then longer and longer, and only for whoever guesses."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from immichdrop.models import FailedAttempts
from immichdrop.throttle import FIRST_WAIT, FREE_FAILURES, LONGEST_WAIT, Guard, network_of, too_many

pytestmark = pytest.mark.django_db

HERE = "198.51.100.1"


def guard(subject: str = "host@example.org", address: str = HERE, kind: str = "login") -> Guard:
    return Guard(kind, subject, address)


def fail(times: int, subject: str = "host@example.org", address: str = HERE) -> None:
    for _ in range(times):
        guard(subject, address).failed()


def let_pass(pause: timedelta) -> None:
    """As if so much time had gone by."""
    FailedAttempts.objects.update(last_at=F("last_at") - pause, blocked_until=F("blocked_until") - pause)


def test_the_first_failures_are_free() -> None:
    fail(FREE_FAILURES - 1)
    assert guard().wait() == 0


def test_then_each_one_doubles_the_wait_up_to_an_hour() -> None:
    fail(FREE_FAILURES)
    first = FIRST_WAIT.total_seconds()
    assert guard().wait() == first
    waits = []
    for _ in range(10):
        let_pass(timedelta(seconds=guard().wait()))
        assert guard().wait() == 0
        fail(1)
        waits.append(guard().wait())
    assert waits[:3] == [2 * first, 4 * first, 8 * first]
    assert waits[-1] == LONGEST_WAIT.total_seconds()


def test_a_stranger_who_guesses_slows_nobody_else_down() -> None:
    fail(FREE_FAILURES + 3)
    assert guard(address="198.51.100.2").wait() == 0
    assert guard(subject="other@example.org").wait() == 0
    assert guard(kind="invite password").wait() == 0
    assert guard().wait() > 0


def test_a_household_of_ipv6_is_one() -> None:
    fail(FREE_FAILURES, address="2001:db8:1:2::3")
    assert guard(address="2001:db8:1:2:ffff::9").wait() > 0
    assert guard(address="2001:db8:1:3::3").wait() == 0
    assert network_of("not an address") == "not an address"


def test_a_right_password_starts_anew() -> None:
    fail(FREE_FAILURES + 2)
    guard().passed()
    assert guard().wait() == 0
    fail(FREE_FAILURES - 1)
    assert guard().wait() == 0


def test_a_day_later_it_is_forgotten() -> None:
    fail(FREE_FAILURES + 5)
    let_pass(timedelta(hours=25))
    fail(1, subject="other@example.org")  # any failure sweeps
    assert FailedAttempts.objects.count() == 1
    fail(FREE_FAILURES - 1)
    assert guard().wait() == 0


def test_neither_address_nor_subject_are_kept_in_clear() -> None:
    fail(1)
    row = FailedAttempts.objects.get()
    assert len(row.key) == 64
    assert HERE not in row.key
    assert row.last_at <= timezone.now()


def test_the_answer_says_how_long() -> None:
    answer = too_many(17)
    assert (answer.status_code, answer["Retry-After"]) == (429, "17")
