"""Tags: made once by their path, put on assets, seen there."""

from __future__ import annotations

import secrets

import pytest

from immichdrop.immich import Invalid, NotFound
from tests.contract.conftest import Target, unique_bytes

NOBODY = "00000000-0000-4000-8000-000000000000"


def tags_of(target: Target, asset_id: str) -> list[str]:
    return sorted(tag["value"] for tag in target.request("GET", f"/assets/{asset_id}").json()["tags"])


def test_a_tag_is_made_once(target: Target) -> None:
    tag_id, path = target.tag("Beach", "Ann")

    assert target.client.upsert_tags([path, path]) == {path: tag_id}


def test_a_path_makes_all_its_levels(target: Target) -> None:
    tag_id, path = target.tag("Beach", "Ann")
    root = path.split("/")[0]

    levels = target.client.upsert_tags([root, f"{root}/Beach", path])
    answer = target.request("GET", f"/tags/{tag_id}").json()

    assert len(set(levels.values())) == 3
    assert (answer["name"], answer["value"], answer["parentId"]) == ("Ann", path, levels[f"{root}/Beach"])
    assert {"createdAt", "updatedAt"} <= answer.keys()
    listed = {tag["value"] for tag in target.request("GET", "/tags").json()}
    assert {root, f"{root}/Beach", path} <= listed


def test_names_are_kept_as_they_are(target: Target) -> None:
    tag_id, path = target.tag(f"Strände & Café {secrets.token_hex(2)}", "  Ånn 照片 😀 ")

    assert target.request("GET", f"/tags/{tag_id}").json()["value"] == path


def test_an_asset_takes_a_tag_once(target: Target) -> None:
    tag_id, path = target.tag("Ann")
    one, two = target.upload(unique_bytes()), target.upload(unique_bytes())

    assert target.client.tag_assets(tag_id, [one]) == {one: None}
    assert target.client.tag_assets(tag_id, [one, two, two]) == {one: "duplicate", two: None}
    assert tags_of(target, one) == tags_of(target, two) == [path]


def test_what_is_not_there_takes_none(target: Target) -> None:
    tag_id, _ = target.tag()
    trashed = target.upload(unique_bytes())
    target.client.delete_assets([trashed])

    outcome = target.client.tag_assets(tag_id, [NOBODY, trashed])

    assert outcome == {NOBODY: "no_permission", trashed: "no_permission"}


def test_several_tags_for_several_assets(target: Target) -> None:
    (first, first_path), (second, second_path) = target.tag("Ann"), target.tag("Bob")
    asset_id = target.upload(unique_bytes())
    body = {"tagIds": [first, second, NOBODY], "assetIds": [asset_id, NOBODY]}

    answer = target.request("PUT", "/tags/assets", json=body)

    assert (answer.status_code, answer.json()) == (200, {"count": 2})
    assert tags_of(target, asset_id) == sorted([first_path, second_path])


def test_a_missing_tag_is_not_found(target: Target) -> None:
    asset_id = target.upload(unique_bytes())

    with pytest.raises(NotFound):
        target.client.tag_assets(NOBODY, [asset_id])
    assert target.request("GET", f"/tags/{NOBODY}").status_code == 400
    assert target.request("DELETE", f"/tags/{NOBODY}").status_code == 400


def test_malformed_ids_are_invalid(target: Target) -> None:
    tag_id, _ = target.tag()

    with pytest.raises(Invalid):
        target.client.tag_assets(tag_id, ["no-uuid"])
    with pytest.raises(Invalid):
        target.client.tag_assets("no-uuid", [NOBODY])
    assert target.request("PUT", "/tags", json={"tags": "Ann"}).status_code == 400
    assert target.request("PUT", "/tags", json={"tags": [5]}).status_code == 400


def test_a_deleted_tag_takes_all_below_it_along(target: Target) -> None:
    below, path = target.tag("Beach")
    asset_id = target.upload(unique_bytes())
    target.client.tag_assets(below, [asset_id])
    root = target.client.upsert_tags([path.split("/")[0]]).popitem()[1]

    assert target.request("DELETE", f"/tags/{root}").status_code == 204

    assert tags_of(target, asset_id) == []
    with pytest.raises(NotFound):
        target.client.tag_assets(below, [asset_id])
