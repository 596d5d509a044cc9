"""Rows of immich-drop's `state.db`, and what they are here. The database is not asked.

Whatever limits a link and can't be read leaves the link disabled, never open: its host is to look at it.
"""

import base64
import binascii
import ipaddress
import re
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from immichdrop.models import ImmichAccount
from invites.hashers import ImmichDropPasswordHasher
from invites.models import Invite
from invites.queries import ONE_TIME, UNLIMITED
from uploads import names
from uploads.models import KnownAsset, Upload
from uploads.state_db import Row, Value

# Beyond these a time in another zone may be outside the calendar.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
MOST_USES = 2**31 - 1  # of the columns
EVENTS = uuid.UUID("8f0c3a52-5a0e-4d0c-9c55-6f2d4b0d9a11")  # the name space of imported uploads' ids
GONE = "Imported. It came through a link that is not here."
GUARDS = frozenset({"max_uses", "used_count", "expires_at"})

_TOKEN = re.compile(r"[0-9a-fA-F]{32}")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
Complain = Callable[[str], None]
T = TypeVar("T")


class BadRowError(ValueError):
    """The row can't be taken over; the message names the field."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A link's host as the row tells: the id in Immich, and an e-mail address, which may be no address."""

    immich_user_id: uuid.UUID | None
    email: str
    name: str


# --- fields


def text(value: Value, most: int) -> str:
    """At most so many characters, without NUL, which PostgreSQL does not keep."""
    if value is None:
        return ""
    plain = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return plain.replace("\0", "").strip()[:most]


def shown(value: Value) -> str:
    """A value as it is named in a complaint."""
    return repr(text(value, 40))


def moment(value: Value) -> datetime:
    """An ISO time; one without an offset is UTC, as immich-drop wrote and compared them. Raises ValueError."""
    read = datetime.fromisoformat(text(value, 100))
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    return min(max(aware, EARLIEST), LATEST).astimezone(UTC)


def sha1(value: Value) -> str:
    """A SHA-1 in lower-case hex, from hex or from base64, as Immich writes it. Raises ValueError."""
    said = text(value, 100)
    if _SHA1.fullmatch(said):
        return said.lower()
    digest = base64.b64decode(said, validate=True)  # binascii.Error is a ValueError
    if len(digest) != 20:
        raise binascii.Error("not a SHA-1")
    return digest.hex()


def asset(value: Value) -> uuid.UUID:
    """An id of Immich's. Raises ValueError."""
    return uuid.UUID(text(value, 100))


def address(value: Value) -> str | None:
    """A client's address; None for what is none, such as a proxy's list."""
    try:
        read = ipaddress.ip_address(text(value, 100))
    except ValueError:
        return None
    return None if "%" in str(read) else str(read)


# --- rows


def owner_of(row: Row) -> Owner | None:
    """Whose the link is, None when nobody is named."""
    try:
        immich_user_id = asset(row.get("owner_user_id"))
    except ValueError:
        immich_user_id = None
    owner = Owner(immich_user_id, text(row.get("owner_email"), 254).lower(), text(row.get("owner_name"), 150))
    return owner if owner.immich_user_id or owner.email else None


def invite_of(row: Row, missing: Collection[str], complain: Complain) -> Invite:
    """The link, without its owner. Raises BadRowError; what is left out of one that is made is complained of."""
    token = text(row["token"], 100)
    if not _TOKEN.fullmatch(token):
        raise BadRowError("token: it is not 32 hex digits")  # and not to be shown: it may open a door
    invite = Invite(
        token=token,
        name=text(row.get("name"), 200),
        album_name=text(row.get("album_name"), 200),
        created_at=_time(row, "created_at", complain) or timezone.now(),
        disabled=bool(row.get("disabled")),
    )
    doubts = set(GUARDS.intersection(missing))

    def doubt(field: str, why: str) -> None:
        doubts.add(field)
        complain(f"{field}: {why}; the link is disabled")

    if album := row.get("album_id"):
        try:
            invite.album_id = asset(album)
        except ValueError:
            complain(f"album_id: {shown(album)} is not an album's id, left out")
    _limit(invite, row, doubt)
    _claim(invite, row)
    if (old := row.get("password_hash")) not in (None, ""):
        try:
            invite.password = ImmichDropPasswordHasher().take_over(text(old, 300))
        except ValueError:
            invite.password = make_password(None)  # that nobody can give
            doubt("password_hash", "it can't be read, set another password")
    invite.disabled |= bool(doubts)
    return invite


def _limit(invite: Invite, row: Row, doubt: Callable[[str, str], None]) -> None:
    """How often and until when. In immich-drop no number, and one below 0, was no limit, and 0 nobody's."""
    most, used, expires = row.get("max_uses"), row.get("used_count"), row.get("expires_at")
    if most is not None and not isinstance(most, int):
        invite.max_uses = ONE_TIME
        doubt("max_uses", f"{shown(most)} is not a number")
    elif most == 0:
        invite.max_uses, invite.disabled = ONE_TIME, True
    else:
        invite.max_uses = UNLIMITED if most is None or not 0 < most <= MOST_USES else most
    if used is not None and not isinstance(used, int):
        doubt("used_count", f"{shown(used)} is not a number")
    else:
        invite.used = min(max(used or 0, 0), MOST_USES)
    if expires not in (None, ""):
        try:
            invite.expires_at = moment(expires)
        except ValueError:
            doubt("expires_at", f"{shown(expires)} is not a time")


def _claim(invite: Invite, row: Row) -> None:
    """A one-time link that somebody used stays claimed, by nobody: its session is known to no browser any more."""
    if invite.one_time and (row.get("claimed") or invite.used):
        invite.claimed_at = _time(row, "claimed_at", lambda _: None) or invite.created_at


def known_of(row: Row, account: ImmichAccount) -> KnownAsset | None:
    """What Immich had, None where the row names no asset. Raises BadRowError."""
    if row["immich_asset_id"] in (None, ""):
        return None
    return KnownAsset(
        account=account,
        sha1=_field(row, "checksum", sha1, "a SHA-1"),
        asset_id=_field(row, "immich_asset_id", asset, "an asset's id"),
        seen_at=_time(row, "inserted_at", lambda _: None) or timezone.now(),
    )


def event_of(row: Row, account: ImmichAccount, complain: Complain) -> Upload:
    """A file that immich-drop delivered, as history, without its link. Raises BadRowError.

    Its bytes are noted as deleted and its album is not named, so that nothing here expects, sends or counts them as
    waiting. The id is made of all that the row says: the same row is the same upload at the next import.
    """
    at = _field(row, "uploaded_at", moment, "a time")
    size = row.get("size")
    if size is not None and (not isinstance(size, int) or size < 0):
        complain(f"size: {shown(size)} is not a number of bytes, left out")
    size = max(size, 0) if isinstance(size, int) else 0
    said = "\0".join(f"{name}={text(value, 1000)}" for name, value in sorted(row.items()))
    return Upload(
        pk=uuid.uuid5(EVENTS, said),
        account=account,
        filename=names.clean(text(row["filename"], 1000)) or "file",
        size=size,
        offset=size,
        sha1=_optional(row, "checksum", sha1, "a SHA-1", complain) or "",
        asset_id=_optional(row, "immich_asset_id", asset, "an asset's id", complain),
        status=Upload.Status.DELIVERED,
        client_address=address(row.get("ip")),
        user_agent=text(row.get("user_agent"), 300),
        created_at=at,
        received_at=at,
        next_attempt_at=at,
        delivered_at=at,
        bytes_deleted_at=at,
    )


def _field(row: Row, name: str, read: Callable[[Value], T], what: str) -> T:
    try:
        return read(row[name])
    except ValueError:
        raise BadRowError(f"{name}: {shown(row[name])} is not {what}") from None


def _optional(row: Row, name: str, read: Callable[[Value], T], what: str, complain: Complain) -> T | None:
    if row.get(name) in (None, ""):
        return None
    try:
        return _field(row, name, read, what)
    except BadRowError as error:
        complain(f"{error}, left out")
        return None


def _time(row: Row, name: str, complain: Complain) -> datetime | None:
    return _optional(row, name, moment, "a time", complain)
