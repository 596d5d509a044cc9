"""Albums: found by exact name, filled, and honest about what did not go in."""

from __future__ import annotations

import secrets

import pytest

from immichdrop.immich import Invalid, NotFound
from tests.contract.conftest import Target, unique_bytes

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_a_new_album_is_ours_and_empty(target: Target) -> None:
    album_id, name = target.album()

    (album,) = target.client.albums(name)

    assert album.id == album_id
    assert album.name == name
    assert album.owner_id == target.client.me().id
    assert album.asset_count == 0


def test_names_match_exactly(target: Target) -> None:
    name = f"Strände & Café {secrets.token_hex(4)}"
    target.album(name)

    assert [album.name for album in target.client.albums(name)] == [name]
    assert target.client.albums(name.upper()) == []
    assert target.client.albums(name[:-1]) == []
    assert name in {album.name for album in target.client.albums()}


def test_one_album_is_told_by_its_id(target: Target) -> None:
    album_id, name = target.album()
    target.client.add_to_album(album_id, [target.upload(unique_bytes())])

    album = target.client.album(album_id)

    assert (album.id, album.name, album.asset_count) == (album_id, name, 1)
    assert album.owner_id == target.client.me().id


def test_an_album_that_is_gone_is_not_found(target: Target) -> None:
    with pytest.raises(NotFound):
        target.client.album(NOBODY)


def test_names_are_not_unique(target: Target) -> None:
    first, name = target.album()
    second, _ = target.album(name)

    assert first != second
    assert {album.id for album in target.client.albums(name)} == {first, second}


def test_assets_go_in_once(target: Target) -> None:
    album_id, name = target.album()
    one, two = target.upload(unique_bytes()), target.upload(unique_bytes())

    assert target.client.add_to_album(album_id, [one]) == {one: None}
    assert target.client.add_to_album(album_id, [one, two, two]) == {one: "duplicate", two: None}
    assert target.client.albums(name)[0].asset_count == 2


def test_what_is_not_there_does_not_go_in(target: Target) -> None:
    album_id, _ = target.album()
    trashed = target.upload(unique_bytes())
    target.client.delete_assets([trashed])

    outcome = target.client.add_to_album(album_id, [NOBODY, trashed])

    assert outcome == {NOBODY: "no_permission", trashed: "no_permission"}


def test_what_is_in_it_is_there_also_when_trashed(target: Target) -> None:
    album_id, _ = target.album()
    asset_id = target.upload(unique_bytes())
    target.client.add_to_album(album_id, [asset_id])
    target.client.delete_assets([asset_id])

    assert target.client.add_to_album(album_id, [asset_id]) == {asset_id: "duplicate"}


def test_a_deleted_album_is_gone(target: Target) -> None:
    album_id, name = target.album()
    asset_id = target.upload(unique_bytes())

    assert target.request("DELETE", f"/albums/{album_id}").status_code == 204

    assert target.client.albums(name) == []
    with pytest.raises(NotFound, match="Album not found"):
        target.client.add_to_album(album_id, [asset_id])
    again = target.request("DELETE", f"/albums/{album_id}")
    assert again.status_code == 400
    assert again.json()["message"] == "Not found or no album.delete access"
    assert not target.client.asset(asset_id).is_trashed


def test_nothing_to_add_needs_no_album(target: Target) -> None:
    assert target.client.add_to_album(NOBODY, []) == {}


def test_a_missing_album_is_not_found(target: Target) -> None:
    asset_id = target.upload(unique_bytes())

    with pytest.raises(NotFound, match="Album not found"):
        target.client.add_to_album(NOBODY, [asset_id])


def test_a_malformed_id_is_invalid(target: Target) -> None:
    album_id, _ = target.album()

    with pytest.raises(Invalid):
        target.client.add_to_album(album_id, ["no-uuid"])
    with pytest.raises(Invalid):
        target.client.add_to_album("no-uuid", [NOBODY])


def test_its_assets_are_found_by_searching(target: Target) -> None:
    album_id, _ = target.album()
    inside = [target.upload(unique_bytes()) for _ in range(3)]
    target.upload(unique_bytes())
    target.client.add_to_album(album_id, inside)

    page = target.request("POST", "/search/metadata", json={"albumIds": [album_id], "size": 2}).json()["assets"]
    rest = target.request(
        "POST", "/search/metadata", json={"albumIds": [album_id], "size": 2, "page": int(page["nextPage"])}
    ).json()["assets"]

    assert {item["id"] for item in page["items"] + rest["items"]} == set(inside)
    assert rest["nextPage"] is None


def test_only_v2_embeds_the_assets(target: Target) -> None:
    album_id, _ = target.album()
    inside = target.upload(unique_bytes())
    target.client.add_to_album(album_id, [inside])

    album = target.request("GET", f"/albums/{album_id}").json()

    assert [item["id"] for item in album.get("assets", [])] == ([inside] if target.major < 3 else [])
