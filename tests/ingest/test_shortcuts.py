"""The extension routes for files, as the old recipes call them (contract: extension routes, recipes in use)."""

import asyncio
import base64
import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import requests
from pytest_django import Settings

from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from ingest.shortcuts.answers import result_of
from ingest.shortcuts.application import ShortcutsApp
from ingest.shortcuts.naming import name_of
from invites.credentials import Caller
from invites.models import ApiToken, Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.ingest.recipes import Shortcut, as_ios_writes_json
from tests.uploads.traces import assert_no_trace, assert_received, spool_files
from tests.wire import Call
from uploads import blocking, custody, spool
from uploads.doctor import queue
from uploads.models import Upload
from uploads.worker import Worker

PHOTO = pictures.jpeg(1)
RESULT = {"asset_id": None, "duplicate": False, "error": None, "platform": None}
Token = tuple[ApiToken, str]


def only() -> Upload:
    return Upload.objects.get()


# --- what is taken


def test_a_photo_as_a_shortcut_sends_it(shortcut: Shortcut, token: Token, settings: Settings) -> None:
    settings.IMMICH_ALBUM_NAME = "Everybody"
    answer = shortcut.base64(PHOTO, "IMG 1.JPG")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"filename": "IMG 1.JPG", "status": "success", **RESULT}
    assert_received(str(only().pk), PHOTO)
    assert (only().invite, only().guest, only().album_name) == (None, token[0].guest, "Everybody")
    assert only().account == ImmichAccount.objects.of_owner(token[0].owner)
    assert only().user_agent.startswith("BackgroundShortcutRunner")


def test_the_outcome_is_told(deliveries: Worker, sandbox: Sandbox, web: str, token: Token) -> None:
    ApiToken.objects.update(album_name="Phone")
    shortcut = Shortcut(web, token[1])
    first, again = shortcut.base64(PHOTO).json(), shortcut.form(PHOTO, album_name="Trip").json()
    assert (first["status"], first["duplicate"], again["status"], again["duplicate"]) == (
        "success",
        False,
        "success",
        True,
    )
    assert first["asset_id"] == again["asset_id"] == sandbox.assets()[0].id
    assert (len(sandbox.album_assets("Phone")), len(sandbox.album_assets("Trip"))) == (1, 1)


def test_what_immich_refuses_is_told_and_kept(
    deliveries: Worker, sandbox: Sandbox, web: str, token: Token, make_invite: MakeInvite
) -> None:
    sandbox.faults.error_before, sandbox.faults.status = Hits(on=("POST /api/assets",)), 400
    host, guest = Shortcut(web, token[1]), Shortcut(web, make_invite().token)
    refused = [each.base64(pictures.jpeg(number)).json() for number, each in enumerate((host, guest))]
    assert [each["status"] for each in refused] == ["error", "error"]
    assert "Immich refused the file: " in refused[0]["error"]  # Immich's words are the host's alone
    assert refused[1]["error"] == "Immich does not take this file. It is kept for the host."
    assert len(spool_files()) == 2


def test_files_that_come_late_to_immich_are_safe(web: str, token: Token) -> None:
    """Nobody delivers here: the answer says so after the waiting time."""
    body = as_ios_writes_json({"data": base64.b64encode(PHOTO).decode(), "filename": "a.jpg"})
    call = Call("POST", "/api/upload/base64", {"X-API-Key": token[1]}, body)
    assert asyncio.run(call.run(ShortcutsApp(spool.default(), patience=0.05))) == 200
    assert json.loads(call.sent[1]["body"]) == {"filename": "a.jpg", "status": "success", **RESULT}


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (PHOTO, "jpg"),
        (pictures.png(1), "png"),
        (pictures.heic(1), "heic"),
        (pictures.photo("WEBP", pictures.exif()), "webp"),
        (b"GIF89a" + bytes(100), "gif"),
        (b"BM" + bytes(100), "bmp"),
        (b"II*\0" + bytes(100), "tiff"),
        (bytes(3) + b"\x18ftypmp42" + bytes(100), "mp4"),
        (bytes(3) + b"\x18ftypqt  " + bytes(100), "mov"),
        (bytes(3) + b"\x18ftypavif" + bytes(100), "avif"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_name_without_a_known_extension_gets_the_type_of_its_bytes(content: bytes, extension: str) -> None:
    now = datetime(2026, 7, 14, 18, 30, 0, tzinfo=UTC)
    assert name_of("IMG.0001", content, now) == f"IMG.0001.{extension}"
    assert name_of("", content, now) == f"upload_20260714_183000.{extension}"
    assert name_of("a.dng", content, now) == "a.dng"


def test_so_does_one_without_a_name(shortcut: Shortcut) -> None:
    unnamed = shortcut.base64(pictures.png(1), None).json()["filename"]
    assert re.fullmatch(r"upload_\d{8}_\d{6}\.png", unnamed)


def test_a_name_is_display_text_alone(shortcut: Shortcut) -> None:
    assert shortcut.base64(PHOTO, "../../etc/pass\u202ewd").json()["filename"] == "passwd.jpg"
    assert spool_files() == [only().pk.hex]


def test_a_data_address_and_line_breaks(shortcut: Shortcut) -> None:
    text = "data:image/jpeg;base64," + base64.encodebytes(PHOTO).decode().replace("\n", "\r\n")
    assert shortcut.post_json("base64", json.dumps({"filename": "a.jpg", "data": text}).encode()).ok
    assert_received(str(only().pk), PHOTO)
    assert only().media_type == "image/jpeg"


def test_a_large_one_of_a_type_that_only_its_name_tells(shortcut: Shortcut) -> None:
    """Its place is reserved before the name behind it comes."""
    film = bytes(20_000_000)
    assert shortcut.base64(film, "a.dng").json()["filename"] == "a.dng"
    assert_received(str(only().pk), film)


def test_the_whole_body(shortcut: Shortcut) -> None:
    name = {"X-Filename": quote("Föto 1.jpg"), "Content-Type": "image/jpeg"}
    assert shortcut.post("file?album_name=Trip%202", PHOTO, **name).json()["filename"] == "Föto 1.jpg"
    assert (only().album_name, only().media_type) == ("Trip 2", "image/jpeg")
    assert_received(str(only().pk), PHOTO)


def test_without_a_name_the_whole_body_is_named_as_base64_is(shortcut: Shortcut) -> None:
    assert shortcut.post("file", pictures.png(2)).json()["filename"].endswith(".png")


def test_several_files(deliveries: Worker, sandbox: Sandbox, web: str, token: Token) -> None:
    shortcut = Shortcut(web, token[1])
    page = b"<html><body>no photo</body></html>" + bytes(3_000_000)
    files = ("1.jpg", PHOTO), ("2.jpg", page), ("3.jpg", PHOTO), ("4.heic", pictures.heic(1)), ("5.jpg", b"")
    answer = shortcut.batch(*files, album_name="Trip")
    said = answer.json()
    assert (answer.status_code, said["total"], said["failed"]) == (200, 5, 2)
    assert said["successful"] + said["duplicates"] == 3
    assert [each["status"] for each in said["results"]] == ["success", "error", "success", "success", "error"]
    assert "not a photo" in said["results"][1]["error"]
    assert said["results"][0]["asset_id"] == said["results"][2]["asset_id"]
    assert len(sandbox.album_assets("Trip")) == 2


def test_a_batch_has_at_most_fifty_files_and_at_least_one(shortcut: Shortcut) -> None:
    answer = shortcut.batch(*[(f"{number}.jpg", PHOTO) for number in range(51)])
    assert (answer.status_code, answer.json()) == (400, {"detail": "Maximum 50 files per request"})
    assert_no_trace()
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    empty = shortcut.post(
        "batch", b"--b\r\nContent-Disposition: form-data; name=album_name\r\n\r\nx\r\n--b--\r\n", **form
    )
    assert (empty.status_code, empty.json()) == (400, {"detail": "No files provided"})


# --- what is refused


def test_bad_base64_in_the_old_words(shortcut: Shortcut) -> None:
    for text in ("abc", "***", "QUI=QUJD"):
        answer = shortcut.post_json("base64", json.dumps({"data": text}).encode())
        assert answer.status_code == 400
        assert list(answer.json()) == ["detail"]
        assert answer.json()["detail"].startswith("Invalid base64 data: ")
    half = base64.b64encode(PHOTO + bytes(100_001))[:-1]
    assert shortcut.post_json("base64", b'{"data": "' + half + b'"}').json()["detail"].endswith("Incorrect padding")
    assert_no_trace()


def test_a_field_that_is_wrong_is_named(shortcut: Shortcut) -> None:
    for body, field, kind in (
        (b'{"filename": "a.jpg"}', "data", "missing"),
        (b'{"data": 5}', "data", "string_type"),
        (b'{"data": "QUJD", "filename": 5}', "filename", "string_type"),
        (b'{"data": "/9j/", "album_name": ["x"]}', "album_name", "string_type"),
        (b'{"data": "/9j/", "album_name": "\\u0000"}', "album_name", "string_too_long"),
        (b'{"data": "/9j/"', "", "json_invalid"),
        (b"data=QUJD", "", "json_invalid"),
    ):
        answer = shortcut.post_json("base64", body)
        assert answer.status_code == 422
        (problem,) = answer.json()["detail"]
        assert (problem["loc"], problem["type"]) == (["body", *([field] if field else [])], kind)
        assert problem["msg"]
    assert_no_trace()


def test_a_form_without_its_file(shortcut: Shortcut) -> None:
    url = f"{shortcut.url}/api/upload/file"
    answer = requests.post(url, files={"other": ("a.jpg", PHOTO)}, headers=shortcut.said(), timeout=30)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "file"])
    assert shortcut.post("file", b"no form", **{"Content-Type": "multipart/form-data"}).status_code == 400


def test_what_guests_may_not_send_scripts_may_not_either(shortcut: Shortcut) -> None:
    """Recipes that count by `status` see an error, those that show `error` or `detail` have words."""
    refused = (b"<html>hello</html>", "a.jpg", 422), (b"%PDF-1.7", "a.pdf", 422), (b"", "a.jpg", 400)
    for content, filename, status in refused:
        for answer in (shortcut.base64(content, filename), shortcut.form(content, filename)):
            said = answer.json()
            assert (answer.status_code, said["status"], said["success"]) == (status, "error", False)
            assert said["error"] == said["detail"]
            assert said["filename"] == filename
    assert_no_trace()


def test_refusals_are_words_for_people(shortcut: Shortcut) -> None:
    """They are shown in a Shortcut's alert: no name of a header, and nothing twice."""
    said = [
        shortcut.base64(b"", "a.jpg"),
        shortcut.post("file", b"", **{"Content-Type": "image/jpeg"}),
        shortcut.base64(b"hello", "notes.txt"),
        shortcut.base64(b"%PDF-1.4 ", "a.jpg"),
    ]
    assert [(answer.status_code, answer.json()["error"]) for answer in said] == [
        (400, "The file is empty."),
        (400, "The file is empty."),
        (422, "Files of type .txt are not taken here."),
        (422, "The file is not a photo or video of the kind taken here."),
    ]
    empty, good = shortcut.batch(("a.jpg", b""), ("b.jpg", PHOTO)).json()["results"]
    assert (empty["error"], good["status"]) == ("The file is empty.", "success")


def test_a_file_that_was_removed_again(shortcut: Shortcut) -> None:
    shortcut.headers["Prefer"] = "respond-async"
    shortcut.form(PHOTO)
    Upload.objects.update(status=Upload.Status.DISCARDED)
    said = result_of(only(), Caller(""))
    assert (said["status"], said["error"]) == ("error", "This file was removed again.")


def test_the_size_limit_holds(shortcut: Shortcut, settings: Settings) -> None:
    settings.MAX_FILE_SIZE_MB = 1
    large = PHOTO + bytes(1_000_000)
    assert shortcut.base64(large).status_code == 413
    assert shortcut.form(large).status_code == 413
    assert shortcut.post("file", large, **{"X-Filename": "a.jpg"}).status_code == 413
    assert shortcut.batch(("a.jpg", large)).json()["results"][0]["status"] == "error"
    assert_no_trace()
    nearly = PHOTO + bytes(999_000 - len(PHOTO))
    assert shortcut.base64(nearly).ok
    # All of them together are larger than one may be, and none of them is.
    assert shortcut.batch(*[(f"{number}.jpg", nearly + bytes([number])) for number in range(6)]).json()["failed"] == 0


def test_what_base64_adds_is_not_the_files(shortcut: Shortcut, settings: Settings) -> None:
    settings.MAX_FILE_SIZE_MB = 12
    nearly = b"\xff\xd8" + b"\xff" * 11_990_000
    text = base64.encodebytes(nearly).replace(b"\n", b"\\r\\n").replace(b"/", b"\\/")
    assert len(text) * 3 // 4 > 13_000_000 + len(nearly) // 2
    assert shortcut.post_json("base64", b'{"filename": "a.jpg", "data": "' + text + b'"}').ok


def test_other_sites_and_methods(shortcut: Shortcut) -> None:
    foreign = {"Origin": "https://evil.example", "X-Filename": "a.jpg"}
    assert shortcut.post("file", PHOTO, **foreign).status_code == 403
    got = requests.get(f"{shortcut.url}/api/upload/file", headers=shortcut.said(), timeout=30)
    assert (got.status_code, got.json(), got.headers["Allow"]) == (405, {"detail": "Method Not Allowed"}, "POST")
    assert_no_trace()


# --- who may


def test_fault_20_strangers_send_nothing(web: str, settings: Settings) -> None:
    settings.PUBLIC_UPLOAD_PAGE_ENABLED = True  # which opens the guests' page, and no script's door
    stranger = Shortcut(web)
    for answer in (stranger.base64(PHOTO), stranger.form(PHOTO), stranger.batch(("a.jpg", PHOTO))):
        said = answer.json()
        assert (answer.status_code, sorted(said)) == (401, ["detail", "error", "success"])
        assert said["success"] is False
        assert said["error"] == said["detail"]
    assert_no_trace()


def test_the_administrator_may_leave_it_open(web: str, settings: Settings) -> None:
    settings.LEGACY_OPEN_API = True
    assert Shortcut(web, headers={"Prefer": "respond-async"}).base64(PHOTO).json()["status"] == "success"
    assert only().account == ImmichAccount.objects.environment()


def test_a_token_in_the_address_for_recipes_that_can_change_nothing_else(web: str, token: Token) -> None:
    recipe = Shortcut(web, headers={"Prefer": "respond-async"})
    assert recipe.post(f"file?token={token[1]}", PHOTO, **{"X-Filename": "a.jpg"}).ok


def test_a_revoked_token_stops_at_once(shortcut: Shortcut, token: Token) -> None:
    assert shortcut.base64(PHOTO).ok
    ApiToken.objects.revoke()
    answer = shortcut.base64(PHOTO)
    assert (answer.status_code, answer.json()["error"]) == (401, "This token was revoked.")
    assert Upload.objects.count() == 1


@pytest.mark.parametrize(
    "end",
    [
        lambda: ApiToken.objects.revoke(),
        lambda: User.objects.update(is_active=False),
        lambda: ApiToken.objects.all().delete(),
    ],
    ids=["revoked", "its host left", "deleted"],
)
def test_also_in_the_middle_of_a_request(web: str, token: Token, end: Callable[[], object]) -> None:
    body = PHOTO + bytes(200_000)
    call = Call("POST", "/api/upload/file", {"X-API-Key": token[1], "X-Filename": "a.jpg"}, body)
    halves = [(body[:100_000], True), (body[100_000:], False)]

    async def receive() -> dict[str, object]:
        half, more = halves.pop(0)
        if not more:
            await blocking.run(end)
        return {"type": "http.request", "body": half, "more_body": more}

    call.receive = receive  # type: ignore[method-assign]
    assert asyncio.run(call.run(ShortcutsApp(spool.default()))) == 401
    assert_no_trace()


def test_a_links_own_token_goes_by_the_link(web: str, make_invite: MakeInvite) -> None:
    link = make_invite(album_name="Party", max_uses=2, kinds=Invite.Kinds.PHOTOS)
    recipe = Shortcut(web, link.token, {"Prefer": "respond-async"})
    assert recipe.base64(PHOTO, album_name="Mine").ok
    assert (only().invite, only().album_name) == (link, "Party")
    film = bytes(3) + b"\x18ftypmp42" + bytes(100)
    assert recipe.base64(film, "a.mp4").status_code == 422
    assert recipe.form(pictures.jpeg(2)).ok
    used_up = recipe.form(pictures.jpeg(3))
    assert (used_up.status_code, used_up.json()["error"]) == (403, "The link is used up.")
    link.refresh_from_db()
    assert link.used == 2


def test_hosts_see_what_their_scripts_sent(shortcut: Shortcut, token: Token) -> None:
    assert shortcut.base64(PHOTO).ok
    Upload.objects.update(status=Upload.Status.FAILED)
    assert token[0].owner
    assert [each.filename for each in queue.failed_of(token[0].owner)] == ["IMG_0001.JPG"]
    assert queue.troubled_links(token[0].owner) == []


# --- a request that is sent again


@pytest.mark.parametrize("send", ["raw", "form", "base64"])
def test_a_repeated_request_gives_the_same_answer(shortcut: Shortcut, make_invite: MakeInvite, send: str) -> None:
    shortcut.headers["Idempotency-Key"] = "3fa85f64"

    def again(content: bytes) -> requests.Response:
        if send == "raw":
            return shortcut.post("file", content, **{"X-Filename": "a.jpg"})
        return shortcut.form(content, "a.jpg") if send == "form" else shortcut.base64(content, "a.jpg")

    link = make_invite(max_uses=1 if send == "raw" else 2)
    shortcut.token = link.token  # where a second upload would be refused, or counted
    first, second = again(PHOTO), again(PHOTO)
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (200, first.json())
    assert spool_files() == [only().pk.hex]
    other = again(pictures.jpeg(2))
    assert (other.status_code, other.json()["detail"][0]["loc"]) == (422, ["header", "Idempotency-Key"])
    assert other.json()["error"] == "Idempotency-Key: It was used for another file."
    link.refresh_from_db()
    assert link.used == 1


@pytest.mark.parametrize("send", ["raw", "form", "base64", "batch"])
def test_also_when_it_used_the_links_last_place(shortcut: Shortcut, make_invite: MakeInvite, send: str) -> None:
    def again() -> requests.Response:
        if send == "raw":
            return shortcut.post("file", PHOTO, **{"X-Filename": "a.jpg"})
        if send == "batch":
            return shortcut.batch(("a.jpg", PHOTO), ("b.jpg", pictures.jpeg(2)))
        return shortcut.form(PHOTO, "a.jpg") if send == "form" else shortcut.base64(PHOTO, "a.jpg")

    link = make_invite(max_uses=2)
    shortcut.token = link.token
    if send != "batch":
        assert shortcut.form(pictures.jpeg(2)).ok
    shortcut.headers["Idempotency-Key"] = "3fa85f64"
    first, second = again(), again()
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (200, first.json())
    shortcut.headers["Idempotency-Key"] = "another"
    refused = again()
    assert (refused.status_code, refused.json()["error"]) == (403, "The link is used up.")
    assert len(spool_files()) == Upload.objects.count() == 2


def test_also_when_both_come_at_the_same_moment(web: str, token: Token) -> None:
    headers = {"X-API-Key": token[1], "X-Filename": "a.jpg", "Idempotency-Key": "k", "Prefer": "respond-async"}
    calls = [Call("POST", "/api/upload/file", headers, PHOTO) for _ in range(4)]
    app = ShortcutsApp(spool.default())

    async def all_at_once() -> None:
        await asyncio.gather(*(call.run(app) for call in calls))

    asyncio.run(all_at_once())
    assert [call.status for call in calls] == [200] * 4
    assert spool_files() == [only().pk.hex]


def test_also_after_the_answer_was_lost(web: str, token: Token) -> None:
    """The row is committed, and the client gone before it hears of it: the same as a crash right after the commit."""
    headers = {"X-API-Key": token[1], "X-Filename": "a.jpg", "Idempotency-Key": "k", "Prefer": "respond-async"}
    lost, again = (Call("POST", "/api/upload/file", headers, PHOTO) for _ in range(2))
    app = ShortcutsApp(spool.default())

    async def gone(message: dict[str, object]) -> None:
        raise ConnectionResetError

    lost.send = gone  # type: ignore[method-assign, assignment]
    with pytest.raises(ConnectionResetError):
        asyncio.run(lost.run(app))
    before = only().pk
    assert asyncio.run(again.run(app)) == 200
    assert only().pk == before


def test_a_batch_may_be_repeated_too(shortcut: Shortcut) -> None:
    shortcut.headers["Idempotency-Key"] = "k"
    files = [(f"{number}.jpg", pictures.jpeg(number)) for number in range(2)]
    assert shortcut.batch(*files).json() == shortcut.batch(*files).json()
    assert len(spool_files()) == Upload.objects.count() == 2
    # Of the same size, and another file: that it is here would be a lie.
    other = shortcut.batch((files[0][0], files[0][1][:-1] + b"x"), files[1])
    assert (other.status_code, other.json()["detail"][0]["loc"]) == (422, ["header", "Idempotency-Key"])
    assert len(spool_files()) == Upload.objects.count() == 2


# --- what may go wrong on the way


def test_of_a_request_that_breaks_off_nothing_stays(web: str, token: Token) -> None:
    part = b"--b\r\nContent-Disposition: form-data; name=files; filename=a.jpg\r\n\r\n" + PHOTO + b"\r\n"
    starts = {
        "base64": b'{"data": "' + base64.b64encode(PHOTO * 50),
        "file": PHOTO * 50,
        "batch": part * 2 + b"--b\r\nContent-",
    }
    for route, start in starts.items():
        kind = "multipart/form-data; boundary=b" if route == "batch" else "application/octet-stream"
        headers = {"X-API-Key": token[1], "X-Filename": "a.jpg", "Content-Type": kind}
        call = Call("POST", f"/api/upload/{route}", headers, start)
        call._messages[0]["more_body"] = True
        assert asyncio.run(call.run(ShortcutsApp(spool.default()))) == 408
        assert_no_trace()


def test_files_that_wait_for_the_end_of_their_request_are_nobodys_strays(web: str, token: Token) -> None:
    """The first files of a long batch have no row yet when the hourly look comes."""
    photo = PHOTO + bytes(5000)
    part = b"--b\r\nContent-Disposition: form-data; name=files; filename=a.jpg\r\n\r\n" + photo + b"\r\n"
    headers = {"X-API-Key": token[1], "Content-Type": "multipart/form-data; boundary=b", "Prefer": "respond-async"}
    call = Call("POST", "/api/upload/batch", headers, part + b"--b--\r\n")
    pieces = [(part, True), (b"--b--\r\n", False)]

    async def receive() -> dict[str, object]:
        piece, more = pieces.pop(0)
        if not more:
            (waiting,) = spool.default().root.iterdir()
            os.utime(waiting, (0, 0))
            assert await blocking.run(custody.inspect, spool.default()) == 0
        return {"type": "http.request", "body": piece, "more_body": more}

    call.receive = receive  # type: ignore[method-assign, assignment]
    assert asyncio.run(call.run(ShortcutsApp(spool.default()))) == 200
    assert_received(str(only().pk), photo)
