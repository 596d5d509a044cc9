"""A host's own pages: what their phone shares goes into an album that way, and no list shows it among the links."""

import uuid
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from immichdrop.immich import Immich
from immichdrop.models import User
from immichdrop.sandbox import Sandbox
from invites.menu_list import Wanted
from invites.models import Invite
from invites.own_pages import own_page

JSON = "application/json"
Ask = Callable[..., HttpResponse]


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def ask(client: Client, host: User) -> Ask:
    client.force_login(host)
    return lambda **body: client.post("/api/own-page", body, content_type=JSON)


def make_album(sandbox: Sandbox, name: str) -> str:
    with Immich(sandbox.url, sandbox.api_key) as immich:
        return immich.create_album(name).id


def test_each_album_has_one_and_so_has_none(ask: Ask, host: User, sandbox: Sandbox) -> None:
    album = make_album(sandbox, "Summer")
    paths = {ask(albumId=album).json()["path"] for _ in range(2)}
    paths |= {ask(albumId=None).json()["path"], ask().json()["path"]}
    assert paths == {page.path for page in Invite.objects.all()}
    summer, timeline = Invite.objects.order_by("pk")
    assert (str(summer.album_id), summer.title, summer.account().address) == (album, "Summer", sandbox.url)
    assert (timeline.album_id, timeline.title) == (None, "Just my timeline")
    assert {page.owner for page in (summer, timeline)} == {host}
    other = own_page(User.objects.create_user("other@example.org"), uuid.UUID(album), "Summer")
    assert other.pk not in (summer.pk, timeline.pk), "each host has their own"


def test_it_follows_the_albums_name(ask: Ask, host: User, sandbox: Sandbox) -> None:
    page = own_page(host, uuid.UUID(make_album(sandbox, "Winter")), "Summer")
    assert ask(albumId=str(page.album_id)).json() == {"path": page.path}
    page.refresh_from_db()
    assert page.album_name == "Winter"


def test_no_list_shows_it(ask: Ask, client: Client, host: User, sandbox: Sandbox) -> None:
    own_page(host, None)
    link = Invite.objects.create(owner=host, name="Party")
    assert [row["token"] for row in client.get("/api/invites").json()["items"]] == [link.token]
    assert list(Wanted().links(host)) == [link]


def test_a_page_that_was_deleted_is_made_anew(host: User) -> None:
    first = own_page(host, None)
    Invite.objects.filter(pk=first.pk).delete_links()
    assert own_page(host, None).pk != first.pk


def test_an_album_that_is_not_there(ask: Ask, sandbox: Sandbox) -> None:
    for album in (uuid.uuid4(), uuid.UUID(int=7)):  # the second is no id that Immich gives
        answer = ask(albumId=str(album))
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    wrong = ask(albumId="Summer")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_json")
    assert "albumId" in wrong.json()["message"]
    assert not Invite.objects.exists()


def test_without_an_immich_of_theirs(ask: Ask, settings: LazySettings) -> None:
    settings.ALLOW_SERVER_KEY = False
    answer = ask()
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert not Invite.objects.exists()


def test_immich_is_away(ask: Ask, settings: LazySettings) -> None:
    settings.IMMICH_BASE_URL = "http://127.0.0.1:1"
    assert ask(albumId=str(uuid.uuid4())).status_code == 502
    assert ask().status_code == 200, "the timeline needs no look"


def test_guests_have_none(client: Client, db: None) -> None:
    assert client.post("/api/own-page", {}, content_type=JSON).status_code == 401
