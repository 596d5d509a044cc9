"""Favourites set many at once, and unset when that is asked for."""

from __future__ import annotations

from dataclasses import replace

from immichdrop.sandbox import Sandbox
from ingest.icloud.photos import SIZES, Photo
from ingest.icloud.steps.favourites import mark
from ingest.icloud.steps.results import Results
from tests.ingest.icloud import downloads
from tests.ingest.icloud.steps.conftest import Place

TWO = {"original": ".HEIC", "medium": ".JPG"}
BULK = "PUT /assets"


def write(place: Place, number: int, *, favorite: bool | None) -> Photo:
    return place.write(downloads.Photo(f"IMG_{number}.HEIC", TWO, live=True), favorite=favorite)


def marked(place: Place, *photos: Photo, sizes: tuple[str, ...] = SIZES, unset: bool = False) -> Results:
    return mark(place.line, photos, place.register(*photos), sizes, unset=unset)


def in_immich(place: Place, *photos: Photo) -> set[str]:
    """The names of the favourites among their files."""
    asked = list(place.asked)
    names = {asset.name for asset in place.register(*photos).values() if asset.is_favorite}
    place.asked[:] = asked
    return names


def test_all_sizes_in_one_request(place: Place) -> None:
    photos = [write(place, number, favorite=favorite) for number, favorite in enumerate((True, True, False, None))]

    results = marked(place, *photos)

    assert [result.changed for result in results.values()] == [True, True, False, False]
    expected = {"IMG_0.HEIC", "IMG_0-medium.JPG", "IMG_1.HEIC", "IMG_1-medium.JPG"}
    assert (in_immich(place, *photos), place.asked) == (expected, [BULK])

    results = marked(place, *photos)
    assert not any(result.changed for result in results.values())
    assert place.asked == []


def test_named_sizes_alone(place: Place) -> None:
    photo = write(place, 1, favorite=True)

    marked(place, photo, sizes=("medium", "thumb"))

    assert in_immich(place, photo) == {"IMG_1-medium.JPG"}


def test_one_that_is_taken_away_stays_unless_asked(place: Place) -> None:
    photo, silent = write(place, 1, favorite=True), write(place, 2, favorite=True)
    marked(place, photo, silent)
    taken_away, silent = replace(photo, favorite=False), replace(silent, favorite=None)

    assert not marked(place, taken_away, silent)[photo.key].changed
    assert place.asked == []

    results = marked(place, taken_away, silent, unset=True)
    assert [result.changed for result in results.values()] == [True, False]
    assert place.asked == [BULK]
    assert in_immich(place, photo, silent) == {"IMG_2.HEIC", "IMG_2-medium.JPG"}
    marked(place, taken_away, silent, unset=True)
    assert place.asked == []


def test_many_go_in_several_requests(place: Place) -> None:
    photos = [write(place, number, favorite=True) for number in range(5)]
    assets = place.register(*photos)

    mark(place.line, photos, assets, SIZES, at_once=4)

    assert place.asked == [BULK] * 3
    assert len(in_immich(place, *photos)) == 10


def test_one_that_is_gone_keeps_no_other_back(sandboxed: Place, sandbox: Sandbox) -> None:
    photos = [write(sandboxed, number, favorite=True) for number in range(6)]
    assets = sandboxed.register(*photos)
    sandboxed.client.delete_assets([assets[photos[2].key].id], force=True)
    sandbox.run_jobs()

    results = mark(sandboxed.line, photos, assets, ("original",))

    assert [result.changed for result in results.values()] == [True, True, False, True, True, True]
    assert [bool(result.problem) for result in results.values()] == [False, False, True, False, False, False]
    assert "Not found" in results[photos[2].key].problem


def test_what_the_key_may_not(sandboxed: Place, sandbox: Sandbox) -> None:
    photo = write(sandboxed, 1, favorite=True)
    assets = sandboxed.register(photo)
    line = sandboxed.line_with(sandbox.create_key(["asset.read"]))

    result = mark(line, [photo], assets, SIZES)[photo.key]

    assert (result.changed, "asset.update" in result.problem) == (False, True)
    line.close_own()
