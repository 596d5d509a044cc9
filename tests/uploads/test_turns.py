"""One writer per upload: the newest request gets its turn, a silent one loses it, and sums follow the bytes."""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable

import pytest

from immichdrop.asgi_types import Message
from uploads import receiving
from uploads.receiving import BusyError, Sums, Turn, Turns

ID, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
Receive = Callable[[], Awaitable[Message]]


async def never() -> Message:
    return dict(await asyncio.get_running_loop().create_future())


async def passes() -> None:
    """One round of the loop."""
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(done.set_result, None)
    await done


def test_a_silent_peer_loses_its_turn() -> None:
    async def wait() -> Message | None:
        turn = Turn(silence=0.01)
        message = await turn.next(never)
        assert not turn.stopped
        return message

    assert asyncio.run(wait()) is None


def test_asking_again_while_it_stops() -> None:
    """Three requests for one upload: the second one's wish is being heard as the third comes."""

    async def ask_twice() -> Message | None:
        turn = Turn()
        waiting = asyncio.create_task(turn.next(never))
        await passes()
        turn.stop()
        await asyncio.create_task(stop(turn))  # runs just behind what the line above has set off
        return await waiting

    async def stop(turn: Turn) -> None:
        turn.stop()

    assert asyncio.run(ask_twice()) is None


def test_a_turn_that_was_stopped_reads_no_more() -> None:
    async def read() -> Message | None:
        turn = Turn()
        turn.stop()
        return await turn.next(never)

    assert asyncio.run(read()) is None


@pytest.mark.parametrize("rounds", range(1, 12))
def test_the_newest_gets_the_turn(rounds: int) -> None:
    """Also when an older one waits, at whatever moment of the change the newest comes. `rounds` lie between them."""
    order: list[str] = []

    async def write(turns: Turns, name: str) -> None:
        async with turns.take(ID) as turn:
            order.append(f"{name} begins")
            await turn.next(never)
            order.append(f"{name} ends")

    async def three() -> None:
        turns = Turns()
        tasks = []
        for name in ("first", "second", "third"):
            tasks.append(asyncio.create_task(write(turns, name)))
            for _ in range(rounds):
                await passes()
        for _ in range(50):
            await passes()
        order.append("the server ends")
        turns.stop_all()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with turns.take(ID):
            order.append("free again")

    asyncio.run(three())
    assert order[:2] == ["first begins", "first ends"]
    assert order[-4:] == ["third begins", "the server ends", "third ends", "free again"]


def test_a_turn_that_does_not_end_is_not_waited_for_for_ever() -> None:
    async def take() -> None:
        turns = Turns(patience=0.05)
        async with turns.take(ID), turns.take(OTHER):
            with pytest.raises(BusyError):
                async with turns.take(ID):
                    raise AssertionError("two writers")

    asyncio.run(take())


def test_sums_are_of_the_bytes_before_the_offset() -> None:
    sums = Sums()
    sums.keep(ID, 3, hashlib.sha1(b"abc"))
    assert sums.resume(OTHER, 3) is None
    assert sums.resume(ID, 2) is None, "another process went on meanwhile"
    sums.keep(ID, 3, hashlib.sha1(b"abc"))
    resumed = sums.resume(ID, 3)
    assert resumed is not None
    assert resumed.hexdigest() == hashlib.sha1(b"abc").hexdigest()
    assert sums.resume(ID, 3) is None, "it has one owner at a time"
    beginning = sums.resume(ID, 0)
    assert beginning is not None
    assert beginning.hexdigest() == hashlib.sha1(b"").hexdigest()


def test_only_so_many_sums_are_kept() -> None:
    sums = Sums()
    ids = [uuid.UUID(int=number) for number in range(receiving.Sums.MOST + 1)]
    for upload_id in ids:
        sums.keep(upload_id, 1, hashlib.sha1(b"a"))
    assert sums.resume(ids[0], 1) is None
    assert sums.resume(ids[-1], 1) is not None
