"""`manage.py import_state_db`."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from invites.models import Invite
from tests.uploads.old_state import OldState
from uploads.models import Upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(tmp_path: Path) -> OldState:
    state = OldState(tmp_path / "state.db")
    state.add_invite(1, name="Beach week", owner_email="anna@example.org")
    state.add_upload(1)
    state.add_event(1)
    return state


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error, which is a terminal."""
    out, err = io.StringIO(), Terminal()
    try:
        call_command("import_state_db", *map(str, arguments), stdout=out, stderr=err, no_color=True)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_it_says_table_by_table_what_it_did(old: OldState) -> None:
    code, said, _ = run(old.path)
    assert code == 0
    assert said.splitlines() == [
        "invites: 1 read: 1 new, 0 here already",
        "uploads: 1 read: 1 new, 0 here already",
        "upload_events: 1 read: 1 new, 0 here already",
        "hosts: 1 new",
    ]
    assert run(old.path)[1].splitlines()[0] == "invites: 1 read: 0 new, 1 here already"


def test_it_shows_on_a_terminal_how_far_it_is(old: OldState) -> None:
    _, _, shown = run(old.path)
    assert "\r\033[Kinvites: 1 of 1\r\033[Kuploads: 1 of 1\r\033[Kupload_events: 1 of 1\r\033[K" in shown


def test_it_prints_json_for_programs(old: OldState) -> None:
    old.add_upload(2, checksum="?")
    code, said, _ = run("--json", "--dry-run", old.path)
    report = json.loads(said)
    assert code == 1
    assert (report["dry_run"], report["complete"], report["hosts_added"]) == (True, False, 1)
    assert report["tables"]["uploads"] == {
        "rows": 2, "read": 2, "added": 1, "present": 0, "left_out": 0, "unread": 1, "missing_columns": [],
        "complaints": 1, "first_complaints": ["row 2: checksum: '?' is not a SHA-1"], "error": None,
    }  # fmt: skip


def test_a_dry_run_changes_nothing(old: OldState) -> None:
    code, said, _ = run("--dry-run", old.path)
    assert code == 0
    assert said.splitlines()[-1] == "This was a dry run: nothing was changed."
    assert not Invite.objects.exists()


def test_what_could_not_be_read_is_told_and_ends_it_with_1(old: OldState) -> None:
    old.add_event(2, uploaded_at="yesterday")
    code, said, _ = run(old.path)
    assert code == 1
    assert said.splitlines()[2:4] == [
        "upload_events: 2 read: 1 new, 0 here already, 1 make no sense",
        "  row 2: uploaded_at: 'yesterday' is not a time",
    ]
    assert said.splitlines()[-1] == "Not everything could be read. What could be was taken over."
    assert Upload.objects.count() == 1


def test_no_file_ends_it_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "nowhere.db")
