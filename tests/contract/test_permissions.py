"""What a key may do, and what it is told when it may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from immichdrop.immich import AlbumRole, Forbidden, Immich, LinkSettings, Unauthorised, login, logout
from immichdrop.sandbox import Sandbox
from tests.contract.conftest import Target, unique_bytes, upload_of

DELIVERY = ["asset.upload", "album.read", "album.create", "albumAsset.create"]
NOBODY = "00000000-0000-4000-8000-000000000000"


def test_four_permissions_deliver(target: Target) -> None:
    courier = target.client_with(DELIVERY)

    uploaded = courier.upload(upload_of(unique_bytes()))
    target.forget_later(uploaded.id)
    album_id, name = target.album()
    assert courier.add_to_album(album_id, [uploaded.id]) == {uploaded.id: None}
    assert [album.id for album in courier.albums(name)] == [album_id]
    assert courier.permissions() == frozenset(DELIVERY)


@pytest.mark.parametrize(
    ("permission", "attempt"),
    [
        ("asset.upload", lambda client: client.upload(upload_of(unique_bytes()))),
        ("asset.upload", lambda client: client.bulk_check({"a": "0" * 40})),
        ("asset.read", lambda client: client.asset(NOBODY)),
        ("asset.view", lambda client: client.thumbnail(NOBODY)),
        ("asset.download", lambda client: client.original(NOBODY)),
        ("album.read", lambda client: client.albums()),
        ("album.create", lambda client: client.create_album("never")),
        ("albumAsset.create", lambda client: client.add_to_album(NOBODY, [NOBODY])),
        ("asset.update", lambda client: client.update_asset(NOBODY, description="never")),
        ("asset.update", lambda client: client.update_assets([NOBODY], description="never")),
        ("asset.delete", lambda client: client.delete_assets([NOBODY])),
        ("asset.delete", lambda client: client.restore([NOBODY])),
        ("tag.create", lambda client: client.upsert_tags(["never"])),
        ("tag.asset", lambda client: client.tag_assets(NOBODY, [NOBODY])),
        ("sharedLink.read", lambda client: client.shared_links()),
        ("sharedLink.create", lambda client: client.create_shared_link(album_id=NOBODY, settings=LinkSettings())),
        ("sharedLink.update", lambda client: client.change_shared_link(NOBODY, LinkSettings())),
        ("sharedLink.update", lambda client: client.add_to_shared_link(NOBODY, [NOBODY])),
        ("sharedLink.delete", lambda client: client.delete_shared_link(NOBODY)),
        ("albumUser.create", lambda client: client.add_album_users(NOBODY, {NOBODY: AlbumRole.VIEWER})),
        ("albumUser.update", lambda client: client.change_album_role(NOBODY, NOBODY, AlbumRole.VIEWER)),
        ("albumUser.delete", lambda client: client.remove_album_user(NOBODY, NOBODY)),
        ("user.read", lambda client: client.people()),
        ("user.read", lambda client: client.me()),
        ("server.about", lambda client: client.about()),
    ],
)
def test_a_missing_permission_is_named(target: Target, permission: str, attempt: Callable[[Immich], object]) -> None:
    stranger = target.client_with(["tag.read"])

    with pytest.raises(Forbidden) as refused:
        attempt(stranger)

    assert refused.value.status == 403
    assert refused.value.permission == permission


def test_a_wrong_key_is_unauthorised(target: Target) -> None:
    stranger = Immich(target.url, "nobody-has-this-key")

    with pytest.raises(Unauthorised, match="Invalid API key"):
        stranger.me()
    with pytest.raises(Unauthorised):
        stranger.upload(upload_of(unique_bytes()))


def test_some_questions_need_no_key(target: Target) -> None:
    stranger = Immich(target.url, "nobody-has-this-key")

    stranger.ping()
    assert stranger.version() == target.client.version()
    assert ".jpg" in stranger.media_types().image
    assert ".mp4" in stranger.media_types().video
    assert stranger.media_types().sidecar == {".xmp"}


def test_a_key_cannot_grant_what_it_lacks(target: Target) -> None:
    maker = target.request("POST", "/api-keys", json={"name": "contract", "permissions": ["apiKey.create"]}).json()

    answer = target.request("POST", "/api-keys", json={"permissions": ["all"]}, headers={"x-api-key": maker["secret"]})

    target.request("DELETE", f"/api-keys/{maker['apiKey']['id']}")
    assert answer.status_code == 400
    assert answer.json()["message"] == "Cannot grant permissions you do not have"


def test_login_and_logout(sandbox: Sandbox) -> None:
    session = login(sandbox.url, sandbox.email, sandbox.password)

    assert session.user.email == sandbox.email
    assert session.user.is_admin
    assert session.access_token
    logout(sandbox.url, session.access_token)
    with pytest.raises(Unauthorised, match="Invalid user token"):
        logout(sandbox.url, session.access_token)


@pytest.mark.parametrize(("email", "password"), [("admin@immich.sandbox", "wrong"), ("nobody@immich.sandbox", "x")])
def test_a_wrong_login_is_unauthorised(sandbox: Sandbox, email: str, password: str) -> None:
    with pytest.raises(Unauthorised, match="Incorrect email or password"):
        login(sandbox.url, email, password)
