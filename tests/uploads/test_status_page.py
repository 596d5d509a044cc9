"""`/menu/connection`: at once, in bounded time and queries; each host's own things, the server's for staff."""

import socket
import time
import uuid
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from immichdrop.immich import Immich
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox, running
from invites.models import Invite, LinkStatus
from tests.immich.scripted import serving
from uploads.doctor.checks import WITHIN
from uploads.models import Upload

pytestmark = pytest.mark.django_db
NOWHERE = uuid.UUID("00000000-0000-4000-8000-000000000000")
SECRETS = ("Anna and Ben", "Wedding", "secret.jpg", "owner@example.org")
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _forget_what_immich_offers() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def host() -> User:
    return User.objects.create_user("lena@example.org", name="Lena Brandt")


@pytest.fixture
def at_home(client: Client, host: User) -> Client:
    client.force_login(host)
    return client


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("staff@example.org", is_staff=True))
    return client


def checked(client: Client, **query: str) -> str:
    answer = client.get("/menu/connection", {"check": "", **query})
    assert answer.status_code == 200
    return answer.content.decode()


def upload(link: Invite | None, status: str, **fields: object) -> Upload:
    account = fields.pop("account", None) or ImmichAccount.objects.environment()
    whole = {"filename": "photo.jpg", "size": 5, "offset": 5, "received_at": timezone.now()}
    return Upload.objects.create(invite=link, account=account, status=status, **{**whole, **fields})


# --- at once


def test_the_page_is_there_before_anybody_is_asked(at_home: Client, sandbox: Sandbox) -> None:
    answer = at_home.get("/menu/connection")
    page = answer.content.decode()
    assert "Check now" in page
    assert "/menu/connection?check" in page
    assert "Checked just now" not in page
    assert sandbox.requests == []


def test_a_part_for_htmx_and_a_whole_page_without_script(at_home: Client, sandbox: Sandbox) -> None:
    part = at_home.get("/menu/connection?check", headers=HTMX).content.decode()
    assert "Immich is reachable" in part
    assert "<html" not in part
    whole = checked(at_home)
    assert "<html" in whole
    assert "Immich is reachable" in whole
    assert "hx-trigger" not in whole.partition('id="status"')[2].partition(">")[0]


def test_an_immich_that_hangs_does_not_hold_the_page(at_home: Client, settings: Settings) -> None:
    def silent(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    with serving(silent, silent) as server:
        settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = server.url, "key"
        began = time.monotonic()
        page = checked(at_home)
    assert time.monotonic() - began < WITHIN + 0.5
    assert "Immich can&#x27;t be reached" in page or "Immich can't be reached" in page
    assert "Uploads are safe here and wait until Immich is back." in page


def test_without_an_immich(at_home: Client, settings: Settings) -> None:
    assert "This server knows no Immich yet." in checked(at_home)


# --- whose things


def test_a_host_sees_their_own_and_nothing_of_the_server(at_home: Client, host: User, sandbox: Sandbox) -> None:
    page = checked(at_home, origin="http://testserver")
    assert "Albums of your links" in page
    for of_staff in (
        "This server",
        "Space for incoming files",
        "What the key may do",
        "TRUSTED_PROXIES",
        sandbox.email,
    ):
        assert of_staff not in page
    account = ImmichAccount(owner=host)
    account.set_api_key(sandbox.create_key(["asset.upload", "user.read"]))
    account.save()
    page = checked(at_home)
    assert page.count(">Allowed<") == 2
    assert "asset.view, asset.download" in page
    assert "Files arrive in Immich, but in no album." in page
    assert "The server’s Immich" not in page


def test_staff_see_the_installation(staff: Client, sandbox: Sandbox) -> None:
    page = checked(staff, origin="http://testserver")
    for title in ("This server", "Space for incoming files", "What the key may do", "Address and scheme", "Database"):
        assert title in page
    assert page.count(">Allowed<") == 10


def test_staff_with_a_library_of_their_own_see_both(staff: Client, sandbox: Sandbox) -> None:
    account = ImmichAccount(owner=User.objects.get())
    account.set_api_key(sandbox.create_key(["all"]))
    account.save()
    page = checked(staff)
    assert "The server’s Immich" in page
    assert page.count(">Allowed<") == 20


def test_nothing_of_other_hosts_and_no_keys(at_home: Client, staff: Client, sandbox: Sandbox) -> None:
    owner = User.objects.create_user("owner@example.org", name="Anna and Ben")
    account = ImmichAccount(owner=owner, pause="quota")
    account.set_api_key(sandbox.create_key(["all"]))
    account.save()
    link = Invite.objects.create(name="Anna and Ben", album_name="Wedding", album_id=NOWHERE, owner=owner)
    for status in ("failed", "waiting"):
        upload(link, status, filename="secret.jpg", account=account)
    secrets = (*SECRETS, link.token, sandbox.api_key, account.api_key)
    for client in (at_home, staff):
        page = checked(client)
        assert [secret for secret in secrets if secret in page] == []
    assert "Retry" not in checked(at_home)
    link.refresh_from_db()
    assert link.album_missing_at is None, "another host's page finds out nothing for the owner"


def test_a_stranger_is_asked_to_log_in(client: Client) -> None:
    assert client.get("/menu/connection", headers=HTMX).status_code == 401
    assert client.get("/menu/connection")["Location"].startswith("/login?next=/menu/connection")
    assert client.post("/menu/connection/retry").status_code == 302


# --- what it says


def test_failed_files_lead_to_their_links_and_are_tried_again(at_home: Client, host: User, sandbox: Sandbox) -> None:
    link = Invite.objects.create(name="Beach <week>", owner=host)
    failed = [upload(link, "failed") for _ in range(3)]
    others = upload(Invite.objects.create(name="Not mine"), "failed")
    page = checked(at_home)
    assert "Retry 3" in page
    assert f'href="/menu/links/{link.token}">Beach &lt;week&gt;</a>' in page
    answer = at_home.post("/menu/connection/retry", follow=True)
    assert answer.redirect_chain == [("/menu/connection", 302)]
    assert "3 files are tried again" in answer.content.decode()
    assert {Upload.objects.get(pk=each.pk).status for each in failed} == {"waiting"}
    assert Upload.objects.get(pk=others.pk).status == "failed"
    assert "Retry" not in checked(at_home)
    assert at_home.get("/menu/connection/retry").status_code == 405


def test_a_missing_album_is_found_out_and_taken_back(at_home: Client, host: User, sandbox: Sandbox) -> None:
    link = Invite.objects.create(name="Beach week", album_id=NOWHERE, owner=host)
    assert "1 link finds no album: “Beach week”" in checked(at_home)
    link.refresh_from_db()
    assert link.status() == LinkStatus.ALBUM_MISSING
    assert "Album missing" in at_home.get("/menu").content.decode()
    album = Immich(sandbox.url, sandbox.api_key).create_album("Summer")
    Invite.objects.update(album_id=album.id)
    assert "1 open link finds its album" in checked(at_home)
    assert "Album missing" not in at_home.get("/menu").content.decode()


def test_clocks_that_differ(at_home: Client, sandbox: Sandbox) -> None:
    late = int((time.time() - 600) * 1000)
    page = checked(at_home, now=str(late))
    assert "Your browser’s clock" in page
    assert "It is 10 min behind this server’s." in page


def test_what_a_proxy_leaves_out_is_told_to_staff(staff: Client, sandbox: Sandbox) -> None:
    page = checked(staff, origin="https://drop.example.org")
    assert "Your browser is at https://drop.example.org, and http://testserver arrives here." in page
    assert "proxy_set_header Host $host;" in page


def test_the_redirect_address_where_immich_has_single_sign_on(
    at_home: Client, settings: Settings, tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox
) -> None:
    assert "/oauth/callback" not in checked(at_home)
    cache.clear()
    with running(tmp_path_factory.mktemp("immich"), oauth=True) as immich:
        settings.IMMICH_BASE_URL = immich.url
        assert "http://testserver/oauth/callback" in checked(at_home)
        settings.PUBLIC_BASE_URL = "https://drop.example.org"
        assert "https://drop.example.org/oauth/callback" in checked(at_home)


@pytest.mark.parametrize(("who", "queries"), [("at_home", 12), ("staff", 15)])
def test_a_thousand_links_cost_no_more_queries(
    request: pytest.FixtureRequest,
    who: str,
    queries: int,
    sandbox: Sandbox,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client: Client = request.getfixturevalue(who)
    owner = User.objects.get()
    Invite.objects.create(owner=owner, album_name="Summer", name="First")
    upload(Invite.objects.get(), "failed")
    checked(client)  # from here on the accounts have their rows
    with django_assert_num_queries(queries):
        checked(client)
    made = Invite.objects.bulk_create(Invite(owner=owner, album_name="Summer", name=f"Link {n}") for n in range(1000))
    for link in made[:50]:
        upload(link, "failed")
    with django_assert_num_queries(queries):
        checked(client)
