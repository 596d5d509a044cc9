"""A link's password, by the API and by the plain form."""

import pytest
from django.test import Client

from immichdrop.models import FailedAttempts
from immichdrop.throttle import FREE_FAILURES
from invites.models import Guest, Invite, Visit
from tests.invites.conftest import AsGuest, MakeInvite


@pytest.fixture
def invite(make_invite: MakeInvite) -> Invite:
    return make_invite(password="sesame", name="", album_name="Surprise party")


def give(client: Client, invite: Invite, body: object, **more: str):
    return client.post(f"/api/invite/{invite.token}/auth", body, content_type="application/json", **more)


# --- POST /api/invite/{token}/auth


def test_the_right_one_unlocks_for_this_guest(client: Client, invite: Invite, as_guest: AsGuest) -> None:
    answer = give(client, invite, {"password": "sesame"})
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "authorized": True})
    # Who came without a secret has one now, and it stays unlocked.
    assert answer.cookies["drop_guest"].value == answer["X-Drop-Guest"]
    assert client.get(f"/api/invite/{invite.token}").json()["authorized"] is True
    assert Guest.objects.count() == 1
    stranger, _ = as_guest()
    assert stranger.get(f"/api/invite/{invite.token}").json()["authorized"] is False


def test_a_known_guest_stays_the_same(invite: Invite, as_guest: AsGuest) -> None:
    client, guest = as_guest()
    answer = give(client, invite, {"password": "sesame"})
    assert not answer.cookies
    assert Visit.objects.get(invite=invite).guest == guest


@pytest.mark.parametrize("password", ["wrong", "", "Sesame", "sesame ", None, 7, ["sesame"], {"a": 1}, True])
def test_a_wrong_one_does_not(client: Client, invite: Invite, password: object) -> None:
    answer = give(client, invite, {"password": password})
    assert (answer.status_code, answer.json()) == (403, {"error": "invalid_password"})
    assert not answer.cookies
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    "body",
    ["", "sesame", "[]", '"sesame"', "null", "{}", '{"pass":"sesame"}', "{", "[" * 100_000, b"\xff\xfe\x00"],
)
def test_what_is_no_json_of_ours_is_told(client: Client, invite: Invite, body: str | bytes) -> None:
    answer = give(client, invite, body)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_json"
    assert not FailedAttempts.objects.exists()


def test_half_a_character_is_a_wrong_password(client: Client, invite: Invite) -> None:
    assert give(client, invite, '{"password":"\\ud800"}').status_code == 403


def test_unknown_and_deleted_links_answer_alike(client: Client, invite: Invite) -> None:
    Invite.objects.filter(pk=invite.pk).delete_links()
    for token in (invite.token, "unknown"):
        answer = client.post(f"/api/invite/{token}/auth", {"password": "sesame"}, content_type="application/json")
        assert (answer.status_code, answer.json()) == (404, {"error": "not_found"})


def test_a_link_without_password_is_open_to_any(client: Client, make_invite: MakeInvite) -> None:
    assert give(client, make_invite(), {"password": "whatever"}).json() == {"ok": True, "authorized": True}


def test_guessing_has_to_wait_and_nobody_else_has_to(client: Client, invite: Invite) -> None:
    for _ in range(FREE_FAILURES):
        assert give(client, invite, {"password": "wrong"}).status_code == 403
    refused = give(client, invite, {"password": "sesame"})
    assert (refused.status_code, refused.json()) == (429, {"error": "too_many_requests"})
    assert 0 < int(refused["Retry-After"]) <= 15
    assert not refused.cookies
    # The form counts the same guesses.
    assert client.post(f"/invite/{invite.token}", {"password": "sesame"}).status_code == 429
    assert give(Client(), invite, {"password": "sesame"}, REMOTE_ADDR="198.51.100.2").status_code == 200


def test_only_post(client: Client, invite: Invite) -> None:
    assert client.get(f"/api/invite/{invite.token}/auth").status_code == 405


# --- the form at /invite/{token}


def test_the_form_asks_and_names_no_album(client: Client, invite: Invite) -> None:
    answer = client.get(f"/invite/{invite.token}")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "data-door=" in html
    assert "Surprise" not in html


def test_the_form_names_the_link(client: Client, make_invite: MakeInvite) -> None:
    named = make_invite(password="sesame", name="Anna & Ben", album_name="Surprise party")
    html = client.get(named.path).content.decode()
    assert "Anna &amp; Ben" in html
    assert "Surprise" not in html


def test_the_right_one_opens_the_page(client: Client, invite: Invite) -> None:
    path = f"/invite/{invite.token}"
    answer = client.post(path, {"password": "sesame"})
    assert (answer.status_code, answer["Location"]) == (302, path)
    page = client.get(path)
    assert page.status_code == 200
    assert "data-door=" not in page.content.decode()
    assert "Surprise party" in page.content.decode()
    assert client.post(path, {"password": "anything"}).status_code == 302  # a second tab's form, too late


@pytest.mark.parametrize("fields", [{"password": "wrong"}, {"password": ""}, {}, {"password": "\0"}])
def test_a_wrong_one_asks_again(client: Client, invite: Invite, fields: dict[str, str]) -> None:
    answer = client.post(f"/invite/{invite.token}", fields)
    assert answer.status_code == 403
    assert "try again" in answer.content.decode()
    assert "drop_guest" not in answer.cookies


def test_the_form_says_how_long_to_wait(client: Client, invite: Invite) -> None:
    for _ in range(FREE_FAILURES):
        client.post(f"/invite/{invite.token}", {"password": "wrong"})
    answer = client.post(f"/invite/{invite.token}", {"password": "sesame"})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 15
    assert "Please wait 1 minute." in answer.content.decode()


def test_another_password_closes_the_page_again(invite: Invite, as_guest: AsGuest) -> None:
    client, _ = as_guest(to=invite)
    assert "Surprise party" in client.get(f"/invite/{invite.token}").content.decode()
    invite.set_password("open up")
    invite.save()
    assert "data-door=" in client.get(f"/invite/{invite.token}").content.decode()
