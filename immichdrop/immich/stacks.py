"""Stacks: several assets shown as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import answers
from .account import Account, segment
from .answers import Answer


@dataclass(frozen=True, slots=True)
class Stack:
    """Assets shown as one: by its primary one."""

    id: str
    primary_asset_id: str
    asset_ids: tuple[str, ...]


class Stacks(Account):
    """What a client does with stacks."""

    def stack(self, stack_id: str) -> Stack:
        """All of it, also what is archived or hidden. NotFound when it is gone. Needs `stack.read`."""
        return _stack(Answer(self._transport.json("GET", f"/stacks/{segment(stack_id)}")))

    def stacks(self, primary_asset_id: str | None = None) -> list[Stack]:
        """All stacks, or the one this asset stands for: a stack of one asset is found in no other way (296, 300).

        Needs `stack.read`.
        """
        params = {} if primary_asset_id is None else {"primaryAssetId": primary_asset_id}
        return [_stack(each) for each in answers.objects(self._transport.json("GET", "/stacks", params=params))]

    def create_stack(self, asset_ids: Sequence[str]) -> Stack:
        """Stack at least two assets; the first stands for them. Needs `stack.create` and `asset.update`.

        Look at the assets' `stack` before: what is in another stack is taken out of it, which leaves a stack of one
        behind (294). All or none: NotFound when a single one is gone (299).
        """
        unique = list(dict.fromkeys(asset_ids))
        return _stack(Answer(self._transport.json("POST", "/stacks", body={"assetIds": unique})))

    def change_primary(self, stack_id: str, asset_id: str) -> Stack:
        """Let another of its assets stand for the stack. Needs `stack.update`.

        Rejected when the asset is not in it (301). PUT suits every version: v2 knows no PATCH (302).
        """
        body = {"primaryAssetId": asset_id}
        return _stack(Answer(self._transport.json("PUT", f"/stacks/{segment(stack_id)}", body=body)))

    def delete_stack(self, stack_id: str) -> None:
        """Its assets stay. NotFound when it is gone. Needs `stack.delete`."""
        self._transport.json("DELETE", f"/stacks/{segment(stack_id)}")


def _stack(answer: Answer) -> Stack:
    """From `/stacks` (recorded exchanges 292-297)."""
    return Stack(
        id=answer.text("id"),
        primary_asset_id=answer.text("primaryAssetId"),
        asset_ids=tuple(asset.text("id") for asset in answer.objects("assets")),
    )
