"""Shared links: made with every option, changed one setting at a time, gone when deleted."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from immichdrop.immich import LinkSettings, LinkType, NotFound, Rejected, SharedLink, SlugTaken
from tests.contract.conftest import Target, unique_bytes

NOBODY = "00000000-0000-4000-8000-000000000000"
IN_A_WEEK = (datetime.now(UTC) + timedelta(days=7)).replace(microsecond=0)


def slug() -> str:
    return f"contract-{secrets.token_hex(6)}"


def everything_set() -> LinkSettings:
    return LinkSettings(
        description="Our wedding",
        password="pw 1",
        slug=slug(),
        expires_at=IN_A_WEEK,
        allow_upload=True,
        allow_download=False,
        show_metadata=True,
    )


def album_link(target: Target, settings: LinkSettings | None = None) -> SharedLink:
    """Gone with its album."""
    album_id, _ = target.album()
    return target.client.create_shared_link(album_id=album_id, settings=settings or LinkSettings())


def test_an_album_link_has_all_its_settings(target: Target) -> None:
    album_id, name = target.album()
    asset_id = target.upload(unique_bytes())
    target.client.add_to_album(album_id, [asset_id])
    wanted = everything_set()

    made = target.client.create_shared_link(album_id=album_id, settings=wanted)
    found = target.client.shared_link(made.id)

    assert made.settings == found.settings == wanted
    assert (made.type, made.key, made.album_id) == (found.type, found.key, found.album_id)
    assert (found.type, found.album_id, found.album_name) == (LinkType.ALBUM, album_id, name)
    assert (found.album_asset_count, found.asset_ids) == (1, ())
    assert [link.id for link in target.client.shared_links(album_id)] == [made.id]


def test_nothing_is_open_that_nobody_opened(target: Target) -> None:
    assert target.client.shared_link(album_link(target).id).settings == LinkSettings(allow_upload=False)


def test_without_metadata_there_is_no_download(target: Target) -> None:
    made = album_link(target, LinkSettings(show_metadata=False, allow_download=True))
    assert not made.allow_download
    target.client.change_shared_link(made.id, replace(made.settings, show_metadata=True, allow_download=True))

    target.client.change_shared_link(made.id, replace(made.settings, show_metadata=False, allow_download=True))

    found = target.client.shared_link(made.id)
    assert (found.show_metadata, found.allow_download) == (False, False)


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Other words"},
        {"password": "another"},
        {"password": None},
        {"expires_at": IN_A_WEEK + timedelta(days=1)},
        {"expires_at": None},
        {"allow_upload": False},
        {"allow_download": True},
        {"slug": None},
    ],
    ids=lambda change: "-".join(f"{name}-{value is not None}" for name, value in change.items()),
)
def test_one_setting_changes_and_no_other_is_lost(target: Target, change: dict[str, object]) -> None:
    made = album_link(target, everything_set())
    wanted = replace(made.settings, **change)  # type: ignore[arg-type]

    target.client.change_shared_link(made.id, wanted)

    found = target.client.shared_link(made.id)
    assert found.settings == wanted
    assert (found.key, found.album_id) == (made.key, made.album_id)


def test_a_slug_belongs_to_one_link(target: Target) -> None:
    first, second = album_link(target, LinkSettings(slug=slug())), album_link(target)

    with pytest.raises(SlugTaken):
        album_link(target, LinkSettings(slug=first.slug))
    with pytest.raises(SlugTaken):
        target.client.change_shared_link(second.id, replace(second.settings, slug=first.slug))
    assert target.client.shared_link(second.id).slug is None
    target.client.change_shared_link(first.id, first.settings)


def test_a_link_to_single_assets_grows_and_shrinks(target: Target) -> None:
    one, two = target.upload(unique_bytes()), target.upload(unique_bytes())
    made = target.client.create_shared_link(asset_ids=[one, one], settings=LinkSettings())
    try:
        assert (made.type, made.asset_ids, made.album_id) == (LinkType.INDIVIDUAL, (one,), None)

        added = target.client.add_to_shared_link(made.id, [one, two, NOBODY])
        assert added == {one: "duplicate", two: None, NOBODY: "no_permission"}
        assert set(target.client.shared_link(made.id).asset_ids) == {one, two}

        assert target.client.remove_from_shared_link(made.id, [one, NOBODY]) == {one: None, NOBODY: "not_found"}
        assert target.client.shared_link(made.id).asset_ids == (two,)
    finally:
        target.client.delete_shared_link(made.id)


def test_a_list_tells_of_one_without_what_it_shows(target: Target) -> None:
    assets = [target.upload(unique_bytes()) for _ in range(3)]
    single = target.client.create_shared_link(asset_ids=assets, settings=everything_set())
    album = album_link(target, everything_set())
    try:
        for link in (single, album):
            whole, listed = target.client.shared_link(link.id), target.client.listed_shared_link(link.id)
            assert listed.settings == whole.settings
            assert (listed.key, listed.album_id, listed.album_name) == (whole.key, whole.album_id, whole.album_name)
            assert listed.album_asset_count is None
        assert len(target.client.listed_shared_link(single.id).asset_ids) == 1
        with pytest.raises(NotFound):
            target.client.listed_shared_link(NOBODY)
    finally:
        target.client.delete_shared_link(single.id)


def test_an_albums_link_takes_no_single_assets(target: Target) -> None:
    with pytest.raises(Rejected):
        target.client.add_to_shared_link(album_link(target).id, [target.upload(unique_bytes())])


def test_what_is_not_there_is_not_shared(target: Target) -> None:
    with pytest.raises(NotFound):
        target.client.create_shared_link(album_id=NOBODY, settings=LinkSettings())
    with pytest.raises(NotFound):
        target.client.create_shared_link(asset_ids=[NOBODY], settings=LinkSettings())
    with pytest.raises(Rejected):
        target.client.create_shared_link(settings=LinkSettings())


def test_a_deleted_link_is_gone(target: Target) -> None:
    made = album_link(target)

    target.client.delete_shared_link(made.id)

    for attempt in (
        lambda: target.client.shared_link(made.id),
        lambda: target.client.delete_shared_link(made.id),
        lambda: target.client.change_shared_link(made.id, made.settings),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_stranger_needs_the_password(target: Target) -> None:
    made = album_link(target, LinkSettings(slug=slug(), password="pw"))
    me, door = (f"{target.url}/api/shared-links/{name}?slug={made.slug}" for name in ("me", "login"))
    with requests.Session() as stranger:
        assert stranger.get(me, timeout=30).status_code == 401
        assert stranger.post(door, json={"password": "wrong"}, timeout=30).status_code == 401
        assert stranger.post(door, json={"password": "pw"}, timeout=30).status_code == 201
        assert stranger.get(me, timeout=30).json()["id"] == made.id
        other = f"{target.url}/api/albums/{target.album()[0]}?slug={made.slug}"
        assert stranger.get(other, timeout=30).status_code == 400


def test_an_expired_link_opens_nothing(target: Target) -> None:
    made = album_link(target, LinkSettings(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))

    answer = requests.get(f"{target.url}/api/shared-links/me?key={made.key}", timeout=30)

    assert answer.status_code == 401
    assert target.client.shared_link(made.id).expires_at == datetime(2020, 1, 1, tzinfo=UTC)
