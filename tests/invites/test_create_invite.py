"""`manage.py create_invite`: a link from the command line."""

import io
import json
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from immichdrop.models import User
from invites.models import Invite
from invites.refusals import Refusal

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_invite", "--name", "Beach week", *arguments, stdout=out)
    return out.getvalue().strip()


def test_it_prints_the_link(settings: LazySettings) -> None:
    settings.PUBLIC_BASE_URL = "https://drop.example.org"
    assert run() == f"https://drop.example.org/invite/{Invite.objects.get().token}"


def test_it_prints_json_for_programs(settings: LazySettings) -> None:
    settings.PUBLIC_BASE_URL, settings.PORT = "", 8123
    said = json.loads(run("--json"))
    token = Invite.objects.get().token
    assert said == {"token": token, "url": f"http://localhost:8123/invite/{token}"}


def test_what_is_not_said_is_not_limited() -> None:
    run()
    invite = Invite.objects.get()
    assert (invite.name, invite.album_name, invite.owner, invite.max_uses) == ("Beach week", "", None, -1)
    assert invite.expires_at is None
    assert invite.refusal() is None


def test_everything_can_be_said() -> None:
    host = User.objects.create_user("anna@example.org")
    run("--album", "Summer", "--max-uses", "50", "--password", "sesame", "--owner", "Anna@Example.org")
    invite = Invite.objects.get()
    assert (invite.album_name, invite.max_uses, invite.owner) == ("Summer", 50, host)
    assert invite.check_password("sesame")
    assert invite.refusal() is Refusal.PASSWORD_REQUIRED


def test_a_one_time_link() -> None:
    run("--max-uses", "1")
    assert Invite.objects.get().one_time


@pytest.mark.parametrize(
    ("zone", "said", "moment"),
    [
        # A date is the end of that day, where the server is.
        ("UTC", "2030-07-14", datetime(2030, 7, 15, 0, tzinfo=UTC)),
        ("Europe/Berlin", "2030-07-14", datetime(2030, 7, 14, 22, tzinfo=UTC)),
        ("Europe/Berlin", "2030-01-14", datetime(2030, 1, 14, 23, tzinfo=UTC)),
        ("America/Los_Angeles", "2030-07-14", datetime(2030, 7, 15, 7, tzinfo=UTC)),
        # The day summer time begins is as long as it is.
        ("Europe/Berlin", "2030-03-31", datetime(2030, 3, 31, 22, tzinfo=UTC)),
        ("Europe/Berlin", "2030-07-14T18:00+02:00", datetime(2030, 7, 14, 16, tzinfo=UTC)),
        ("Europe/Berlin", "2030-07-14T18:00:00Z", datetime(2030, 7, 14, 18, tzinfo=UTC)),
    ],
)
def test_the_last_day(settings: LazySettings, zone: str, said: str, moment: datetime) -> None:
    settings.TIME_ZONE = zone
    run("--expires", said)
    assert Invite.objects.get().expires_at == moment


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--expires", "tomorrow"), "--expires 'tomorrow' is not a date"),
        (("--expires", "2030-02-30"), "is not a date"),
        (("--expires", "2030-07-14T18:00"), "a time needs its offset"),
        (("--expires", "9999-12-31"), "is not a date"),
        (("--owner", "nobody@example.org"), "there is no host with this e-mail address"),
        (("--max-uses", "0"), "a link nobody can use"),
        (("--max-uses", "-2"), "max_uses"),
        (("--max-uses", "many"), "invalid int value"),
        (("--album", "x" * 201), "album_name"),
        (("--slug", "beach"), "unrecognized arguments"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    assert words in str(refused.value)
    assert not Invite.objects.exists()


def test_a_link_needs_a_name() -> None:
    with pytest.raises(CommandError, match="--name"):
        call_command("create_invite")
    with pytest.raises(CommandError, match="name"):
        call_command("create_invite", "--name", "x" * 201)
    assert not Invite.objects.exists()
