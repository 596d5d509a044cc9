"""Requests that break the protocol: each is answered with a status, a code and words, and leaves nothing behind."""

from collections.abc import Callable

import pytest
import requests
from pytest_django import Settings

from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import BODY, TUS, TusGuest, metadata
from tests.uploads.traces import assert_no_trace, assert_received, row, spool_files
from tests.wire import Line, cookie_of

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)
NAME = metadata(filename="photo.jpg")


def post(guest: TusGuest, headers: dict[str, str], body: bytes | None = None) -> requests.Response:
    """A creation of whatever headers; an empty value leaves one out."""
    link = metadata(invite=guest.token)
    said = {**TUS, "Upload-Length": "10", "Upload-Metadata": NAME, **headers}
    if said["Upload-Metadata"]:
        said["Upload-Metadata"] += "," + link
    kept = {name: value for name, value in said.items() if value}
    return guest.session.post(f"{guest.url}/api/tus/", headers=kept, data=body, timeout=30)


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"Upload-Length": ""}, "Upload-Length"),
        ({"Upload-Length": "-1"}, "Upload-Length"),
        ({"Upload-Length": "+1"}, "Upload-Length"),
        ({"Upload-Length": "1e3"}, "Upload-Length"),
        ({"Upload-Length": "0x10"}, "Upload-Length"),
        ({"Upload-Length": "10, 10"}, "Upload-Length"),
        ({"Upload-Length": "9" * 19}, "Upload-Length"),
        ({"Upload-Length": "9" * 5000}, "Upload-Length"),
        ({"Upload-Length": "", "Upload-Defer-Length": "1"}, "Upload-Defer-Length"),
        ({"Upload-Metadata": ""}, "filename"),
        ({"Upload-Metadata": "filename"}, "filename"),
        ({"Upload-Metadata": "filename "}, "filename"),
        ({"Upload-Metadata": metadata(filename="/")}, "filename"),
        ({"Upload-Metadata": metadata(filename="\u202e\n")}, "filename"),
        ({"Upload-Metadata": "filename !!!!"}, "filename"),
        ({"Upload-Metadata": "filename cGhvdG8uanB"}, "filename"),
        ({"Upload-Metadata": "filename cGhvdG8uanBn cGhv"}, "filename"),
        ({"Upload-Metadata": "filename äöü="}, "filename"),
        ({"Upload-Metadata": "filename /////w=="}, "filename"),  # not UTF-8
        ({"Upload-Metadata": f"{NAME},{NAME}"}, "every key once"),
        ({"Upload-Metadata": metadata(filename="a.jpg", key="k" * 101)}, "key"),
        ({"Upload-Metadata": metadata(filename="a.jpg", key="a\0b")}, "key"),
        ({"Upload-Metadata": metadata(filename="a.jpg", lastModified="yesterday")}, "lastModified"),
        ({"Upload-Metadata": metadata(filename="a.jpg", lastModified="1e300")}, "lastModified"),
        ({"Upload-Metadata": metadata(filename="a.jpg", lastModified="9" * 5000)}, "lastModified"),
    ],
)
def test_a_creation_that_says_nonsense(
    make_invite: MakeInvite, guest_at: Arrive, headers: dict[str, str], named: str
) -> None:
    coded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    answer = post(guest_at(make_invite()), coded)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_metadata")
    assert named in answer.json()["message"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert_no_trace()


def test_a_date_outside_the_calendar_is_no_reason_to_refuse(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    for moment in ("999999999999999", "-999999999999999"):
        assert row(guest.begin(10, lastModified=moment)).last_modified is None
    assert row(guest.begin(10, lastModified="-1000.5")).last_modified is not None


def test_other_pairs_are_read_over(make_invite: MakeInvite, guest_at: Arrive) -> None:
    answer = post(guest_at(make_invite()), {"Upload-Metadata": f"{NAME}, is_confidential ,relativePath Zg=="})
    assert answer.status_code == 201


@pytest.mark.parametrize("version", ["", "0.2.2", "1.0.0, 1.0.0"])
def test_another_version(make_invite: MakeInvite, guest_at: Arrive, version: str) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(10)
    said = {"Tus-Resumable": version, "Upload-Offset": "0", "Content-Type": BODY["Content-Type"]}
    headers = {name: value for name, value in said.items() if value}
    url = f"{guest.url}/api/tus/{upload_id}"
    for answer in (
        post(guest, {"Tus-Resumable": version}),
        guest.session.head(url, headers=headers, timeout=30),
        guest.session.patch(url, headers=headers, data=b"x", timeout=30),
    ):
        assert answer.status_code == 412
        assert answer.headers["Tus-Version"] == "1.0.0"
    assert row(upload_id).offset == 0


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "multipart/form-data; boundary=x"])
def test_a_body_of_another_type(make_invite: MakeInvite, guest_at: Arrive, kind: str) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    said = {"Content-Type": kind} if kind else {}
    url = f"{guest.url}/api/tus/{upload_id}"
    patched = guest.session.patch(url, headers={**TUS, **said, "Upload-Offset": "0"}, data=PHOTO, timeout=30)
    posted = post(guest, {**said, "Upload-Length": str(len(PHOTO))}, PHOTO)
    assert (patched.status_code, posted.status_code) == (415, 415)
    assert patched.json()["error"] == "wrong_content_type"
    assert row(upload_id).offset == 0
    assert len(spool_files()) == 1


@pytest.mark.parametrize("offset", ["", "-1", "x", "1.5"])
def test_a_piece_that_says_nonsense(make_invite: MakeInvite, guest_at: Arrive, offset: str) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    headers = {**BODY, **({"Upload-Offset": offset} if offset else {})}
    answer = guest.session.patch(f"{guest.url}/api/tus/{upload_id}", headers=headers, data=PHOTO, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_metadata")
    assert row(upload_id).offset == 0


@pytest.mark.parametrize("offset", [0, 99, 101, len(PHOTO), 10**17])
def test_a_piece_for_another_place(make_invite: MakeInvite, guest_at: Arrive, offset: int) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    guest.patch(upload_id, 0, PHOTO[:100])
    answer = guest.patch(upload_id, offset, PHOTO[100:])
    assert (answer.status_code, answer.json()["error"]) == (409, "offset_mismatch")
    assert answer.headers["Upload-Offset"] == "100"
    assert guest.patch(upload_id, 100, PHOTO[100:]).status_code == 204
    assert_received(upload_id, PHOTO)


def test_a_piece_beyond_the_end(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    answer = guest.patch(upload_id, 0, PHOTO + b"x")
    assert (answer.status_code, answer.json()["error"]) == (413, "too_long")
    assert row(upload_id).offset == 0
    guest.patch(upload_id, 0, PHOTO)
    assert_received(upload_id, PHOTO)


def test_a_piece_of_unknown_length_beyond_the_end(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    headers = {**BODY, "Upload-Offset": "0"}
    pieces = iter([PHOTO[:100], PHOTO[100:], b"x" * 100])
    answer = guest.session.patch(f"{guest.url}/api/tus/{upload_id}", headers=headers, data=pieces, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_long")
    assert row(upload_id).status == "receiving"
    guest.patch(upload_id, 0, PHOTO)
    assert_received(upload_id, PHOTO)


def test_a_creation_with_more_than_its_length(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    declared = guest.create(len(PHOTO), PHOTO + b"x")
    pieces = iter([PHOTO, b"x"])
    said = {**BODY, "Upload-Length": str(len(PHOTO)), "Upload-Metadata": f"{NAME},{metadata(invite=guest.token)}"}
    streamed = guest.session.post(f"{guest.url}/api/tus/", headers=said, data=pieces, timeout=30)
    assert (declared.status_code, streamed.status_code) == (413, 413)
    assert_no_trace()


@pytest.mark.parametrize("upload_id", ["00000000-0000-4000-8000-000000000000", "nonsense", "..%2f..%2fsecret", "a/b"])
def test_an_upload_that_does_not_exist(make_invite: MakeInvite, guest_at: Arrive, upload_id: str) -> None:
    guest = guest_at(make_invite())
    assert guest.head(upload_id).status_code == 404
    answer = guest.patch(upload_id, 0, PHOTO)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert_no_trace()


@pytest.mark.parametrize(
    ("method", "creating"),
    [(method, True) for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE")]
    + [(method, False) for method in ("GET", "POST", "PUT")],
)
def test_another_method(make_invite: MakeInvite, guest_at: Arrive, method: str, creating: bool) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(10)
    url = f"{guest.url}/api/tus/{'' if creating else upload_id}"
    answer = guest.session.request(method, url, headers=TUS, timeout=30)
    assert answer.status_code == 405
    allowed = set(answer.headers["Allow"].split(", "))
    assert allowed >= ({"POST", "OPTIONS"} if creating else {"HEAD", "PATCH", "OPTIONS"})
    assert method not in allowed
    assert row(upload_id).status == "receiving"


FOREIGN = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_sites_page(make_invite: MakeInvite, guest_at: Arrive, headers: dict[str, str]) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    guest.session.headers.update(headers)
    answers = [guest.create(len(PHOTO), PHOTO), guest.patch(upload_id, 0, PHOTO)]
    assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {(403, "foreign_origin")}
    assert guest.head(upload_id).status_code == 403
    assert row(upload_id).offset == 0
    assert len(spool_files()) == 1


def test_the_own_page(make_invite: MakeInvite, guest_at: Arrive, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://drop.example"
    guest = guest_at(make_invite())
    for origin in (guest.url, "https://drop.example"):
        guest.session.headers.update({"Origin": origin, "Sec-Fetch-Site": "same-origin"})
        guest.send(PHOTO)


def test_a_refused_body_is_not_waited_for(make_invite: MakeInvite, guest_at: Arrive) -> None:
    """10 GB are announced: the answer comes at once, and the line is closed instead of being read to its end."""
    guest = guest_at(make_invite())
    with Line(guest.url) as line:
        headers = {**BODY, **cookie_of(guest), "Content-Length": str(10**10), "Upload-Length": str(10**10)}
        line.begin("POST", "/api/tus/", {**headers, "Upload-Metadata": metadata(filename="a.jpg", invite="unknown")})
        line.send(PHOTO)
        answer = line.answer()
        assert (answer.status, answer.headers["Connection"]) == (403, "close")
        answer.read()


def test_a_browser_that_is_still_sending_sees_the_answer(make_invite: MakeInvite, guest_at: Arrive) -> None:
    """It reads only when it has sent: a line that is closed at once would be a network error to it."""
    guest = guest_at(make_invite())
    with Line(guest.url) as line:
        line.begin_creation(guest, 20_000_000, "k" * 101)
        line.send(bytes(7_000_000))
        assert line.answer().status == 400


def test_after_a_refusal_the_line_goes_on(make_invite: MakeInvite, guest_at: Arrive) -> None:
    """A file whose bytes were all read, and one whose few bytes were dropped, cost no new connection."""
    guest = guest_at(make_invite())
    with Line(guest.url) as line:
        for file in (b"<html>" + bytes(100), PHOTO):
            line.begin_creation(guest, len(file), f"key {len(file)}")
            line.send(file)
            answer = line.answer()
            answer.read()
        assert answer.status == 201
        line.begin_patch(guest, "00000000-0000-4000-8000-000000000000", 0, len(PHOTO))
        line.send(PHOTO)
        answer = line.answer()
        answer.read()
        assert answer.status == 404
        line.begin("OPTIONS", "/api/tus/", {})
        assert line.answer().status == 200
