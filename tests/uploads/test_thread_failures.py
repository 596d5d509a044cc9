"""What fails in a delivery thread, whatever it is, is logged, and the thread goes on."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from immichdrop.latency import connect
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import spool
from uploads.lane import Lane
from uploads.spool import Spool
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [said for said in caplog.messages if said.startswith("event=thread_failed")]


def test_a_lane_goes_on(
    web: str, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive, caplog: pytest.LogCaptureFixture
) -> None:
    account = ImmichAccount.objects.environment()
    asked: list[int] = []

    def accounts() -> list[int]:
        asked.append(account.pk)
        if len(asked) == 1:
            raise RuntimeError("nobody thought of this")
        return [account.pk]

    lane = Lane("test:1:", spool.default(), 1, connect, accounts)
    lane.start()
    try:
        guest = guest_at(make_invite())
        guest.send(pictures.jpeg(1))
        eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    finally:
        lane.stop(time.monotonic() + 30)
    assert failures(caplog) == ["event=thread_failed error=RuntimeError"]


def test_housekeeping_goes_on(web: str, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its look at the spool fails; what comes after that in its round is done all the same, in the next one."""
    worker = Worker(Spool(tmp_path / "gone"), 1)
    worker.start()
    try:
        eventually(lambda: failures(caplog), "the failure")
        asked = ("GET", "/api/server/media-types")
        eventually(lambda: asked in {(each.method, each.path) for each in list(sandbox.requests)}, "the next round")
    finally:
        worker.stop(30)
    assert failures(caplog) == ["event=thread_failed error=FileNotFoundError"]


def test_the_probe_goes_past_an_account_with_an_unreadable_key(web: str, sandbox: Sandbox) -> None:
    """One host's key was kept under another secret: Immich is asked by somebody else's whether it is back."""
    host = User.objects.create_user("host@example.org")
    unreadable = ImmichAccount.objects.create(owner=host, base_url=sandbox.url, encrypted_key="of another secret")
    readable = ImmichAccount.objects.environment()
    assert unreadable.pk < readable.pk
    lane = Lane("test:1:", spool.default(), 1, connect, lambda: [unreadable.pk, readable.pk])
    lane.line.reach.lost()
    sandbox.stop()
    assert not lane.probe()
    assert lane.line.reach.silent
    sandbox.start()
    assert lane.probe()
    assert not lane.line.reach.silent
