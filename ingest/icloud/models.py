"""What `sync_icloud` knows of icloudpd's folders: how each directory lay, and what was done for each photo in it.

A *place* is what a folder is put into: an external library of Immich, by its id, or the user that it is sent to.
"""

from datetime import datetime, timedelta, timezone
from typing import ClassVar

from django.db import models
from django.utils.timezone import now


class ICloudKey(models.Model):
    """An API key that files were sent with, and Immich's id of its user: whose library it is needs not be asked again,
    and a key that is new is noticed. `key_hash`: SHA-256 in hex."""

    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    user_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = "key"

    def __str__(self) -> str:
        return self.user_id


class ICloudRun(models.Model):
    """One run of `sync_icloud`, and how it went."""

    class Outcome(models.TextChoices):
        RUNNING = "running", "running, or cut off"
        DONE = "done", "done"
        SOME_PENDING = "some_pending", "some photos are pending"
        STOPPED = "stopped", "stopped"
        NO_SERVER = "no_server", "Immich could not be reached"
        REFUSED = "refused", "Immich refused"
        BROKEN_OFF = "broken_off", "broken off by an error"

    place = models.CharField(max_length=64)
    directories = models.TextField()
    started_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.RUNNING)
    message = models.TextField(blank=True)
    counts = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "run"
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.directories}, {self.started_at:%Y-%m-%d %H:%M}"


class ICloudFolder(models.Model):
    """A directory of a download folder. `fingerprint`: how it lay when its photos were last read."""

    place = models.CharField(max_length=64)
    path_key = models.CharField(max_length=40, editable=False)
    path = models.TextField()
    fingerprint = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = "directory"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["place", "path_key"], name="one_row_per_icloud_directory"),
        ]

    def __str__(self) -> str:
        return self.path


class ICloudPhoto(models.Model):
    """A photo of a directory, and what was done for it. `path`: its leading file, within the directory."""

    class Pending(models.TextChoices):
        NOTHING = "", "done"
        ALL = "all", "pending"
        FAVORITE = "favorite", "its favourite is pending"

    folder = models.ForeignKey(ICloudFolder, on_delete=models.CASCADE, related_name="photos", db_index=False)
    path_key = models.CharField(max_length=40, editable=False)
    path = models.TextField()
    signature = models.CharField(max_length=32)
    files = models.TextField(help_text="JSON: path, size and whether it is a moving half, of each.")
    created = models.DateTimeField()
    created_offset = models.IntegerField(default=0, help_text="Seconds east of UTC, by which it has its day.")
    favorite = models.BooleanField(null=True, help_text="As its sidecar says; unknown without one.")
    pending = models.CharField(max_length=8, choices=Pending.choices, blank=True)
    reason = models.TextField(blank=True)
    stacked = models.BooleanField(default=False)
    live_linked = models.BooleanField(default=False)
    favored = models.BooleanField("favourite in Immich", null=True, help_text="What Immich was told.")
    albums = models.TextField(default="[]", help_text="JSON: the albums that it was put into.")
    handled_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = "photo"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["folder", "path_key"], name="one_row_per_icloud_photo"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["folder"], condition=~models.Q(pending=""), name="icloud_photos_pending"),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def taken(self) -> datetime:
        """`created` by the clock of the place."""
        return self.created.astimezone(timezone(timedelta(seconds=self.created_offset)))

    @taken.setter
    def taken(self, moment: datetime) -> None:
        self.created, self.created_offset = moment, int((moment.utcoffset() or timedelta()).total_seconds())
