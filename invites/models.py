"""Invite links, the guests who open them, and what is true of a guest at a link."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from immichdrop.models import ImmichAccount
from invites.api_tokens import ApiToken as ApiToken  # where Django looks for an app's models
from invites.queries import ONE_TIME, UNLIMITED, InviteQuerySet
from invites.refusals import Refusal
from invites.share_backs import ShareBack as ShareBack

ENDS_SOON = timedelta(days=3)
LONGEST_WELCOME = 2000  # characters; a TextField does not look at it by itself


def make_token() -> str:
    """A link's token: 24 random bytes, 32 characters. Imported links keep their 32 hex digits."""
    return secrets.token_urlsafe(24)


def unnamed() -> str:
    """The heading of a link that nobody named."""
    return gettext("Add your photos")


class LinkStatus(models.TextChoices):
    """What a host's list says of a link."""

    ACTIVE = "active", _("Active")
    NOT_OPEN = "not_open", _("Not open yet")
    ENDS_SOON = "ends_soon", _("Ends soon")
    USED_UP = "used_up", _("Used up")
    EXPIRED = "expired", _("Expired")
    DISABLED = "disabled", _("Disabled")
    ALBUM_MISSING = "album_missing", _("Album missing")


_CLOSED_STATUSES = {
    Refusal.DISABLED: LinkStatus.DISABLED,
    Refusal.NOT_OPEN: LinkStatus.NOT_OPEN,
    Refusal.EXPIRED: LinkStatus.EXPIRED,
    Refusal.CLAIMED: LinkStatus.USED_UP,
    Refusal.EXHAUSTED: LinkStatus.USED_UP,
}


class Invite(models.Model):
    """A link that guests send files through."""

    class Kinds(models.TextChoices):
        BOTH = "both", "photos and videos"
        PHOTOS = "photos", "photos only"
        VIDEOS = "videos", "videos only"

    class GuestName(models.TextChoices):
        OFF = "off", "not asked"
        OPTIONAL = "optional", "asked, may stay empty"
        REQUIRED = "required", "required"

    token = models.CharField(max_length=64, unique=True, default=make_token, editable=False)
    slug = models.CharField(
        "custom address",
        max_length=64,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$", _("Use a-z, 0-9 and hyphens."))],
        help_text="The link is then also reached at /invite/ and this.",
    )
    name = models.CharField(max_length=200, blank=True)
    welcome_text = models.TextField(max_length=LONGEST_WELCOME, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="invites",
    )
    album_id = models.UUIDField("Immich album id", null=True, blank=True)
    album_name = models.CharField("album", max_length=200, blank=True, help_text="Found by its exact name, or made.")
    album_missing_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Since when its album is known to be gone from Immich, and not to be made again.",
    )

    max_uses = models.IntegerField(
        "maximum uses",
        default=UNLIMITED,
        validators=[MinValueValidator(-1)],
        help_text="-1: no limit. 1: one-time, belongs to the first guest. n: that many files.",
    )
    used = models.PositiveIntegerField("files received", default=0, editable=False)
    claimed_by = models.ForeignKey(
        "Guest", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)

    opens_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    disabled = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    password = models.CharField(max_length=200, blank=True, editable=False)
    password_set_at = models.DateTimeField(null=True, blank=True, editable=False)

    guest_name = models.CharField("guest's name", max_length=10, choices=GuestName.choices, default=GuestName.OPTIONAL)
    kinds = models.CharField(max_length=10, choices=Kinds.choices, default=Kinds.BOTH)
    max_files = models.PositiveIntegerField("files per guest", null=True, blank=True)
    max_bytes = models.PositiveBigIntegerField("bytes of all files together", null=True, blank=True)
    max_file_size = models.PositiveBigIntegerField("bytes of one file", null=True, blank=True)
    describe = models.BooleanField(
        "guest's words into Immich", default=False, help_text="Name and message become the description of each file."
    )
    tag = models.BooleanField(
        "tag in Immich", default=False, help_text="Each file gets the tag Drop / this link / the guest's name."
    )
    allow_urls = models.BooleanField("guests may paste addresses", default=False)
    own = models.BooleanField(
        "the host's own",
        default=False,
        editable=False,
        help_text="The host's own way into this album, or into no album; listed nowhere.",
    )

    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[InviteQuerySet] = InviteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(max_uses=UNLIMITED) | Q(max_uses__gte=1), name="invite_max_uses_makes_sense"
            ),
            models.UniqueConstraint(
                fields=["owner", "album_id"], condition=Q(own=True, deleted_at=None), name="one_own_page_per_album"
            ),
            models.UniqueConstraint(
                fields=["owner"],
                condition=Q(own=True, deleted_at=None, album_id=None),
                name="one_own_page_without_album",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What the page is headed with."""
        return self.name or self.album_name or (gettext("Just my timeline") if self.own else unnamed())

    @property
    def title_outside(self) -> str:
        """What the pages in front of the link are headed with: behind a password the album stays unnamed."""
        return (self.name or unnamed()) if self.password else self.title

    @property
    def host_name(self) -> str:
        """The host as guests know them; empty for a link without an owner."""
        return self.owner.get_short_name() if self.owner else ""

    @property
    def path(self) -> str:
        return f"/invite/{self.slug or self.token}"

    @property
    def one_time(self) -> bool:
        return self.max_uses == ONE_TIME

    @property
    def remaining(self) -> int | None:
        """Uses that are left; None when there is no limit."""
        if self.max_uses == UNLIMITED:
            return None
        if self.one_time:
            return 0 if self.claimed_at else 1
        return max(0, self.max_uses - self.used)

    def clean(self) -> None:
        """Raises ValidationError for what no single field can be blamed for by itself."""
        problems = {}
        if self.max_uses == 0:
            problems["max_uses"] = gettext(
                "Nobody could use it. -1 is no limit, 1 is a one-time link, n is that many files."
            )
        if len(self.welcome_text) > LONGEST_WELCOME:
            problems["welcome_text"] = gettext("At most %(number)d characters, please.") % {"number": LONGEST_WELCOME}
        for name in ("max_files", "max_bytes", "max_file_size"):
            if getattr(self, name) == 0:
                problems[name] = gettext("At least 1, or nothing for no limit.")
        if self.opens_at and self.expires_at and self.opens_at >= self.expires_at:
            problems["expires_at"] = gettext("It would end before it opens.")
        # Imported tokens are words that could be a custom address; whoever took one would take over that link.
        if self.slug and Invite.objects.filter(token=self.slug).exclude(pk=self.pk).exists():
            problems["slug"] = gettext("This address is taken. Please choose another one.")
        if problems:
            raise ValidationError(problems)

    def account(self) -> ImmichAccount:
        """The Immich account this link delivers into."""
        return ImmichAccount.objects.of_owner(self.owner)

    def set_password(self, password: str) -> None:
        """Sets the link's password, or clears it with an empty one. Ends every unlock there was."""
        self.password = make_password(password) if password else ""
        self.password_set_at = timezone.now() if password else None

    def check_password(self, password: str) -> bool:
        """Whether it is the link's password. A right one is hashed anew where its hash is of an older kind."""
        try:
            return check_password(password, self.password, setter=self._rehash)
        except UnicodeEncodeError:  # half of a surrogate pair, which JSON may carry, is nobody's password
            return False

    def _rehash(self, password: str) -> None:
        """The same password in the preferred hash: unlocks stay, and one that was set meanwhile does too."""
        encoded = make_password(password)
        if Invite.objects.filter(pk=self.pk, password=self.password).update(password=encoded):
            self.password = encoded

    def closed(self, guest: "Guest | None" = None, now: datetime | None = None) -> Refusal | None:
        """Why the link takes nothing from this guest now, passwords aside, or None."""
        now = now or timezone.now()
        if self.deleted_at:
            return Refusal.INVALID_INVITE
        if self.disabled:
            return Refusal.DISABLED
        if self.opens_at and now < self.opens_at:
            return Refusal.NOT_OPEN
        if self.expires_at and now >= self.expires_at:
            return Refusal.EXPIRED
        if self.one_time:
            owned_by_other = self.claimed_at and (guest is None or self.claimed_by_id != guest.pk)
            return Refusal.CLAIMED if owned_by_other else None
        return Refusal.EXHAUSTED if self.remaining == 0 else None

    def status(self, now: datetime | None = None) -> LinkStatus | None:
        """What the host's list says of it; None when it was deleted."""
        now = now or timezone.now()
        refusal = self.closed(None, now)
        if self.album_missing_at and refusal in (None, Refusal.NOT_OPEN):
            return LinkStatus.ALBUM_MISSING
        if refusal:
            return _CLOSED_STATUSES.get(refusal)
        last_use = self.remaining == 1 and not self.one_time
        last_days = self.expires_at is not None and self.expires_at - now < ENDS_SOON
        return LinkStatus.ENDS_SOON if last_use or last_days else LinkStatus.ACTIVE

    def locked(self, guest: "Guest | None") -> Refusal | None:
        """Whether this guest still has to give the password: never did, or another was set since."""
        if not self.password:
            return None
        visit = self.visits.filter(guest=guest).first() if guest else None
        if visit is None or visit.unlocked_at is None:
            return Refusal.PASSWORD_REQUIRED
        if self.password_set_at and visit.unlocked_at < self.password_set_at:
            return Refusal.UNLOCK_ENDED
        return None

    def stopped(self, guest: "Guest | None") -> Refusal | None:
        """Why not even files that were let in before may come to their end, or None.

        One that expired or was used up meanwhile lets them finish.
        """
        if self.deleted_at:
            return Refusal.INVALID_INVITE
        return Refusal.DISABLED if self.disabled else self.locked(guest)

    def refusal(self, guest: "Guest | None" = None, now: datetime | None = None) -> Refusal | None:
        """The one reason why this guest may not send now, or None.

        A closed link is told before the password is asked for: nobody should type one in vain.
        """
        return self.closed(guest, now) or self.locked(guest)


class Guest(models.Model):
    """A browser that opened a link. Known by a random secret of which only the SHA-256 is kept."""

    COOKIE_AGE = timedelta(days=180)
    NO_SECRET = "session:"  # noqa: S105 - stands before what is no secret's hash

    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    first_seen = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"Guest {self.pk}"

    @property
    def has_secret(self) -> bool:
        """No: an older client's session, whose id is all it is known by. It may send, and never list."""
        return not self.secret_hash.startswith(self.NO_SECRET)


class Visit(models.Model):
    """What a guest is at one link. One host never sees what was written to another."""

    guest = models.ForeignKey(Guest, on_delete=models.CASCADE, related_name="visits")
    invite = models.ForeignKey(Invite, on_delete=models.CASCADE, related_name="visits")
    name = models.CharField(max_length=80, blank=True)
    message = models.TextField(max_length=500, blank=True)
    unlocked_at = models.DateTimeField(null=True, blank=True, editable=False)
    first_seen = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["guest", "invite"], name="one_visit_per_guest_and_invite"),
        ]

    def __str__(self) -> str:
        return self.name or "Someone without a name"
