"""With whom a link's album is shared in Immich: seen, added, changed, removed; and whose it is not to share."""

import uuid
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils.html import escape

from immichdrop.immich import Immich
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests.immich.scripted import answering, serving
from uploads.album_sharing import NEEDED
from uploads.models import KnownAlbum

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org", is_staff=True)


@pytest.fixture
def album_id(sandbox: Sandbox, link: Invite) -> str:
    """An album that the link fills, known by its name."""
    with Immich(sandbox.url, sandbox.api_key) as immich:
        album_id = immich.create_album("Summer").id
    Invite.objects.filter(pk=link.pk).update(album_name="Summer")
    KnownAlbum.objects.create(account=ImmichAccount.objects.environment(), name="Summer", album_id=album_id)
    return album_id


def address(link: Invite) -> str:
    return f"/menu/links/{link.token}/people"


def roles(sandbox: Sandbox, album_id: str) -> dict[str, str]:
    return {member.user.name: member.role for member in sandbox.album_members(album_id)}


@pytest.mark.parametrize("sandbox", [2, 3], indirect=True)
def test_shared_changed_and_taken_back(at_home: Client, sandbox: Sandbox, link: Invite, album_id: str) -> None:
    ann, ben = sandbox.create_user("Ann", "ann@example.org"), sandbox.create_user("Ben <b>", "ben@example.org")
    assert address(link) in at_home.get(f"/menu/links/{link.token}").content.decode()
    page = at_home.get(address(link)).content.decode()
    assert page.index(">Owner<") < page.index("Ann (ann@example.org)") < page.index("Ben &lt;b&gt;")

    for user, role in ((ann, "viewer"), (ben, "editor")):
        answer = at_home.post(address(link), {"action": "add", "user": user, "role": role})
        assert (answer.status_code, answer["Location"]) == (302, address(link))
    assert roles(sandbox, album_id) == {"Ann": "viewer", "Ben <b>": "editor"}
    page = at_home.get(address(link)).content.decode()
    assert "Everybody in this Immich has the album already." in page
    assert page.count('<option value="viewer" selected>') == page.count('<option value="editor" selected>') == 1

    at_home.post(address(link), {"action": "role", "user": ann, "role": "editor"})
    assert roles(sandbox, album_id)["Ann"] == "editor"
    answer = at_home.post(address(link), {"action": "remove", "user": ben}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Trigger"]) == (200, '{"toast": "Removed"}')
    assert roles(sandbox, album_id) == {"Ann": "editor"}


def test_what_makes_no_sense_changes_nothing(at_home: Client, sandbox: Sandbox, link: Invite, album_id: str) -> None:
    ann = sandbox.create_user("Ann", "ann@example.org")
    for said, status, words in (
        ({"action": "add", "user": "", "role": "viewer"}, 422, "Choose somebody first."),
        ({"action": "add", "user": str(uuid.uuid4()), "role": "viewer"}, 422, "Invalid user"),
        ({"action": "remove", "user": ann}, 422, "Album not shared with user"),
        ({"action": "add", "user": ann, "role": "owner"}, 404, ""),
        ({"action": "sell", "user": ann, "role": "viewer"}, 404, ""),
    ):
        answer = at_home.post(address(link), said)
        assert answer.status_code == status, said
        assert words in answer.content.decode()
    assert roles(sandbox, album_id) == {}


def test_before_there_is_an_album(at_home: Client, sandbox: Sandbox, link: Invite) -> None:
    assert "This link has no album." in at_home.get(address(link)).content.decode()
    Invite.objects.filter(pk=link.pk).update(album_name="Summer")
    answer = at_home.post(address(link), {"action": "add", "user": str(uuid.uuid4()), "role": "viewer"})
    assert "The album is made with the first file." in answer.content.decode()
    assert address(link) not in at_home.get(f"/menu/links/{link.token}").content.decode()


def test_a_deleted_album_is_told(at_home: Client, sandbox: Sandbox, link: Invite, album_id: str) -> None:
    KnownAlbum.objects.update(album_id=uuid.uuid4())
    assert "Immich has no such album any more" in at_home.get(address(link)).content.decode()


def test_while_immich_is_away(at_home: Client, sandbox: Sandbox, link: Invite, album_id: str) -> None:
    sandbox.stop()
    assert escape("Immich can’t be reached right now.") in at_home.get(address(link)).content.decode()


@pytest.mark.parametrize("left_out", NEEDED)
def test_each_missing_permission_is_named(
    at_home: Client, sandbox: Sandbox, link: Invite, album_id: str, settings: LazySettings, left_out: str
) -> None:
    ann, ben = sandbox.create_user("Ann", "ann@example.org"), sandbox.create_user("Ben", "ben@example.org")
    at_home.post(address(link), {"action": "add", "user": ann, "role": "viewer"})
    settings.IMMICH_API_KEY = sandbox.create_key([name for name in NEEDED if name != left_out])
    page = at_home.get(address(link)).content.decode()
    assert left_out in page
    assert not [name for name in NEEDED if name != left_out and name in page]
    shown = {
        name: f'value="{action}"' in page
        for name, action in dict(zip(NEEDED[2:], ("add", "role", "remove"), strict=True)).items()
    }
    asked_for = {"album.read": set(), "user.read": {NEEDED[3], NEEDED[4]}}
    assert {name for name in shown if shown[name]} == asked_for.get(left_out, set(NEEDED[2:]) - {left_out})
    if left_out in NEEDED[2:]:
        action = ("add", "role", "remove")[NEEDED[2:].index(left_out)]
        user = ben if action == "add" else ann
        answer = at_home.post(address(link), {"action": action, "user": user, "role": "editor"})
        assert (answer.status_code, roles(sandbox, album_id)) == (422, {"Ann": "viewer"})
        assert f"The API key lacks {left_out}." in answer.content.decode()


def test_the_servers_library_is_its_administrators_to_share(
    client: Client, sandbox: Sandbox, link: Invite, album_id: str, host: User
) -> None:
    User.objects.filter(pk=host.pk).update(is_staff=False)
    client.force_login(host)
    ann = sandbox.create_user("Ann", "ann@example.org")
    page = client.get(address(link)).content.decode()
    assert "a library that is not yours" in page
    assert "ann@example.org" not in page
    assert client.post(address(link), {"action": "add", "user": ann, "role": "editor"}).status_code == 403
    assert address(link) not in client.get(f"/menu/links/{link.token}").content.decode()
    assert roles(sandbox, album_id) == {}


def test_a_host_shares_their_own_librarys_albums(
    client: Client, sandbox: Sandbox, link: Invite, album_id: str, host: User, make_staff: Callable[[], Client]
) -> None:
    User.objects.filter(pk=host.pk).update(is_staff=False)
    account = ImmichAccount(owner=host, base_url=sandbox.url)
    account.set_api_key(sandbox.api_key)
    account.save()
    Invite.objects.filter(pk=link.pk).update(album_id=album_id)
    ann = sandbox.create_user("Ann", "ann@example.org")
    said = {"action": "add", "user": ann, "role": "viewer"}
    assert make_staff().post(address(link), said).status_code == 403
    client.force_login(host)
    assert client.post(address(link), said).status_code == 302
    assert roles(sandbox, album_id) == {"Ann": "viewer"}


@pytest.fixture
def make_staff(db: None) -> Callable[[], Client]:
    def make() -> Client:
        client = Client()
        client.force_login(User.objects.create_user("admin@example.org", is_staff=True))
        return client

    return make


def test_an_album_of_somebody_else_is_only_seen(at_home: Client, link: Invite, settings: LazySettings) -> None:
    """Immich shows it to those with whom it is shared, who may not share it further."""
    owner, me = ({"id": str(uuid.uuid4()), "name": name, "email": f"{name}@example.org"} for name in ("Ann", "me"))
    users = [{"user": owner, "role": "owner"}, {"user": me, "role": "editor"}]
    version = {"major": 3, "minor": 1, "patch": 0}
    answers = ({"permissions": ["all"]}, version, {"albumUsers": users}, [owner, me], {**me, "isAdmin": False})
    Invite.objects.filter(pk=link.pk).update(album_id=uuid.uuid4())
    with serving(answering({"res": "pong"}), answering(*answers)) as server:
        settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = server.url, "key"
        page = at_home.get(address(link)).content.decode()
    assert "Only its owner can share it." in page
    assert "Editor" in page
    assert 'name="action"' not in page
