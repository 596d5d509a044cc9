"""The panel of a new link: what is said there, what is wrong with it, and that nothing typed is lost."""

import re
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from immichdrop.models import User
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests.invites.conftest import MakeInvite

ALBUM = "11111111-2222-3333-4444-555555555555"
PLAIN = {"uses": "no_limit", "guest_name": "optional", "kinds": "both", "max_bytes_unit": "1000000000"}
PLAIN["max_file_size_unit"] = "1000000000"


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def at_home(client: Client, host: User) -> Client:
    client.force_login(host)
    return client


def create(client: Client, **fields: str) -> HttpResponse:
    return client.post("/menu", {**PLAIN, **fields})


def errors(answer: HttpResponse) -> dict[str, str]:
    """What the page says beside its fields, by field."""
    page = answer.content.decode()
    return dict(re.findall(r'<p id="id_(\w+)_error" class="field-error">.*?</svg>([^<]*)</p>', page))


def test_the_panel_opens_with_or_without_script(at_home: Client) -> None:
    assert 'id="create"' not in at_home.get("/menu").content.decode()
    assert 'id="create"' in at_home.get("/menu?create").content.decode()


def test_a_link_with_everything(at_home: Client, host: User) -> None:
    answer = create(
        at_home,
        name=" Anna & Ben ",
        welcome_text="We danced.",
        album_name="Wedding",
        album_id=ALBUM,
        uses="several",
        max_uses="50",
        opens_at="2099-07-01",
        expires_at="2099-07-14",
        time_zone="America/New_York",
        password=" sesame ",
        slug="Anna-Ben",
        max_files="20",
        max_bytes="1.5",
        max_file_size="200",
        max_file_size_unit="1000000",
        kinds="photos",
        guest_name="required",
        describe="on",
        tag="on",
    )
    link = Invite.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/menu?made={link.token}")
    assert (link.owner, link.name, link.welcome_text, link.slug) == (host, "Anna & Ben", "We danced.", "anna-ben")
    assert (link.album_name, str(link.album_id), link.max_uses, link.max_files) == ("Wedding", ALBUM, 50, 20)
    # A day begins and ends where the host is.
    assert link.opens_at == datetime(2099, 7, 1, 4, tzinfo=UTC)
    assert link.expires_at == datetime(2099, 7, 15, 4, tzinfo=UTC)
    assert link.check_password(" sesame ")
    assert (link.max_bytes, link.max_file_size) == (1_500_000_000, 200_000_000)
    assert (link.kinds, link.guest_name, link.describe, link.tag) == ("photos", "required", True, True)


def test_a_link_with_nothing(at_home: Client) -> None:
    create(at_home)
    link = Invite.objects.get()
    assert (link.max_uses, link.opens_at, link.expires_at, link.password) == (-1, None, None, "")
    assert (link.slug, link.album_name, link.album_id, link.max_files) == (None, "", None, None)
    assert (link.max_bytes, link.max_file_size, link.describe, link.tag) == (None, None, False, False)


def test_guests_may_paste_links_where_the_server_takes_any(at_home: Client, settings: LazySettings) -> None:
    for on, there, allowed in ((False, False, False), (True, True, True)):
        settings.SOCIAL_MEDIA_UPLOADS_ENABLED = on
        assert ('name="allow_urls"' in at_home.get("/menu?create").content.decode()) == there
        create(at_home, allow_urls="on")
        assert Invite.objects.latest("pk").allow_urls == allowed


@pytest.mark.parametrize(("uses", "max_uses"), [("once", 1), ("no_limit", -1)])
def test_a_hidden_number_has_no_say(at_home: Client, uses: str, max_uses: int) -> None:
    create(at_home, uses=uses, max_uses="x")
    assert Invite.objects.get().max_uses == max_uses


def test_an_album_that_was_emptied_again_is_none(at_home: Client) -> None:
    create(at_home, album_name=" ", album_id=ALBUM)
    assert Invite.objects.get().album_id is None


@pytest.mark.parametrize("zone", ["", "Europe/Berlin", "Mars/Olympus", "../../etc/passwd"])
def test_an_unknown_zone_is_the_servers(at_home: Client, zone: str) -> None:
    create(at_home, expires_at="2099-07-14", time_zone=zone)
    assert Invite.objects.get().expires_at == datetime(2099, 7, 14, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "x" * 201}, "name"),
        ({"name": "\0"}, "name"),
        ({"album_name": "x" * 201}, "album_name"),
        ({"welcome_text": "x" * 2001}, "welcome_text"),
        ({"expires_at": "14 July"}, "expires_at"),
        ({"expires_at": "9999-12-31"}, "expires_at"),
        ({"opens_at": "soon"}, "opens_at"),
        ({"opens_at": "2099-08-01", "expires_at": "2099-07-01"}, "expires_at"),
        ({"uses": "several"}, "max_uses"),
        ({"uses": "several", "max_uses": "1"}, "max_uses"),
        ({"uses": "several", "max_uses": "1e9"}, "max_uses"),
        ({"uses": "often"}, "uses"),
        ({"guest_name": "maybe"}, "guest_name"),
        ({"kinds": "cats"}, "kinds"),
        ({"max_files": "0"}, "max_files"),
        ({"max_bytes": "-1"}, "max_bytes"),
        ({"max_bytes": "NaN"}, "max_bytes"),
        ({"max_bytes": "1", "max_bytes_unit": "7"}, "max_bytes_unit"),
        ({"max_file_size": "much"}, "max_file_size"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "taken"}, "slug"),
        ({"password": "x" * 201}, "password"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_field(
    at_home: Client, make_invite: MakeInvite, fields: dict[str, str], wrong: str
) -> None:
    make_invite(slug="taken")
    answer = create(at_home, **fields)
    assert answer.status_code == 422
    assert list(errors(answer)) == [wrong]
    assert Invite.objects.count() == 1


def test_nothing_typed_is_lost(at_home: Client) -> None:
    typed = {
        "name": "Anna & Ben",
        "welcome_text": "We <danced>.",
        "album_name": "Wedding",
        "album_id": ALBUM,
        "max_uses": "50",
        "expires_at": "2099-07-14",
        "opens_at": "never",
        "password": "sesame",
        "slug": "anna",
        "max_bytes": "1.5",
    }
    page = create(at_home, uses="several", kinds="photos", describe="on", **typed).content.decode()
    for value in [value for name, value in typed.items() if name not in ("name", "welcome_text")]:
        assert f'value="{value}"' in page
    assert 'value="Anna &amp; Ben"' in page
    assert "We &lt;danced&gt;.</textarea>" in page
    assert re.search(r'value="several"[^>]* checked', page)
    assert re.search(r'name="describe"[^>]* checked', page)
    assert '<option value="photos" selected>' in page


def test_a_new_link_comes_first_and_is_marked_until_the_next_visit(
    at_home: Client, host: User, make_invite: MakeInvite
) -> None:
    make_invite(owner=host)
    page = at_home.get(create(at_home, name="New one")["Location"]).content.decode()
    rows = re.findall(r'<tr role="row" id="link-[^>]*>', page)
    assert ["data-new" in row for row in rows] == [True, False]
    assert "data-new" not in at_home.get("/menu").content.decode()


def test_without_a_login_nothing_is_made(client: Client, db: None) -> None:
    assert create(client, name="Mine")["Location"] == "/login?next=/menu"
    assert not Invite.objects.exists()


def test_another_site_makes_nothing(host: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(host)
    assert create(client, name="Mine").status_code == 403
    assert not Invite.objects.exists()


def test_the_albums_to_choose_from(at_home: Client, sandbox: Sandbox) -> None:
    made = at_home.post("/api/albums", {"name": "<b>Summer</b>"}, content_type="application/json").json()
    page = at_home.get("/menu/albums").content.decode()
    assert f'<option value="&lt;b&gt;Summer&lt;/b&gt;" data-id="{made["id"]}">' in page
    assert "Write the name" not in page


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:9"])
def test_without_immich_the_panel_is_of_use(at_home: Client, settings: LazySettings, address: str) -> None:
    settings.IMMICH_BASE_URL = address
    answer = at_home.get("/menu/albums")
    assert answer.status_code == 200
    assert "Write the name" in answer.content.decode()
    create(at_home, album_name="Summer")
    assert Invite.objects.get().album_name == "Summer"


def test_the_banner_tells_whether_immich_answers(at_home: Client, sandbox: Sandbox, settings: LazySettings) -> None:
    assert "Connected to Immich" in at_home.get("/menu/immich").content.decode()
    assert at_home.get("/menu/immich?was=here").status_code == 204
    settings.IMMICH_BASE_URL = "http://127.0.0.1:9"
    away = at_home.get("/menu/immich?was=here").content.decode()
    assert "Immich can&#x27;t be reached" in away or "Immich can't be reached" in away
    assert "Uploads are safe here and wait until Immich is back." in away
