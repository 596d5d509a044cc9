"""What an import of immich-drop's `state.db` makes of its rows."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites.models import Guest, Invite
from invites.refusals import Refusal
from tests import pictures
from tests.guest import TusGuest
from tests.serving import eventually
from tests.uploads.old_state import OldState, asset, password_hash, sha1, token
from uploads import custody, housekeeping, lifecycle, spool, state_rows
from uploads.import_report import Report
from uploads.importing import import_state
from uploads.models import CustodyAlarm, KnownAsset, Upload

pytestmark = pytest.mark.django_db
ANNA = {"owner_user_id": asset(1000), "owner_email": "Anna@Example.org", "owner_name": "Anna Berg"}


@pytest.fixture(params=["older names", "newest names"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> OldState:
    return OldState(tmp_path / "state.db", newest=request.param == "newest names")


def counts(report: Report, table: str) -> tuple[int, int, int, int]:
    """Rows that are read, added, were here already, and make no sense."""
    of = report.tables[table]
    return of.read, of.added, of.present, of.unread


# --- the whole


def test_a_grown_installation_moves_over(old: OldState, client: Client) -> None:
    """200 links, 10,000 known files, 3,000 lines of log; a link is opened over HTTP with its old password."""
    links = [
        {
            "token": token(n), "album_id": asset(n % 9), "album_name": f"Party {n % 9}", "max_uses": -1,
            "used_count": n, "owner_user_id": asset(1000 + n % 3), "owner_email": f"host{n % 3}@example.org",
            "owner_name": f"Host {n % 3}", "name": f"Link {n}", "password_hash": None,
        }
        for n in range(200)
    ]  # fmt: skip
    links[7]["password_hash"] = password_hash("sesame")
    old.add("invites", *links)
    old.add("uploads", *({"checksum": sha1(n), "immich_asset_id": asset(n)} for n in range(10_000)))
    old.add(
        "upload_events",
        *(
            {
                "token": token(n % 200), "uploaded_at": f"2025-07-14 {n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}",
                "filename": f"IMG_{n}.jpg", "size": n, "checksum": sha1(n), "immich_asset_id": asset(n),
            }
            for n in range(3000)
        ),
    )  # fmt: skip

    report = import_state(old.path)

    assert report.complete, report.describe()
    assert counts(report, "invites") == (200, 200, 0, 0)
    assert counts(report, "uploads") == (10_000, 10_000, 0, 0)
    assert counts(report, "upload_events") == (3000, 3000, 0, 0)
    assert (report.hosts_added, User.objects.count()) == (3, 3)
    assert Invite.objects.count() == 200
    assert KnownAsset.objects.count() == 10_000
    assert Upload.objects.count() == 3000
    for invite in Invite.objects.filter(name__in=["Link 0", "Link 7", "Link 199"]):
        assert invite.uploads.count() == 15
    assert Invite.objects.filter(owner__email="host1@example.org").count() == 67

    path = f"/api/invite/{token(7)}"
    shut = client.get(path).json()
    assert (shut["name"], shut["passwordRequired"], shut["authorized"], shut["albumName"]) == (
        "Link 7",
        True,
        False,
        None,
    )
    wrong = client.post(f"{path}/auth", {"password": "Sesame"}, content_type="application/json")
    assert wrong.status_code == 403
    right = client.post(f"{path}/auth", {"password": "sesame"}, content_type="application/json")
    assert right.json() == {"ok": True, "authorized": True}
    opened = client.get(path).json()
    assert (opened["authorized"], opened["albumName"], opened["used"], opened["active"]) == (True, "Party 7", 7, True)
    assert Invite.objects.get(token=token(7)).check_password("sesame")


@pytest.mark.usefixtures("deliveries")
def test_guests_go_on_sending_through_an_old_link(old: OldState, web: str, sandbox: Sandbox) -> None:
    """Over real HTTP to the sandbox's album: the last of three uses, after the password."""
    old.add_invite(1, album_name="Summer", max_uses=3, used_count=2, password_hash=password_hash("sesame"))
    old.add_event(1)
    old.add_event(2)
    import_state(old.path)
    guest = TusGuest(web, token(1))
    assert guest.open().json()["remaining"] == 1
    photo = pictures.jpeg(1)
    assert guest.create(len(photo), photo).status_code == 403
    auth = f"{web}/api/invite/{token(1)}/auth"
    assert guest.session.post(auth, json={"password": "sesame"}, timeout=30).ok
    guest.send(photo)
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    assert [album.name for album in sandbox.albums()] == ["Summer"]
    assert len(sandbox.assets()) == 1  # and nothing of the history
    assert guest.open().json()["inactiveReason"] == "exhausted"
    assert Invite.objects.get().uploads.count() == 3


def test_history_has_used_the_links_bytes_and_nobodys_files(old: OldState, web: str) -> None:
    old.add_invite(1)
    old.add_event(1, size=1_000_000)
    import_state(old.path)
    Invite.objects.update(max_files=1)
    guest = TusGuest(web, token(1))
    guest.open()
    guest.send(pictures.jpeg(1))
    Invite.objects.update(max_files=None, max_bytes=1_000_100)
    refused = guest.create(5000, filename="another.jpg")
    assert (refused.status_code, refused.json()["error"]) == (403, "quota_exceeded")


def test_a_second_import_adds_nothing(old: OldState) -> None:
    old.add_invite(1, **ANNA)
    old.add_upload()
    old.add_event()
    import_state(old.path)
    Invite.objects.update(name="Renamed since", used=5)

    report = import_state(old.path)

    for table in ("invites", "uploads", "upload_events"):
        assert counts(report, table) == (1, 0, 1, 0)
    assert report.hosts_added == 0
    assert Invite.objects.get().name == "Renamed since"
    assert (User.objects.count(), KnownAsset.objects.count(), Upload.objects.count()) == (1, 1, 1)


def test_what_came_since_is_added(old: OldState) -> None:
    old.add_invite(1)
    old.add_event(1)
    import_state(old.path)
    old.add_event(2)
    assert counts(import_state(old.path), "upload_events") == (2, 1, 1, 0)
    assert Invite.objects.get().uploads.count() == 2


def test_a_link_that_was_deleted_here_stays_deleted(old: OldState) -> None:
    old.add_invite(1, **ANNA)
    import_state(old.path)
    Invite.objects.all().delete_links()
    User.objects.all().delete()
    assert counts(import_state(old.path), "invites") == (1, 0, 1, 0)
    assert Invite.objects.at(token(1)) is None
    assert not User.objects.exists()


def test_a_dry_run_says_the_same_and_changes_nothing(old: OldState) -> None:
    old.add_invite(1, **ANNA)
    old.add_upload()
    old.add_event()
    tried = import_state(old.path, dry_run=True)
    assert not Invite.objects.exists()
    assert not Upload.objects.exists()
    assert not KnownAsset.objects.exists()
    assert not User.objects.exists()
    assert tried.as_json() == import_state(old.path).as_json()
    assert Upload.objects.get().invite == Invite.objects.get()


def test_progress_is_told_batch_by_batch(old: OldState) -> None:
    old.add("uploads", *({"checksum": sha1(n), "immich_asset_id": asset(n)} for n in range(2500)))
    told: list[tuple[str, int, int | None]] = []
    import_state(old.path, progress=lambda *step: told.append(step))
    assert told == [("uploads", 1000, 2500), ("uploads", 2000, 2500), ("uploads", 2500, 2500)]


# --- links


def imported(old: OldState, *, complete: bool = True, **fields: object) -> Invite:
    """What becomes of a link with these fields."""
    old.add_invite(1, **fields)
    assert import_state(old.path).complete is complete
    return Invite.objects.get(token=token(1))


def test_a_link_keeps_what_it_was(old: OldState) -> None:
    invite = imported(
        old, album_id=asset(3), album_name="Summer", name="Beach\0 week", max_uses=50, used_count=12,
        created_at="2025-06-01 08:00:00", expires_at="2035-01-02T03:04:05", **ANNA,
    )  # fmt: skip
    assert (str(invite.album_id), invite.album_name, invite.name) == (asset(3), "Summer", "Beach week")
    assert (invite.max_uses, invite.used, invite.remaining) == (50, 12, 38)
    assert invite.created_at == datetime(2025, 6, 1, 8, tzinfo=UTC)
    assert invite.expires_at == datetime(2035, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (invite.disabled, invite.password, invite.claimed_at) == (False, "", None)
    assert invite.refusal() is None


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2035-07-14T18:00:00", datetime(2035, 7, 14, 18, tzinfo=UTC)),  # naive is UTC, whatever TZ is
        ("2035-07-14 18:00:00.5", datetime(2035, 7, 14, 18, 0, 0, 500_000, tzinfo=UTC)),
        ("2035-07-14T18:00:00.000Z", datetime(2035, 7, 14, 18, tzinfo=UTC)),
        ("2035-07-14T18:00:00+02:00", datetime(2035, 7, 14, 16, tzinfo=UTC)),
        ("2035-07-14T18:00:00-07:00", datetime(2035, 7, 15, 1, tzinfo=UTC)),
        ("2035-07-14", datetime(2035, 7, 14, tzinfo=UTC)),
        ("9999-12-31T23:59:59-05:00", state_rows.LATEST),
        ("0001-01-01T00:00:00+05:00", state_rows.EARLIEST),
        ("", None),
        (None, None),
    ],
)
def test_an_expiry_is_a_moment(old: OldState, written: str | None, moment: datetime | None) -> None:
    assert imported(old, expires_at=written).expires_at == moment


@pytest.mark.parametrize("written", ["2025-07-14T18:00:00+02:00", "2025-07-14T18:00:00.000Z", "2025-07-14T18:00:00"])
def test_an_expiry_with_an_offset_is_enforced(old: OldState, client: Client, written: str) -> None:
    """Fault 14: immich-drop let such links live on."""
    invite = imported(old, expires_at=written)
    assert invite.refusal() is Refusal.EXPIRED
    assert client.get(f"/api/invite/{invite.token}").json()["inactiveReason"] == "expired"


@pytest.mark.parametrize(
    ("fields", "claimed"),
    [
        ({"claimed": 1, "claimed_at": "2025-07-14 18:00:00", "claimed_by_session": "s", "used_count": 3}, True),
        ({"claimed": 1}, True),
        ({"used_count": 1}, True),  # of a version that did not know claims
        ({"claimed": 0}, False),
    ],
)
def test_a_claimed_one_time_link_stays_claimed(old: OldState, fields: dict[str, object], claimed: bool) -> None:
    invite = imported(old, max_uses=1, **fields)
    assert (invite.claimed_at is not None) is claimed
    assert invite.claimed_by is None
    somebody = Guest.objects.create(secret_hash="x")
    assert invite.refusal(somebody) is (Refusal.CLAIMED if claimed else None)


@pytest.mark.parametrize(
    ("most", "kept", "disabled"), [(None, -1, False), (-5, -1, False), (0, 1, True), (1, 1, False), (2**40, -1, False)]
)
def test_how_often_a_link_may_be_used(old: OldState, most: int | None, kept: int, disabled: bool) -> None:
    invite = imported(old, max_uses=most)
    assert (invite.max_uses, invite.disabled) == (kept, disabled)


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_at": "soon"}, {"max_uses": "some"}, {"used_count": "few"}, {"password_hash": "sesame"},
        {"password_hash": "\0" * 120}, {"disabled": 1},
    ],
)  # fmt: skip
def test_a_limit_that_cant_be_read_leaves_the_link_disabled(old: OldState, fields: dict[str, object]) -> None:
    invite = imported(old, complete="disabled" in fields, **fields)
    assert invite.refusal() is Refusal.DISABLED
    invite.disabled = False
    locked = Refusal.PASSWORD_REQUIRED if "password_hash" in fields else None
    assert invite.locked(None) is locked
    assert not invite.check_password("sesame")


def test_a_link_without_a_token_is_named_and_not_made(old: OldState) -> None:
    old.add_invite(1)
    old.add("invites", {"token": "secret but short"}, {"token": None})
    report = import_state(old.path)
    assert counts(report, "invites") == (3, 1, 0, 2)
    assert report.tables["invites"].complaints == [f"row {row}: token: it is not 32 hex digits" for row in (2, 3)]
    assert "short" not in json.dumps(report.as_json())


def test_a_wrong_album_id_is_left_out(old: OldState) -> None:
    invite = imported(old, complete=False, album_id="no id", album_name="Summer")
    assert (invite.album_id, invite.album_name, invite.disabled) == (None, "Summer", False)


def test_links_of_an_early_version(tmp_path: Path) -> None:
    old = OldState(tmp_path / "state.db", early=True)
    old.add_invite(1, album_name="Summer", max_uses=3, used_count=1)
    assert import_state(old.path).complete
    invite = Invite.objects.get()
    assert (invite.album_name, invite.remaining, invite.owner, invite.refusal()) == ("Summer", 2, None, None)


# --- hosts


def test_a_new_host_logs_in_through_immich_only(old: OldState) -> None:
    host = imported(old, **ANNA).owner
    assert host is not None
    assert (host.email, host.name, str(host.immich_user_id)) == ("anna@example.org", "Anna Berg", asset(1000))
    assert (host.has_usable_password(), host.is_staff, host.is_superuser) == (False, False, False)


def test_a_host_is_known_by_the_id_in_immich(old: OldState) -> None:
    anna = User.objects.create_user("married@example.org", immich_user_id=asset(1000))
    assert imported(old, **ANNA).owner == anna


def test_a_host_is_known_by_address_and_not_tied_to_that_id(old: OldState) -> None:
    anna = User.objects.create_user("anna@example.org", "a password", is_staff=True)
    assert imported(old, **ANNA).owner == anna
    anna.refresh_from_db()
    assert (anna.immich_user_id, anna.has_usable_password()) == (None, True)


@pytest.mark.parametrize(
    ("fields", "complete"),
    [({}, True), ({"owner_user_id": "", "owner_email": ""}, True), ({"owner_email": "nobody"}, False),
     ({"owner_user_id": asset(5)}, False)],
)  # fmt: skip
def test_a_link_may_be_nobodys(old: OldState, fields: dict[str, object], complete: bool) -> None:
    assert imported(old, complete=complete, **fields).owner is None
    assert not User.objects.exists()


# --- known files


def test_known_files_are_the_servers_accounts(old: OldState) -> None:
    old.add_upload(1)
    old.add_upload(2, checksum=sha1(2).upper())
    old.add_upload(3, checksum="qZk+NkcGgWq6PiVxeFDCbJzQ2J0=")  # as Immich writes it
    assert import_state(old.path).complete
    known = {each.sha1: each for each in KnownAsset.objects.all()}
    assert set(known) == {sha1(1), sha1(2), "a9993e364706816aba3e25717850c26c9cd0d89d"}
    assert {each.account for each in known.values()} == {ImmichAccount.objects.environment()}
    assert str(known[sha1(1)].asset_id) == asset(1)
    assert known[sha1(1)].seen_at == datetime(2025, 7, 14, 18, 30, tzinfo=UTC)


def test_rows_that_make_no_sense_are_counted_and_named(old: OldState) -> None:
    old.add_upload(1)
    old.add_upload(2, immich_asset_id=None)
    old.add_upload(3, immich_asset_id="no id")
    old.add_upload(4, checksum="d41d8cd98f00b204e9800998ecf8427e")  # MD5
    old.add_upload(5, checksum=b"\xff\xfe")
    report = import_state(old.path)
    assert counts(report, "uploads") == (5, 1, 0, 3)
    assert report.tables["uploads"].left_out == 1
    assert report.tables["uploads"].complaints == [
        "row 3: immich_asset_id: 'no id' is not an asset's id",
        "row 4: checksum: 'd41d8cd98f00b204e9800998ecf8427e' is not a SHA-1",
        "row 5: checksum: '\ufffd\ufffd' is not a SHA-1",
    ]


def test_the_first_complaints_stand_for_many(old: OldState) -> None:
    old.add("uploads", *({"checksum": f"sum {n}", "immich_asset_id": asset(n)} for n in range(50)))
    words = import_state(old.path).describe()
    assert sum("is not a SHA-1" in line for line in words) == 20
    assert "  and 30 more like these" in words


# --- history


def test_a_line_of_the_log_is_an_upload_that_is_over(old: OldState) -> None:
    old.add_invite(1, album_name="Summer")
    old.add_event(1, user_agent="x" * 400, filename='../<b>"pic\u202egpj.jpg')
    assert import_state(old.path).complete
    upload = Upload.objects.get()
    at = datetime(2025, 7, 14, 18, 30, tzinfo=UTC)
    assert (upload.invite, upload.guest, upload.account) == (
        Invite.objects.get(), None, ImmichAccount.objects.environment(),
    )  # fmt: skip
    assert (upload.filename, upload.size, upload.offset, upload.sha1) == ('<b>"picgpj.jpg', 1001, 1001, sha1(1))
    assert (upload.status, str(upload.asset_id), upload.message) == ("delivered", asset(1), "")
    assert (upload.client_address, len(upload.user_agent)) == ("192.0.2.7", 300)
    assert {upload.created_at, upload.received_at, upload.delivered_at, upload.bytes_deleted_at} == {at}


@pytest.mark.parametrize(
    ("written", "kept"),
    [("2001:DB8::1", "2001:db8::1"), ("192.0.2.1, 10.0.0.1", None), ("testclient", None), ("fe80::1%eth0", None),
     ("", None), (None, None)],
)  # fmt: skip
def test_only_addresses_are_kept_as_such(old: OldState, written: str | None, kept: str | None) -> None:
    old.add_event(1, ip=written)
    assert import_state(old.path).complete
    assert Upload.objects.get().client_address == kept


@pytest.mark.parametrize(("of", "message"), [("", ""), (None, ""), (token(99), state_rows.GONE)])
def test_files_without_a_link_here_are_kept_without_one(old: OldState, of: str | None, message: str) -> None:
    old.add_event(1, token=of)
    assert import_state(old.path).complete
    upload = Upload.objects.get()
    assert (upload.invite, upload.message) == (None, message)


def test_what_a_line_says_wrong_is_left_out_and_told(old: OldState) -> None:
    old.add_event(1, size="big", checksum="?", immich_asset_id="?")
    old.add_event(2, size=None, checksum=None, immich_asset_id=None)
    old.add_event(3, uploaded_at="yesterday")
    report = import_state(old.path)
    assert counts(report, "upload_events") == (3, 2, 0, 1)
    assert report.tables["upload_events"].complaints == [
        "row 1: size: 'big' is not a number of bytes, left out",
        "row 1: checksum: '?' is not a SHA-1, left out",
        "row 1: immich_asset_id: '?' is not an asset's id, left out",
        "row 3: uploaded_at: 'yesterday' is not a time",
    ]
    assert set(Upload.objects.values_list("size", "sha1", "asset_id")) == {(0, "", None)}


def test_history_is_never_sent_swept_asked_about_or_missed(old: OldState) -> None:
    old.add_invite(1, album_name="Summer")
    old.add_event()
    import_state(old.path)
    upload = Upload.objects.get()
    account = [upload.account_id]
    assert lifecycle.claim("worker", account, 10, known=True) == []
    assert lifecycle.claim_doubtful(account, 10) == []
    assert lifecycle.retry([upload.pk]) == lifecycle.restore([upload.pk]) == lifecycle.wake(account) == 0
    assert not lifecycle.discard(upload, Upload.DiscardedBy.HOST)
    assert housekeeping.sweep(spool.default()) == housekeeping.expire(spool.default()) == 0
    assert custody.inspect(spool.default()) == 0
    assert not CustodyAlarm.objects.exists()
    assert not Upload.objects.in_custody().due(timezone.now()).exists()
    upload.refresh_from_db()
    assert upload.status == "delivered"


def test_an_id_stands_for_one_line_of_the_log(old: OldState) -> None:
    old.add_event(1)
    old.add_event(1)  # the same in every column
    old.add_event(1, size=7)
    report = import_state(old.path)
    assert counts(report, "upload_events") == (3, 2, 1, 0)
    assert set(Upload.objects.values_list("size", flat=True)) == {1001, 7}
