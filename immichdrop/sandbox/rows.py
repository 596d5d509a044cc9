"""How records lie in SQLite's columns: moments as ISO 8601, paths relative to the directory, but for those
of external libraries."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from .records import ApiKey, StoredAlbum, StoredAsset, StoredLink, StoredTag, StoredUser

Column = str | int | float | None

ASSET_COLUMNS = [field.name for field in fields(StoredAsset)]
_LINK_COLUMNS = [field.name for field in fields(StoredLink)]
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS api_key (
    id PRIMARY KEY, name, permissions, created_at, secret_sha256 UNIQUE
);
CREATE TABLE IF NOT EXISTS session (token_sha256 PRIMARY KEY);
CREATE TABLE IF NOT EXISTS asset (
    {", ".join(ASSET_COLUMNS)}, PRIMARY KEY (id), UNIQUE (sha1)
);
CREATE TABLE IF NOT EXISTS album (id PRIMARY KEY, name, description, created_at, updated_at);
CREATE TABLE IF NOT EXISTS album_asset (
    album_id REFERENCES album ON DELETE CASCADE,
    asset_id REFERENCES asset ON DELETE CASCADE,
    PRIMARY KEY (album_id, asset_id)
);
CREATE TABLE IF NOT EXISTS user (id PRIMARY KEY, name, email, created_at);
CREATE TABLE IF NOT EXISTS album_user (
    album_id REFERENCES album ON DELETE CASCADE,
    user_id REFERENCES user ON DELETE CASCADE,
    role,
    PRIMARY KEY (album_id, user_id)
);
CREATE TABLE IF NOT EXISTS stack (id PRIMARY KEY, primary_asset_id);
CREATE TABLE IF NOT EXISTS library (
    id PRIMARY KEY, name, import_paths, exclusion_patterns, created_at, updated_at, refreshed_at
);
CREATE TABLE IF NOT EXISTS tag (
    id PRIMARY KEY, value UNIQUE, parent_id REFERENCES tag ON DELETE CASCADE, created_at, updated_at
);
CREATE TABLE IF NOT EXISTS tag_asset (
    tag_id REFERENCES tag ON DELETE CASCADE,
    asset_id REFERENCES asset ON DELETE CASCADE,
    PRIMARY KEY (tag_id, asset_id)
);
CREATE TABLE IF NOT EXISTS shared_link (
    {", ".join(_LINK_COLUMNS)},
    PRIMARY KEY (id), UNIQUE (key), UNIQUE (slug),
    FOREIGN KEY (album_id) REFERENCES album ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS shared_link_asset (
    shared_link_id REFERENCES shared_link ON DELETE CASCADE,
    asset_id REFERENCES asset ON DELETE CASCADE,
    PRIMARY KEY (shared_link_id, asset_id)
);
"""
# Those that files of an earlier sandbox may not have yet.
ADDED_COLUMNS = {
    "asset": {
        "description": "DEFAULT ''",
        "rating": "",
        "latitude": "",
        "longitude": "",
        "is_deleted": "DEFAULT 0",
        "library_id": "",
        "is_offline": "DEFAULT 0",
        "stack_id": "",
    },
    "library": {"owner_id": ""},
}

_MOMENTS = {
    "file_created_at",
    "file_modified_at",
    "local_date_time",
    "taken_at",
    "created_at",
    "updated_at",
    "expires_at",
}
_FLAGS = {
    "is_video",
    "is_favorite",
    "is_trashed",
    "is_deleted",
    "is_offline",
    "allow_upload",
    "allow_download",
    "show_metadata",
}
_PATHS = {"path", "sidecar"}


def key(row: sqlite3.Row) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        permissions=tuple(json.loads(row["permissions"])),
        created_at=datetime.fromisoformat(row["created_at"]),
    )


def album(row: sqlite3.Row) -> StoredAlbum:
    return StoredAlbum(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
    )


def user(row: sqlite3.Row) -> StoredUser:
    return StoredUser(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        created_at=datetime.fromisoformat(row["created_at"]),
    )


def tag(row: sqlite3.Row) -> StoredTag:
    return StoredTag(
        id=row["id"],
        value=row["value"],
        parent_id=row["parent_id"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
    )


def link(row: sqlite3.Row) -> StoredLink:
    return StoredLink(**{name: _field(name, row[name], Path()) for name in _LINK_COLUMNS})


def asset(row: sqlite3.Row, directory: Path) -> StoredAsset:
    return StoredAsset(**{name: _field(name, row[name], directory) for name in ASSET_COLUMNS})


def asset_values(asset: StoredAsset, directory: Path) -> list[Column]:
    return [column(getattr(asset, name), directory) for name in ASSET_COLUMNS]


def column(value: object, directory: Path) -> Column:
    match value:
        case datetime():
            return value.isoformat()
        case Path():
            return str(value.relative_to(directory) if value.is_relative_to(directory) else value)
        case str() | int() | float() | None:
            return value
        case _:
            raise TypeError(f"Can't be kept: {value!r}")


def _field(name: str, value: object, directory: Path) -> Any:
    if isinstance(value, str) and name in _MOMENTS:
        return datetime.fromisoformat(value)
    if isinstance(value, str) and name in _PATHS:
        return directory / value
    return bool(value) if name in _FLAGS else value
