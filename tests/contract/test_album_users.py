"""Albums shared with users of Immich: added with a role, changed, removed, and refused as Immich does."""

from __future__ import annotations

import pytest
import requests

from immichdrop.immich import AlbumRole, Immich, Invalid, NotFound, Rejected
from immichdrop.sandbox import Sandbox
from tests.contract.conftest import Target

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def album_id(client: Immich) -> str:
    return client.create_album("Summer").id


def roles(client: Immich, album_id: str) -> dict[str, str]:
    return {user.person.name: user.role for user in client.album_users(album_id)}


def test_the_account_is_among_the_people(target: Target) -> None:
    me = target.client.me()

    (found,) = [person for person in target.client.people() if person.id == me.id]

    assert (found.name, found.email) == (me.name, me.email)


def test_an_album_is_its_owners_alone(target: Target) -> None:
    album_id, _ = target.album()

    (owner,) = target.client.album_users(album_id)

    assert (owner.person.id, owner.role) == (target.client.me().id, AlbumRole.OWNER)


def test_a_missing_album_has_no_users(target: Target) -> None:
    with pytest.raises(NotFound):
        target.client.album_users(NOBODY)
    with pytest.raises(NotFound):
        target.client.add_album_users(NOBODY, {NOBODY: AlbumRole.VIEWER})
    with pytest.raises(NotFound):
        target.client.change_album_role(NOBODY, NOBODY, AlbumRole.VIEWER)
    with pytest.raises(NotFound):
        target.client.remove_album_user(NOBODY, NOBODY)


def test_who_is_not_known_gets_nothing(target: Target) -> None:
    album_id, _ = target.album()

    with pytest.raises(Rejected):
        target.client.add_album_users(album_id, {NOBODY: AlbumRole.VIEWER})
    with pytest.raises(Rejected, match="Album not shared with user"):
        target.client.remove_album_user(album_id, NOBODY)
    assert len(target.client.album_users(album_id)) == 1


def test_the_owner_stays(target: Target) -> None:
    album_id, _ = target.album()

    with pytest.raises(Rejected, match="Cannot remove"):
        target.client.remove_album_user(album_id, target.client.me().id)
    assert target.client.album_users(album_id)[0].role == AlbumRole.OWNER


def test_bad_bodies_are_invalid(target: Target) -> None:
    album_id, _ = target.album()
    users, one = f"/albums/{album_id}/users", f"/albums/{album_id}/user/{NOBODY}"
    for path, body in (
        (users, {}),
        (users, {"albumUsers": []}),
        (users, {"albumUsers": [{"userId": "no-uuid"}]}),
        (users, {"albumUsers": [{"userId": NOBODY, "role": "boss"}]}),
        (one, {}),
        (one, {"role": "boss"}),
    ):
        assert target.request("PUT", path, json=body).status_code == 400, (path, body)
    with pytest.raises(Invalid):
        target.client.change_album_role(album_id, "no-uuid", AlbumRole.VIEWER)


def test_shared_changed_and_taken_back(sandbox: Sandbox, client: Immich, album_id: str) -> None:
    ann = sandbox.create_user("Ann", "ann@example.org")
    ben = sandbox.create_user("Ben", "ben@example.org")

    client.add_album_users(album_id, {ben: AlbumRole.VIEWER, ann: AlbumRole.EDITOR})
    assert {person.name for person in client.people()} == {"Admin", "Ann", "Ben"}
    assert list(roles(client, album_id).items()) == [("Admin", "owner"), ("Ann", "editor"), ("Ben", "viewer")]

    client.change_album_role(album_id, ben, AlbumRole.EDITOR)
    client.remove_album_user(album_id, ann)
    assert roles(client, album_id) == {"Admin": "owner", "Ben": "editor"}
    with pytest.raises(Rejected, match="Album not shared with user"):
        client.remove_album_user(album_id, ann)


def test_a_role_left_out_is_the_editors(sandbox: Sandbox, client: Immich, album_id: str) -> None:
    ann = sandbox.create_user("Ann", "ann@example.org")
    address = f"{sandbox.url}/api/albums/{album_id}/users"

    answer = requests.put(
        address, json={"albumUsers": [{"userId": ann}]}, headers={"x-api-key": sandbox.api_key}, timeout=30
    )

    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["shared"]) == (album_id, True)
    assert roles(client, album_id)["Ann"] == "editor"


def test_who_has_it_already_keeps_the_role(sandbox: Sandbox, client: Immich, album_id: str) -> None:
    """v2 refuses, v3 passes over."""
    ann = sandbox.create_user("Ann", "ann@example.org")
    client.add_album_users(album_id, {ann: AlbumRole.VIEWER})

    if client.version().major < 3:
        with pytest.raises(Rejected, match="User already added"):
            client.add_album_users(album_id, {ann: AlbumRole.EDITOR})
    else:
        client.add_album_users(album_id, {ann: AlbumRole.EDITOR})
    assert roles(client, album_id)["Ann"] == "viewer"


def test_nobody_else_becomes_owner(sandbox: Sandbox, client: Immich, album_id: str) -> None:
    ann = sandbox.create_user("Ann", "ann@example.org")

    with pytest.raises(Rejected):
        client.add_album_users(album_id, {ann: AlbumRole.OWNER})
    assert list(roles(client, album_id)) == ["Admin"]
