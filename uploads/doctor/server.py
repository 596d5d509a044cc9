"""This installation: database, Redis, disk, spool, file systems, processes."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

from channels.layers import channel_layers
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from immichdrop import file_systems, local_forms
from immichdrop.file_systems import MOUNTS, NETWORKED, kind_of
from invites.models import Invite
from uploads.doctor.checks import CONNECT_TIMEOUT, Check, Part, Question, State
from uploads.doctor.queue import Queue
from uploads.models import Upload
from uploads.overview import age_words
from uploads.spool import Room, Spool

LOW = 5_000_000_000  # bytes that may still be taken in; below this a party may fill the disk


def database() -> Check:
    """Whether it answers. Nothing else can be asked of one that does not."""
    title = _("Database")
    name = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    if connection.vendor == "postgresql" and connection.connection is None:
        connection.settings_dict.setdefault("OPTIONS", {}).setdefault("connect_timeout", int(CONNECT_TIMEOUT))
    began = time.monotonic()
    try:
        Invite.objects.first()  # a row, so that tables which were not brought up to date are noticed
    except (DatabaseError, InterfaceError) as error:
        words = _("%(name)s does not answer: %(error)s.") % {"name": name, "error": type(error).__name__}
        advice = _(
            "Is it running, is DATABASE_URL right, and are its tables up to date (manage.py migrate)? Until it answers,"
            " guests are told to try again."
        )
        return Check("database", Part.SERVER, title, State.BAD, words, advice)
    words = _("%(name)s answers in %(ms).1f ms.") % {"name": name, "ms": (time.monotonic() - began) * 1000}
    return Check("database", Part.SERVER, title, State.OK, words)


# --- news between processes


def ask_layer() -> bool:
    """A message there and back through the channel layer, which is Redis. Raises what that does, and TimeoutError."""

    async def there_and_back() -> bool:
        layer = channel_layers.make_backend("default")
        try:
            channel = await layer.new_channel()
            await layer.send(channel, {"type": "doctor"})
            message = await layer.receive(channel)
        finally:
            await layer.close_pools()
        return bool(message["type"] == "doctor")

    return asyncio.run(asyncio.wait_for(there_and_back(), CONNECT_TIMEOUT))


def redis(asked: Question[bool] | None) -> Check:
    """`asked`: `ask_layer`; None where there is no Redis to be asked."""
    title = _("News between processes")
    if asked is None:
        words = _("Without Redis, every process tells its own guests only.")
        return Check("redis", Part.SERVER, title, State.OK, words)
    if asked.answer:
        return Check("redis", Part.SERVER, title, State.OK, _("Redis answers."))
    words = _("Redis does not answer: %s.") % (type(asked.error).__name__ if asked.error else _("not in time"))
    advice = _("Is it running, and is REDIS_URL right? Until it answers, guests see what is new a few seconds later.")
    return Check("redis", Part.SERVER, title, State.BAD, words, advice)


def processes() -> Check:
    """Which processes deliver just now, and whether what they stand on is made for several."""
    title = _("Processes")
    live = Upload.objects.filter(status=Upload.Status.DELIVERING, lease_until__gte=timezone.now())
    # A lease is named host:pid:mark.lane.claim (`uploads.worker`).
    seen = {name.split(".")[0] for name in live.values_list("lease_owner", flat=True).distinct()}
    machines = {name.split(":")[0] for name in seen}
    several = ngettext("%d process delivers now.", "%d processes deliver now.", len(seen)) % len(seen)
    words = several if seen else _("None delivers anything just now.")
    if connection.vendor == "sqlite" and len(machines) > 1:
        advice = _("SQLite can’t be shared by machines, and may lose what is written: set DATABASE_URL to PostgreSQL.")
        return Check("processes", Part.SERVER, title, State.BAD, words, advice)
    if connection.vendor == "sqlite" and (len(seen) > 1 or settings.REDIS_URL):
        advice = _("SQLite lets one process write at a time. For several, set DATABASE_URL to PostgreSQL.")
        return Check("processes", Part.SERVER, title, State.ATTENTION, words, advice)
    if len(seen) > 1 and not settings.REDIS_URL:
        advice = _("Set REDIS_URL, so that guests see at once what another process did.")
        return Check("processes", Part.SERVER, title, State.ATTENTION, words, advice)
    return Check("processes", Part.SERVER, title, State.OK, words)


# --- the disk


def room_of(spool: Spool) -> Room | None:
    """None when the disk can't be asked."""
    try:
        return spool.room()
    except OSError:
        return None


def disk(room: Room | None) -> Check:
    title = _("Disk")
    advice = _("Make room on the disk of DATA_DIR, or lower SPOOL_FREE_MB. What is here is still delivered.")
    if room is None:
        return Check("disk", Part.SERVER, title, State.BAD, _("It can’t be read."), _("Look at the disk of DATA_DIR."))
    bytes_of = {"left": max(0, room.left), "floor": room.floor, "free": room.free}
    said = {name: local_forms.size(count) for name, count in bytes_of.items()}
    if room.left <= 0:
        words = _("%(free)s are free, and %(floor)s have to stay free: new uploads are refused.") % said
        return Check("disk", Part.SERVER, title, State.BAD, words, advice)
    words = _("%(left)s may still come in; %(floor)s stay free.") % said
    if room.left < LOW:
        return Check("disk", Part.SERVER, title, State.ATTENTION, words, advice)
    return Check("disk", Part.SERVER, title, State.OK, words)


def spool_check(spool: Spool, queue: Queue | None) -> Check:
    """Whether the spool can be written to, and what lies in it."""
    title = _("Spool")
    try:
        spool.probe()
        used = spool.used()
    except OSError as error:
        words = _("It can’t be written to: %s.") % os.strerror(error.errno or 0)
        advice = _("Give this user the folder DATA_DIR/spool, on a disk that works. Until then uploads are refused.")
        return Check("spool", Part.SERVER, title, State.BAD, words, advice)
    words = ngettext("%(number)d file, %(size)s", "%(number)d files, %(size)s", used.files) % {
        "number": used.files,
        "size": local_forms.size(used.bytes),
    }
    if queue and queue.waiting and queue.oldest:
        age = age_words(timezone.now() - queue.oldest)
        words += _("; %(number)d wait for Immich, the oldest since %(age)s") % {"number": queue.waiting, "age": age}
    return Check("spool", Part.SERVER, title, State.OK, f"{words}.")


def folders() -> Iterator[Check]:
    """Whether what has to lie on a local disk does."""
    if not MOUNTS.exists():
        return
    yield file_system(settings.SPOOL_DIR, Path(str(connection.settings_dict["NAME"])), MOUNTS.read_text())


def file_system(spool: Path, database_file: Path, mounts: str) -> Check:
    """The file systems of spool and SQLite's file, by a table as in /proc/mounts."""
    title = _("File system")
    kind = kind_of(spool, mounts) or _("unknown")
    if connection.vendor == "sqlite":
        for message in file_systems.check_database_folder(database_file.resolve().parent, mounts):
            return Check("file_system", Part.SERVER, title, State.BAD, str(message.msg), str(message.hint))
    if NETWORKED.fullmatch(kind):
        words = _("The spool is on a network file system (%s).") % kind
        advice = _(
            "It may acknowledge a flush that it did not do. Put DATA_DIR on a local disk, or read docs/scaling.md."
        )
        return Check("file_system", Part.SERVER, title, State.ATTENTION, words, advice)
    return Check("file_system", Part.SERVER, title, State.OK, _("The spool is on a local disk (%s).") % kind)
