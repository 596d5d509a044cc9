"""What the status page and the command say of downloads: programs that start within their limits, and yt-dlp's age."""

import contextlib
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from ingest.downloads import doctor, programs
from ingest.downloads.confinement import MEMORY
from ingest.downloads.models import PlatformCookies
from uploads.doctor.checks import State

pytestmark = pytest.mark.django_db


def test_one_line_while_it_is_off(capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.suppress(CommandError):  # what else is wrong here is not looked at
        call_command("doctor", "--json")
    names = [check["name"] for check in json.loads(capsys.readouterr().out)["checks"]]
    assert ("downloads" in names, "yt_dlp" in names) == (True, False)


def test_what_is_installed_here_is_in_order(settings: Settings) -> None:
    settings.SOCIAL_MEDIA_UPLOADS_ENABLED = True
    found = {check.name: check for check in doctor.checks()}
    assert found.keys() == {"yt_dlp", "ffmpeg", "deno"}
    assert (found["ffmpeg"].state, found["deno"].state) == (State.OK, State.OK)
    assert programs.ytdlp_version() in found["yt_dlp"].seen


@pytest.mark.parametrize(("days", "state"), [(60, State.OK), (61, State.ATTENTION)])
def test_yt_dlp_ages(days: int, state: State) -> None:
    check = doctor.age("2026.10.26", date(2026, 10, 26), date(2026, 10, 26) + timedelta(days=days))
    assert (check.state, "2026.10.26" in check.seen) == (state, True)


def test_a_program_that_is_missing_or_asks_for_too_much(tmp_path: Path) -> None:
    assert doctor.program("ffmpeg", "", [], "No sound.").state == State.BAD
    greedy = ["/usr/bin/python3", "-c", f"bytearray({MEMORY})"]
    check = doctor.program("Deno", greedy[0], greedy, "No YouTube.")
    assert (check.state, check.seen) == (State.BAD, "It does not start. No YouTube.")


def test_cookies_that_are_stale(settings: Settings) -> None:
    settings.SOCIAL_MEDIA_UPLOADS_ENABLED = True
    now = timezone.now()
    for name, said in (("reddit", {}), ("tiktok", {"refused_at": now}), ("twitter", {"expires_at": now})):
        PlatformCookies.objects.create(platform=name, **said)
    states = {check.name: check.state for check in doctor.checks() if check.name.startswith("cookies")}
    assert states == {
        "cookies_reddit": State.OK,
        "cookies_tiktok": State.ATTENTION,
        "cookies_twitter": State.ATTENTION,
    }
