"""`ApiToken`: what a host's scripts and Shortcuts show instead of a login. Shown once, kept as SHA-256."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from immichdrop.models import ImmichAccount, User

PREFIX = "drop_"  # so that a token is known for one, by people and by what looks for secrets in code
LONGEST_NAME = 100  # characters
LONGEST_ALBUM = 200  # characters, as a link's
USE_NOTED_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """What a token may be used for."""

    FILES = "files"
    LINKS = "links"
    INVITES = "invites"


class TokenState(models.TextChoices):
    """What a host's list says of a token."""

    ACTIVE = "active", _("Active")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def of_secret(self, secret: str) -> "ApiToken | None":
        """The token that is shown, in whatever state it is."""
        rows = self.select_related("owner", "guest")
        return rows.filter(secret_hash=hash_of(secret)).first() if secret.startswith(PREFIX) else None

    def of_host(self, host: User) -> "ApiTokenQuerySet":
        """A host's own tokens, newest first."""
        return self.filter(owner=host).order_by("-created_at", "-pk")

    def revoke(self) -> int:
        """Ends these for good, at once. How many were not ended before."""
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


class ApiToken(models.Model):
    """Something a host may send files with, give addresses to be downloaded, or look after links.

    What comes by it goes to the host's Immich account, into `album_name` where the request names no other. One without
    an owner is the server's: its account is the environment's.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        help_text="Whose Immich library it sends to; empty for the server's own.",
    )
    # Who sends by it, as far as uploads are concerned: they have a guest each.
    guest = models.OneToOneField("invites.Guest", on_delete=models.PROTECT, related_name="api_token", editable=False)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField(max_length=LONGEST_NAME, help_text="What it is for: “iPhone”, “scanner”.")
    album_name = models.CharField(
        "album", max_length=LONGEST_ALBUM, blank=True, help_text="Found by its exact name, or made."
    )
    may_files = models.BooleanField("send files", default=True)
    may_links = models.BooleanField("have addresses downloaded", default=True)
    may_invites = models.BooleanField("make and change links", default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[ApiTokenQuerySet] = ApiTokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "API token"
        verbose_name_plural = "API tokens"
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> list[Scope]:
        return [scope for scope in Scope if self.may(scope)]

    def may(self, scope: Scope) -> bool:
        return bool(getattr(self, f"may_{scope.value}"))

    @property
    def state(self) -> TokenState:
        if self.revoked_at:
            return TokenState.REVOKED
        expired = self.expires_at is not None and timezone.now() >= self.expires_at
        return TokenState.EXPIRED if expired else TokenState.ACTIVE

    @property
    def last_day(self) -> datetime | None:
        """The last day on which it is valid to its end."""
        return self.expires_at - timedelta(seconds=1) if self.expires_at else None

    def account(self) -> ImmichAccount:
        """The Immich account that it sends to."""
        return ImmichAccount.objects.of_owner(self.owner)

    def note_use(self, now: datetime | None = None) -> None:
        """Remembers that it was used, once a minute at most: a script may send a thousand files."""
        now = now or timezone.now()
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=self.pk).update(last_used_at=now)
