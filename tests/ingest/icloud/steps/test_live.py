"""Stills and their videos made live photos."""

from __future__ import annotations

from ingest.icloud.photos import SIZES, Photo, PhotoFile
from ingest.icloud.steps.live import link, pairs
from tests.ingest.icloud import downloads
from tests.ingest.icloud.downloads import CREATED
from tests.ingest.icloud.steps.conftest import Place

THREE = {"original": ".HEIC", "medium": ".JPG", "thumb": ".JPG"}


def linked(place: Place, photo: Photo, *extra: str) -> dict[str, str | None]:
    """Size of still → what is linked to it."""
    result = link(place.line, [photo], place.register(photo), extra)[photo.key]
    assert result.problem == ""
    assert result.changed == bool(place.asked.changing)
    changing = list(place.asked.changing)
    now = place.register(photo)
    place.asked[:] = changing
    return {file.size: now[file.path].live_photo_video_id for file in photo.files if not file.live}


def video_of(place: Place, photo: Photo) -> str:
    (path,) = (file.path for file in photo.files if file.live)
    return place.register(photo)[path].id


def test_the_original_is_linked(place: Place) -> None:
    photo = place.write(downloads.Photo(sizes=THREE, live=True))
    video = video_of(place, photo)

    assert linked(place, photo) == {"original": video, "medium": None, "thumb": None}
    assert place.asked == ["PUT /assets/{id}"]
    assert place.client.asset(video).visibility == "hidden"

    assert linked(place, photo) == {"original": video, "medium": None, "thumb": None}
    assert place.asked == []


def test_fault_a_change_of_several_ignores_the_live_video(place: Place) -> None:
    """One request for each still, in the words that every version knows."""
    photo = place.write(downloads.Photo(sizes=THREE, live=True))
    video = video_of(place, photo)

    assert linked(place, photo, *SIZES) == {"original": video, "medium": video, "thumb": video}
    assert place.asked == ["PUT /assets/{id}"] * 3
    assert linked(place, photo, *SIZES) == {"original": video, "medium": video, "thumb": video}
    assert place.asked == []


def test_the_video_that_was_linked_before_is_seen_again(place: Place) -> None:
    photo, other = (place.write(downloads.Photo(f"IMG_{number}.HEIC", live=True)) for number in (1, 2))
    place.client.link_live_video(place.register(photo)[photo.key].id, video_of(place, other))

    assert linked(place, photo) == {"original": video_of(place, photo)}

    assert place.client.asset(video_of(place, other)).visibility == "timeline"
    assert linked(place, photo) == {"original": video_of(place, photo)}
    assert place.asked == []


def test_without_an_original_the_next_size_is_linked(place: Place) -> None:
    photo = place.write(downloads.Photo(sizes={"medium": ".JPG", "thumb": ".JPG"}, live=True))
    video = video_of(place, photo)

    assert linked(place, photo) == {"medium": video, "thumb": None}


def test_what_is_no_live_photo_is_left_alone(place: Place) -> None:
    photo = place.write(downloads.Photo(sizes=THREE))

    assert linked(place, photo, *SIZES) == dict.fromkeys(THREE)
    assert place.asked == []


def test_a_video_that_is_not_there_yet(place: Place) -> None:
    photo = place.write(downloads.Photo(live=True))
    assets = place.register(photo)

    result = link(place.line, [photo], {photo.key: assets[photo.key]})[photo.key]

    assert (result.changed, result.problem) == (False, "")


def test_each_size_has_the_video_of_its_size() -> None:
    files = {"original": "a.HEIC", "medium": "a-medium.JPG", "thumb": "a-thumb.JPG"}
    stills = [PhotoFile(path, size, live=False) for size, path in files.items()]
    videos = [PhotoFile(f"a_HEVC{name}.MOV", size, live=True) for size, name in (("original", ""), ("medium", "-m"))]
    photo = Photo((*stills, *videos), CREATED, None, "a.HEIC")

    assert [(still.path, video.path) for still, video in pairs(photo, ("thumb", "medium"))] == [
        ("a.HEIC", "a_HEVC.MOV"),
        ("a-thumb.JPG", "a_HEVC.MOV"),
        ("a-medium.JPG", "a_HEVC-m.MOV"),
    ]
