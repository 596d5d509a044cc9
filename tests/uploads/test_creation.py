"""Making an upload: with and without bytes, once per guest and key, through a link or the public page."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import requests
from pytest_django import Settings

from invites.models import Guest, Invite, Visit
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import BODY, TusGuest, metadata
from tests.serving import eventually
from tests.uploads.traces import assert_no_trace, assert_received, row, spool_files
from tests.wire import Line, twin_of
from uploads.models import Upload
from uploads.receiving import BLOCK

Arrive = Callable[[Invite | None], TusGuest]
MEBIBYTE = 1 << 20
PHOTO = pictures.jpeg(1)
LARGE = PHOTO + bytes(BLOCK)  # looked at before its bytes are read


def id_of(answer: requests.Response) -> str:
    return answer.headers["Location"].rpartition("/")[2]


def test_without_bytes(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    answer = guest.create(1000)
    assert answer.status_code == 201
    assert re.fullmatch(r"/api/tus/[0-9a-f-]{36}", answer.headers["Location"])
    assert answer.headers["Upload-Offset"] == "0"
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Cache-Control"] == "no-store"
    upload = row(id_of(answer))
    assert (upload.status, upload.offset, upload.size) == ("receiving", 0, 1000)
    assert spool_files() == [upload.pk.hex]
    head = guest.head(str(upload.pk))
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("0", "1000")


def test_with_the_whole_file(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite()
    upload_id = guest_at(invite).send(PHOTO)
    assert_received(upload_id, PHOTO)
    invite.refresh_from_db()
    assert invite.used == 1


def test_with_a_body_of_unknown_length(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    named = metadata(filename="a.jpg", invite=guest.token)
    said = {**BODY, "Upload-Length": str(len(PHOTO)), "Upload-Metadata": named}
    pieces = iter([PHOTO[:100], PHOTO[100:]])
    answer = guest.session.post(f"{guest.url}/api/tus/", headers=said, data=pieces, timeout=30)
    assert answer.status_code == 201
    assert_received(id_of(answer), PHOTO)


@pytest.mark.parametrize("sent", [100, 5000])  # less and more than what is looked at to tell the type
def test_with_a_part_of_the_file(make_invite: MakeInvite, guest_at: Arrive, sent: int) -> None:
    photo = PHOTO + bytes(10_000)
    guest = guest_at(make_invite())
    answer = guest.create(len(photo), photo[:sent])
    assert answer.headers["Upload-Offset"] == str(sent)
    assert row(id_of(answer)).status == "receiving"
    assert guest.patch(id_of(answer), sent, photo[sent:]).status_code == 204
    assert_received(id_of(answer), photo)


def test_with_a_file_too_large_to_wait_for(make_invite: MakeInvite, guest_at: Arrive) -> None:
    file = PHOTO + bytes(17 * MEBIBYTE)
    assert_received(guest_at(make_invite()).send(file), file)


def test_what_was_said_is_kept(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite(album_name="Party"))
    upload = row(
        guest.begin(
            10,
            filename="holiday\u202e/C:\\pics\\Strand.HEIC",
            filetype="image/heic",
            lastModified="1718469000123",
            guest_name=" Ada\n Lovelace ",
            guest_message="Lovely!\0",
        )
    )
    assert upload.filename == "Strand.HEIC"
    assert upload.media_type == "image/heic"
    assert upload.last_modified == datetime(2024, 6, 15, 16, 30, 0, 123000, tzinfo=UTC)
    assert upload.album_name == "Party"
    assert upload.client_address == "127.0.0.1"
    assert upload.user_agent.startswith("python-requests")
    visit = Visit.objects.get(guest=upload.guest)
    assert (visit.name, visit.message) == ("Ada Lovelace", "Lovely!")


@pytest.mark.parametrize("body", [None, PHOTO])
def test_twice_with_the_same_key_makes_one(make_invite: MakeInvite, guest_at: Arrive, body: bytes | None) -> None:
    guest = guest_at(make_invite(max_uses=1))
    first = guest.create(len(PHOTO), body, key="k")
    again = guest.create(len(PHOTO), body, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Upload-Offset"] == str(len(body or b""))
    assert spool_files() == [Upload.objects.get().pk.hex]


@pytest.mark.parametrize("limits", [{}, {"max_files": 1}, {"max_uses": 1}, {"max_bytes": len(LARGE)}])
@pytest.mark.parametrize("photo", [PHOTO, LARGE], ids=["small", "large"])
def test_twice_at_the_same_moment_makes_one(
    make_invite: MakeInvite, guest_at: Arrive, limits: dict[str, int], photo: bytes
) -> None:
    guest = guest_at(make_invite(**limits))
    with Line(guest.url) as slow:
        slow.begin_creation(guest, len(photo), "k")
        slow.send(photo[:100])
        if photo is LARGE:  # a small one has no file before all of it came
            eventually(spool_files, "the first request to be let in")
        quick = guest.create(len(photo), photo, key="k")
        assert quick.status_code == 201
        slow.send(photo[100:])
        answer = slow.answer()
    assert (answer.status, answer.headers["Location"]) == (201, quick.headers["Location"])
    assert answer.headers["Upload-Offset"] == str(len(photo))
    assert_received(id_of(quick), photo)
    assert spool_files() == [Upload.objects.get().pk.hex]


def test_a_lost_answer_is_given_again(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    with Line(guest.url) as lost:
        lost.begin_creation(guest, len(PHOTO), "k")
        lost.send(PHOTO)
        eventually(lambda: Upload.objects.filter(status="received").exists(), "the file")
    again = guest.create(len(PHOTO), key="k")
    assert again.headers["Upload-Offset"] == str(len(PHOTO))
    assert_received(id_of(again), PHOTO)


def test_a_key_is_one_guests_at_one_link(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite, other = make_invite(), make_invite()
    guest = guest_at(invite)
    elsewhere = twin_of(guest)
    elsewhere.token = other.token
    ids = {each.begin(10, key="k") for each in (guest, elsewhere, guest_at(invite))}
    assert len(ids) == 3


def test_a_key_is_not_shared_by_another_file(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.begin(10, key="k")
    answer = guest.create(11, key="k")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_metadata")
    assert Upload.objects.count() == 1


def test_without_a_key_each_is_another(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    assert guest.begin(10, key="") != guest.begin(10, key="")


def test_without_a_secret_it_is_reached_by_its_id_alone(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite()
    script, other = TusGuest(web, invite.token), guest_at(invite)
    upload_id = script.begin(len(PHOTO), key="k")
    assert script.begin(len(PHOTO), key="k") != upload_id, "nobody's key is nobody's"
    assert other.head(upload_id).status_code == 200
    assert script.patch(upload_id, 0, PHOTO).status_code == 204
    assert_received(upload_id, PHOTO)
    assert row(upload_id).guest is None
    assert (script.uploads(), other.uploads()) == ([], [])


def test_the_secret_may_come_in_a_header(web: str, make_invite: MakeInvite) -> None:
    invite = make_invite()
    secret = requests.get(f"{web}/api/invite/{invite.token}", timeout=30).headers["X-Drop-Guest"]
    framed = TusGuest(web, invite.token)
    framed.session.headers["X-Drop-Guest"] = secret
    upload_id = framed.send(PHOTO)
    assert row(upload_id).guest == Guest.objects.get()
    assert [item["id"] for item in framed.uploads()] == [upload_id]


def test_a_link_is_also_known_by_its_own_address(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite(slug="beach")
    guest = guest_at(invite)
    assert row(guest.begin(10, invite="beach")).invite == invite


def test_the_public_page_takes_files_when_it_is_on(web: str, guest_at: Arrive, settings: Settings) -> None:
    settings.PUBLIC_UPLOAD_PAGE_ENABLED = True
    settings.IMMICH_ALBUM_NAME = "Everybody's"
    guest = guest_at(None)
    upload_id = guest.send(PHOTO, key="k")
    assert_received(upload_id, PHOTO)
    assert (row(upload_id).invite, row(upload_id).album_name) == (None, "Everybody's")
    assert id_of(guest.create(len(PHOTO), key="k")) == upload_id
    assert [item["id"] for item in guest.uploads()] == [upload_id]


def test_the_public_page_takes_nothing_when_it_is_off(web: str) -> None:
    answer = TusGuest(web).create(len(PHOTO), PHOTO)
    assert (answer.status_code, answer.json()["error"]) == (403, "invalid_invite")
    assert_no_trace()


def test_what_the_server_can_do(web: str) -> None:
    for path in ("/api/tus/", "/api/tus", "/api/tus/some-id"):
        answer = requests.options(web + path, timeout=30)
        assert answer.status_code == 200
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Extension"].split(",")[:2] == ["creation", "creation-with-upload"]
        assert int(answer.headers["Tus-Max-Size"]) == 50_000_000_000
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_sum_is_of_the_bytes_and_not_of_the_name(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    one, other = guest.send(PHOTO, filename="a.jpg"), guest.send(PHOTO, filename="b.jpg")
    assert row(one).sha1 == row(other).sha1 == hashlib.sha1(PHOTO).hexdigest()
