"""What the status page and `manage.py doctor` say of downloads: is what they need here, and not too old?"""

import subprocess
from collections.abc import Iterator
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from ingest.downloads import programs
from ingest.downloads.confinement import MEMORY
from ingest.downloads.models import PlatformCookies
from uploads.doctor.checks import Check, Part, State

OLD = timedelta(days=60)
PATIENCE = 10  # seconds for a program to start
_LIMITED = ("/bin/sh", "-c", f'ulimit -d {MEMORY // 1024} && exec "$0" "$@"')


def checks() -> Iterator[Check]:
    """Of an installation where links are downloaded; else one line."""
    title = _("Pasted links")
    if not settings.SOCIAL_MEDIA_UPLOADS_ENABLED:
        words = _("Posts are not downloaded by their address.")
        yield Check("downloads", Part.SERVER, title, State.OK, words)
        return
    yield age(programs.ytdlp_version(), programs.ytdlp_made_on(), timezone.localdate())
    ffmpeg, deno = programs.ffmpeg(), programs.javascript()
    yield program("ffmpeg", ffmpeg, [ffmpeg, "-version"], _("Videos whose sound comes apart can’t be put together."))
    yield program("Deno", deno, [deno, "--version"], _("Most of YouTube can’t be downloaded."))
    yield from map(cookies, PlatformCookies.objects.all())


def age(version: str, made_on: date | None, today: date) -> Check:
    """yt-dlp's version is a date; platforms change every few weeks."""
    if made_on and today - made_on <= OLD:
        return Check("yt_dlp", Part.SERVER, "yt-dlp", State.OK, f"{version}.")
    advice = _("Platforms change all the time: take a newer image, or see docs/operations.md.")
    return Check("yt_dlp", Part.SERVER, "yt-dlp", State.ATTENTION, _("%s is more than 60 days old.") % version, advice)


def program(name: str, path: str, command: list[str], without: str) -> Check:
    """Whether it starts within the limits of a download's process."""
    code = name.lower()
    missing, ended = _("It is missing."), _("It does not start.")
    advice = _("Install it on the server, or take the image, which has it.")
    if not path:
        return Check(code, Part.SERVER, name, State.BAD, f"{missing} {without}", advice)
    try:
        done = subprocess.run(  # noqa: S603 - a program that is installed here
            [*_LIMITED, *command], capture_output=True, text=True, timeout=PATIENCE, env={}, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return Check(code, Part.SERVER, name, State.BAD, f"{ended} {without}", advice)
    if done.returncode:
        return Check(code, Part.SERVER, name, State.BAD, f"{ended} {without}", advice)
    return Check(code, Part.SERVER, name, State.OK, _("It starts: %s.") % done.stdout.split("\n")[0][:60].strip())


def cookies(row: PlatformCookies) -> Check:
    title = _("Cookies: %s") % row.platform
    if row.refused_at or (row.expires_at and row.expires_at <= timezone.now()):
        advice = _("Upload new ones in the admin.")
        words = _("They are too old.")
        return Check(f"cookies_{row.platform}", Part.SERVER, title, State.ATTENTION, words, advice)
    return Check(f"cookies_{row.platform}", Part.SERVER, title, State.OK, _("They are used."))
