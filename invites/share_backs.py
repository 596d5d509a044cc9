"""`ShareBack`: the shared link in Immich by which those who were there see what came through a link."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import msgspec
from django.db import models
from django.db.models import Q
from django.utils import timezone

from immichdrop import encryption
from immichdrop.immich import LinkSettings
from immichdrop.models import ImmichAccount

if TYPE_CHECKING:
    from invites.models import Invite


class ShareBackQuerySet(models.QuerySet["ShareBack"]):
    def of_link(self, invite: "Invite") -> "ShareBack | None":
        """The link's shared link, also one that is gone."""
        return self.filter(invite=invite).select_related("account", "invite__owner").first()

    def open(self, now: datetime | None = None) -> "ShareBackQuerySet":
        """Those that Immich shows, as far as it is known."""
        closed = Q(trouble=ShareBack.Trouble.GONE) | Q(expires_at__lte=now or timezone.now())
        return self.exclude(closed)

    def due(self, now: datetime) -> "ShareBackQuerySet":
        """Those that a worker compares with Immich now (`uploads.share_back_upkeep`), and those whose worker was not
        heard of since its lease ended."""
        return self.filter(Q(leased_until=None, look_at__lte=now) | Q(leased_until__lte=now))

    def look_again(self, invites: Collection[int | None], after: timedelta = timedelta()) -> None:
        """What came through these links is another than before: their shared links are due, `after` that at the
        latest."""
        changed = self.filter(invite__in=[each for each in invites if each], type=ShareBack.Type.INDIVIDUAL)
        due = timezone.now() + after
        # One by one and in one order, so that two workers don't wait for each other.
        for pk in list(changed.filter(look_at__gt=due).order_by("pk").values_list("pk", flat=True)):
            ShareBack.objects.filter(pk=pk, look_at__gt=due).update(look_at=due)

    def changed_in_immich(self, link_id: str) -> None:
        """Somebody changed or deleted this shared link: the worker finds out what is true of it now."""
        self.filter(link_id=link_id).exclude(look_at=None).update(look_at=timezone.now(), seen_at=None)


class ShareBack(models.Model):
    """A link's one shared link. Immich keeps its settings; here is what guests and workers have to know without asking,
    and a copy of the settings for another one in its place.

    Guests find its address at their page from `reveal_at` on, and never without one.
    """

    class Type(models.TextChoices):
        ALBUM = "ALBUM", "the link's album"
        INDIVIDUAL = "INDIVIDUAL", "what came through the link"

    class Trouble(models.TextChoices):
        GONE = "gone", "deleted in Immich"
        FORBIDDEN = "forbidden", "the API key may not look after it"
        REFUSED = "refused", "Immich does not take what came later"

    invite = models.OneToOneField("Invite", on_delete=models.CASCADE, related_name="share_back")
    account = models.ForeignKey(ImmichAccount, on_delete=models.CASCADE, related_name="share_backs")
    link_id = models.UUIDField("Immich shared link id")
    album_id = models.UUIDField(
        "Immich album id", null=True, blank=True, help_text="Of the album it shows; empty: none, or not known yet."
    )
    type = models.CharField(max_length=10, choices=Type.choices)
    address = models.TextField("public address")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When Immich stops showing it, as last told.")
    reveal_at = models.DateTimeField(
        null=True, blank=True, help_text="From when on guests are shown the address; empty: never."
    )
    encrypted_settings = models.TextField(
        blank=True, editable=False, help_text="As last told, with the password; another one begins with them."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    trouble = models.CharField(max_length=10, choices=Trouble.choices, blank=True)
    trouble_detail = models.CharField(max_length=300, blank=True, help_text="Immich's own words, or a permission.")
    leased_until = models.DateTimeField(null=True, blank=True, help_text="A worker's until then; empty: nobody's.")
    look_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is compared with Immich; empty: nevermore, since it is gone."
    )
    seen_at = models.DateTimeField(
        null=True, blank=True, default=timezone.now, help_text="When Immich last told of it; empty: it changed since."
    )
    attempts = models.PositiveIntegerField(default=0, help_text="Looks in a row that Immich did not answer.")

    objects: ClassVar[ShareBackQuerySet] = ShareBackQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="share_back_looks"),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def gone(self) -> bool:
        return self.trouble == self.Trouble.GONE

    @property
    def elsewhere(self) -> bool:
        """Whether its library is none that the link delivers into any more, so that the host has no hold of it here."""
        return not self.account.connected or self.account != self.invite.account()

    def keep(self, settings: LinkSettings) -> None:
        """Takes over its settings; not saved yet."""
        self.encrypted_settings = encryption.encrypt(msgspec.json.encode(settings).decode())

    def kept_settings(self, now: datetime | None = None) -> LinkSettings | None:
        """What another one in its place begins with: its settings as last told, but no end that is over. None where
        they were never told, or can't be read since the server's secret was changed."""
        try:
            told = encryption.decrypt(self.encrypted_settings) if self.encrypted_settings else ""
        except encryption.SecretChangedError:
            return None
        if not told:
            return None
        settings = msgspec.json.decode(told, type=LinkSettings)
        over = settings.expires_at is not None and settings.expires_at <= (now or timezone.now())
        return replace(settings, expires_at=None) if over else settings

    def ended(self, now: datetime | None = None) -> bool:
        """Whether Immich shows nothing there any more."""
        return self.gone or (self.expires_at is not None and self.expires_at <= (now or timezone.now()))

    def revealed(self, now: datetime | None = None) -> bool:
        """Whether the host wants guests to find it now."""
        now = now or timezone.now()
        return self.reveal_at is not None and self.reveal_at <= now and not self.ended(now)
