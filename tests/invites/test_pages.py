"""The pages of links that take nothing: each says why, in words for guests."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from immichdrop.models import User
from invites.models import Invite
from tests.invites.conftest import AsGuest, MakeInvite

CLOSED = [
    ({"expires_at": datetime(2026, 7, 14, 12, tzinfo=UTC)}, "This page closed on 14 July"),
    ({"opens_at": datetime(9000, 7, 14, 12, tzinfo=UTC)}, "This page opens on 14 July"),
    ({"disabled": True}, "This page is taking a break"),
    ({"max_uses": 2, "used": 2}, "This page is full"),
    ({"max_uses": 1, "claimed_at": datetime(2026, 7, 14, tzinfo=UTC)}, "This link was already used"),
]


@pytest.mark.parametrize(("fields", "words"), CLOSED)
def test_a_closed_link_says_why(client: Client, make_invite: MakeInvite, fields: dict[str, object], words: str) -> None:
    owner = User.objects.create_user("anna@example.org", name="Anna Berg")
    answer = client.get(make_invite(owner=owner, **fields).path)
    html = answer.content.decode()
    assert answer.status_code == 403
    assert words in html
    assert "Beach week" in html
    assert "anna@example.org" not in html


@pytest.mark.parametrize(("fields", "words"), CLOSED)
def test_a_closed_link_with_a_password_does_not_name_its_album(
    client: Client, make_invite: MakeInvite, fields: dict[str, object], words: str
) -> None:
    invite = make_invite(password="sesame", name="", album_name="Surprise party", **fields)
    html = client.get(invite.path).content.decode()
    assert words in html
    assert 'type="password"' not in html  # nobody types one in vain
    assert "Surprise" not in html


def test_unknown_and_deleted_links_have_one_page(client: Client, make_invite: MakeInvite) -> None:
    deleted = make_invite(name="Secret garden")
    Invite.objects.filter(pk=deleted.pk).delete_links()
    seen = set()
    for token in ("unknown", deleted.token, "x" * 500, "%00"):
        answer = client.get(f"/invite/{token}")
        assert answer.status_code == 404
        assert not answer.cookies
        seen.add(answer.content)
    assert len(seen) == 1
    html = seen.pop().decode()
    assert "find this page" in html
    assert "Secret garden" not in html


def test_a_name_is_text_and_no_markup(client: Client, make_invite: MakeInvite) -> None:
    name = "<script>alert(1)</script>"
    for fields in ({}, {"disabled": True}, {"password": "sesame"}):
        html = client.get(make_invite(name=name, **fields).path).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html


def test_an_open_link_opens_by_token_and_by_custom_address(client: Client, make_invite: MakeInvite) -> None:
    invite = make_invite(slug="beach")
    for path in (f"/invite/{invite.token}", "/invite/beach"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Beach week" in answer.content.decode()


def test_a_one_time_link_opens_for_its_owner_alone(make_invite: MakeInvite, as_guest: AsGuest) -> None:
    mine, guest = as_guest()
    stranger, _ = as_guest()
    invite = make_invite(max_uses=1, claimed_by=guest, claimed_at=datetime(2026, 7, 14, tzinfo=UTC))
    assert mine.get(invite.path).status_code == 200
    assert stranger.get(invite.path).status_code == 403
