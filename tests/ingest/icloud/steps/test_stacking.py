"""The sizes of a photo in one stack, whatever was stacked before."""

from __future__ import annotations

import pytest

from immichdrop.sandbox import Sandbox
from ingest.folders.network import StoppedError
from ingest.icloud.photos import Photo
from ingest.icloud.steps.sizes import STACKED
from ingest.icloud.steps.stacking import stack
from tests.ingest.icloud import downloads
from tests.ingest.icloud.steps.conftest import Place

SIZES = {"original": ".HEIC", "adjusted": ".JPG", "medium": ".JPG", "thumb": ".JPG"}
STACK = "POST /stacks"


@pytest.fixture
def photo(place: Place) -> Photo:
    return place.write(downloads.Photo(sizes=SIZES, live=True))


def ids(place: Place, photo: Photo, *sizes: str) -> list[str]:
    """The asset of each size."""
    assets = place.register(photo)
    by_size = {file.size: assets[file.path].id for file in photo.files if not file.live}
    return [by_size[size] for size in sizes]


def stacked(place: Place, *photos: Photo, sizes: tuple[str, ...] = STACKED) -> list[tuple[bool, str]]:
    """What became of each; Immich is asked anew what it has of them."""
    assets = place.register(*photos)
    results = stack(place.line, photos, assets, sizes)
    assert list(results) == [photo.key for photo in photos]
    return [(result.changed, result.problem) for result in results.values()]


def in_stack(place: Place, asset_id: str) -> list[str]:
    """All of its stack, the primary one first."""
    told = place.client.asset(asset_id).stack
    if told is None:
        return []
    there = place.client.stack(told.id)
    return [there.primary_asset_id, *sorted(set(there.asset_ids) - {there.primary_asset_id})]


def test_the_best_size_stands_for_the_others(place: Place, photo: Photo) -> None:
    adjusted, medium, original, thumb = ids(place, photo, "adjusted", "medium", "original", "thumb")

    assert stacked(place, photo) == [(True, "")]
    assert in_stack(place, original) == [adjusted, *sorted([medium, original, thumb])]
    assert place.asked.changing == [STACK]

    assert stacked(place, photo) == [(False, "")]
    assert place.asked.changing == []
    assert len(place.asked) == 2


def test_named_sizes_alone_in_their_order(place: Place, photo: Photo) -> None:
    original, medium, thumb = ids(place, photo, "original", "medium", "thumb")

    assert stacked(place, photo, sizes=("alternative", "original", "medium")) == [(True, "")]

    assert in_stack(place, original) == [original, medium]
    assert in_stack(place, thumb) == []


def test_fault_stacking_with_another_primary_leaves_stacks_of_one(place: Place, photo: Photo) -> None:
    """The same files under another: its first is changed, and nothing is made."""
    before = ids(place, photo, "original", "adjusted", "medium", "thumb")
    made = place.client.create_stack(before)

    assert stacked(place, photo) == [(True, "")]

    assert place.asked.changing == ["PUT /stacks/{id}"]
    assert in_stack(place, before[0]) == [before[1], *sorted([before[0], *before[2:]])]
    assert place.client.stack(made.id).primary_asset_id == before[1]


def test_fault_stacking_with_other_files_leaves_stacks_of_one(place: Place, photo: Photo) -> None:
    """The old stacks are dissolved first: one with a stranger, and one of two sizes."""
    other = place.write(downloads.Photo("IMG_9.HEIC"))
    (stranger,) = ids(place, other, "original")
    original, adjusted, medium, thumb = ids(place, photo, "original", "adjusted", "medium", "thumb")
    old = [place.client.create_stack([stranger, original]).id, place.client.create_stack([thumb, medium]).id]

    assert stacked(place, photo) == [(True, "")]

    assert place.asked.changing == ["DELETE /stacks/{id}", "DELETE /stacks/{id}", STACK]
    assert in_stack(place, original) == [adjusted, *sorted([medium, original, thumb])]
    assert not {each.id for each in place.client.stacks()} & set(old)
    assert place.client.stacks(stranger) == []
    assert stacked(place, photo) == [(False, "")]


def test_a_size_that_comes_later_joins_them(place: Place) -> None:
    early = place.write(downloads.Photo(sizes={"original": ".HEIC", "medium": ".JPG"}))
    assert stacked(place, early) == [(True, "")]
    (adjusted,) = place.add("2024/01/15/IMG_0001.JPG")
    late = Photo((*early.files, type(early.files[0])(adjusted, "adjusted", live=False)), early.created, None, early.key)

    assert stacked(place, late) == [(True, "")]

    first, *others = ids(place, late, "adjusted", "original", "medium")
    assert in_stack(place, first) == [first, *sorted(others)]


def test_a_stack_of_one_is_taken_along(place: Place, photo: Photo) -> None:
    original, adjusted, medium, thumb = ids(place, photo, "original", "adjusted", "medium", "thumb")
    other = place.write(downloads.Photo("IMG_9.HEIC"))
    (stranger,) = ids(place, other, "original")
    place.client.create_stack([original, stranger])
    place.client.delete_stack(place.client.create_stack([stranger, thumb]).id)
    assert place.client.asset(original).stack is None

    assert stacked(place, photo) == [(True, "")]

    assert in_stack(place, original) == [adjusted, *sorted([medium, original, thumb])]
    assert place.client.stacks(original) == []


def test_archived_sizes_stay_stacked(place: Place) -> None:
    """Their photo says nothing of such a stack."""
    photo = place.write(downloads.Photo(sizes={"original": ".HEIC", "medium": ".JPG"}))
    stacked(place, photo)
    original, medium = ids(place, photo, "original", "medium")
    place.client._transport.json("PUT", f"/assets/{original}", body={"visibility": "archive"})
    assert place.client.asset(medium).stack is None

    assert stacked(place, photo) == [(False, "")]
    assert place.asked.changing == []


def test_one_file_is_no_stack(place: Place) -> None:
    photo = place.write(downloads.Photo(live=True))

    assert stacked(place, photo) == [(False, "")]
    assert place.asked == []


def test_files_that_immich_lacks_are_left_out(place: Place, photo: Photo) -> None:
    assets = place.register(photo)
    there = {path: asset for path, asset in assets.items() if "-medium" not in path}

    assert stack(place.line, [photo], there, STACKED)[photo.key].changed
    adjusted, original, thumb = ids(place, photo, "adjusted", "original", "thumb")
    assert in_stack(place, original) == [adjusted, *sorted([original, thumb])]
    assert stack(place.line, [photo], {}, STACKED)[photo.key].problem == ""


def test_what_is_refused_is_one_photo_s_problem(sandboxed: Place, sandbox: Sandbox) -> None:
    first, second = (
        sandboxed.write(downloads.Photo(f"IMG_{n}.HEIC", {"original": ".HEIC", "medium": ".JPG"})) for n in (1, 2)
    )
    assets = sandboxed.register(first, second)
    sandboxed.client.delete_assets([assets[first.key].id], force=True)
    sandbox.run_jobs()

    results = stack(sandboxed.line, [first, second], assets, STACKED)

    assert "Not found" in results[first.key].problem
    assert (results[second.key].changed, results[second.key].problem) == (True, "")


def test_what_the_key_may_not_is_asked_once(sandboxed: Place, sandbox: Sandbox) -> None:
    photos = [
        sandboxed.write(downloads.Photo(f"IMG_{n}.HEIC", {"original": ".HEIC", "medium": ".JPG"})) for n in range(5)
    ]
    assets = sandboxed.register(*photos)
    line = sandboxed.line_with(sandbox.create_key(["asset.read", "stack.read"]))

    results = stack(line, photos, assets, STACKED)

    assert ["stack.create" in result.problem for result in results.values()] == [True] * 5
    assert sandboxed.asked.count(STACK) == 1
    line.close_own()


def test_an_answer_that_is_lost_makes_nothing_twice(sandboxed: Place, sandbox: Sandbox) -> None:
    photo = sandboxed.write(downloads.Photo(sizes=SIZES))
    original, adjusted, medium, thumb = ids(sandboxed, photo, "original", "adjusted", "medium", "thumb")
    sandboxed.client.create_stack([original, medium])
    sandbox.faults.change({"error_after": {"count": 2, "on": ["DELETE /api/stacks/*", "POST /api/stacks"]}})

    assert stacked(sandboxed, photo) == [(True, "")]

    assert [stack[0] for stack in sandbox.stacks()] == [adjusted]
    assert set(sandbox.stacks()[0]) == {original, adjusted, medium, thumb}


def test_a_run_that_is_stopped_stacks_no_more(sandboxed: Place) -> None:
    photo = sandboxed.write(downloads.Photo(sizes=SIZES))
    assets = sandboxed.register(photo)
    sandboxed.line.stopping.set()

    with pytest.raises(StoppedError):
        stack(sandboxed.line, [photo], assets, STACKED)
    assert sandboxed.asked == []
