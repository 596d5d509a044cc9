"""`Upload`, one file's life from a guest's browser to Immich, and `KnownAsset`, what Immich is known to have."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from immichdrop.models import ImmichAccount
from invites.models import Guest, Invite
from uploads.shared_assets import SharedAsset as SharedAsset  # where Django looks for an app's models

LONGEST_DESCRIPTION = 2000  # characters


class UploadQuerySet(models.QuerySet["Upload"]):
    def of_guest(self, guest: Guest, invite: Invite | None) -> "UploadQuerySet":
        """A guest's own uploads at one link, or at the public page (None), oldest first."""
        return self.filter(guest=guest, invite=invite).order_by("created_at", "pk")

    def unfinished(self) -> "UploadQuerySet":
        return self.filter(status=Upload.Status.RECEIVING)

    def counted(self) -> "UploadQuerySet":
        """Uploads that take a place: all but the discarded."""
        return self.exclude(status=Upload.Status.DISCARDED)

    def wishes(self) -> "UploadQuerySet":
        """What its guests want out of Immich, and only the host can take out."""
        return self.filter(withdrawal=Upload.Withdrawal.REFUSED)

    def shown(self) -> "UploadQuerySet":
        """What the host sees of a link: the counted, and those wishes."""
        return self.counted() | self.wishes()

    def in_custody(self) -> "UploadQuerySet":
        """Uploads whose bytes have to be here: not in Immich yet, and not given up."""
        return self.exclude(status__in=(*Upload.CONFIRMED, Upload.Status.DISCARDED)).filter(bytes_deleted_at=None)

    def to_hand_out(self) -> "UploadQuerySet":
        """What the host can hand on: it came whole, is here or in Immich, and its guest did not take it back."""
        here = Q(received_at__isnull=False, bytes_deleted_at=None)
        in_immich = Q(status__in=Upload.CONFIRMED, asset_id__isnull=False)
        return self.counted().filter(here | in_immich, withdrawal="")

    def in_immich(self) -> "UploadQuerySet":
        """What can be looked at there: confirmed, also while it is tried again for its album, and not in the trash."""
        return self.counted().filter(asset_id__isnull=False, delivered_at__isnull=False, trash="")

    def due(self, now: datetime) -> "UploadQuerySet":
        """Received files whose turn it is, and those whose worker has not been heard of since its lease ended.

        By columns of the row alone: PostgreSQL looks at these once more when an UPDATE had to wait for another one, but
        not into a subquery, which Django makes of a condition on another table.
        """
        waiting = Q(status__in=(Upload.Status.RECEIVED, Upload.Status.WAITING), next_attempt_at__lte=now)
        abandoned = Q(status=Upload.Status.DELIVERING, lease_until__lt=now)
        return self.filter(waiting | abandoned)

    def probably_known(self, most: int) -> list[uuid.UUID]:
        """Of the first `most` those whose SHA-1 the dedupe table has: Immich may have them already."""
        rows = list(self.exclude(sha1="").values_list("pk", "account_id", "sha1")[:most])
        accounts, sums = {account for _, account, _ in rows}, {sha1 for _, _, sha1 in rows}
        hints = KnownAsset.objects.filter(account__in=accounts, sha1__in=sums)
        known = set(hints.values_list("account_id", "sha1"))
        return [upload_id for upload_id, account, sha1 in rows if (account, sha1) in known]

    def retriable(self) -> "UploadQuerySet":
        """What the host may have tried again: what waits or failed, and what is in Immich and not in its album."""
        stuck = Q(status__in=(Upload.Status.WAITING, Upload.Status.FAILED))
        wishes_album = Q(album_id__isnull=False) | ~Q(album_name="")
        return self.filter(stuck | Q(status__in=Upload.CONFIRMED, in_album_at=None, trash="") & wishes_album)

    def to_try_again(self) -> "UploadQuerySet":
        """What is `retriable`, and the wishes, for a key that may more by now."""
        return self.retriable() | self.wishes()

    def taken_back(self, now: datetime) -> "UploadQuerySet":
        """Files in Immich that their guests want out of it, and whose turn it is."""
        return self.filter(withdraw_at__lte=now)

    def doubtful(self, now: datetime) -> "UploadQuerySet":
        """Confirmed files that Immich has to be asked about once more (`Upload.recheck_at`)."""
        return self.filter(status__in=Upload.CONFIRMED, recheck_at__lte=now)


class Upload(models.Model):
    """One file. The row is the queue: retry, lease and what the guest sees are its columns.

    The row's `offset` is the truth about how many bytes are safe, and `status` is changed by `uploads.lifecycle` alone.
    Bytes come in order, so that `offset` is the spool file's length too; only the older clients' chunks may come in any
    order, and then `ranges` say which bytes these are.
    """

    class Status(models.TextChoices):
        RECEIVING = "receiving"
        RECEIVED = "received"
        DELIVERING = "delivering"
        WAITING = "waiting"
        HELD = "held"
        DELIVERED = "delivered"
        DUPLICATE = "duplicate"
        FAILED = "failed"
        DISCARDED = "discarded"

    class DiscardedBy(models.TextChoices):
        GUEST = "guest"
        HOST = "host"
        EXPIRED = "expired"

    class Trash(models.TextChoices):
        KEPT = "kept", "in Immich's trash, and stays there"
        RESTORE = "restore", "the host wants it back"

    class Withdrawal(models.TextChoices):
        WISHED = "wished", "its guest wants it out of Immich"
        TRASHED = "trashed", "moved to Immich's trash, as its guest wished"
        REFUSED = "refused", "its guest wants it out of Immich, and the API key may not move it"
        SHARED = "shared", "its guest took it back, and somebody else sent the same file"

    # In Immich, as far as a guest is concerned.
    CONFIRMED = (Status.DELIVERED, Status.DUPLICATE)
    # Nothing more happens to it by itself.
    FINAL = (Status.DELIVERED, Status.DUPLICATE, Status.FAILED, Status.DISCARDED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invite = models.ForeignKey(Invite, null=True, blank=True, on_delete=models.PROTECT, related_name="uploads")
    guest = models.ForeignKey(Guest, null=True, blank=True, on_delete=models.SET_NULL, related_name="uploads")
    # Without an index of its own: SQLite would use that one for the queue, and look at all of an account's uploads.
    account = models.ForeignKey(ImmichAccount, on_delete=models.PROTECT, related_name="uploads", db_index=False)
    key = models.CharField(
        max_length=100, blank=True, help_text="The page's own name of the file; makes creation idempotent."
    )

    filename = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100, blank=True)
    client_item_id = models.CharField(
        max_length=200, blank=True, help_text="An older client's own id of the file, by which its socket knows it."
    )
    size = models.PositiveBigIntegerField(help_text="Bytes, as declared at creation.")
    size_known = models.BooleanField(
        default=True, help_text="No: the client did not declare the size, and `size` is what is reserved for it."
    )
    offset = models.PositiveBigIntegerField(default=0, help_text="Bytes that are durable on disk.")
    ranges = models.JSONField(
        default=list,
        blank=True,
        help_text="Received [start, end) pairs, for clients whose chunks come in any order; empty for all others.",
    )
    chunk_length = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text="Bytes of each chunk but the last, 0 before one came; empty for files that come in order.",
    )
    sha1 = models.CharField("SHA-1", max_length=40, blank=True, db_index=True)
    last_modified = models.DateTimeField(null=True, blank=True)

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RECEIVING)
    message = models.CharField(max_length=500, blank=True, help_text="Why it waits or failed, in words for the host.")
    discarded_by = models.CharField(max_length=10, choices=DiscardedBy.choices, blank=True)

    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="When its bytes first went out: what Immich has since may be ours."
    )
    asset_id = models.UUIDField("Immich asset id", null=True, blank=True)
    album_id = models.UUIDField("wished album's id", null=True, blank=True)
    album_name = models.CharField("wished album", max_length=200, blank=True)
    in_album_at = models.DateTimeField(null=True, blank=True)
    trash = models.CharField(
        "in the trash",
        max_length=10,
        choices=Trash.choices,
        blank=True,
        help_text="Whether Immich had it in its trash.",
    )
    withdrawal = models.CharField(
        "taken back",
        max_length=10,
        choices=Withdrawal.choices,
        blank=True,
        help_text="What became of the guest's wish to have it out of Immich.",
    )
    withdraw_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is to be moved to Immich's trash, while its guest wishes that."
    )
    recheck_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When Immich is asked once more whether it has it: what was deleted by force lives on for a while.",
    )

    description = models.TextField(
        blank=True, max_length=LONGEST_DESCRIPTION, help_text="What Immich is told of it, such as who posted it."
    )
    client_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)

    created_at = models.DateTimeField(default=timezone.now)
    received_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    bytes_deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UploadQuerySet] = UploadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["guest", "invite", "key"],
                condition=~Q(key="") & Q(invite__isnull=False),
                name="one_upload_per_key_at_a_link",
            ),
            models.UniqueConstraint(
                fields=["guest", "key"],
                condition=~Q(key="") & Q(invite__isnull=True),
                name="one_upload_per_key_at_the_public_page",
            ),
            models.CheckConstraint(condition=Q(offset__lte=F("size")), name="offset_within_size"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "next_attempt_at"], name="upload_queue"),
            models.Index(fields=["guest", "invite", "created_at"], name="upload_of_guest"),
            models.Index(fields=["invite", "status"], name="upload_of_invite"),
            models.Index(fields=["recheck_at"], condition=Q(recheck_at__isnull=False), name="upload_rechecks"),
            models.Index(fields=["withdraw_at"], condition=Q(withdraw_at__isnull=False), name="upload_withdrawals"),
            models.Index(fields=["status"], condition=Q(bytes_deleted_at=None), name="upload_bytes_kept"),
            models.Index(fields=["asset_id"], condition=Q(asset_id__isnull=False), name="upload_of_asset"),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def wished_away(self) -> bool:
        """Whether its guest wants it out of Immich, and only the host can take it out."""
        return self.withdrawal == self.Withdrawal.REFUSED

    @property
    def complete(self) -> bool:
        """Whether every byte is here, so that the promise of custody holds."""
        return self.size_known and self.offset == self.size

    @property
    def resumable(self) -> bool:
        """Whether it is tus's to go on with: bytes in order, of a declared size."""
        return self.size_known and self.chunk_length is None

    @property
    def durable_end(self) -> int:
        """Where the durable bytes end in the spool file: the offset, or the end of the last received range."""
        ends: list[int] = [end for _, end in self.ranges]
        return max([self.offset, *ends])

    @property
    def patience(self) -> timedelta:
        """How long an unfinished upload waits for its guest, from the last byte that came."""
        if self.durable_end:
            return timedelta(hours=settings.UNFINISHED_EXPIRE_HOURS)
        return timedelta(minutes=settings.EMPTY_EXPIRE_MINUTES)

    @property
    def wants_album(self) -> bool:
        return bool(self.album_id or self.album_name)


class KnownAsset(models.Model):
    """The dedupe table: an account's asset with this SHA-1, as Immich last said. A hint, confirmed by asking Immich."""

    account = models.ForeignKey(ImmichAccount, on_delete=models.CASCADE, related_name="known_assets")
    sha1 = models.CharField("SHA-1", max_length=40)
    asset_id = models.UUIDField("Immich asset id")
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "sha1"], name="one_asset_per_sum"),
        ]

    def __str__(self) -> str:
        return self.sha1


class KnownAlbum(models.Model):
    """An account's album by its name. Immich allows several of one name; the unique row here sees to it that several
    workers make only one."""

    account = models.ForeignKey(ImmichAccount, on_delete=models.CASCADE, related_name="known_albums")
    name = models.CharField(max_length=200)
    album_id = models.UUIDField("Immich album id", null=True, blank=True)
    lease_until = models.DateTimeField(
        null=True, blank=True, help_text="Somebody is looking for it, or making it, until then."
    )
    lease_owner = models.CharField(max_length=100, blank=True, editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "name"], name="one_album_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class CustodyAlarm(models.Model):
    """Something about kept bytes that the host has to know (`uploads.custody`)."""

    class Reason(models.TextChoices):
        MISSING = "missing", "its bytes are gone"
        SHORT = "short", "some of its bytes are gone"
        STRAY = "stray", "a file that belongs to no upload"

    upload = models.ForeignKey(Upload, null=True, blank=True, on_delete=models.CASCADE, related_name="alarms")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    detail = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.upload or self.detail}: {self.get_reason_display()}"
