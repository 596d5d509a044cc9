"""The checks of the installation: database, Redis, disk, spool, file systems, processes."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from immichdrop.models import ImmichAccount
from uploads.doctor import queue, server
from uploads.doctor.checks import Check, Question, State, ask_all
from uploads.models import CustodyAlarm, Upload
from uploads.spool import Room, Spool

pytestmark = pytest.mark.django_db
REDIS = os.environ.get("TEST_REDIS_URL", "")
GIGABYTE = 1_000_000_000
LOCAL = "/dev/sda1 / ext4 rw 0 0\n"
SHARE = "server:/share /data nfs4 rw 0 0\n"


def test_a_database_that_answers() -> None:
    check = server.database()
    assert check.state == State.OK
    assert "answers in" in check.seen


# --- Redis


def test_without_redis_nothing_is_missing() -> None:
    assert server.redis(None).state == State.OK


def test_a_redis_that_is_away(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [{"address": "redis://127.0.0.1:9/0"}]},
        }
    }
    asked = Question(server.ask_layer)
    ask_all([asked])
    check = server.redis(asked)
    assert check.state == State.BAD
    assert "REDIS_URL" in check.advice


@pytest.mark.skipif(not REDIS, reason="TEST_REDIS_URL is not set; the whole suite sets it where Redis answers")
def test_a_redis_that_answers(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS]}}
    }
    asked = Question(server.ask_layer)
    ask_all([asked])
    assert (asked.error, server.redis(asked).state) == (None, State.OK)


def test_a_redis_that_is_late() -> None:
    check = server.redis(Question(server.ask_layer))  # asked, and without an answer yet
    assert (check.state, check.seen) == (State.BAD, "Redis does not answer: not in time.")


# --- disk and spool


@pytest.mark.parametrize(
    ("room", "state", "words"),
    [
        (Room(500 * GIGABYTE, 100 * GIGABYTE, 20 * GIGABYTE), State.OK, "80 GB may still come in; 20 GB stay free"),
        (Room(500 * GIGABYTE, 24 * GIGABYTE, 20 * GIGABYTE), State.ATTENTION, "4 GB may still come in"),
        (Room(500 * GIGABYTE, 19 * GIGABYTE, 20 * GIGABYTE), State.BAD, "new uploads are refused"),
        (None, State.BAD, "can’t be read"),
    ],
)
def test_the_disk(room: Room | None, state: State, words: str) -> None:
    check = server.disk(room)
    assert check.state == state
    assert words in check.seen


def test_a_disk_that_is_not_there(tmp_path: Path) -> None:
    assert server.room_of(Spool(tmp_path / "nowhere")) is None
    found = server.room_of(Spool(tmp_path))
    assert found is not None
    assert found.total > found.free > 0


def test_the_spool_with_what_lies_in_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    waiting = queue.Queue(2, 0, 0, 0, 0, timezone.now() - timedelta(hours=3), None)
    check = server.spool_check(Spool(tmp_path), waiting)
    assert (check.state, check.seen) == (State.OK, "1 file, 5 B; 2 wait for Immich, the oldest since 3 h.")
    assert [file.name for file in tmp_path.iterdir()] == ["a"], "the probe leaves nothing behind"


def test_a_spool_that_can_not_be_written_to(tmp_path: Path) -> None:
    check = server.spool_check(Spool(tmp_path / "nowhere"), None)
    assert check.state == State.BAD
    assert os.strerror(2) in check.seen


# --- file systems


def test_a_local_disk() -> None:
    assert server.file_system(Path("/data/spool"), Path("/data/db.sqlite3"), LOCAL).state == State.OK


def test_a_spool_on_a_share() -> None:
    check = server.file_system(Path("/data/spool"), Path("/srv/db.sqlite3"), LOCAL + SHARE)
    assert (check.state, "nfs4" in check.seen) == (State.ATTENTION, True)


def test_sqlite_on_a_share() -> None:
    check = server.file_system(Path("/srv/spool"), Path("/data/db.sqlite3"), LOCAL + SHARE)
    assert check.state == (State.BAD if connection.vendor == "sqlite" else State.OK)


# --- processes


def delivering(*owners: str, ends: timedelta = timedelta(seconds=30)) -> Check:
    account = ImmichAccount.objects.environment()
    for owner in owners:
        Upload.objects.create(
            account=account,
            filename="a",
            size=1,
            status="delivering",
            lease_owner=owner,
            lease_until=timezone.now() + ends,
        )
    return server.processes()


def test_nobody_delivers() -> None:
    assert delivering().state == State.OK
    assert delivering("dead:1:ab.0.1", ends=timedelta(seconds=-5)).seen == "None delivers anything just now."


def test_one_process_with_several_lanes() -> None:
    check = delivering("here:1:ab.0.1", "here:1:ab.0.2", "here:1:ab.1.7")
    assert (check.state, check.seen) == (State.OK, "1 process delivers now.")


def test_several_processes() -> None:
    check = delivering("here:1:ab.0.1", "here:2:cd.0.1")
    assert (check.state, check.seen) == (State.ATTENTION, "2 processes deliver now.")
    assert ("DATABASE_URL" if connection.vendor == "sqlite" else "REDIS_URL") in check.advice


def test_several_machines() -> None:
    check = delivering("here:1:ab.0.1", "there:1:cd.0.1")
    assert check.state == (State.BAD if connection.vendor == "sqlite" else State.ATTENTION)


def test_redis_and_sqlite_do_not_go_together(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:6379/0"
    assert delivering().state == (State.ATTENTION if connection.vendor == "sqlite" else State.OK)


# --- accounts and alarms


def test_accounts_that_immich_refuses() -> None:
    assert queue.paused_accounts().state == State.OK
    account = ImmichAccount.objects.environment()
    ImmichAccount.objects.update(pause="quota", pause_detail="full")
    Upload.objects.create(account=account, filename="a", size=1, status="waiting")
    check = queue.paused_accounts()
    assert (check.state, check.seen) == (State.BAD, f"#{account.pk}: the Immich account is full, 1 waiting.")


def test_alarms() -> None:
    assert queue.alarms().state == State.OK
    CustodyAlarm.objects.create(reason="stray", detail="0123")
    assert queue.alarms().state == State.ATTENTION
    CustodyAlarm.objects.create(reason="missing", detail="none are left")
    check = queue.alarms()
    assert check.state == State.BAD
    assert "1 × its bytes are gone" in check.seen
