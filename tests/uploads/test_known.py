"""The same files again: a guest learns which files it sent through this link before, and nothing about others'."""

import hashlib
import json
from collections.abc import Callable

import pytest
import requests
from pytest_django import Settings

from invites.finding import FREE_MISSES
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from uploads import known
from uploads.models import Upload

Arrive = Callable[[Invite | None], TusGuest]
FIRST, SECOND = pictures.jpeg(1), pictures.jpeg(2)


def item(content: bytes, key: str = "mine") -> dict[str, object]:
    return {"key": key, "size": len(content), "sha1": hashlib.sha1(content).hexdigest()}


def ask(guest: TusGuest, *items: object, **fields: object) -> requests.Response:
    link = {"invite": guest.token} if guest.token else {}
    return guest.session.post(f"{guest.url}/api/uploads/known", json={**link, "items": items, **fields}, timeout=30)


def keys(guest: TusGuest, *items: object) -> list[str]:
    answer = ask(guest, *items)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["known"])


# --- works


def test_files_are_known_by_their_content_whatever_they_are_called(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST, filename="IMG_1.jpg")
    guest.send(SECOND, filename="IMG_2.jpg")
    changed = FIRST[:-1] + b"\0"
    assert keys(guest, item(SECOND, "b"), item(changed, "c"), item(FIRST, "a")) == ["b", "a"]


def test_both_of_two_copies_are_known(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    assert keys(guest, item(FIRST, "1"), item(FIRST, "2")) == ["1", "2"]


def test_the_sum_may_be_written_in_capitals(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    assert keys(guest, {**item(FIRST), "sha1": hashlib.sha1(FIRST).hexdigest().upper()}) == ["mine"]


def test_a_size_that_differs_is_another_file(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    assert keys(guest, {**item(FIRST), "size": len(FIRST) + 1}, {**item(FIRST), "size": 2**70}) == []


def test_at_the_public_page(web: str, settings: Settings, guest_at: Arrive, make_invite: MakeInvite) -> None:
    settings.PUBLIC_UPLOAD_PAGE_ENABLED = True
    guest = guest_at(None)
    guest.send(FIRST)
    assert keys(guest, item(FIRST)) == ["mine"]
    assert ask(guest, item(FIRST), invite=make_invite().token).status_code == 404
    settings.PUBLIC_UPLOAD_PAGE_ENABLED = False
    assert ask(guest, item(FIRST)).status_code == 404


def test_nothing_is_asked_of_nothing(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    assert keys(guest) == []


# --- which uploads count


@pytest.mark.parametrize("status", [each for each in Upload.Status if each not in ("receiving", "discarded")])
def test_a_complete_upload_counts_whatever_became_of_it(
    status: Upload.Status, make_invite: MakeInvite, guest_at: Arrive
) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    Upload.objects.update(status=status)
    assert keys(guest, item(FIRST)) == ["mine"]


def test_one_that_was_given_up_does_not(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    Upload.objects.update(status=Upload.Status.DISCARDED)
    assert keys(guest, item(FIRST)) == []


def test_one_that_is_not_complete_does_not(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.begin(len(FIRST))
    Upload.objects.update(sha1=hashlib.sha1(FIRST).hexdigest())  # as if the sum had been told by the client
    assert keys(guest, item(FIRST)) == []


def test_one_whose_sum_is_not_known_yet_does_not(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload = guest.begin(len(FIRST))
    guest.patch(upload, 0, FIRST)
    Upload.objects.update(sha1="")
    assert keys(guest, item(FIRST)) == []
    Upload.objects.update(sha1=hashlib.sha1(FIRST).hexdigest())  # which delivery sees to
    assert keys(guest, item(FIRST)) == ["mine"]


# --- strangers


def test_another_guest_of_the_same_link_learns_nothing(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite()
    guest_at(invite).send(FIRST)
    other = guest_at(invite)
    other.send(SECOND)
    assert keys(other, item(FIRST, "theirs"), item(SECOND, "own")) == ["own"]


def test_another_link_of_the_same_guest_is_another_matter(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    elsewhere = TusGuest(guest.url, make_invite().token, guest.session)
    elsewhere.send(SECOND)
    assert keys(elsewhere, item(FIRST, "there"), item(SECOND, "here")) == ["here"]


def test_a_link_that_is_not_the_callers_is_not_there(make_invite: MakeInvite, guest_at: Arrive, web: str) -> None:
    invite, deleted = make_invite(), make_invite()
    guest_at(invite).send(FIRST)
    gone = guest_at(deleted)
    gone.send(FIRST)
    Invite.objects.filter(pk=deleted.pk).delete_links()
    strangers = {
        "without a secret": TusGuest(web, invite.token),
        "who never came": TusGuest(web, invite.token, guest_at(make_invite()).session),
        "with an unknown link": TusGuest(web, "0" * 32, guest_at(invite).session),
        "with half a letter": TusGuest(web, "\u00fc", guest_at(invite).session),
        "with a NUL": TusGuest(web, "\0", guest_at(invite).session),
        "with a deleted link": gone,
    }
    answers = {who: ask(stranger, item(FIRST)) for who, stranger in strangers.items()}
    assert {who: (each.status_code, each.json()) for who, each in answers.items()} == dict.fromkeys(
        strangers, (404, {"error": "not_found"})
    )


def test_asking_for_links_that_do_not_exist_has_a_budget(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    answers = {ask(guest, invite=f"word-{number}").status_code for number in range(FREE_MISSES + 5)}
    assert answers == {404, 429}
    assert keys(guest, item(FIRST)) == ["mine"]


def test_who_left_a_name_there_is_no_stranger(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST, guest_name="Maria")
    Upload.objects.all().delete()
    assert keys(guest, item(FIRST)) == []


def test_another_site_may_not_ask(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    guest.session.headers["Origin"] = "https://elsewhere.example"
    answer = ask(guest, item(FIRST))
    assert (answer.status_code, answer.json()["error"]) == (403, "foreign_origin")


# --- wrong shapes

GOOD = item(FIRST)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "invite"),
        ({}, "items"),
        ({"items": {}}, "items"),
        ({"items": "abc"}, "items"),
        ({"items": [GOOD] * (known.MOST_ITEMS + 1)}, "items"),
        ({"items": [GOOD], "invite": 7}, "invite"),
        ({"items": [GOOD], "invite": None}, "invite"),
        ({"items": [GOOD], "invite": "\ud800"}, "invite"),
        ({"items": [GOOD, "text"]}, "items[1]"),
        ({"items": [{**GOOD, "key": ""}]}, "items[0].key"),
        ({"items": [{**GOOD, "key": "k" * 101}]}, "items[0].key"),
        ({"items": [{**GOOD, "key": 1}]}, "items[0].key"),
        ({"items": [{**GOOD, "size": -1}]}, "items[0].size"),
        ({"items": [{**GOOD, "size": 1.5}]}, "items[0].size"),
        ({"items": [{**GOOD, "size": True}]}, "items[0].size"),
        ({"items": [{**GOOD, "size": "9"}]}, "items[0].size"),
        ({"items": [{**GOOD, "sha1": "a" * 39}]}, "items[0].sha1"),
        ({"items": [{**GOOD, "sha1": "g" * 40}]}, "items[0].sha1"),
        ({"items": [{**GOOD, "sha1": "a" * 40 + "\n"}]}, "items[0].sha1"),
        ({"items": [{**GOOD, "sha1": None}]}, "items[0].sha1"),
    ],
)
def test_the_wrong_field_is_named(body: object, field: str, make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    answer = guest.session.post(f"{guest.url}/api/uploads/known", data=json.dumps(body).encode(), timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
    assert field in answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\xff", b"[" * 100_000, b'{"items": [' + b"9" * 5000 + b"]}"])
def test_what_is_no_json_is_refused(body: bytes, web: str) -> None:
    answer = requests.post(f"{web}/api/uploads/known", data=body, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")


def test_as_many_as_may_be_asked_at_once(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    guest.send(FIRST)
    others = [item(str(number).encode(), f"{number:0100}") for number in range(known.MOST_ITEMS - 1)]
    assert keys(guest, *others, item(FIRST)) == ["mine"]


def test_reading_is_not_asking(web: str) -> None:
    assert requests.get(f"{web}/api/uploads/known", timeout=30).status_code == 405
