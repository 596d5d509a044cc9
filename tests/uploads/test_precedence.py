"""While bytes come in as fast as the machine takes them, files go out at a measured pace; otherwise as they like."""

import threading
import time
from collections.abc import Callable

import pytest

from immichdrop import latency
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
    precedence = Precedence(pace=FOREVER, rushing=rush.is_set, far=lambda: False)
    precedence.wait()
    second = threading.Thread(target=precedence.wait)
    second.start()
    second.join(0.3)
    assert second.is_alive()
    rush.clear()
    second.join(FOREVER)


def test_they_go_at_the_pace() -> None:
    precedence = Precedence(pace=0.1, rushing=lambda: True, far=lambda: False)
    began = time.monotonic()
    for _ in range(3):
        precedence.wait()
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(("rush", "far"), [(False, False), (True, True)], ids=["no rush", "far Immich"])
def test_nobody_waits_where_it_would_not_help(rush: bool, far: bool) -> None:
    precedence = Precedence(pace=FOREVER, rushing=lambda: rush, far=lambda: far)
    for _ in range(3):
        precedence.wait()


def test_an_immich_is_far_when_its_answers_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "_last_check", 0.0)
    latency.observe("POST /assets", 5.0, 201)
    assert not latency.far(), "a large file takes its time anywhere"
    latency.observe("POST /assets/bulk-upload-check", 0.2, 200)
    assert latency.far()
    latency.observe("POST /assets/bulk-upload-check", 0.01, 200)
    assert not latency.far()


def test_deliveries_wait_for_their_turn(
    make_invite: MakeInvite,
    guest_at: Callable[[Invite | None], TusGuest],
    start_deliveries: Callable[[int], Worker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rush = threading.Event()
    rush.set()
    monkeypatch.setattr(precedence, "of_this_process", Precedence(pace=FOREVER, rushing=rush.is_set, far=lambda: False))
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
