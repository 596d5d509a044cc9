"""What Immich's answers become here: plain values that mean the same for every version."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar

from .errors import NotImmich

Word = TypeVar("Word", bound=StrEnum)


class Version(NamedTuple):
    """Immich's version; compares as a tuple: `version >= (3, 0, 0)`."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True)
class About:
    """`version` as Immich writes it ("v3.1.0"); `licensed`: the host has bought a licence."""

    version: str
    licensed: bool


@dataclass(frozen=True, slots=True)
class MediaTypes:
    """File extensions Immich takes: with dot, in lower case."""

    image: frozenset[str]
    video: frozenset[str]
    sidecar: frozenset[str]


@dataclass(frozen=True, slots=True)
class User:
    """An account in Immich."""

    id: str
    email: str
    name: str
    is_admin: bool


@dataclass(frozen=True, slots=True)
class Login:
    """A session made from e-mail and password. The token opens everything: never log it."""

    access_token: str = field(repr=False)
    user: User


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key that was just made. Immich tells its secret this once: never log it."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Existing:
    """An asset Immich already has for a checksum."""

    asset_id: str
    is_trashed: bool


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of an upload. A duplicate's `id` is that of the asset that was there before."""

    id: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Album:
    """`owner_id` is None when the answer does not tell it."""

    id: str
    name: str
    owner_id: str | None
    asset_count: int


@dataclass(frozen=True, slots=True)
class StackOf:
    """The stack an asset is in, as the asset tells it. `asset_count`: without what is archived, hidden or trashed."""

    id: str
    primary_asset_id: str
    asset_count: int


@dataclass(frozen=True, slots=True)
class Asset:
    """`sha1` in hex. `taken_at` (EXIF, sidecar) and `size` are None until Immich has read the file.

    `local_date_time` is what the wall clock showed; Immich writes it as if it were UTC. `path` is where the file
    lies for Immich; `library_id` that of its external library, whose assets have the `sha1` of their path (353).
    `is_offline`: its file has vanished. `stack` is told by `asset()` alone, not by searches and changes, and is
    None as well when all others of the stack are archived, hidden or in the trash (300).
    """

    id: str
    name: str
    type: str
    sha1: str
    file_created_at: datetime
    file_modified_at: datetime
    local_date_time: datetime
    taken_at: datetime | None
    size: int | None
    visibility: str
    is_favorite: bool
    is_trashed: bool
    live_photo_video_id: str | None
    description: str
    path: str = ""
    library_id: str | None = None
    is_offline: bool = False
    rating: int | None = None
    stack: StackOf | None = None


class Answer:
    """A JSON object of Immich's, read with the types we rely on.

    A missing or differently typed field raises NotImmich: we would rather wait than guess.
    """

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise NotImmich(f"Expected a JSON object, got {type(value).__name__}")
        self._fields: Mapping[str, object] = value

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str):
            raise NotImmich(f"Expected text as {name!r} in Immich's answer")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self._fields.get(name) is None else self.text(name)

    def number(self, name: str) -> int:
        value = self._fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise NotImmich(f"Expected a whole number as {name!r} in Immich's answer")
        return value

    def optional_number(self, name: str) -> int | None:
        return None if self._fields.get(name) is None else self.number(name)

    def flag(self, name: str) -> bool:
        """False when left out."""
        return self._fields.get(name) is True

    def one_of(self, name: str, words: type[Word]) -> Word:
        value = self.text(name)
        if value not in list(words):
            raise NotImmich(f"Expected {', '.join(words)} as {name!r} in Immich's answer")
        return words(value)

    def moment(self, name: str) -> datetime:
        value = self.text(name)
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise NotImmich(f"Expected a date as {name!r} in Immich's answer") from None

    def optional_moment(self, name: str) -> datetime | None:
        return None if self._fields.get(name) is None else self.moment(name)

    def texts(self, name: str) -> frozenset[str]:
        return frozenset(self.ordered_texts(name))

    def ordered_texts(self, name: str) -> tuple[str, ...]:
        value = self._fields.get(name)
        if not isinstance(value, list):
            raise NotImmich(f"Expected a list as {name!r} in Immich's answer")
        return tuple(str(item) for item in value)

    def object(self, name: str) -> Answer:
        """An empty one when left out or null."""
        return Answer(self._fields.get(name) or {})

    def objects(self, name: str) -> list[Answer]:
        """Empty when left out."""
        return objects(self._fields.get(name) or [])


def objects(value: object) -> list[Answer]:
    """A JSON array of objects."""
    if not isinstance(value, list):
        raise NotImmich(f"Expected a JSON array, got {type(value).__name__}")
    return [Answer(item) for item in value]


def outcomes(value: object, *, id_name: str = "id") -> dict[str, str | None]:
    """What became of each id: None, or Immich's word for why not (recorded exchanges 269-281, 430, 431).

    Of an id named twice, the second outcome is `duplicate`: name each once.
    """
    return {
        result.text(id_name): None if result.flag("success") else result.optional_text("error") or "unknown"
        for result in objects(value)
    }


def user(answer: Answer) -> User:
    """From `/users/me` (recorded exchange 019)."""
    return User(
        id=answer.text("id"),
        email=answer.text("email"),
        name=answer.text("name"),
        is_admin=answer.flag("isAdmin"),
    )


def asset(answer: Answer) -> Asset:
    """From `/assets/{id}` (recorded exchanges 086, 163)."""
    exif = answer.object("exifInfo")
    return Asset(
        id=answer.text("id"),
        name=answer.text("originalFileName"),
        type=answer.text("type"),
        sha1=_hex(answer.text("checksum")),
        file_created_at=answer.moment("fileCreatedAt"),
        file_modified_at=answer.moment("fileModifiedAt"),
        local_date_time=answer.moment("localDateTime"),
        taken_at=exif.optional_moment("dateTimeOriginal"),
        size=exif.optional_number("fileSizeInByte"),
        visibility=answer.optional_text("visibility") or "timeline",
        is_favorite=answer.flag("isFavorite"),
        is_trashed=answer.flag("isTrashed"),
        live_photo_video_id=answer.optional_text("livePhotoVideoId"),
        description=exif.optional_text("description") or "",
        path=answer.optional_text("originalPath") or "",
        library_id=answer.optional_text("libraryId"),
        is_offline=answer.flag("isOffline"),
        rating=exif.optional_number("rating"),
        stack=_stack_of(answer),
    )


def _stack_of(answer: Answer) -> StackOf | None:
    stack = answer.object("stack")
    identifier = stack.optional_text("id")
    if identifier is None:
        return None
    return StackOf(identifier, stack.text("primaryAssetId"), stack.number("assetCount"))


def _hex(checksum: str) -> str:
    """Immich answers checksums in base64; we speak of SHA-1 in hex everywhere."""
    try:
        return base64.b64decode(checksum, validate=True).hex()
    except binascii.Error:
        raise NotImmich("Expected a base64 checksum in Immich's answer") from None
