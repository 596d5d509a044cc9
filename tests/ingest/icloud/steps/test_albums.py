"""Albums by rules: their names and sizes, found or made, filled many at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from immichdrop.sandbox import Sandbox
from ingest.icloud.photos import SIZES, Photo
from ingest.icloud.steps.album_rules import AlbumRule, read_rule
from ingest.icloud.steps.albums import Albums
from ingest.icloud.steps.results import Results
from ingest.icloud.steps.sizes import OptionError
from tests.ingest.icloud import downloads
from tests.ingest.icloud.steps.conftest import Place

TWO = {"original": ".HEIC", "medium": ".JPG"}
MAKE, ADD = "POST /albums", "PUT /albums/{id}/assets"


def write(place: Place, number: int, month: int = 1) -> Photo:
    photo = downloads.Photo(f"IMG_{number}.HEIC", TWO, live=True, created=datetime(2024, month, 15, tzinfo=UTC))
    return place.write(photo)


def filled(place: Place, photos: list[Photo], *rules: str) -> Results:
    assets = place.register(*photos)
    return Albums(place.line, place.user_id).fill(photos, assets, [read_rule(rule) for rule in rules])


def counts(place: Place) -> dict[str, int]:
    """Files in the albums of this test, by what follows its own name."""
    found = [album for album in place.client.albums() if album.name.startswith(place.name)]
    assert len({album.name for album in found}) == len(found)
    return {album.name.removeprefix(place.name): album.asset_count for album in found}


def test_rules_name_albums_and_sizes(place: Place) -> None:
    photos = [write(place, 1), write(place, 2), write(place, 3, month=2)]
    rules = [f"{place.name}/{{:%Y/%m}}", f"[original, thumb]:{place.name} originals"]

    results = filled(place, photos, *rules)

    assert counts(place) == {"/2024/01": 4, "/2024/02": 2, " originals": 3}
    assert all((result.changed, result.problem) == (True, "") for result in results.values())
    assert (place.asked.count(MAKE), place.asked.count(ADD)) == (3, 3)

    again = filled(place, photos, *rules)
    assert not any(result.changed or result.problem for result in again.values())
    assert (place.asked.count(MAKE), place.asked.count(ADD)) == (0, 3)
    assert counts(place) == {"/2024/01": 4, "/2024/02": 2, " originals": 3}


def test_an_album_is_looked_for_once_in_a_run(place: Place) -> None:
    photos = [write(place, number) for number in (1, 2)]
    assets = place.register(*photos)
    into = Albums(place.line, place.user_id)

    for photo in photos:
        into.fill([photo], assets, [AlbumRule(SIZES, place.name)])

    assert (place.asked.count("GET /albums"), place.asked.count(MAKE), place.asked.count(ADD)) == (1, 1, 2)


def test_many_go_in_several_requests(place: Place) -> None:
    photos = [write(place, number) for number in range(4)]

    Albums(place.line, place.user_id, at_once=3).fill(photos, place.register(*photos), [AlbumRule(SIZES, place.name)])

    assert place.asked.count(ADD) == 3
    assert counts(place) == {"": 8}


def test_only_an_album_of_exactly_this_name(place: Place) -> None:
    for name in (f"{place.name} 2", place.name.upper()):
        place.client.create_album(name)

    filled(place, [write(place, 1)], place.name)

    assert counts(place) == {" 2": 0, "": 2}
    for album in place.client.albums(place.name.upper()):
        place.client._transport.json("DELETE", f"/albums/{album.id}")


def test_only_an_album_of_one_s_own(sandboxed: Place, sandbox: Sandbox) -> None:
    """That somebody else shares is left alone."""
    photo = write(sandboxed, 1)
    theirs = sandboxed.client.create_album(sandboxed.name)
    assets = sandboxed.register(photo)
    stranger = sandbox.create_user("Bo", "bo@example.org")

    Albums(sandboxed.line, stranger).fill([photo], assets, [AlbumRule(SIZES, sandboxed.name)])

    named = sandboxed.client.albums(sandboxed.name)
    assert len(named) == 2
    assert sandboxed.client.album(theirs.id).asset_count == 0


def test_an_album_that_is_deleted_meanwhile_is_made_again(sandboxed: Place) -> None:
    photos = [write(sandboxed, number) for number in (1, 2)]
    assets = sandboxed.register(*photos)
    into, rules = Albums(sandboxed.line, sandboxed.user_id), [AlbumRule(("original",), sandboxed.name)]
    into.fill(photos[:1], assets, rules)
    sandboxed.client._transport.json("DELETE", f"/albums/{sandboxed.client.albums(sandboxed.name)[0].id}")

    results = into.fill(photos[1:], assets, rules)

    assert (results[photos[1].key].changed, results[photos[1].key].problem) == (True, "")
    assert counts(sandboxed) == {"": 1}


def test_a_lost_answer_makes_no_second_album(sandboxed: Place, sandbox: Sandbox) -> None:
    sandbox.faults.change({"error_after": {"count": 1, "on": ["POST /api/albums"]}})

    filled(sandboxed, [write(sandboxed, 1)], sandboxed.name)

    assert counts(sandboxed) == {"": 2}


def test_what_immich_does_not_put_in_is_told(sandboxed: Place) -> None:
    photos = [write(sandboxed, number) for number in (1, 2)]
    assets = sandboxed.register(*photos)
    sandboxed.client.delete_assets([assets[photos[0].key].id])

    results = Albums(sandboxed.line, sandboxed.user_id).fill(photos, assets, [AlbumRule(("original",), sandboxed.name)])

    assert "no_permission" in results[photos[0].key].problem
    assert sandboxed.name in results[photos[0].key].problem
    assert (results[photos[1].key].changed, results[photos[1].key].problem) == (True, "")


def test_what_the_key_may_not(sandboxed: Place, sandbox: Sandbox) -> None:
    photo = write(sandboxed, 1)
    assets = sandboxed.register(photo)
    line = sandboxed.line_with(sandbox.create_key(["asset.read", "album.read"]))

    result = Albums(line, sandboxed.user_id).fill([photo], assets, [AlbumRule(SIZES, "x")])[photo.key]

    assert (result.changed, "album.create" in result.problem) == (False, True)
    line.close_own()


@pytest.mark.parametrize(
    ("text", "sizes", "name"),
    [
        ("iCloud", SIZES, "iCloud"),
        ("iCloud/{:%Y/%m}", SIZES, "iCloud/2024/02"),
        ("[adjusted,Original]:Best of {:%Y}", ("adjusted", "original"), "Best of 2024"),
        ("[medium]: [small] {x} 100%", ("medium",), "[small] {x} 100%"),
        ("[Trip] {:%Y}", SIZES, "[Trip] 2024"),
        ("{{{:%Y}}}", SIZES, "{2024}"),
        ("{:%Y}/{:%m}", SIZES, "2024/02"),
        ("a: b", SIZES, "a: b"),
    ],
)
def test_a_rule_is_read(text: str, sizes: tuple[str, ...], name: str) -> None:
    rule = read_rule(text)
    # Late in the evening on the last day of a month: the date is the one on the wall.
    evening = datetime(2024, 2, 29, 23, 30, tzinfo=timezone(timedelta(hours=-8)))

    assert (tuple(rule.sizes), rule.name_for(evening)) == (sizes, name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no album"),
        ("[original]:", "names no album"),
        ("[original]:  ", "names no album"),
        ("[]:x", "names no size"),
        ("[stacked]:x", "'stacked' is not a size.*original, adjusted"),
        ("[original,huge]:x", "'huge' is not a size"),
        ("{:%Y", "can't be filled in"),
        ("{:%Y}{0.__class__}", "can't be filled in"),
        ("{:%Y} }", "can't be filled in"),
    ],
)
def test_a_rule_that_makes_no_sense(text: str, words: str) -> None:
    with pytest.raises(OptionError, match=f"--album.*{words}"):
        read_rule(text)
