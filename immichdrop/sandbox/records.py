"""What the sandbox keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """The one user of the sandbox, its administrator. The secrets never change by themselves."""

    user_id: str
    email: str
    password: str
    api_key: str
    created_at: datetime
    name: str = "Admin"
    is_admin: bool = True

    @property
    def as_user(self) -> StoredUser:
        """As other users see it."""
        return StoredUser(self.user_id, self.name, self.email, self.created_at)


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: str
    name: str
    permissions: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredAsset:
    """One asset. All moments are aware; `local_date_time` is the wall clock, as if it were UTC.

    `taken_at` is None until the file has been looked at. `time_zone` as Immich writes it
    ("UTC+2"), None when the file does not tell. `is_deleted`: by force, but the job that removes it
    has not run yet; until then it is in the trash. `library_id`: of the external library its file lies in, which
    is not ours; `is_offline`: that file has vanished.
    """

    id: str
    name: str
    sha1: str
    size: int
    path: Path
    sidecar: Path | None
    is_video: bool
    device_asset_id: str
    device_id: str
    file_created_at: datetime
    file_modified_at: datetime
    local_date_time: datetime
    taken_at: datetime | None
    time_zone: str | None
    width: int | None
    height: int | None
    duration: str | None
    visibility: str
    is_favorite: bool
    is_trashed: bool
    live_photo_video_id: str | None
    created_at: datetime
    updated_at: datetime
    description: str = ""
    rating: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    is_deleted: bool = False
    library_id: str | None = None
    is_offline: bool = False
    stack_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredAlbum:
    id: str
    name: str
    description: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredUser:
    """Somebody else on this server, who has no library here."""

    id: str
    name: str
    email: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AlbumMember:
    """A user with whom an album is shared; `role` is `editor` or `viewer`."""

    user: StoredUser
    role: str


@dataclass(frozen=True, slots=True)
class StoredStack:
    id: str
    primary_asset_id: str


@dataclass(frozen=True, slots=True)
class StackOf:
    """A stack as its assets tell it: `seen` of them are in the timeline, or stand for it."""

    stack: StoredStack
    seen: int


@dataclass(frozen=True, slots=True)
class StoredLibrary:
    """An external library: folders of this machine, and the globs of what is left out.

    `owner_id`: None for the account.
    """

    id: str
    name: str
    import_paths: tuple[str, ...]
    exclusion_patterns: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    refreshed_at: datetime | None
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A shared link: to an album, or to single assets when `album_id` is None."""

    id: str
    key: str
    album_id: str | None
    created_at: datetime
    description: str | None
    password: str | None
    slug: str | None
    expires_at: datetime | None
    allow_upload: bool
    allow_download: bool
    show_metadata: bool


@dataclass(frozen=True, slots=True)
class StoredTag:
    """`value` is its whole path: `Drop/Beach/Ann`."""

    id: str
    value: str
    parent_id: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        return self.value.rpartition("/")[2]
