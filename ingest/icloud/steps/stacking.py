"""The sizes of a photo as one: a stack that its best size stands for."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from immichdrop.immich import Immich, NotFound, Stack
from ingest.folders.network import Line
from ingest.icloud.photos import Photo
from ingest.icloud.steps.results import Assets, Result, Results, one_by_one
from ingest.icloud.steps.setbacks import Setbacks
from ingest.icloud.steps.sizes import stills

PERMISSIONS = frozenset({"asset.read", "asset.update", "stack.read", "stack.create", "stack.update", "stack.delete"})


def stack(
    line: Line,
    photos: Sequence[Photo],
    assets: Assets,
    sizes: Sequence[str],
    setbacks: Setbacks | None = None,
) -> Results:
    """Stacks each photo's files of these sizes; the first size that it has stands for them.

    What is stacked so already stays as it is. A stack of the same files under another one is given its first; any other
    that holds one of them is dissolved before, since Immich would leave a stack of one behind.
    """
    return one_by_one(line, photos, lambda photo: _stack(line, members(photo, assets, sizes)), setbacks)


def members(photo: Photo, assets: Assets, sizes: Sequence[str]) -> list[str]:
    """The ids of what belongs into a photo's stack, the one that stands for it first; fewer than two need none."""
    ids = [assets[file.path].id for file in stills(photo, sizes) if file.path in assets]
    return list(dict.fromkeys(ids))


def _stack(line: Line, ids: Sequence[str]) -> Result:
    if len(ids) < 2:
        return Result()
    there = _stacks_of(line, ids)
    if len(there) == 1 and set(there[0].asset_ids) == set(ids):
        if there[0].primary_asset_id == ids[0]:
            return Result()
        line.ask(lambda immich: immich.change_primary(there[0].id, ids[0]))
        return Result(changed=True)
    for each in there:
        line.ask(partial(_dissolve, each.id))
    line.ask(partial(_make, ids))
    return Result(changed=True)


def _stacks_of(line: Line, ids: Sequence[str]) -> list[Stack]:
    """The stacks that any of these is in. Searches do not tell, each asset does."""
    found: list[Stack] = []
    for asset_id in ids:
        if any(asset_id in each.asset_ids for each in found):
            continue
        told = line.ask(partial(_told, asset_id))
        if told is not None:
            found.append(told)
    # An asset keeps silent about a stack whose others are hidden or archived.
    return found or line.ask(lambda immich: immich.stacks(ids[0]))


def _told(asset_id: str, immich: Immich) -> Stack | None:
    told = immich.asset(asset_id).stack
    return None if told is None else immich.stack(told.id)


def _make(ids: Sequence[str], immich: Immich) -> None:
    made = immich.create_stack(ids)
    # Whatever one of them stood for, unseen, has come along.
    if set(made.asset_ids) != set(ids):
        _dissolve(made.id, immich)
        immich.create_stack(ids)


def _dissolve(stack_id: str, immich: Immich) -> None:
    with suppress(NotFound):  # somebody else did, or the answer of a first try was lost
        immich.delete_stack(stack_id)
