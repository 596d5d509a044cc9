"""`Download`, one pasted link and what came of it, and the cookies that platforms are asked with."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from immichdrop import encryption
from immichdrop.models import ImmichAccount
from ingest.downloads import cookie_files
from ingest.downloads.causes import Cause
from ingest.downloads.platforms import LONGEST_URL, PLATFORMS
from invites.api_tokens import ApiToken, Scope, TokenState
from invites.credentials import Caller
from invites.models import Guest, Invite
from uploads.models import Upload

KEPT = timedelta(days=1)
# What waits for Immich longer than this is called a success all the same: it is safe here.
SETTLES_WITHIN = timedelta(seconds=60)


def make_job_id() -> str:
    """8 hex digits (contract: extension routes). No secret: a job is told to whoever asked for it alone."""
    return secrets.token_hex(4)


class DownloadQuerySet(models.QuerySet["Download"]):
    def of_caller(self, caller: Caller) -> "DownloadQuerySet":
        """What this caller asked for, and nobody else."""
        return self.filter(token=caller.token, invite=caller.invite, guest=caller.guest, host=caller.host)

    def at_work(self) -> "DownloadQuerySet":
        return self.filter(status__in=(Download.Status.PENDING, Download.Status.DOWNLOADING))

    def due(self, now: datetime) -> "DownloadQuerySet":
        """Those whose turn it is, and those whose worker was not heard of since its lease ended."""
        waiting = Q(status=Download.Status.PENDING, next_attempt_at__lte=now)
        return self.filter(waiting | Q(status=Download.Status.DOWNLOADING, lease_until__lt=now))

    def by_turns(self) -> "DownloadQuerySet":
        """In the order in which they are begun: hosts' own, then those of the link of which fewest were begun today."""
        begun = Download.objects.filter(invite=OuterRef("invite"), attempts__gt=0).order_by().values("invite")
        guests = ExpressionWrapper(Q(token=None, host=None), models.BooleanField())
        turn = Coalesce(Subquery(begun.annotate(number=Count("pk")).values("number")), 0)
        return self.order_by(guests, turn, "next_attempt_at", "pk")

    def running(self, now: datetime) -> "DownloadQuerySet":
        return self.filter(status=Download.Status.DOWNLOADING, lease_until__gte=now)


class Download(models.Model):
    """A link that is to be downloaded. The row is the queue, as an `Upload`'s is; it ends after a day."""

    class Status(models.TextChoices):
        PENDING = "pending"
        DOWNLOADING = "downloading"
        RECEIVED = "received", "its files are safe here"
        FAILED = "failed"

    job_id = models.CharField(max_length=8, unique=True, default=make_job_id, editable=False)
    url = models.CharField("address", max_length=LONGEST_URL)
    platform = models.CharField(max_length=20)

    # Who asked for it, and where it goes.
    token = models.ForeignKey(ApiToken, null=True, blank=True, on_delete=models.CASCADE, related_name="downloads")
    invite = models.ForeignKey(Invite, null=True, blank=True, on_delete=models.CASCADE, related_name="downloads")
    guest = models.ForeignKey(Guest, null=True, blank=True, on_delete=models.CASCADE, related_name="downloads")
    host = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="downloads"
    )
    account = models.ForeignKey(ImmichAccount, on_delete=models.CASCADE, related_name="+")
    album_name = models.CharField("album", max_length=200, blank=True)
    album_id = models.UUIDField("Immich album id", null=True, blank=True)
    client_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    cause = models.CharField(max_length=20, choices=[(cause.value, cause.value) for cause in Cause], blank=True)
    message = models.CharField(max_length=500, blank=True, help_text="Why it failed, in words for people.")
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    taken = models.PositiveBigIntegerField("bytes fetched", default=0)
    awaited = models.PositiveBigIntegerField("bytes of the file", default=0, help_text="0 is unknown.")
    thumbnail = models.BinaryField(default=b"", help_text="A JPEG of at most 320 pixels a side; empty: there is none.")

    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[DownloadQuerySet] = DownloadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "next_attempt_at"], name="download_queue"),
            models.Index(fields=["created_at"], name="download_age"),
        ]

    def __str__(self) -> str:
        return self.job_id

    @property
    def may_go_on(self) -> bool:
        """Whether whoever asked for it still may: a token that was revoked, and a link that was closed, stop it."""
        if self.token:
            owner = self.token.owner
            usable = self.token.state is TokenState.ACTIVE and self.token.may(Scope.LINKS)
            return usable and (owner is None or owner.is_active)
        if self.invite:
            return self.invite.allow_urls and self.invite.stopped(self.guest) is None
        return self.host is None or self.host.is_active

    @property
    def progress(self) -> int:
        """Percent; 0 while nobody knows how much will come."""
        if self.status == self.Status.RECEIVED:
            return 100
        return min(99, 100 * self.taken // self.awaited) if self.awaited else 0


class DownloadedFile(models.Model):
    """One file of a post: the upload that it became, or why it was not taken."""

    download = models.ForeignKey(Download, on_delete=models.CASCADE, related_name="files")
    upload = models.ForeignKey(Upload, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    filename = models.CharField(max_length=255)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["download", "filename"], name="one_file_per_name_of_a_download"),
        ]

    def __str__(self) -> str:
        return self.filename


class PlatformCookies(models.Model):
    """A login at a platform, as cookies. Encrypted, and never shown again."""

    platform = models.CharField(max_length=20, unique=True)
    encrypted = models.TextField(editable=False)
    names = models.PositiveIntegerField("cookies", default=0, editable=False)
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the first of them ends that has an end."
    )
    refused_at = models.DateTimeField(
        "last refused",
        null=True,
        blank=True,
        editable=False,
        help_text="When the platform asked for a login in spite of them.",
    )

    class Meta:
        verbose_name = "cookies of a platform"
        verbose_name_plural = "cookies of platforms"
        ordering: ClassVar[list[str]] = ["platform"]

    def __str__(self) -> str:
        return self.platform

    @property
    def text(self) -> str:
        """The file, in clear. Raises `encryption.SecretChangedError` when the secret was changed."""
        return encryption.decrypt(self.encrypted)

    def take(self, text: str) -> None:
        """Takes a file's cookies over, and only those of the platform's own hosts. Raises NotACookieFileError."""
        platform = PLATFORMS.get(self.platform)
        own = [cookie for cookie in cookie_files.read(text) if platform and platform.has(cookie.host)]
        if not own:
            raise cookie_files.NotACookieFileError("None of the cookies in this file is this platform's.")
        ends = [cookie.expires for cookie in own if cookie.expires]
        self.encrypted = encryption.encrypt(cookie_files.write(own))
        self.names = len(own)
        self.uploaded_at, self.refused_at = timezone.now(), None
        self.expires_at = datetime.fromtimestamp(min(ends), UTC) if ends else None

    @property
    def hint(self) -> str:
        """What is wrong with them, in words; empty while nothing is."""
        if self.refused_at:
            return f"The platform asked for a login on {self.refused_at:%Y-%m-%d}: upload new ones."
        if self.expires_at and self.expires_at <= timezone.now():
            return f"Some ended on {self.expires_at:%Y-%m-%d}: upload new ones."
        return ""
