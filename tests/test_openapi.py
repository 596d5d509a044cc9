"""`GET /api/openapi.json` describes what runs: every route of hosts, with answers that are as it says."""

import re
from collections.abc import Iterator
from uuid import UUID

import msgspec
import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import get_resolver

from immichdrop.immich import Immich, LinkSettings
from immichdrop.json_api import ErrorAnswer
from immichdrop.models import ImmichAccount, User
from immichdrop.openapi import Operation, described, document
from immichdrop.sandbox import Sandbox
from ingest.downloads import description as links
from ingest.shortcuts import application as shortcuts
from invites import links as links_of_hosts
from invites.models import Invite
from tests import pictures
from tests.contract.conftest import upload_of
from tests.test_host_routes import ROUTES
from uploads import sharing_back
from uploads.models import Upload

OPERATIONS = list(described(get_resolver().url_patterns))
PASSWORD = "correct horse battery"
NO_LINK = "11111111-2222-4333-8444-555555555555"
# A body that is taken, where one is wanted.
BODIES: dict[tuple[str, str], dict[str, object]] = {
    ("post", "/api/login"): {"email": "owner@example.org", "password": PASSWORD},
    ("post", "/api/albums"): {"name": "Party"},
    ("post", "/api/invites/bulk"): {"tokens": ["beach"], "action": "enable"},
    ("post", "/api/invites/delete"): {"tokens": ["beach"]},
}


@pytest.fixture
def owner(db: None) -> User:
    owner = User.objects.create_user("owner@example.org", PASSWORD)
    invite = Invite.objects.create(slug="beach", owner=owner, expires_at="2030-07-14T00:00Z", max_uses=5)
    Upload.objects.create(
        invite=invite,
        account=ImmichAccount.objects.environment(),
        filename="a.jpg",
        size=5,
        offset=5,
        received_at=invite.created_at,
    )
    return owner


@pytest.fixture
def shared(owner: User, sandbox: Sandbox) -> tuple[str, str]:
    """A library of the owner's own with one shared link: its id, and its album's."""
    account = ImmichAccount(owner=owner, base_url=sandbox.url, connected=True)
    account.set_api_key(sandbox.api_key)
    account.save()
    with Immich(sandbox.url, sandbox.api_key) as immich:
        album = immich.create_album("Summer").id
        return immich.create_shared_link(album_id=album, settings=LinkSettings(allow_upload=True)).id, album


def ask(client: Client, path: str, operation: Operation, body: object = None, link_id: str = NO_LINK):
    path = path.replace("{link_id}", link_id)
    path = path.replace("{token}", "beach") + ("?text=http://testserver/invite/beach" if path == "/api/qr" else "")
    method = getattr(client, operation.method)
    if operation.method == "get":
        return method(path)
    body = body if body is not None else BODIES.get((operation.method, path), {})
    return method(path, body, content_type="application/json")


def named(operations: list[tuple[str, Operation]]) -> list[object]:
    return [pytest.param(path, operation, id=f"{operation.method} {path}") for path, operation in operations]


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def test_it_is_there_for_everybody(client: Client, settings: LazySettings) -> None:
    settings.PUBLIC_BASE_URL = "https://drop.example.org"
    answer = client.get("/api/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    said = answer.json()
    assert said["openapi"].startswith("3.1.")
    assert said["servers"] == [{"url": "https://drop.example.org"}]
    assert said == document(get_resolver().url_patterns)


def test_every_route_of_hosts_is_described() -> None:
    walked = {(route.method.lower(), route.path.partition("?")[0]) for route in ROUTES}
    assert walked <= {(operation.method, path) for path, operation in OPERATIONS}


def test_every_reference_leads_somewhere_and_every_name_is_one_operations() -> None:
    said = document(get_resolver().url_patterns)
    found = set(references(said))
    schemas = said["components"]["schemas"]  # type: ignore[index]
    assert len(found) > 10
    assert found == {f"#/components/schemas/{name}" for name in schemas}
    names = re.findall(r"'operationId': '(\w+)'", str(said))
    assert len(names) == len(set(names)) == len(OPERATIONS) + len(shortcuts.PATHS) + len(links.parts()[0])


@pytest.mark.parametrize(("path", "operation"), named(OPERATIONS))
def test_an_answer_is_as_described(
    client: Client, owner: User, sandbox: Sandbox, shared: tuple[str, str], path: str, operation: Operation
) -> None:
    client.force_login(owner)
    link_id, album = shared
    body: dict[str, object] | None = None
    if path == "/api/login":  # where an Immich is set, it is Immich's accounts that log in
        body = {"email": sandbox.email, "password": sandbox.password}
    if path == "/api/shared-links":
        body = {"albumId": album}
    if path.endswith("/shared-link"):
        invite = Invite.objects.get(slug="beach")
        links_of_hosts.change_link(invite, {"album_id": UUID(album)})
        if operation.method != "post":
            sharing_back.make(owner, invite, LinkSettings(), None)
    if path.endswith("/assets"):
        body = {"assetIds": []}
        with Immich(sandbox.url, sandbox.api_key) as immich:
            photo = immich.upload(upload_of(pictures.jpeg(1))).id
            link_id = immich.create_shared_link(asset_ids=[photo], settings=LinkSettings()).id
    answer = ask(client, path, operation, body, link_id)
    assert answer.status_code == operation.status
    if operation.answer is None:
        assert answer["Content-Type"] in operation.media_types
        return
    said = msgspec.convert(answer.json(), operation.answer)
    assert msgspec.to_builtins(said) == answer.json()  # no field more, none less


@pytest.mark.parametrize(("path", "operation"), named([each for each in OPERATIONS if each[1].login]))
def test_without_a_login_it_is_as_described(client: Client, owner: User, path: str, operation: Operation) -> None:
    answer = ask(client, path, operation)
    assert answer.status_code == 401
    assert msgspec.convert(answer.json(), ErrorAnswer)["error"] in operation.all_errors()[401]


@pytest.mark.parametrize(("path", "operation"), named([each for each in OPERATIONS if each[1].body]))
def test_a_body_of_another_shape_is_refused_as_described(
    client: Client, owner: User, path: str, operation: Operation
) -> None:
    client.force_login(owner)
    assert operation.body
    for name in operation.body.__struct_encode_fields__:
        answer = ask(client, path, operation, {name: {"of": "another type"}})
        said = msgspec.convert(answer.json(), ErrorAnswer)
        assert (answer.status_code, said["error"]) == (400, "invalid_json")
        assert said["message"].startswith(f"{name}: ")
    assert "invalid_json" in operation.all_errors()[400]
