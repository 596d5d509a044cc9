"""By the code on a guest's receipt the host finds what that browser sent through that link."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from immichdrop.models import User
from invites import guests, receipts
from invites.models import Guest, Invite, Visit
from tests.uploads.conftest import Receive
from uploads.models import Upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria(client: Client, link: Invite, received: Receive) -> Guest:
    """A guest with two files; another one has a third."""
    maria, other = guests.create()[0], guests.create()[0]
    Visit.objects.create(guest=maria, invite=link, name="Aunt Maria")
    received(guest=maria, filename="first.jpg")
    received(guest=maria, filename="second.jpg")
    received(guest=other, filename="other.jpg")
    return maria


def found(client: Client, link: Invite, words: str) -> list[str]:
    page = client.get(f"/menu/links/{link.token}", {"q": words}).content.decode()
    return sorted(re.findall(r'aria-label="(\w+\.jpg), ', page))


def test_a_guest_reads_it_and_when_each_file_came(client: Client, link: Invite, received: Receive) -> None:
    guest, secret = guests.create()
    upload = received(guest=guest)
    received("receiving", guest=guest, received_at=None, offset=7)
    path = f"/api/uploads?invite={link.token}"
    answer = client.get(path, headers={"X-Drop-Guest": secret}).json()
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", answer["receipt"])
    assert answer["receipt"] == receipts.code(guest, link)
    assert upload.received_at
    assert [item["receivedAt"] for item in answer["items"]] == [upload.received_at.isoformat(), None]
    assert client.get(path, headers={"X-Drop-Guest": secret}).json() == answer, "tomorrow too"
    assert client.get(path).json() == {"items": [], "receipt": ""}


def test_it_is_another_one_for_each_guest_and_at_each_link(link: Invite) -> None:
    people = [guests.create()[0] for _ in range(50)]
    places = [link, Invite.objects.create(name="Another"), None]
    assert len({receipts.code(guest, place) for guest in people for place in places}) == 150


def test_the_host_finds_a_guest_by_it_or_by_name(at_home: Client, link: Invite, maria: Guest) -> None:
    code = receipts.code(maria, link)
    assert f'<span class="font-mono">{code}</span>' in at_home.get(f"/menu/links/{link.token}").content.decode()
    for words in (code, f" {code.lower()} ", code.replace("-", " "), code.replace("0", "O").replace("1", "l"), "aunt"):
        assert found(at_home, link, words) == ["first.jpg", "second.jpg"], words
    assert found(at_home, link, "") == ["first.jpg", "other.jpg", "second.jpg"]
    assert found(at_home, link, receipts.code(guests.create()[0], link)) == []
    assert found(at_home, link, "Ma\0ria") == ["first.jpg", "second.jpg"]
    page = at_home.get(f"/menu/links/{link.token}", {"q": "nobody"}).content.decode()
    assert "No guest with this name or receipt." in page


def test_by_a_receipt_of_another_link_nothing_is_found(at_home: Client, link: Invite, maria: Guest) -> None:
    assert found(at_home, link, receipts.code(maria, Invite.objects.create(name="Another"))) == []


@pytest.mark.parametrize("text", ["", "K7M2", "K7M2-QX4DE", "K7M2-QX4U", "IMG_2047", "ÄÖÜÄÖÜÄÖ"])
def test_what_is_no_code(text: str) -> None:
    assert receipts.read(text) == ""


def test_the_admin_finds_them_too_also_of_the_public_page(
    client: Client, link: Invite, maria: Guest, received: Receive
) -> None:
    client.force_login(User.objects.create_superuser("admin@example.org", "secret"))
    received(guest=maria, invite=None, filename="public.jpg")

    def names(code: str) -> list[str]:
        page = client.get("/admin/uploads/upload/", {"q": code}).content.decode()
        return sorted(re.findall(r">(\w+\.jpg)</a>", page))

    assert names(receipts.code(maria, link)) == ["first.jpg", "second.jpg"]
    assert names(receipts.code(maria, None)) == ["public.jpg"]
    upload = Upload.objects.get(filename="public.jpg")
    page = client.get(f"/admin/uploads/upload/{upload.pk}/change/").content.decode()
    assert receipts.code(maria, None) in page


@pytest.mark.parametrize("closed", [{"disabled": True}, {"expires_at": timezone.now()}, {"max_uses": 2, "used": 2}])
def test_it_is_there_after_the_link_closed(
    client: Client, link: Invite, received: Receive, closed: dict[str, object]
) -> None:
    guest, secret = guests.create()
    received(guest=guest)
    received(guest=guest)
    received("receiving", guest=guest, received_at=None, offset=7)
    received(guest=guests.create()[0])
    Invite.objects.filter(pk=link.pk).update(**closed)
    page = client.get(link.path, headers={"X-Drop-Guest": secret})
    assert page.status_code == 403
    assert 'data-figure="files">2<' in page.content.decode()
    assert receipts.code(guest, link) in page.content.decode()
    assert "Your receipt" not in client.get(link.path).content.decode(), "a stranger has none"
    Invite.objects.filter(pk=link.pk).delete_links()
    gone = client.get(link.path, headers={"X-Drop-Guest": secret})
    assert gone.status_code == 404
    assert "Your receipt" not in gone.content.decode()
