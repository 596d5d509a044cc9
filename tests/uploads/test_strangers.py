"""An upload is its guest's own: nobody else sees it, asks about it, writes to it, or stops it."""

from collections.abc import Callable

import pytest
import requests
from django.conf import settings as django_settings

from immichdrop.models import User
from invites.models import Guest, Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from tests.uploads.traces import assert_received, content, row, spool_files
from tests.wire import Line, twin_of

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)
MADE_UP = "A" * 22


def nobody(guest: TusGuest) -> TusGuest:
    return TusGuest(guest.url, guest.token)


def made_up_header(guest: TusGuest) -> TusGuest:
    stranger = nobody(guest)
    stranger.session.headers["X-Drop-Guest"] = MADE_UP
    return stranger


def made_up_cookie(guest: TusGuest) -> TusGuest:
    stranger = nobody(guest)
    stranger.session.cookies.set("drop_guest", MADE_UP)
    return stranger


def the_secrets_hash(guest: TusGuest) -> TusGuest:
    stranger = nobody(guest)
    stranger.session.headers["X-Drop-Guest"] = Guest.objects.earliest("pk").secret_hash
    return stranger


def another_guest(guest: TusGuest) -> TusGuest:
    stranger = nobody(guest)
    stranger.open()
    return stranger


def a_host(guest: TusGuest) -> TusGuest:
    """Logged in, even the link's own: the admin is where hosts look."""
    User.objects.create_superuser("host@example.org", "a long password")
    stranger = nobody(guest)
    page = stranger.session.get(f"{guest.url}/login", timeout=30)
    form = {
        "email": "host@example.org",
        "password": "a long password",
        "csrfmiddlewaretoken": stranger.session.cookies["csrftoken"],
    }
    assert page.ok
    stranger.session.post(f"{guest.url}/login", data=form, timeout=30)
    assert django_settings.SESSION_COOKIE_NAME in stranger.session.cookies
    return stranger


STRANGERS = [nobody, made_up_header, made_up_cookie, the_secrets_hash, another_guest, a_host]


@pytest.mark.parametrize("become", STRANGERS, ids=lambda become: become.__name__)
def test_anothers_upload_is_not_there(
    make_invite: MakeInvite, guest_at: Arrive, become: Callable[[TusGuest], TusGuest]
) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO), key="k")
    stranger = become(guest)
    assert stranger.head(upload_id).status_code == 404
    answer = stranger.patch(upload_id, 0, PHOTO)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert "Upload-Offset" not in answer.headers
    assert stranger.uploads() == []
    assert not stranger.create(len(PHOTO), key="k").headers["Location"].endswith(upload_id)
    assert row(upload_id).offset == 0
    assert guest.head(upload_id).status_code == 200


def test_anothers_upload_and_none_at_all_look_alike(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite()
    upload_id = guest_at(invite).begin(len(PHOTO))
    stranger = guest_at(invite)
    there, nowhere = (stranger.patch(each, 0, PHOTO) for each in (upload_id, "00000000-0000-4000-8000-000000000000"))
    dated = {"date"}
    assert there.content == nowhere.content
    assert {n: v for n, v in there.headers.items() if n.lower() not in dated} == {
        n: v for n, v in nowhere.headers.items() if n.lower() not in dated
    }


@pytest.mark.parametrize("method", ["HEAD", "PATCH"])
def test_a_stranger_stops_nobody(make_invite: MakeInvite, guest_at: Arrive, method: str) -> None:
    invite = make_invite()
    guest, stranger = guest_at(invite), guest_at(invite)
    file = PHOTO + bytes(2 << 20)
    upload_id = guest.begin(len(file))
    with Line(guest.url) as line:
        line.begin_patch(guest, upload_id, 0, len(file))
        line.send(file[: 3 << 19])
        eventually(lambda: len(content(upload_id)) >= 1 << 20, "the bytes to come in")
        answer = stranger.head(upload_id) if method == "HEAD" else stranger.patch(upload_id, 0, file)
        assert answer.status_code == 404
        line.send(file[3 << 19 :])
        assert line.answer().status == 204
    assert_received(upload_id, file)


def test_a_list_is_of_one_guest_at_one_link(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite, elsewhere = make_invite(), make_invite()
    guest, other = guest_at(invite), guest_at(invite)
    mine, theirs = guest.send(PHOTO), other.send(PHOTO)
    there = twin_of(guest)
    there.token = elsewhere.token
    third = there.send(PHOTO)
    assert [item["id"] for item in guest.uploads()] == [mine]
    assert [item["id"] for item in other.uploads()] == [theirs]
    assert [item["id"] for item in there.uploads()] == [third]
    item = guest.uploads()[0]
    assert (item["filename"], item["size"], item["offset"]) == ("photo.jpg", len(PHOTO), len(PHOTO))
    assert (item["status"], item["message"]) == ("received", "")


def test_a_list_of_an_unknown_link(web: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.token = "unknown"
    answer = guest.session.get(f"{web}/api/uploads", params={"invite": "unknown"}, timeout=30)
    assert (answer.status_code, answer.json()) == (404, {"error": "not_found"})


def test_the_secret_is_nowhere_to_be_read(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    secret = guest.session.cookies["drop_guest"]
    assert secret not in Guest.objects.get().secret_hash
    answer = requests.get(f"{guest.url}/api/invite/{guest.token}", cookies={"drop_guest": secret}, timeout=30)
    assert secret not in answer.text + str(answer.headers)


def test_a_stranger_who_guesses_leaves_nothing(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.begin(len(PHOTO))
    stranger = made_up_header(guest)
    guests = Guest.objects.count()
    upload_id = stranger.begin(len(PHOTO))
    assert row(upload_id).guest is None
    assert Guest.objects.count() == guests
    assert len(spool_files()) == 2
