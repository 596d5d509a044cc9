"""Hosts, and the Immich accounts their links deliver into."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import URLValidator
from django.db import models
from django.utils import timezone

from immichdrop import encryption
from immichdrop.prepared import Rows


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        if not email:
            raise ValueError("A host needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        # Nobody thinks of an e-mail address as having a case.
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A host: somebody who makes links."""

    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=150, blank=True)
    immich_user_id = models.UUIDField(
        null=True, blank=True, unique=True, help_text="Who this host is in Immich, if known."
    )
    is_staff = models.BooleanField("may use the admin", default=False)
    is_active = models.BooleanField("may log in", default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "host"

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] or self.email.split("@")[0]


NO_KEY = "-"  # kept in place of an encrypted key where there is none; the row of the environment has an empty text


class ImmichAccountManager(models.Manager["ImmichAccount"]):
    def environment(self) -> "ImmichAccount":
        """The account of the environment's key (`IMMICH_BASE_URL`, `IMMICH_API_KEY`)."""
        return _ENVIRONMENT.first() or self.get_or_create(encrypted_key="", defaults={"base_url": ""})[0]

    def connected_of(self, owner: User) -> "ImmichAccount | None":
        """This host's own Immich account."""
        return self.filter(owner=owner, connected=True).exclude(encrypted_key="").first()

    def of_owner(self, owner: User | None) -> "ImmichAccount":
        """Where this host's links deliver: the host's own Immich account, else the environment's.

        Where the environment's key is not for hosts (`ALLOW_SERVER_KEY`), files of links they have all the same wait
        at an account without a key, until they connect theirs.
        """
        if owner is None:
            return self.environment()
        own = self.connected_of(owner)
        if own is None and settings.ALLOW_SERVER_KEY:
            return self.environment()
        return own or self.without_key(owner)

    def without_key(self, owner: User) -> "ImmichAccount":
        """This host's row for when there is a key, or there was one."""
        account, _ = self.get_or_create(owner=owner, defaults={"connected": False, "encrypted_key": NO_KEY})
        return account


class ImmichAccount(models.Model):
    """An Immich library that files are delivered into: an address and an API key.

    The row without a key stands for the environment's address and key, so that its dedupe table has a place.
    """

    class Pause(models.TextChoices):
        UNAUTHORISED = "unauthorised", "Immich refuses the API key"
        FORBIDDEN = "forbidden", "the API key lacks a permission"
        QUOTA = "quota", "the Immich account is full"

    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="immich_accounts")
    base_url = models.CharField(
        "address", max_length=300, blank=True, validators=[URLValidator(["http", "https"])], help_text="Without /api."
    )
    encrypted_key = models.TextField(blank=True, editable=False)
    immich_key_id = models.UUIDField(
        null=True, blank=True, editable=False, help_text="Immich's id of the key, if it was made here."
    )
    connected = models.BooleanField(default=True, editable=False, help_text="Whether the host's links deliver here.")
    pause = models.CharField(max_length=20, choices=Pause.choices, blank=True, editable=False)
    pause_detail = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[ImmichAccountManager] = ImmichAccountManager()

    class Meta:
        verbose_name = "Immich account"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["encrypted_key"],
                condition=models.Q(encrypted_key=""),
                name="one_environment_account",
            ),
            models.UniqueConstraint(fields=["owner"], name="one_account_per_host"),
        ]

    def __str__(self) -> str:
        return f"{self.owner or 'Server'}’s Immich" if self.encrypted_key else "Immich of the environment"

    @property
    def address(self) -> str:
        return self.base_url or settings.IMMICH_BASE_URL

    @property
    def web_address(self) -> str:
        """Where a host's browser reaches it; "" where no Immich is named."""
        own = self.address == settings.IMMICH_BASE_URL
        return (settings.IMMICH_EXTERNAL_URL if own else "") or self.address

    @property
    def api_key(self) -> str:
        """The key in clear, empty without one. Raises `encryption.SecretChangedError` when the secret was changed."""
        if self.encrypted_key == NO_KEY:
            return ""
        return encryption.decrypt(self.encrypted_key) if self.encrypted_key else settings.IMMICH_API_KEY

    def set_api_key(self, key: str, key_id: str | None = None) -> None:
        """Connects it by this key; `key_id` is Immich's id of one that was made here."""
        self.encrypted_key = encryption.encrypt(key)
        self.immich_key_id = uuid.UUID(key_id) if key_id else None
        self.connected = True

    def drop_api_key(self) -> None:
        """Disconnects it. Files that wait for it go on waiting."""
        self.encrypted_key, self.immich_key_id, self.connected = NO_KEY, None, False


_ENVIRONMENT = Rows(ImmichAccount, "encrypted_key = ''")


class FailedAttempts(models.Model):
    """Wrong guesses of one kind, at one subject, from one address (`immichdrop.throttle`)."""

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)
    blocked_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.failures} failed attempts"


class StateImport(models.Model):
    """What the first start took over from immich-drop's `state.db`, for the hosts' page to tell each host once."""

    made_at = models.DateTimeField(default=timezone.now)
    links = models.PositiveIntegerField()
    files = models.PositiveIntegerField(help_text="Lines of the old log.")
    known = models.PositiveIntegerField("known checksums")
    not_read = models.JSONField(default=list, help_text="Lines on what could not be read, for people.")
    read_by = models.ManyToManyField(User, related_name="+", help_text="Hosts who need not be told again.")

    def __str__(self) -> str:
        return f"{self.links} links, {self.files} files, {self.known} known checksums"
