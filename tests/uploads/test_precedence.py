"""While bytes come in as fast as the machine takes them, files go out at a measured pace; otherwise as they like."""

import threading
import time
from collections.abc import Callable

import pytest

from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import crowd, precedence
from uploads.crowd import RUSH, WINDOW, Inflow
from uploads.precedence import Precedence
from uploads.worker import Worker

FOREVER = 1000.0  # seconds


def test_the_first_goes_at_once_and_the_next_when_the_rush_is_over() -> None:
    rush = threading.Event()
    rush.set()
    precedence = Precedence(pace=FOREVER, rushing=rush.is_set)
    precedence.wait()
    second = threading.Thread(target=precedence.wait)
    second.start()
    second.join(0.3)
    assert second.is_alive()
    rush.clear()
    second.join(FOREVER)


def test_they_go_at_the_pace() -> None:
    precedence = Precedence(pace=0.1, rushing=lambda: True)
    began = time.monotonic()
    for _ in range(3):
        precedence.wait()
    assert time.monotonic() - began >= 0.2


def test_nobody_waits_where_there_is_no_rush() -> None:
    precedence = Precedence(pace=FOREVER, rushing=lambda: False)
    for _ in range(3):
        precedence.wait()


def test_deliveries_wait_for_their_turn(
    make_invite: MakeInvite,
    guest_at: Callable[[Invite | None], TusGuest],
    start_deliveries: Callable[[int], Worker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rush = threading.Event()
    rush.set()
    monkeypatch.setattr(precedence, "of_this_process", Precedence(pace=FOREVER, rushing=rush.is_set))
    guest = guest_at(make_invite())
    for number in range(3):
        guest.send(pictures.jpeg(number))
    start_deliveries(3)
    eventually(lambda: "delivered" in guest.statuses(), "the first one")
    assert guest.statuses().count("delivered") == 1
    rush.clear()
    eventually(lambda: guest.statuses().count("delivered") == 3, "the others")


def test_a_rush_is_much_in_a_short_time_and_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(crowd.time, "monotonic", lambda: clock[0])
    inflow = Inflow()
    assert not inflow.rushing()
    inflow.note(int(RUSH * WINDOW) - 1)
    assert not inflow.rushing(), "an ordinary network"
    inflow.note(1)
    assert inflow.rushing()
    clock[0] += WINDOW
    inflow.note(1)
    assert inflow.rushing(), "the window before counts as well"
    clock[0] += WINDOW
    inflow.note(1)
    assert not inflow.rushing()
    inflow.note(int(RUSH))
    clock[0] += 2 * WINDOW
    assert not inflow.rushing(), "nothing comes any more"


def test_guests_bytes_are_counted(
    make_invite: MakeInvite, guest_at: Callable[[Invite | None], TusGuest], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    monkeypatch.setattr(crowd, "note", counted.append)
    guest = guest_at(make_invite())
    small, large = pictures.jpeg(1), pictures.jpeg(2) + bytes(3_000_000)
    guest.send(small)
    guest.send(large)
    assert sum(counted) == len(small) + len(large)
