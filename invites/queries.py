"""Sets of links: whose they are, which of them are open, and in which order a host reads them."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Count, F, OrderBy, Q
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils import timezone

from immichdrop.models import ImmichAccount, User
from immichdrop.texts import storable

if TYPE_CHECKING:
    from invites.models import Invite

UNLIMITED = -1
ONE_TIME = 1

PART_OF_TOKEN = 6  # characters; shorter words occur in random tokens by chance
NEWEST_FIRST = "-created"
# What a host may sort by.
_ORDERS: dict[str, F | Lower] = {
    "created": F("created_at"),
    "expires": F("expires_at"),
    "name": Lower(Coalesce(NullIf("name", models.Value("")), "album_name")),
    "used": F("used"),
}
SORTS = frozenset(name for word in _ORDERS for name in (word, f"-{word}"))


def _used_up() -> Q:
    one_time = Q(max_uses=ONE_TIME, claimed_at__isnull=False)
    return one_time | Q(max_uses__gt=ONE_TIME, used__gte=F("max_uses"))


def _closed(now: datetime) -> Q:
    """`Invite.closed()` for somebody who is no guest yet, as a condition; deletion aside."""
    return Q(disabled=True) | Q(opens_at__gt=now) | Q(expires_at__lte=now) | _used_up()


def _ended(now: datetime) -> Q:
    return Q(disabled=True) | Q(expires_at__lte=now) | _used_up()


class InviteQuerySet(models.QuerySet["Invite"]):
    def existing(self) -> "InviteQuerySet":
        """Links that were not deleted. A deleted row stays, for the uploads that came through it."""
        return self.filter(deleted_at=None)

    def at(self, address: str) -> "Invite | None":
        """The link whose token or custom address (slug) this is."""
        if not storable(address):  # which the database can't even be asked for
            return None
        return self.existing().filter(Q(token=address) | Q(slug=address)).first()

    def of_host(self, host: User, *, everybodys: bool = False) -> "InviteQuerySet":
        """The links a host may see and change: their own; of staff, who asked for them, everybody's."""
        links = self.existing()
        return links if everybodys and host.is_staff else links.filter(owner=host)

    def listed(self) -> "InviteQuerySet":
        """What a host thinks of as links: made for guests, and not by the host's own phone (`invites.own_pages`)."""
        return self.filter(own=False)

    def of_account(self, account: ImmichAccount) -> "InviteQuerySet":
        """The links that deliver into this account, as `ImmichAccountManager.of_owner` has it."""
        links = self.existing()
        if account.encrypted_key:
            return links.filter(owner=account.owner)
        if not settings.ALLOW_SERVER_KEY:
            return links.filter(owner=None)
        own = ImmichAccount.objects.filter(connected=True, owner__isnull=False).exclude(encrypted_key="")
        return links.filter(Q(owner=None) | ~Q(owner__in=own.values("owner")))

    def search(self, text: str) -> "InviteQuerySet":
        """Links in whose name, album, custom address or token each of these words occurs."""
        found = self
        for word in text.replace("\0", " ").split():
            hit = Q(name__icontains=word) | Q(album_name__icontains=word) | Q(slug__icontains=word)
            if len(word) >= PART_OF_TOKEN:
                hit |= Q(token__icontains=word)
            found = found.filter(hit)
        return found

    def sorted_by(self, name: str) -> "InviteQuerySet":
        """In the order of `created`, `expires`, `name` or `used`, with `-` the other way round; else newest first."""
        name = name if name in SORTS else NEWEST_FIRST
        backwards = name.startswith("-")
        # An end that is not set is later than every other.
        order = OrderBy(
            _ORDERS[name.removeprefix("-")],
            descending=backwards,
            nulls_first=backwards or None,
            nulls_last=not backwards or None,
        )
        return self.order_by(order, "-pk" if backwards else "pk")

    def active(self, now: datetime | None = None) -> "InviteQuerySet":
        """Links that take files now, as `Invite.closed()` has it."""
        return self.existing().exclude(_closed(now or timezone.now()))

    def ended(self, now: datetime | None = None) -> "InviteQuerySet":
        """Links that take none now, and will not by themselves: one that opens later is neither active nor ended."""
        return self.existing().filter(_ended(now or timezone.now()))

    def counts(self, now: datetime | None = None) -> dict[str, int]:
        """How many links these are, and how many of them `active()` and `ended()` would find, in one query."""
        now = now or timezone.now()
        closed, ended = _closed(now), _ended(now)
        return self.aggregate(all=Count("pk"), active=Count("pk", filter=~closed), ended=Count("pk", filter=ended))

    def delete_links(self) -> int:
        """Takes the links down for good; what came through them keeps its history and custody."""
        return self.existing().update(deleted_at=timezone.now(), slug=None)
