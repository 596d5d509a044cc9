"""`state.db` as immich-drop makes it: its early versions, the ones in use, and those of the newest column names."""

import hashlib
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

UPLOADS = """CREATE TABLE uploads (
    id INTEGER PRIMARY KEY AUTOINCREMENT, checksum TEXT UNIQUE, filename TEXT, size INTEGER, device_asset_id TEXT,
    immich_asset_id TEXT, created_at TEXT, inserted_at TEXT DEFAULT CURRENT_TIMESTAMP)"""
INVITES = """CREATE TABLE invites (
    token TEXT PRIMARY KEY, album_id TEXT, album_name TEXT, max_uses INTEGER DEFAULT 1, used_count INTEGER DEFAULT 0,
    expires_at TEXT, created_at TEXT DEFAULT CURRENT_TIMESTAMP)"""
LATER = (
    "claimed INTEGER DEFAULT 0", "claimed_at TEXT", "claimed_by_session TEXT", "password_hash TEXT",
    "owner_user_id TEXT", "owner_email TEXT", "owner_name TEXT", "name TEXT", "disabled INTEGER DEFAULT 0",
)  # fmt: skip
EVENTS = """CREATE TABLE upload_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT, uploaded_at TEXT DEFAULT CURRENT_TIMESTAMP, ip TEXT,
    user_agent TEXT, fingerprint TEXT, filename TEXT, size INTEGER, checksum TEXT, immich_asset_id TEXT)"""
SALT = bytes(range(16))


def token(number: int) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"link {number}").hex


def sha1(number: int) -> str:
    return hashlib.sha1(f"photo {number}".encode()).hexdigest()


def asset(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"asset {number}"))


def password_hash(password: str) -> str:
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, 200_000)
    return f"pbkdf2_sha256$200000${SALT.hex()}${key.hex()}"


class OldState:
    """A file at `path`. `early` has links of few columns; `newest` has a log without underscores in three names."""

    def __init__(self, path: Path, *, early: bool = False, newest: bool = False) -> None:
        self.path = path
        self.newest = newest
        events = EVENTS
        if newest:
            for name in ("uploaded_at", "user_agent", "immich_asset_id"):
                events = events.replace(name, name.replace("_", ""))
        self.run(UPLOADS, INVITES, events)
        if not early:
            self.run(*(f"ALTER TABLE invites ADD COLUMN {column}" for column in LATER))

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def add(self, table: str, *rows: dict[str, object]) -> None:
        """Rows of the same columns, by the older names."""
        names = list(rows[0])
        if self.newest and table == "upload_events":
            renamed = {name: name.replace("_", "") for name in ("uploaded_at", "user_agent", "immich_asset_id")}
            names = [renamed.get(name, name) for name in names]
        marks = ", ".join("?" * len(names))
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.executemany(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", [tuple(row.values()) for row in rows]
            )

    def add_invite(self, number: int = 1, **fields: object) -> str:
        """A link without limits, which these fields change; its token."""
        self.add("invites", {"token": token(number), "max_uses": -1, **fields})
        return token(number)

    def add_event(self, number: int = 1, **fields: object) -> None:
        row = {
            "token": token(1), "uploaded_at": "2025-07-14 18:30:00", "ip": "192.0.2.7", "user_agent": "Phone",
            "fingerprint": "f1", "filename": f"IMG_{number}.jpg", "size": 1000 + number, "checksum": sha1(number),
            "immich_asset_id": asset(number),
        }  # fmt: skip
        self.add("upload_events", {**row, **fields})

    def add_upload(self, number: int = 1, **fields: object) -> None:
        row = {
            "checksum": sha1(number), "filename": f"IMG_{number}.jpg", "size": 1000 + number,
            "immich_asset_id": asset(number), "inserted_at": "2025-07-14 18:30:00",
        }  # fmt: skip
        self.add("uploads", {**row, **fields})
