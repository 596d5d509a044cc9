"""Stacks: made, told by their assets, changed and dissolved."""

from __future__ import annotations

import pytest

from immichdrop.immich import NotFound, Rejected
from tests.contract.conftest import Target, unique_bytes

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_the_first_stands_for_the_stack(target: Target) -> None:
    first, second, third = (target.upload(unique_bytes()) for _ in range(3))

    made = target.client.create_stack([second, first, third])

    assert made.primary_asset_id == second
    assert set(target.client.stack(made.id).asset_ids) == {first, second, third}
    told = target.client.asset(first).stack
    assert told is not None
    assert (told.id, told.primary_asset_id, told.asset_count) == (made.id, second, 3)


def test_another_may_stand_for_it(target: Target) -> None:
    first, second, stranger = (target.upload(unique_bytes()) for _ in range(3))
    stack = target.client.create_stack([first, second])

    assert target.client.change_primary(stack.id, second).primary_asset_id == second
    with pytest.raises(Rejected, match="must be in the stack"):
        target.client.change_primary(stack.id, stranger)

    assert [found.id for found in target.client.stacks(second)] == [stack.id]


def test_what_is_taken_out_leaves_a_stack_of_one(target: Target) -> None:
    first, second, third = (target.upload(unique_bytes()) for _ in range(3))
    old = target.client.create_stack([first, second])

    target.client.create_stack([second, third])

    assert target.client.stack(old.id).asset_ids == (first,)
    assert target.client.asset(first).stack is None
    target.client.delete_stack(old.id)


def test_a_stack_is_dissolved(target: Target) -> None:
    pair = [target.upload(unique_bytes()) for _ in range(2)]
    stack = target.client.create_stack(pair)

    target.client.delete_stack(stack.id)

    assert target.client.asset(pair[0]).stack is None
    for attempt in (target.client.delete_stack, target.client.stack):
        with pytest.raises(NotFound):
            attempt(stack.id)


def test_all_or_none(target: Target) -> None:
    alone = target.upload(unique_bytes())

    with pytest.raises(NotFound):
        target.client.create_stack([alone, NOBODY])
    with pytest.raises(Rejected):
        target.client.create_stack([alone])

    assert target.client.asset(alone).stack is None
