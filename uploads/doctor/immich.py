"""One Immich as it answers: who it is, what the key may do, which albums it has. Nothing here uses the database."""

import ipaddress
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import Immich, ImmichError, NotImmich, User, Version
from immichdrop.models import ImmichAccount
from uploads.doctor.checks import CONNECT_TIMEOUT, READ_TIMEOUT, WITHIN, Check, Part, State
from uploads.missing_albums import Shelf, Wish, shelf_of

HELD_AGAINST = (2, 3)  # major versions whose answers were recorded (docs/install.md)
SKEW = timedelta(seconds=30)  # from here on two clocks differ
# Ends of names that are not given to machines outside.
_LOCAL_NAMES = (".local", ".lan", ".internal", ".home.arpa", ".localhost")


@dataclass(slots=True)
class Seen:
    """What an Immich said so far: it is filled in while it is asked, and None is what it did not say (yet).

    `wished`: the albums of links, which are looked for. `seconds`: until its first answer. `skew`: how far its clock is
    ahead of ours. `away`: why it can't be reached; `refused`: why it did not take the key, `unreadable`: why we can't.
    """

    address: str
    key: str = field(default="", repr=False)
    wished: Sequence[Wish] = ()
    unreadable: bool = False
    seconds: float | None = None
    skew: timedelta | None = None
    version: Version | None = None
    granted: frozenset[str] | None = None
    owner: User | None = None
    shelf: Shelf | None = None
    away: ImmichError | None = None
    refused: ImmichError | None = None

    @classmethod
    def of(cls, account: ImmichAccount, wished: Sequence[Wish] = ()) -> "Seen":
        """Of the Immich that an account names, before it was asked."""
        try:
            return cls(account.address, account.api_key, wished)
        except SecretChangedError:
            return cls(account.address, wished=wished, unreadable=True)

    @property
    def answers(self) -> bool:
        return self.seconds is not None

    @property
    def milliseconds(self) -> int:
        return round((self.seconds or 0) * 1000)

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc


def look(seen: Seen, clock: Callable[[], datetime] = timezone.now) -> None:
    """Asks an Immich, and notes what it says as it comes. `clock` is ours."""
    if not seen.address:
        return
    with Immich(seen.address, seen.key, connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT) as immich:
        try:
            _reach(seen, immich, clock)
        except ImmichError as error:
            seen.away = error
            return
        if not seen.key:
            return
        try:
            seen.granted = immich.permissions()
            if seen.granted & {"all", "user.read"}:
                seen.owner = immich.me()
            seen.shelf = shelf_of(immich, seen.granted, [wish.album_id for wish in seen.wished])
        except ImmichError as error:
            seen.refused = error


def _reach(seen: Seen, immich: Immich, clock: Callable[[], datetime]) -> None:
    began = time.monotonic()
    immich.ping()
    seen.seconds = time.monotonic() - began
    if immich.clock:
        # Its clock is told without the part of the second, which was half of one on average.
        seen.skew = immich.clock + timedelta(seconds=0.5) - (clock() - timedelta(seconds=seen.seconds / 2))
    seen.version = immich.version()


# --- what that means


def checks(seen: Seen, part: Part, *, operator: bool) -> Iterator[Check]:
    """Of the server; `uploads.doctor.key` says what of the key. `operator`: for those who can change its settings."""
    yield _reached(seen, part) if operator else _reached_by_host(seen, part)
    if seen.answers:
        yield _version(seen, part)
        yield clock_check("clock", part, _("Immich’s clock"), seen.skew)


def other_addresses(used: str) -> dict[str, Seen]:
    """The Immich addresses that are set beside the used one, by the setting that names each."""
    named = settings.IMMICH_ADDRESSES.items()
    return {name: Seen(address) for name, address in named if address and address != used}


def other_address(name: str, seen: Seen) -> Check:
    """An address that is set and not used."""
    title = _("Another address of Immich")
    place = {"setting": name, "address": seen.address, "kind": kind_of(seen.host)}
    if seen.answers:
        words = _("%(setting)s is set too: %(address)s (%(kind)s) answers, and is not used.") % place
        return Check(f"address.{name}", Part.SERVER, title, State.OK, words)
    words = _("%(setting)s is set too: %(address)s (%(kind)s) does not answer. It is not used.") % place
    advice = _("Nothing waits for it. Take %(setting)s away, or correct it before you use it.") % place
    return Check(f"address.{name}", Part.SERVER, title, State.ATTENTION, words, advice)


def kind_of(host: str) -> str:
    """Whether a host of an address is one of the own network, as far as its name tells."""
    name = (urlsplit(f"//{host}").hostname or "").lower()
    try:
        local = ipaddress.ip_address(name).is_private
    except ValueError:
        local = "." not in name or name.endswith(_LOCAL_NAMES)
    return _("LAN address") if local else _("external address")


def _named_by(address: str) -> str:
    """The setting that names it, or "" for a host's own."""
    if address == settings.IMMICH_BASE_URL:
        return next((name for name, value in settings.IMMICH_ADDRESSES.items() if value), "IMMICH_BASE_URL")
    return ""


def _reached_by_host(seen: Seen, part: Part) -> Check:
    """For a host, in whose hands it is not."""
    title = _("Immich answers")
    if not seen.address:
        advice = _("Ask whoever runs this server to name one. Until then uploads are safe here and wait.")
        return Check("immich", part, title, State.BAD, _("This server knows no Immich yet."), advice)
    if seen.answers:
        words = _("%(host)s · answered in %(ms)d ms") % {"host": seen.host, "ms": seen.milliseconds}
        return Check("immich", part, title, State.OK, words)
    words = _("%s does not answer.") % seen.host
    return Check("immich", part, title, State.BAD, words, _("Uploads are safe here and wait until Immich is back."))


def _reached(seen: Seen, part: Part) -> Check:
    title = _("Immich answers")
    if not seen.address:
        advice = _("Set IMMICH_BASE_URL, and restart. Until then uploads are received and wait.")
        return Check("immich", part, title, State.BAD, _("No Immich is named."), advice)
    setting = _named_by(seen.address)
    kind = ", ".join(filter(None, [kind_of(seen.host), setting]))
    place = {"address": seen.address, "kind": kind, "ms": seen.milliseconds, "seconds": WITHIN}
    if seen.answers:
        words = _("%(address)s (%(kind)s) answers in %(ms)d ms.") % place
        return Check("immich", part, title, State.OK, words)
    if isinstance(seen.away, NotImmich):
        advice = _("Give the address of Immich itself: in %s, then restart.") % setting
        own = _("Give the address of Immich itself, in the admin under Immich accounts.")
        words = f"{seen.address} ({kind}): {seen.away.reason}."
        return Check("immich", part, title, State.BAD, words, advice if setting else own)
    words = f"{seen.address} ({kind}): {seen.away.reason}." if seen.away else ""
    late = _("%(address)s (%(kind)s) does not answer within %(seconds)s s.") % place
    advice = _(
        "Is Immich running, and does this server reach that address? Uploads are safe here and wait until Immich is"
        " back."
    )
    return Check("immich", part, title, State.BAD, words or late, advice)


def _version(seen: Seen, part: Part) -> Check:
    title = _("Immich’s version")
    if seen.version is None:
        return Check("version", part, title, State.UNKNOWN, _("Immich did not tell it in time."))
    said = {"version": seen.version, "oldest": HELD_AGAINST[0], "newest": HELD_AGAINST[-1]}
    if seen.version.major < HELD_AGAINST[0]:
        words = _("%(version)s is older than what Immich Drop is made for (%(oldest)d and %(newest)d).") % said
        return Check("version", part, title, State.ATTENTION, words, _("Update Immich."))
    if seen.version.major > HELD_AGAINST[-1]:
        words = _("%(version)s is newer than what Immich Drop is made for (%(oldest)d and %(newest)d).") % said
        advice = _(
            "Look for a newer Immich Drop, and meanwhile at what arrives. Nothing is deleted before Immich has it."
        )
        return Check("version", part, title, State.ATTENTION, words, advice)
    words = _("%(version)s; Immich Drop is made for %(oldest)d and %(newest)d.") % said
    return Check("version", part, title, State.OK, words)


def clock_check(name: str, part: Part, title: str, skew: timedelta | None) -> Check:
    """Another clock, which is `skew` ahead of ours; None where it is not known."""
    if skew is None:
        return Check(name, part, title, State.UNKNOWN, _("It was not told."))
    if abs(skew) < SKEW:
        return Check(name, part, title, State.OK, _("It agrees with this server’s."))
    direction = _("It is %s ahead of this server’s.") if skew > timedelta() else _("It is %s behind this server’s.")
    advice = _(
        "Let all machines set their clocks by the network (NTP). When links open and close, and the dates of files"
        " without one, go by this server’s clock."
    )
    return Check(name, part, title, State.ATTENTION, direction % _length(abs(skew)), advice)


def _length(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    if seconds < 120:
        return _("%d s") % seconds
    return _("%d min") % (seconds // 60) if seconds < 7200 else _("%d h") % (seconds // 3600)
