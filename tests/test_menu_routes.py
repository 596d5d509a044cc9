"""Every route of the hosts' pages, walked by strangers: what has a link in its address tells and changes nothing."""

import re
import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern

from immichdrop.models import ImmichAccount, User
from immichdrop.urls import urlpatterns
from invites.models import Invite
from uploads import spool
from uploads.models import Upload

SECRETS = ("Anna and Ben", "Wedding", "secret.jpg", "owner@example.org")
OPEN_TO_ALL_HOSTS = {
    "menu",
    "menu-immich",
    "menu-albums",
    "menu-bulk",
    "menu-imported",
    "menu-tokens",
    "menu-token-revoke",
    "menu-connection",
    "menu-connection-retry",
    "menu-shared",
    "menu-shared-new",
}


def pages() -> Iterator[URLPattern]:
    for pattern in urlpatterns:
        if isinstance(pattern, URLPattern) and str(pattern.pattern).startswith("menu"):
            yield pattern


PATHS = {str(pattern.name): f"/{pattern.pattern}" for pattern in pages()}
OF_A_LINK = {name: path for name, path in PATHS.items() if "<str:token>" in path}
# Of the host's library in Immich, each with its own tests (tests/invites/test_menu_shared.py).
OF_A_SHARED_LINK = {name for name, path in PATHS.items() if "<str:link_id>" in path}


@pytest.fixture
def link(db: None) -> Iterator[Invite]:
    owner = User.objects.create_user("owner@example.org")
    link = Invite.objects.create(name="Anna and Ben", album_name="Wedding", owner=owner, used=3)
    account = ImmichAccount.objects.environment()
    file = Upload.objects.create(invite=link, account=account, filename="secret.jpg", size=5, offset=5, status="failed")
    spool.default().path(file.pk).write_bytes(b"bytes")
    yield link
    spool.default().remove(file.pk)


def filled(path: str, token: str) -> str:
    values = {
        "token": token,
        "action": "save",
        "kind": "png",
        "token_id": "1",
        "link_id": str(uuid.uuid4()),
        "upload_id": str(Upload.objects.get().pk),
    }
    return re.sub(r"<\w+:(\w+)>", lambda found: values[found[1]], path)


def rows() -> list[list[dict[str, object]]]:
    return [list(Invite.objects.order_by("pk").values()), list(Upload.objects.order_by("pk").values())]


def test_the_walk_knows_every_route() -> None:
    assert set(PATHS) - set(OF_A_LINK) - OF_A_SHARED_LINK == OPEN_TO_ALL_HOSTS
    assert len(OF_A_LINK) >= 10


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", sorted(OF_A_LINK))
def test_another_hosts_link_is_like_one_that_is_not_there(link: Invite, name: str, method: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("stranger@example.org"))
    before = rows()
    theirs, nobodys = (
        getattr(client, method)(filled(OF_A_LINK[name], token), {"name": "Mine now"})
        for token in (link.token, "unknown")
    )
    assert theirs.status_code in (404, 405)
    assert theirs.status_code == nobodys.status_code
    assert not [secret for secret in SECRETS if secret in theirs.content.decode()]
    assert rows() == before


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", sorted(OF_A_SHARED_LINK))
def test_whoever_has_no_library_has_no_shared_link(link: Invite, name: str, method: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("stranger@example.org"))
    assert getattr(client, method)(filled(PATHS[name], link.token), {"sure": "1"}).status_code in (404, 405)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", sorted(PATHS))
def test_without_a_login(client: Client, link: Invite, name: str, method: str) -> None:
    before = rows()
    answer = getattr(client, method)(filled(PATHS[name], link.token))
    assert answer.status_code in (302, 405)
    if answer.status_code == 302:
        assert answer["Location"].startswith("/login?next=/menu")
    assert rows() == before


@pytest.mark.parametrize(
    "path", ["/menu", "/menu?whose=all", "/menu?q=anna", "/menu?q=wedding&show=ended", "/menu?made={}"]
)
def test_no_list_tells_of_another_hosts_links(link: Invite, path: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("stranger@example.org"))
    page = client.get(path.format(link.token)).content.decode()
    assert not [secret for secret in SECRETS if secret in page]


def test_of_one_that_works_the_owner_is_told(link: Invite) -> None:
    client = Client()
    client.force_login(User.objects.get(email="owner@example.org"))
    answers = [client.get(filled(path, link.token)) for path in OF_A_LINK.values()]
    assert {answer.status_code for answer in answers} == {200, 405}
    for answer in answers:
        answer.close()  # one is a file
