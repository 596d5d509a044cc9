"""What a host does with links: make, change, switch, copy, take down. No request or answer comes in here."""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from immichdrop.hosts import may_make_links
from immichdrop.models import User
from immichdrop.texts import storable
from invites.models import Invite
from invites.queries import InviteQuerySet

MOST_DAYS = 36_500  # a hundred years
LONGEST_PASSWORD = 200  # characters
_WANTED_MOMENT = "A date such as 2026-07-14, or a time with its offset such as 2026-07-14T18:00+02:00, is wanted."


class LinkFields(TypedDict, total=False):
    """What a host can say of a link; what is left out stays as it is, or as the model begins it.

    `password` is in clear, "" is none. `slug` is the custom address, None is none. Moments carry their offset.
    """

    name: str
    welcome_text: str
    slug: str | None
    album_id: uuid.UUID | None
    album_name: str
    max_uses: int
    opens_at: datetime | None
    expires_at: datetime | None
    disabled: bool
    password: str
    guest_name: str
    kinds: str
    max_files: int | None
    max_bytes: int | None
    max_file_size: int | None
    describe: bool
    tag: bool
    allow_urls: bool


class LinkError(ValueError):
    """What was said of a link makes no sense: `problems` holds words for people by the field's name.

    A field is one of LinkFields, or `expires_days` or `time_zone`. Nothing was changed.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {words}" for field, words in problems.items()))
        self.problems = dict(problems)


# --- moments


def zone_named(name: str) -> ZoneInfo:
    """The time zone of a host, such as `Europe/Berlin`. Raises LinkError."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise LinkError({"time_zone": "A name such as Europe/Berlin is wanted."}) from None


def moment(text: str, zone: ZoneInfo, *, end_of_day: bool) -> datetime:
    """An ISO date-time with its offset is that moment; a date is that day in `zone`, from its begin or to its end.

    Raises ValueError, or OverflowError at the end of the calendar.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        said = datetime.fromisoformat(text)
        if said.tzinfo is None:
            raise ValueError("a time needs its offset, as in 2026-07-14T18:00+02:00") from None
        return said.astimezone(UTC)
    return datetime.combine(day + timedelta(days=1 if end_of_day else 0), time(), zone).astimezone(UTC)


def within_calendar(moment: datetime) -> datetime:
    """The same moment, or a day off the calendar's ends, where other zones have no name for it."""
    day = timedelta(days=1)
    return min(max(moment, datetime.min.replace(tzinfo=UTC) + day), datetime.max.replace(tzinfo=UTC) - day)


def end_of_validity(text: str, zone: ZoneInfo) -> datetime:
    """Until when a link is open: a date is the end of that day in `zone`. Raises ValueError, OverflowError."""
    return moment(text, zone, end_of_day=True)


def expires_at_said(text: str, zone: ZoneInfo) -> datetime | None:
    """`end_of_validity` of what a host typed; empty is no end. Raises LinkError."""
    try:
        return end_of_validity(text, zone) if text else None
    except (ValueError, OverflowError):
        raise LinkError({"expires_at": _WANTED_MOMENT}) from None


def opens_at_said(text: str, zone: ZoneInfo) -> datetime | None:
    """From when a link is open: a date is the begin of that day in `zone`; empty is at once. Raises LinkError."""
    try:
        return moment(text, zone, end_of_day=False) if text else None
    except (ValueError, OverflowError):
        raise LinkError({"opens_at": _WANTED_MOMENT}) from None


def expires_in(days: int, now: datetime | None = None) -> datetime:
    """So many days from now, to the hour. Raises LinkError."""
    if not 1 <= days <= MOST_DAYS:
        raise LinkError({"expires_days": f"A number of days from 1 to {MOST_DAYS} is wanted."})
    return (now or timezone.now()) + timedelta(days=days)


# --- one link


def create_link(owner: User | None, fields: LinkFields) -> Invite:
    """A new link of this host. Raises LinkError, also when the host has no Immich that files could go to."""
    if owner and not may_make_links(owner):
        raise LinkError(
            {"owner": gettext("Connect your own Immich first: on this server links don't use the server's.")}
        )
    invite = Invite(owner=owner)
    _apply(invite, fields)
    _save(invite)
    return invite


def change_link(invite: Invite, changes: LinkFields) -> None:
    """Changes these fields alone, so that what happened at the link meanwhile stays. Raises LinkError."""
    changed = _apply(invite, changes)
    if changed:
        _save(invite, changed)


def duplicate_link(invite: Invite) -> Invite:
    """A new link like this one, password included: unused, enabled, without the custom address, which is the first's.

    An end that is over is not copied, since the copy would be closed at birth.
    """
    copied = LinkFields.__annotations__.keys() - {"slug", "disabled"}
    copy = Invite(owner_id=invite.owner_id, **{name: getattr(invite, name) for name in copied})
    now = timezone.now()
    if copy.password:
        copy.password_set_at = now
    if copy.expires_at and copy.expires_at <= now:
        copy.expires_at = None
    copy.save(force_insert=True)
    return copy


def _apply(invite: Invite, fields: LinkFields) -> set[str]:
    """Puts the fields onto the row and looks at them. The names of the columns that changed; raises LinkError."""
    said: dict[str, object] = dict(fields)
    if unstorable := [name for name in said if _unstorable(said[name])]:
        raise LinkError(dict.fromkeys(unstorable, gettext("It has a character that can't be kept.")))
    changed = set(said)
    password = said.pop("password", None)
    if isinstance(password, str):
        if len(password) > LONGEST_PASSWORD:
            raise LinkError({"password": _at_most(LONGEST_PASSWORD)})
        invite.set_password(password)
        changed.add("password_set_at")
    for name, value in said.items():
        setattr(invite, name, value.strip() if isinstance(value, str) else value)
    if said.keys() & {"album_id", "album_name"} and invite.album_missing_at:
        invite.album_missing_at = None  # of the one before; it is found out anew
        changed.add("album_missing_at")
    if "slug" in said:
        invite.slug = invite.slug or None  # unique, so that an empty text could be there only once
    _check(invite, changed)
    return changed


def _unstorable(value: object) -> bool:
    return isinstance(value, str) and not storable(value)


def _check(invite: Invite, changed: set[str]) -> None:
    naive = [name for name in ("opens_at", "expires_at") if (at := getattr(invite, name)) and at.tzinfo is None]
    if naive:
        raise LinkError(dict.fromkeys(naive, _WANTED_MOMENT))
    try:
        # The rest of the row stays as it is, whatever an older version let in.
        invite.full_clean(exclude={field.name for field in Invite._meta.fields} - changed)
    except ValidationError as error:
        raise LinkError({field: _words(faults) for field, faults in error.error_dict.items()}) from error


def _at_most(number: int) -> str:
    return gettext("At most %(number)d characters, please.") % {"number": number}


def _address_taken() -> str:
    return gettext("This address is taken. Please choose another one.")


def _words(faults: list[ValidationError]) -> str:
    fault = faults[0]
    if fault.code == "max_length" and fault.params:
        return _at_most(fault.params["limit_value"])
    return _address_taken() if fault.code == "unique" else fault.messages[0]


def _save(invite: Invite, changed: set[str] | None = None) -> None:
    try:
        with transaction.atomic():
            invite.save(update_fields=changed)
    except IntegrityError as error:
        # Somebody else took the address between the look and the save.
        raise LinkError({"slug": _address_taken()}) from error


# --- several links


def set_enabled(links: InviteQuerySet, enabled: bool) -> int:
    """Switches links on or off; how many there were."""
    return links.existing().update(disabled=not enabled)


def delete_links(links: InviteQuerySet) -> int:
    """Takes links down for good; how many there were. What came through them stays, and is delivered."""
    return links.delete_links()


def reset_usage(links: InviteQuerySet) -> int:
    """Lets links begin anew: no file counted, and a one-time link belongs to nobody. How many there were."""
    return links.existing().update(used=0, claimed_by=None, claimed_at=None)
