"""The moving half of a live photo: hidden as long as it belongs to a still."""

from __future__ import annotations

from .refusals import bad_request
from .store import Store


def link(store: Store, video_id: str) -> None:
    """It becomes hidden (129-135, 199)."""
    video = store.asset(video_id)
    if video is None:
        raise bad_request("Live photo video not found")
    if not video.is_video:
        raise bad_request("Live photo video must be a video")
    store.update_assets([video.id], {"visibility": "hidden"})


def unlink(store: Store, video_id: str, visibility: str) -> None:
    """It is seen again where its still is (201)."""
    store.update_assets([video_id], {"visibility": visibility})
