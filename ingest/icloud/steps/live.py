"""Live photos: the still and its moving half made one in Immich."""

from collections.abc import Sequence
from functools import partial

from immichdrop.immich import Immich
from ingest.folders.network import Line
from ingest.icloud.photos import SIZES, Photo, PhotoFile
from ingest.icloud.steps.results import Assets, Result, Results, one_by_one
from ingest.icloud.steps.setbacks import Setbacks
from ingest.icloud.steps.sizes import stills

PERMISSIONS = frozenset({"asset.update"})


def link(
    line: Line,
    photos: Sequence[Photo],
    assets: Assets,
    extra: Sequence[str] = (),
    setbacks: Setbacks | None = None,
) -> Results:
    """Links each photo's stills to the video: the original, or what there is in its place, and the `extra` sizes.

    One by one, since Immich ignores it in a change of several.
    """
    return one_by_one(line, photos, lambda photo: _link(line, photo, assets, extra), setbacks)


def pairs(photo: Photo, extra: Sequence[str] = ()) -> list[tuple[PhotoFile, PhotoFile]]:
    """Stills and the video of each: that of the same size, or else the best there is."""
    videos = {file.size: file for file in photo.files if file.live}
    best = next((videos[size] for size in SIZES if size in videos), None)
    if best is None:
        return []
    chosen = stills(photo, SIZES)[:1] + stills(photo, extra)
    return [(still, videos.get(still.size, best)) for still in dict.fromkeys(chosen)]


def _link(line: Line, photo: Photo, assets: Assets, extra: Sequence[str]) -> Result:
    changed = False
    for still, video in pairs(photo, extra):
        if still.path not in assets or video.path not in assets:
            continue
        linked, wanted = assets[still.path].live_photo_video_id, assets[video.path].id
        if linked != wanted:
            line.ask(partial(_relink, assets[still.path].id, wanted, is_linked=linked is not None))
            changed = True
    return Result(changed=changed)


def _relink(still_id: str, video_id: str, immich: Immich, *, is_linked: bool) -> None:
    if is_linked:
        # Exchanged at once, the other video would stay hidden for good.
        immich.unlink_live_video(still_id)
    immich.link_live_video(still_id, video_id)
