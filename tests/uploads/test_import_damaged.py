"""Files of immich-drop that are damaged, strange or in use: what can be read is taken over, the rest is told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from invites.models import Invite
from tests.uploads.old_state import EVENTS, INVITES, LATER, UPLOADS, OldState, asset, sha1, token
from uploads.importing import import_state
from uploads.models import KnownAsset, Upload
from uploads.state_db import StateFileError

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(tmp_path: Path) -> OldState:
    """One link, one known file, one line of the log; in a folder of its own."""
    folder = tmp_path / "old data #1? 100%"
    folder.mkdir()
    state = OldState(folder / "state.db")
    state.add_invite(1)
    state.add_upload(1)
    state.add_event(1)
    return state


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in folder.iterdir()}


# --- no state.db at all


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match=r"state\.db can't be read: No such file"):
        import_state(tmp_path / "state.db")
    assert not list(tmp_path.iterdir())


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match="Is a directory"):
        import_state(tmp_path)


@pytest.mark.parametrize("content", [b"", b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_database_of_immich_drop_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(content)
    with pytest.raises(StateFileError, match=r"can't be read as a SQLite database|is no state\.db"):
        import_state(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(StateFileError, match="it has none of its tables"):
        import_state(path)


# --- parts that are not there


def made(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path


def test_a_missing_table_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    path = made(
        tmp_path / "state.db", UPLOADS, f"INSERT INTO uploads VALUES (1,'{sha1(1)}','a',1,'d','{asset(1)}','','')"
    )
    report = import_state(path)
    assert not report.complete
    assert {name: table.error for name, table in report.tables.items()} == {
        "invites": "it is not there", "uploads": "", "upload_events": "it is not there",
    }  # fmt: skip
    assert "  it can't be read: it is not there" in report.describe()
    assert KnownAsset.objects.count() == 1


def test_a_missing_column_that_makes_the_rows_is_told(tmp_path: Path) -> None:
    path = made(
        tmp_path / "state.db",
        INVITES.replace("token TEXT PRIMARY KEY, ", ""),
        UPLOADS.replace("immich_asset_id TEXT, ", ""),
        EVENTS.replace("uploaded_at TEXT DEFAULT CURRENT_TIMESTAMP, ", ""),
    )
    assert {name: table.error for name, table in import_state(path).tables.items()} == {
        "invites": "it has no column token", "uploads": "it has no column immich_asset_id",
        "upload_events": "it has no column uploaded_at",
    }  # fmt: skip


def test_links_whose_limits_have_no_column_are_disabled(tmp_path: Path) -> None:
    path = made(tmp_path / "state.db", INVITES.replace("expires_at TEXT, ", ""), UPLOADS, EVENTS)
    made(path, *(f"ALTER TABLE invites ADD COLUMN {column}" for column in LATER))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO invites (token) VALUES (?)", [token(1)])
    report = import_state(path)
    assert (report.complete, report.tables["invites"].missing) == (False, ["expires_at"])
    assert "  there is no column expires_at" in report.describe()
    assert Invite.objects.get().disabled


def test_a_log_without_sizes_is_read(tmp_path: Path) -> None:
    path = made(tmp_path / "state.db", INVITES, UPLOADS, EVENTS.replace("size INTEGER, ", ""))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO upload_events (filename) VALUES ('a.jpg')")
    report = import_state(path)
    assert (report.complete, report.tables["upload_events"].missing) == (False, ["size"])
    assert Upload.objects.get().size == 0


# --- damage


def test_a_file_whose_end_is_missing_is_read_up_to_there(old: OldState) -> None:
    old.add("uploads", *({"checksum": sha1(n), "immich_asset_id": asset(n)} for n in range(2, 9000)))
    with old.path.open("r+b") as file:
        file.truncate(old.path.stat().st_size * 2 // 3)
    before = everything(old.path.parent)

    report = import_state(old.path)

    uploads = report.tables["uploads"]
    assert (report.complete, uploads.error) == (False, "database disk image is malformed")
    assert 5000 < uploads.added == KnownAsset.objects.count() < 8999
    assert uploads.read == uploads.added + uploads.left_out + uploads.unread  # the last page is there in part
    assert "  the rest can't be read: database disk image is malformed" in report.describe()
    assert Invite.objects.count() == Upload.objects.count() == 1  # their pages are near the beginning
    assert everything(old.path.parent) == before


def test_a_mended_file_brings_the_rest(old: OldState) -> None:
    old.add("uploads", *({"checksum": sha1(n), "immich_asset_id": asset(n)} for n in range(2, 9000)))
    whole = old.path.read_bytes()
    old.path.write_bytes(whole[: len(whole) * 2 // 3])
    first = import_state(old.path).tables["uploads"].added
    old.path.write_bytes(whole)
    report = import_state(old.path)
    assert report.complete
    assert report.tables["uploads"].added == 8999 - first
    assert (Invite.objects.count(), Upload.objects.count()) == (1, 1)


def test_overwritten_pages_do_not_hide_other_tables(old: OldState) -> None:
    with closing(sqlite3.connect(old.path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'uploads'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with old.path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xa5" * size)
    report = import_state(old.path)
    assert report.tables["uploads"].error == "database disk image is malformed"
    assert (report.tables["invites"].complete, report.tables["upload_events"].complete) == (True, True)
    assert (Invite.objects.count(), KnownAsset.objects.count(), Upload.objects.count()) == (1, 0, 1)


NASTY = (
    None, "", " ", "\0", "a\0b", b"\xff\xfe\x00", b"", "ünïcode \U0001f389" * 300, "x" * 100_000, -1, 0, 2**63 - 1,
    -(2**63), 1e308, float("inf"), "NaN", "9999-12-31", "0001-01-01T00:00:00+14:00", "{" * 50, "' OR 1=1 --", "%",
    "\ud7ff\ue000", "2025-02-30", "1.2.3.4.5", "::ffff:1.2.3.4", "\u202e\u200b",
)  # fmt: skip


def test_garbage_in_any_column_stops_nothing(old: OldState) -> None:
    columns = {
        "invites": ["album_id", "album_name", "max_uses", "used_count", "expires_at", "created_at", "claimed",
                    "claimed_at", "password_hash", "owner_user_id", "owner_email", "owner_name", "name", "disabled"],
        "uploads": ["immich_asset_id", "inserted_at"],
        "upload_events": ["token", "uploaded_at", "ip", "user_agent", "fingerprint", "filename", "size", "checksum",
                          "immich_asset_id"],
    }  # fmt: skip
    number = 100
    for table, names in columns.items():
        for name in names:
            for value in NASTY:
                number += 1
                if table == "invites":
                    old.add_invite(number, **{name: value})
                elif table == "uploads":
                    old.add_upload(number, **{name: value})
                else:
                    old.add_event(number, **{name: value})
    for table in ("invites", "uploads"):  # their first columns are unique
        column = {"invites": "token", "uploads": "checksum"}[table]
        for value in NASTY:
            with closing(sqlite3.connect(old.path)) as connection, connection:
                connection.execute(f"INSERT OR IGNORE INTO {table} ({column}) VALUES (?)", [value])

    report = import_state(old.path)

    links = report.tables["invites"]
    assert links.added == 1 + len(columns["invites"]) * len(NASTY) == Invite.objects.count()
    assert all(not table.error and table.read == table.rows for table in report.tables.values())
    assert all(table.complaint_count >= table.unread > 0 for table in report.tables.values())
    for invite in Invite.objects.all():
        invite.refusal()
        assert (invite.max_uses, invite.claimed_at is None) in {(-1, True), (1, True), (1, False)}
    again = import_state(old.path)
    assert [table.added for table in again.tables.values()] == [0, 0, 0]


# --- never changed, whatever state it was left in


def test_the_file_and_its_folder_are_only_read(old: OldState) -> None:
    old.path.chmod(0o444)
    old.path.parent.chmod(0o555)
    before = everything(old.path.parent)
    try:
        assert import_state(old.path).complete
        assert everything(old.path.parent) == before
    finally:
        old.path.parent.chmod(0o755)


def test_a_wal_beside_the_file_is_read_too(old: OldState) -> None:
    with closing(sqlite3.connect(old.path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("INSERT INTO invites (token) VALUES (?)", [token(2)])
        writer.commit()
        before = everything(old.path.parent)
        assert set(before) == {"state.db", "state.db-wal", "state.db-shm"}
        assert import_state(old.path).complete
        assert everything(old.path.parent) == before
    assert set(Invite.objects.values_list("token", flat=True)) == {token(1), token(2)}


def test_a_file_in_wal_mode_without_its_wal_gets_none(old: OldState) -> None:
    old.run("PRAGMA journal_mode = WAL")
    before = everything(old.path.parent)
    assert set(before) == {"state.db"}
    assert import_state(old.path).complete
    assert everything(old.path.parent) == before


def test_what_a_crash_left_half_written_is_not_taken_for_true(old: OldState, tmp_path: Path) -> None:
    """A transaction that went to the disk and was never committed: the journal beside the file takes it back."""
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    with closing(sqlite3.connect(old.path, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")  # so that pages go out before the commit
        writer.execute("BEGIN")
        rows = ((sha1(n), asset(n)) for n in range(2, 5000))
        writer.executemany("INSERT INTO uploads (checksum, immich_asset_id) VALUES (?, ?)", rows)
        for each in old.path.parent.iterdir():
            (crashed / each.name).write_bytes(each.read_bytes())
        writer.execute("ROLLBACK")
    before = everything(crashed)
    assert set(before) == {"state.db", "state.db-journal"}
    report = import_state(crashed / "state.db")
    assert report.complete, report.describe()
    assert KnownAsset.objects.count() == 1
    assert everything(crashed) == before
