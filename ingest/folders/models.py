"""Folders that are kept in step with Immich, and what became of each of their files."""

import hashlib
import os
from typing import ClassVar

from django.db import models
from django.utils import timezone

from immichdrop.models import ImmichAccount

SIZE_UNKNOWN = -1


def key_of(path: str) -> str:
    """How a path is found again, whatever its length and its bytes: SHA-1 in hex of the path as the disk has it."""
    return hashlib.sha1(os.fsencode(path), usedforsecurity=False).hexdigest()


def shown(path: str) -> str:
    """A path as text that a database and a terminal take: bytes that are no UTF-8, and controls, are escaped."""
    text = os.fsencode(path).decode(errors="backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


class SyncFolder(models.Model):
    """A folder that `sync_folder` was told, and how its last run went."""

    class Outcome(models.TextChoices):
        RUNNING = "running", "running, or cut off"
        DONE = "done", "done"
        SOME_FAILED = "some_failed", "some files failed"
        STOPPED = "stopped", "stopped"
        NO_SERVER = "no_server", "Immich could not be reached"
        REFUSED = "refused", "Immich refused the account"

    path_key = models.CharField(max_length=40, unique=True, editable=False)
    path = models.TextField()
    account = models.ForeignKey(ImmichAccount, on_delete=models.PROTECT, related_name="folders")
    library = models.CharField(max_length=64, blank=True, help_text="Immich's id of the user whose library it fills.")
    last_started_at = models.DateTimeField(null=True, blank=True)
    last_ended_at = models.DateTimeField(null=True, blank=True)
    last_outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    last_message = models.CharField(max_length=500, blank=True)
    last_counts = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "folder"
        ordering: ClassVar[list[str]] = ["path"]

    def __str__(self) -> str:
        return self.path


class SyncedFile(models.Model):
    """One path of a folder, with what was there when it was last dealt with. `path` is within the folder."""

    class State(models.TextChoices):
        SENT = "sent", "sent"
        DUPLICATE = "duplicate", "Immich had it"
        EARLIER = "earlier", "sent by the script before this one"
        TRASHED = "trashed", "in Immich's trash"
        REFUSED = "refused", "refused by Immich"
        FAILED = "failed", "failed, is tried again"
        UNSURE = "unsure", "has to be asked about again"

    # Not looked at again until the file itself changes.
    SETTLED = (State.SENT, State.DUPLICATE, State.EARLIER, State.REFUSED)

    folder = models.ForeignKey(SyncFolder, on_delete=models.CASCADE, related_name="files", db_index=False)
    path_key = models.CharField(max_length=40, editable=False)
    path = models.TextField()
    size = models.BigIntegerField(default=SIZE_UNKNOWN, help_text="Bytes; -1 where the file was not looked at yet.")
    mtime_ns = models.BigIntegerField("changed", default=0, help_text="Nanoseconds since 1970, as the disk says.")
    sha1 = models.CharField("SHA-1", max_length=40, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=State.choices)
    asset_id = models.UUIDField("Immich asset id", null=True, blank=True)
    album = models.CharField(max_length=200, blank=True)
    in_album_at = models.DateTimeField(null=True, blank=True)
    message = models.CharField(max_length=500, blank=True)
    handled_at = models.DateTimeField(default=timezone.now)
    recheck_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "file"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["folder", "path_key"], name="one_row_per_path"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["folder", "state"], name="files_by_state"),
            models.Index(
                fields=["folder", "album"],
                condition=models.Q(in_album_at=None) & ~models.Q(album=""),
                name="files_without_album",
            ),
            models.Index(
                fields=["folder", "recheck_at"],
                condition=models.Q(recheck_at__isnull=False),
                name="files_to_recheck",
            ),
        ]

    def __str__(self) -> str:
        return self.path
