"""The import of immich-drop's `state.db` by itself, at the first start."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from django.db import connection

from invites.models import Invite
from tests.serving import Processes
from tests.uploads.old_state import OldState, asset, password_hash, sha1, token
from uploads.import_report import Report
from uploads.importing import import_at_start
from uploads.models import KnownAsset, Upload

MakeProcesses = Callable[..., Processes]


@pytest.fixture
def old(tmp_path: Path) -> OldState:
    state = OldState(tmp_path / "state.db")
    state.add_invite(1, name="Beach week", password_hash=password_hash("sesame"))
    state.add_upload(1)
    state.add_event(1)
    return state


@pytest.mark.django_db
def test_a_first_start_takes_it_over_once(old: OldState) -> None:
    report = import_at_start(old.path)
    assert report is not None
    assert report.complete
    assert Invite.objects.get().name == "Beach week"
    Invite.objects.update(name="Renamed")
    assert import_at_start(old.path) is None
    assert Invite.objects.get().name == "Renamed"


@pytest.mark.django_db
def test_a_start_with_links_or_uploads_leaves_it(old: OldState) -> None:
    Invite.objects.create(name="Ours")
    assert import_at_start(old.path) is None
    assert Invite.objects.get().name == "Ours"


@pytest.mark.django_db
def test_a_start_without_a_file_is_silent(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert import_at_start(tmp_path / "state.db") is None
    assert import_at_start(tmp_path) is None
    assert not caplog.records


@pytest.mark.django_db
def test_a_file_that_cant_be_read_stops_no_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state.db").write_bytes(b"x" * 5000)
    assert import_at_start(tmp_path / "state.db") is None
    (record,) = caplog.records
    assert (record.levelname, "Nothing was imported" in record.getMessage()) == ("ERROR", True)


@pytest.mark.django_db
def test_the_log_tells_what_was_not_read_and_no_secret(old: OldState, caplog: pytest.LogCaptureFixture) -> None:
    old.add_invite(2, expires_at="soon")
    import_at_start(old.path)
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "Import:   row 2: expires_at: 'soon' is not a time; the link is disabled" in said
    assert not [line for line in caplog.messages if token(1) in line or token(2) in line or "pbkdf2" in line]


@pytest.mark.django_db(transaction=True)
def test_two_first_starts_at_once_take_it_over_once(old: OldState) -> None:
    old.add("uploads", *({"checksum": sha1(n), "immich_asset_id": asset(n)} for n in range(2, 3000)))
    together = threading.Barrier(2)

    def start() -> Report | None:
        try:
            together.wait(10)
            return import_at_start(old.path)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        reports = [made.result() for made in [pool.submit(start), pool.submit(start)]]
    assert sorted(report is None for report in reports) == [False, True]
    assert (Invite.objects.count(), KnownAsset.objects.count(), Upload.objects.count()) == (1, 2999, 1)


def test_serve_takes_it_over_and_the_old_link_works(processes: MakeProcesses, tmp_path: Path, old: OldState) -> None:
    """The image was changed, the volume and the environment kept: state.db is in the data folder."""
    product = processes(SESSION_SECRET="", DATABASE_URL="")
    product.folder.mkdir()
    old.path.rename(product.folder / "state.db")
    product.serve()
    link = requests.get(f"{product.url}/api/invite/{token(1)}", timeout=5).json()
    assert (link["name"], link["passwordRequired"]) == ("Beach week", True)
    given = requests.post(f"{product.url}/api/invite/{token(1)}/auth", json={"password": "sesame"}, timeout=5)
    assert given.json() == {"ok": True, "authorized": True}


def test_serve_takes_it_from_where_state_db_says(processes: MakeProcesses, old: OldState) -> None:
    product = processes(STATE_DB=str(old.path), DATABASE_URL="")
    product.serve()
    assert requests.get(f"{product.url}/api/invite/{token(1)}", timeout=5).status_code == 200


def test_serve_leaves_it_when_told_to(processes: MakeProcesses, old: OldState) -> None:
    product = processes(STATE_DB=str(old.path), IMPORT_STATE_DB="false", DATABASE_URL="")
    product.serve()
    assert requests.get(f"{product.url}/api/invite/{token(1)}", timeout=5).status_code == 404
    assert json.loads(product.manage("import_state_db", "--json", str(old.path)))["complete"]
    assert requests.get(f"{product.url}/api/invite/{token(1)}", timeout=5).status_code == 200
