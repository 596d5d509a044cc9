"""`manage.py queue`: what is here, what waits and why, and what has to be done; names only when asked for."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from immichdrop.models import ImmichAccount, User
from uploads import overview
from uploads.models import CustodyAlarm, Upload

pytestmark = pytest.mark.django_db

NAME = "Maria at the sea.jpg"


def queue(*arguments: str) -> str:
    said = StringIO()
    call_command("queue", *arguments, stdout=said)
    return said.getvalue()


def state(*arguments: str) -> dict[str, object]:
    return dict(json.loads(queue("--json", *arguments)))


def make(status: str, minutes: int = 0, **fields: object) -> Upload:
    moment = timezone.now() - timedelta(minutes=minutes)
    account = fields.pop("account", None) or ImmichAccount.objects.environment()
    defaults = {"filename": NAME, "size": 4_200_000, "offset": 4_200_000, "received_at": moment, "created_at": moment}
    return Upload.objects.create(account=account, status=status, **{**defaults, **fields})


def test_an_empty_table_has_all_statuses_and_nothing_else() -> None:
    lines = queue().splitlines()
    assert [line.split()[0] for line in lines] == ["STATUS", *Upload.Status.values]
    assert lines[1].split() == ["receiving", "0", "0", "bytes", "-"]


def test_counts_bytes_and_the_oldest() -> None:
    make("waiting", minutes=200)
    make("waiting", minutes=5)
    lines = {line.split()[0]: line.split() for line in queue().splitlines() if line}
    assert lines["waiting"] == ["waiting", "2", "8.4", "MB", "3", "h"]


def test_what_waits_is_listed_oldest_first() -> None:
    soon = timezone.now() + timedelta(minutes=9, seconds=30)
    newer = make("waiting", minutes=5, attempts=4, next_attempt_at=soon, message="Immich can't be reached.")
    older = make("received", minutes=50)
    listed = queue()
    assert listed.index(str(older.pk)) < listed.index(str(newer.pk))
    (line,) = [line for line in listed.splitlines() if str(newer.pk) in line]
    assert "5 min" in line
    assert "in 9 min" in line
    assert line.endswith("Immich can't be reached.")
    (line,) = [line for line in listed.splitlines() if str(older.pk) in line]
    assert "due" in line


@pytest.mark.parametrize("status", ["delivered", "duplicate", "discarded", "receiving"])
def test_what_does_not_wait_is_counted_only(status: str) -> None:
    upload = make(status)
    assert str(upload.pk) not in queue()


def test_failed_ones_stand_apart() -> None:
    upload = make("failed", message="Immich refused the file: 400")
    listed = queue().split("Failed, the oldest first")[1]
    assert str(upload.pk) in listed
    assert state()["failed"][0]["next_attempt_at"] is None  # type: ignore[index]


def test_the_limit() -> None:
    for minutes in range(5):
        make("waiting", minutes=minutes)
    listed = queue("--limit", "3")
    assert listed.count("waiting ") - 1 == 3  # and the line that counts them
    assert "and more" in listed
    assert "and more" not in queue("--limit", "5")
    assert len(state("--limit", "3")["waiting"]) == 3  # type: ignore[arg-type]
    with pytest.raises(CommandError, match="--limit"):
        queue("--limit", "-1")


@pytest.mark.parametrize("pause", ImmichAccount.Pause.values)
def test_a_paused_account_with_what_to_do(pause: str) -> None:
    host = User.objects.create_user("maria@example.org", name="Maria")
    account = ImmichAccount.objects.create(owner=host, encrypted_key="x", pause=pause, pause_detail="said so")
    make("waiting", account=account)
    make("waiting")
    make("delivered", account=account)
    listed = queue()
    assert f"Immich account {account.pk} is paused, 1 files wait for it" in listed
    assert f"{account.get_pause_display()}: said so" in listed
    assert overview.ADVICE[ImmichAccount.Pause(pause)] in listed
    assert "Maria" not in listed
    assert "Maria" in queue("--names")


def test_alarms() -> None:
    upload = make("failed")
    CustodyAlarm.objects.create(upload=upload, reason="missing", detail="none of 5 bytes are left")
    CustodyAlarm.objects.create(reason="stray", detail="0123abc")
    listed = queue()
    assert "Alarms: 2" in listed
    assert "none of 5 bytes are left" in listed
    assert "0123abc" in listed
    assert state()["alarms"]["counts"] == {"missing": 1, "short": 0, "stray": 1}  # type: ignore[index]


@pytest.mark.parametrize("shape", [[], ["--json"]], ids=["table", "json"])
def test_file_names_only_when_asked_for(shape: list[str]) -> None:
    make("waiting")
    make("failed")
    CustodyAlarm.objects.create(upload=make("failed"), reason="short", detail="2 of 5 bytes are left")
    assert NAME not in queue(*shape)
    assert queue("--names", *shape).count(NAME) == 3


def test_json_is_the_same_in_numbers() -> None:
    upload = make("waiting", minutes=3, attempts=2, message="later")
    said = state()
    assert said["statuses"]["waiting"]["count"] == 1  # type: ignore[index]
    assert said["statuses"]["waiting"]["bytes"] == 4_200_000  # type: ignore[index]
    (only,) = said["waiting"]  # type: ignore[misc]
    assert (only["id"], only["attempts"], only["message"]) == (str(upload.pk), 2, "later")  # type: ignore[has-type]
    assert "name" not in only  # type: ignore[has-type]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (99_940, "99.9 kB"),
        (99_960, "100 kB"),
        (999_400, "999 kB"),
        (999_600, "1.0 MB"),
        (10**12, "1.0 TB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_sizes_in_words(count: int, words: str) -> None:
    assert overview.size_words(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (86_399, "23 h"), (10**6, "11 d")]
)
def test_ages_in_words(seconds: int, words: str) -> None:
    assert overview.age_words(timedelta(seconds=seconds)) == words
