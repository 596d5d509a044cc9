"""`POST /api/upload`: older clients send a file in one form, and hear what became of it in the answer."""

import asyncio
import hashlib
import itertools
import json
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from immichdrop.sandbox import Sandbox
from invites import guests
from invites.models import Guest, Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.immich.scripted import answer as scripted_answer
from tests.immich.scripted import read_request, serving
from tests.older import OlderClient, form
from tests.serving import eventually
from tests.uploads.traces import assert_no_trace, assert_received, content, row, spool_files
from tests.wire import Call, Line
from uploads import spool
from uploads.legacy import LegacyApp
from uploads.legacy_forms import EARLY
from uploads.models import Upload
from uploads.spool import Spool
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)
LARGE = PHOTO + bytes(EARLY)


def older(guest: TusGuest, session_id: str = "session-1") -> OlderClient:
    """An older client with the cookie of a page."""
    return OlderClient(guest.url, guest.token, session_id, session=guest.session)


def error_of(answer: requests.Response) -> tuple[int, object]:
    return answer.status_code, answer.json().get("error")


def post_form(web: str, kind: str, body: bytes, **headers: str) -> requests.Response:
    said = {"Content-Type": kind, "Prefer": "respond-async", **headers}
    return requests.post(f"{web}/api/upload", data=body, headers=said, timeout=60)


# --- what is taken


def test_a_file_is_received_as_every_other(web: str, make_invite: MakeInvite) -> None:
    invite = make_invite(album_name="Party")
    client = OlderClient(web, invite.token)
    upload_id = client.send(PHOTO, "Föto 1.jpg", item_id="it 1", last_modified="1718469000123", fingerprint="{}")
    assert_received(upload_id, PHOTO)
    upload = row(upload_id)
    assert (upload.filename, upload.media_type, upload.client_item_id) == ("Föto 1.jpg", "image/jpeg", "it 1")
    assert (upload.invite, upload.album_name) == (invite, "Party")
    assert upload.last_modified == datetime(2024, 6, 15, 16, 30, 0, 123000, UTC)
    assert upload.client_address == "127.0.0.1"
    assert "python-requests" in upload.user_agent
    assert spool_files() == [upload.pk.hex]


@pytest.mark.parametrize("size", [1, 15_000_000, 17_000_000, 40_000_000])
def test_of_any_size(web: str, make_invite: MakeInvite, size: int) -> None:
    film = pictures.jpeg(2) + bytes(size)
    assert_received(OlderClient(web, make_invite().token).send(film), film)
    assert Upload.objects.count() == 1


def test_the_answer_tells_the_outcome(deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, web: str) -> None:
    client = OlderClient(web, make_invite().token, headers={})
    first, again = client.upload(PHOTO), client.upload(PHOTO)
    assert (first.status_code, first.json()["status"]) == (200, "created")
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    assert first.json()["id"] != again.json()["id"]
    assert len(sandbox.assets()) == 1


def test_the_answer_names_the_album(deliveries: Worker, sandbox: Sandbox, make_invite: MakeInvite, web: str) -> None:
    client = OlderClient(web, make_invite(album_name="Ada's").token, headers={})
    assert client.upload(PHOTO).json()["status"] == "created (added to album 'Ada's')"
    assert client.upload(PHOTO).json()["status"] == "duplicate (added to album 'Ada's')"
    assert len(sandbox.album_assets("Ada's")) == 1


def test_it_is_received_when_immich_is_slow(web: str, make_invite: MakeInvite) -> None:
    invite = make_invite()
    said = [("item_id", "1"), ("session_id", "s"), ("invite_token", invite.token)]
    kind, body = form(said, ("file", "photo.jpg", PHOTO), [])
    call = Call("POST", "/api/upload", {"Content-Type": kind}, body)
    assert asyncio.run(call.run(LegacyApp(spool.default(), patience=0.05))) == 202
    answer = json.loads(call.sent[1]["body"])
    assert answer == {"id": str(Upload.objects.get().pk), "status": "received"}


def test_whoever_waits_is_answered_when_the_server_ends(web: str, make_invite: MakeInvite) -> None:
    invite = make_invite()
    said = [("item_id", "1"), ("session_id", "s"), ("invite_token", invite.token)]
    kind, body = form(said, ("file", "photo.jpg", PHOTO), [])
    app = LegacyApp(spool.default(), patience=60)
    waiting, late = (Call("POST", "/api/upload", {"Content-Type": kind}, body) for _ in range(2))

    async def end() -> None:
        running = asyncio.create_task(waiting.run(app))
        while not app.outcomes.waiting:
            await asyncio.sleep(0)
        app.stop()
        await running
        await late.run(app)

    asyncio.run(end())
    assert waiting.status == 202
    assert (late.status, late.error) == (503, "shutting_down")


class HeldSpool(Spool):
    """Its names become durable when the test says so."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reached, self.go = threading.Event(), threading.Event()

    def sync_folder(self) -> None:
        self.reached.set()
        assert self.go.wait(30)
        super().sync_folder()


def test_a_request_that_is_cancelled_while_its_row_is_made_keeps_the_bytes(
    web: str, make_invite: MakeInvite, settings: Settings
) -> None:
    """The row can't be taken back any more: without its bytes it would be a file that was lost."""
    said = [("item_id", "1"), ("session_id", "s"), ("invite_token", make_invite().token)]
    kind, body = form(said, ("file", "photo.jpg", PHOTO), [])
    held = HeldSpool(settings.SPOOL_DIR)

    async def cancel() -> None:
        call = Call("POST", "/api/upload", {"Content-Type": kind}, body)
        running = asyncio.create_task(call.run(LegacyApp(held)))
        assert await asyncio.to_thread(held.reached.wait, 30)
        running.cancel()
        await asyncio.sleep(0)  # until it knows
        held.go.set()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancel())
    assert_received(str(Upload.objects.get().pk), PHOTO)


def test_the_same_file_again_is_the_same_upload(web: str, make_invite: MakeInvite) -> None:
    client = OlderClient(web, make_invite(max_uses=3).token)
    first = client.send(PHOTO, item_id="a")
    assert client.send(PHOTO, item_id="a") == first
    assert spool_files() == [row(first).pk.hex]


def test_one_session_is_one_guest_at_one_link(web: str, make_invite: MakeInvite) -> None:
    invite, elsewhere = make_invite(), make_invite()
    client = OlderClient(web, invite.token, "a")
    ids = [client.send(pictures.jpeg(seed)) for seed in range(2)]
    ids += [OlderClient(web, invite.token, "b").send(PHOTO), OlderClient(web, elsewhere.token, "a").send(PHOTO)]
    first, second, other, there = (row(each).guest_id for each in ids)
    assert first == second
    assert len({first, other, there}) == 3


def test_such_a_guest_is_reached_by_no_secret_and_lists_nothing(web: str, make_invite: MakeInvite) -> None:
    client = OlderClient(web, make_invite().token)
    upload_id = client.send(PHOTO)
    hidden = Guest.objects.get().secret_hash
    for secret in (hidden, hidden.removeprefix("session:"), client.session_id):
        assert guests.find(secret, {guests.COOKIE: secret}) is None
        headers = {"X-Drop-Guest": secret}
        listed = requests.get(f"{web}/api/uploads", params={"invite": client.token}, headers=headers, timeout=30)
        assert listed.json() == {"items": [], "receipt": ""}
    assert TusGuest(web, client.token).head(upload_id).status_code == 404


# --- where the fields are


def test_a_link_that_expires_lets_a_large_file_finish_and_one_that_is_disabled_does_not(
    web: str, make_invite: MakeInvite
) -> None:
    film = PHOTO + bytes(20_000_000)
    for changes, status in (({"expires_at": "2020-01-01T00:00:00Z"}, 202), ({"disabled": True}, 403)):
        before = [("item_id", "1"), ("session_id", "s"), ("invite_token", make_invite().token)]
        kind, body = form(before, ("file", "film.jpg", film), [])
        with Line(web) as line:
            headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Prefer": "respond-async"}
            line.begin("POST", "/api/upload", headers)
            line.send(body[: len(body) // 2])
            eventually(lambda: Upload.objects.filter(status="receiving").exists(), "the reservation")
            Invite.objects.update(**changes)
            line.send(body[len(body) // 2 :])
            assert line.answer().status == status
    assert_received(str(Upload.objects.get().pk), film)


@pytest.mark.parametrize("place", ["before", "after", "header", "query"])
def test_the_token_may_be_in_several_places(web: str, make_invite: MakeInvite, place: str) -> None:
    token = make_invite().token
    ids, said = [("item_id", "1"), ("session_id", "s")], [("invite_token", token)]
    before = [*ids, *said] if place == "before" else ids
    kind, body = form(before, ("file", "photo.jpg", PHOTO), said if place == "after" else [])
    headers = {"X-Invite-Token": token} if place == "header" else {}
    query = f"?invite_token={token}" if place == "query" else ""
    said_headers = {"Content-Type": kind, "Prefer": "respond-async", **headers}
    answer = requests.post(f"{web}/api/upload{query}", data=body, headers=said_headers, timeout=30)
    assert answer.status_code == 202, answer.text
    assert_received(answer.json()["id"], PHOTO)


def test_a_large_file_before_its_token(web: str, make_invite: MakeInvite) -> None:
    after = [("item_id", "1"), ("session_id", "s"), ("invite_token", make_invite().token)]
    kind, body = form([], ("file", "photo.jpg", LARGE), after)
    answer = post_form(web, kind, body)
    assert error_of(answer) == (400, "bad_metadata")
    assert "invite_token" in answer.json()["message"]
    assert_no_trace()


def test_without_a_length(web: str, make_invite: MakeInvite) -> None:
    before = [("item_id", "1"), ("session_id", "s"), ("invite_token", make_invite().token)]
    headers = {"Prefer": "respond-async"}

    def posted(file: bytes) -> requests.Response:
        kind, body = form(before, ("file", "photo.jpg", file), [])
        said = {**headers, "Content-Type": kind}
        return requests.post(f"{web}/api/upload", data=iter([body[:100], body[100:]]), headers=said, timeout=60)

    assert posted(PHOTO).status_code == 202
    assert error_of(posted(PHOTO + bytes(20_000_000))) == (411, "length_required")
    assert len(spool_files()) == 1


def test_the_public_page_when_it_is_on(web: str, settings: Settings) -> None:
    settings.PUBLIC_UPLOAD_PAGE_ENABLED = True
    settings.IMMICH_ALBUM_NAME = "Everybody's"
    upload_id = OlderClient(web).send(LARGE)
    assert_received(upload_id, LARGE)
    assert (row(upload_id).invite, row(upload_id).album_name) == (None, "Everybody's")
    kind, body = form([], ("file", "photo.jpg", LARGE), [("item_id", "1"), ("session_id", "s")])
    assert_received(post_form(web, kind, body).json()["id"], LARGE)


# --- what is refused


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"disabled": True}, "invite_disabled"),
    ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "invite_expired"),
    ({"opens_at": datetime(2090, 1, 1, tzinfo=UTC)}, "invite_not_open"),
    ({"max_uses": 1, "claimed_at": datetime(2020, 1, 1, tzinfo=UTC)}, "invite_claimed"),
    ({"max_uses": 2, "used": 2}, "invite_exhausted"),
    ({"password": "sesame"}, "invite_password_required"),
    ({"max_bytes": 10}, "quota_exceeded"),
]


@pytest.mark.parametrize(("fields", "code"), REFUSED, ids=[code for _, code in REFUSED])
def test_a_link_that_takes_nothing(web: str, make_invite: MakeInvite, fields: dict[str, object], code: str) -> None:
    invite = make_invite(**fields)
    assert error_of(OlderClient(web, invite.token).upload(PHOTO)) == (403, code)
    late = [("item_id", "1"), ("session_id", "s"), ("invite_token", invite.token)]
    kind, body = form([], ("file", "photo.jpg", PHOTO), late)
    assert error_of(post_form(web, kind, body)) == (403, code), "also when the link is named last"
    assert error_of(OlderClient(web, invite.token).ask("init", "1", size=1000)) == (403, code)
    assert_no_trace()


def test_a_password_is_given_through_the_cookies_guest(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite(password="sesame"))
    url = f"{guest.url}/api/invite/{guest.token}/auth"
    assert guest.session.post(url, json={"password": "sesame"}, timeout=30).ok
    assert_received(older(guest).send(PHOTO), PHOTO)


@pytest.mark.parametrize("token", ["", "unknown"])
def test_fault_1_without_a_link_nothing_is_taken_while_there_is_no_public_page(web: str, token: str) -> None:
    assert error_of(OlderClient(web, token).upload(PHOTO)) == (403, "invalid_invite")
    assert error_of(OlderClient(web, token).ask("init", "1", size=9)) == (403, "invalid_invite")
    assert error_of(OlderClient(web, token).chunk("1", 0, 1, PHOTO)) == (403, "invalid_invite")
    assert error_of(OlderClient(web, token).complete("1", 1)) == (403, "invalid_invite")
    assert_no_trace()


BAD_IDS = ["..", ".", "../x", "a/../b", "a\\..\\b", "\0", "a\nb", "x" * 300, ""]


@pytest.mark.parametrize("bad", BAD_IDS)
@pytest.mark.parametrize("name", ["item_id", "session_id"])
def test_fault_3_ids_are_no_paths(web: str, make_invite: MakeInvite, name: str, bad: str) -> None:
    client = OlderClient(web, make_invite().token)
    assert error_of(client.upload(PHOTO, **{name: bad})) == (400, "bad_metadata")
    assert error_of(client.ask("init", "1", **{name: bad})) == (400, "missing_ids")
    assert error_of(client.chunk("1", 0, 1, PHOTO, **{name: bad}))[0] == 400
    assert error_of(client.ask("complete", "1", total_chunks=1, **{name: bad})) == (400, "missing_ids")
    assert_no_trace()


@pytest.mark.parametrize("bad", [5, None, ["a"], {"a": 1}, True])
def test_fault_3_ids_are_texts(web: str, make_invite: MakeInvite, bad: object) -> None:
    client = OlderClient(web, make_invite().token)
    assert error_of(client.ask("init", "1", item_id=bad)) == (400, "missing_ids")
    assert error_of(client.ask("complete", "1", session_id=bad, total_chunks=1)) == (400, "missing_ids")


def test_fault_4_other_sites_may_not_send(web: str, make_invite: MakeInvite) -> None:
    client = OlderClient(web, make_invite().token)
    client.headers["Origin"] = "https://elsewhere.example"
    answers = [client.upload(PHOTO), client.ask("init", "1", size=9), client.ask("complete", "1", total_chunks=1)]
    assert [error_of(answer) for answer in answers] == [(403, "foreign_origin")] * 3
    preflight = requests.options(f"{web}/api/upload", headers=client.headers, timeout=30)
    assert (preflight.status_code, preflight.headers["Allow"]) == (405, "POST")
    client.headers["Origin"] = web
    answers.append(client.upload(PHOTO))
    assert answers[-1].status_code == 202
    for answer in [*answers, preflight]:
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_fault_6_a_closed_link_does_not_tell_what_immich_has(
    deliveries: Worker, web: str, make_invite: MakeInvite
) -> None:
    invite = make_invite()
    assert OlderClient(web, invite.token, headers={}).upload(PHOTO).json()["status"] == "created"
    Invite.objects.update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert error_of(OlderClient(web, invite.token).upload(PHOTO)) == (403, "invite_expired")


def test_fault_9_the_same_name_date_and_size_are_not_the_same_file(web: str, make_invite: MakeInvite) -> None:
    client = OlderClient(web, make_invite().token)
    said = {"item_id": "1", "last_modified": "1718469000000"}
    other = PHOTO[:-1] + bytes([PHOTO[-1] ^ 1])
    first, second = client.send(PHOTO, **said), client.send(other, **said)
    assert first != second
    assert (content(first), content(second)) == (PHOTO, other)


def test_fault_10_a_reload_does_not_lock_the_guest_out(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(max_uses=1)
    page = guest_at(invite)
    first = older(page, "before").send(PHOTO)
    second = older(page, "after the reload").send(pictures.jpeg(2))
    assert row(first).guest == row(second).guest
    assert [item["id"] for item in page.uploads()] == [first, second]
    stranger = OlderClient(page.url, invite.token, "before")
    assert error_of(stranger.upload(PHOTO)) == (403, "invite_claimed"), "a session's id is no cookie"


def test_fault_11_the_socket_tells_a_session_of_its_own_files(web: str, make_invite: MakeInvite) -> None:
    invite, elsewhere = make_invite(), make_invite()
    url = web.replace("http", "ws") + "/ws"
    with connect(url) as own, connect(url) as other_session, connect(url) as other_link, connect(url) as nobody:
        own.send(json.dumps({"session_id": "a", "invite_token": invite.token}))
        other_session.send(json.dumps({"session_id": "b", "invite_token": invite.token}))
        other_link.send(json.dumps({"session_id": "a", "invite_token": elsewhere.token}))
        nobody.send(json.dumps({"session_id": "a"}))
        eventually(lambda: Guest.objects.count() == 3, "the sockets' guests")
        OlderClient(web, elsewhere.token, "a").send(PHOTO, item_id="there")
        OlderClient(web, invite.token, "b").send(PHOTO, item_id="theirs")
        OlderClient(web, invite.token, "a").send(PHOTO, item_id="mine")
        for line, item in ((own, "mine"), (other_session, "theirs"), (other_link, "there")):
            frame = json.loads(line.recv(10))
            assert (frame["item_id"], frame["status"]) == (item, "checking")
        with pytest.raises(ConnectionClosed):
            nobody.recv(10)


def test_fault_11_a_sessions_id_lists_nothing(web: str, make_invite: MakeInvite) -> None:
    client = OlderClient(web, make_invite().token)
    client.send(PHOTO, item_id="before")
    seeds = itertools.count(2)
    with connect(web.replace("http", "ws") + "/ws") as line:
        line.send(json.dumps({"session_id": client.session_id, "invite_token": client.token}))

        def first_heard() -> dict[str, object] | None:
            client.send(pictures.jpeg(next(seeds)), item_id="after")
            try:
                return dict(json.loads(line.recv(0.1)))
            except TimeoutError:  # it is not listening yet
                return None

        heard = eventually(first_heard, "the first frame")
    assert heard
    assert heard["item_id"] == "after"


def test_fault_19_guests_do_not_read_immichs_words_or_address(
    web: str, make_invite: MakeInvite, settings: Settings
) -> None:
    def refuse_files(connection: socket.socket) -> None:
        while (request := read_request(connection))[0]:
            if "bulk-upload-check" in request[0]:
                asked = json.loads(request[1])["assets"]
                scripted_answer(connection, {"results": [{"id": each["id"], "action": "accept"} for each in asked]})
            elif "/server/version" in request[0]:
                scripted_answer(connection, {"major": 3, "minor": 1, "patch": 0})
            else:
                scripted_answer(connection, {"message": "secret words"}, "400 Bad Request")

    with serving(*[refuse_files] * 8) as immich:
        settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = immich.url, "key"
        worker = Worker(spool.default(), 1)
        worker.start()
        answer = OlderClient(web, make_invite().token, headers={}).upload(PHOTO)
        worker.stop(10)
    upload = Upload.objects.get()
    assert (upload.status, "secret words" in upload.message) == ("failed", True)
    assert (answer.status_code, answer.json()) == (202, {"id": str(upload.pk), "status": "received"})
    assert content(str(upload.pk)) == PHOTO, "kept for the host"


def begin_upload(line: Line, token: str, filename: str, length: int) -> None:
    """A form up to where the file's bytes begin, which never come."""
    before = [("item_id", "1"), ("session_id", "s"), ("invite_token", token)]
    kind, body = form(before, ("file", filename, b"MARK"), [])
    line.begin("POST", "/api/upload", {"Content-Type": kind, "Content-Length": str(length)})
    line.send(body.partition(b"MARK")[0])


@pytest.mark.parametrize(
    ("filename", "length", "expected"),
    [
        ("program.exe", 1000, (422, "wrong_type")),
        ("photo.jpg", 3_000_000, (413, "file_too_large")),
        ("photo.jpg", 60_000_000_000, (413, "file_too_large")),
    ],
)
def test_fault_21_type_and_size_are_looked_at_before_the_bytes(
    web: str, make_invite: MakeInvite, filename: str, length: int, expected: tuple[int, str]
) -> None:
    token = make_invite(max_file_size=1_000_000).token
    with Line(web) as line:
        begin_upload(line, token, filename, length)
        answer = line.answer()
        assert answer.status == expected[0]
        assert json.loads(answer.read1())["error"] == expected[1]
    assert_no_trace()


def test_fault_21_the_links_own_limit_holds_to_the_byte(web: str, make_invite: MakeInvite) -> None:
    client = OlderClient(web, make_invite(max_file_size=len(PHOTO), max_bytes=len(PHOTO)).token)
    assert error_of(client.upload(PHOTO + b"x")) == (413, "file_too_large")
    assert_no_trace()
    assert_received(client.send(PHOTO), PHOTO)


def test_fault_25_a_refused_file_does_not_use_up_a_one_time_link(web: str, make_invite: MakeInvite) -> None:
    invite = make_invite(max_uses=1)
    assert error_of(OlderClient(web, invite.token, "a").upload(b"%PDF-1.7\n")) == (422, "wrong_type")
    with Line(web) as line:
        begin_upload(line, invite.token, "photo.jpg", 20_000_000)
        line.send(PHOTO)
        eventually(lambda: Upload.objects.filter(status="receiving").exists(), "the reservation")
        other = OlderClient(web, invite.token, "b")
        assert error_of(other.upload(PHOTO)) == (403, "invite_claimed"), "somebody is at it"
    eventually(lambda: not Upload.objects.exists(), "the end of a form that broke off")
    assert_received(other.send(PHOTO), PHOTO)
    assert spool_files() == [Upload.objects.get().pk.hex]


@pytest.mark.parametrize(
    ("before", "file", "after"),
    [
        ([], ("other", "photo.jpg", PHOTO), []),
        ([], ("file", "", PHOTO), []),
        ([("last_modified", "yesterday")], ("file", "photo.jpg", PHOTO), []),
        ([], ("file", "photo.jpg", PHOTO), [("note", "x" * 20_000)]),
    ],
    ids=["no file", "no name", "date", "long field"],
)
def test_a_form_that_makes_no_sense(
    web: str,
    make_invite: MakeInvite,
    before: list[tuple[str, str]],
    file: tuple[str, str, bytes],
    after: list[tuple[str, str]],
) -> None:
    ids = [("item_id", "1"), ("session_id", "s"), ("invite_token", make_invite().token)]
    assert error_of(post_form(web, *form([*ids, *before], file, after))) == (400, "bad_metadata")
    assert error_of(post_form(web, *form([*before], file, [*after, *ids]))) == (400, "bad_metadata")
    assert_no_trace()


def test_an_empty_file(web: str, make_invite: MakeInvite) -> None:
    assert error_of(OlderClient(web, make_invite().token).upload(b"")) == (400, "empty_file")
    assert_no_trace()


def test_what_is_no_form(web: str, make_invite: MakeInvite) -> None:
    for kind in ("application/json", "multipart/form-data"):
        assert error_of(post_form(web, kind, b"{}")) == (400, "bad_metadata")
    assert error_of(post_form(web, "multipart/form-data; boundary=b", b"words")) == (400, "bad_metadata")


def test_strangers_early_bytes_are_few(web: str, make_invite: MakeInvite) -> None:
    kind, body = form([], ("file", "photo.jpg", b"MARK"), [])
    lines = [Line(web) for _ in range(9)]
    try:
        for line in lines[:8]:
            line.begin("POST", "/api/upload", {"Content-Type": kind, "Content-Length": "1000"})
            line.send(body.partition(b"MARK")[0] + b"x")
        eventually(lambda: len(spool_files()) == 8, "eight strangers' files")
        last = lines[8]
        last.begin("POST", "/api/upload", {"Content-Type": kind, "Content-Length": "1000"})
        last.send(body.partition(b"MARK")[0])
        answer = last.answer()
        assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
        known = OlderClient(web, make_invite().token)
        assert_received(known.send(PHOTO), PHOTO)
    finally:
        for line in lines:
            line.socket.close()
    eventually(lambda: len(spool_files()) == 1, "the end of strangers' files")


def test_the_sum_is_of_the_bytes(web: str, make_invite: MakeInvite) -> None:
    upload_id = OlderClient(web, make_invite().token).send(LARGE)
    assert row(upload_id).sha1 == hashlib.sha1(LARGE).hexdigest()
