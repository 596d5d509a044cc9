"""Is an answer like the recorded one: the same shape, and the same words?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Differ from server to server and from moment to moment: only their presence counts.
_FREE = {
    "accessToken",
    "correlationId",
    "createdAt",
    "endDate",
    "exiftool",
    "ffmpeg",
    "fileCreatedAt",
    "height",
    "lastModifiedAssetTimestamp",
    "libvips",
    "localDateTime",
    "nodejs",
    "originalPath",
    "profileChangedAt",
    "quotaUsageInBytes",
    "refreshedAt",
    "secret",
    "startDate",
    "thumbhash",
    "updatedAt",
    "width",
}
# What Immich reads out of a file; the files of the recording are not here.
_FILE_DEPENDENT = {"exifInfo"}
# Were changed between their upload and these listings by exchanges that are not played.
_CHANGED_SINCE = {"isFavorite", "duration"}
# The album of the recorded shared links had been renamed by one that is not played (286).
_RENAMED = {"albumName", "description"}


def differences(recorded: Any, answered: Any, path: str = "") -> Iterator[str]:
    """Each difference, as a line for a person."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        yield from _between_objects(recorded, answered, path)
    elif isinstance(recorded, list) and isinstance(answered, list):
        yield from _between_lists(recorded, answered, path)
    elif type(recorded) is not type(answered) or recorded != answered:
        yield f"{path}: {answered!r} instead of {recorded!r}"


def _between_objects(recorded: dict[str, Any], answered: dict[str, Any], path: str) -> Iterator[str]:
    if recorded.keys() != answered.keys():
        missing, extra = recorded.keys() - answered.keys(), answered.keys() - recorded.keys()
        yield f"{path}: missing {sorted(missing)}, unexpected {sorted(extra)}"
    listed = path.endswith("]")
    renamed = recorded.get("hasSharedLink") is True
    for name in recorded.keys() & answered.keys():
        if name in _FREE or (listed and name in _CHANGED_SINCE) or (renamed and name in _RENAMED):
            continue
        if name in _FILE_DEPENDENT:
            yield from _between_objects(dict.fromkeys(recorded[name]), dict.fromkeys(answered[name]), f"{path}.{name}")
        else:
            yield from differences(recorded[name], answered[name], f"{path}.{name}")


def _between_lists(recorded: list[Any], answered: list[Any], path: str) -> Iterator[str]:
    """Things with ids are compared with their namesakes: their order is by date."""
    if len(recorded) != len(answered):
        yield f"{path}: {len(answered)} items instead of {len(recorded)}"
        return
    if recorded and all(isinstance(item, dict) and "id" in item for item in recorded):
        recorded = sorted(recorded, key=lambda item: str(item["id"]))
        answered = sorted(answered, key=lambda item: str(item["id"]))
    for index, (one, other) in enumerate(zip(recorded, answered, strict=True)):
        yield from differences(one, other, f"{path}[{index}]")
