"""Many bodies at once are read by turns; whoever waits for a slow peer is in nobody's way."""

import asyncio

from uploads.crowd import Crowd


def test_only_so_many_are_read_at_a_time() -> None:
    async def crowded() -> int:
        crowd, reading, most = Crowd(at_once=3, patience=60), 0, 0

        async def read() -> None:
            nonlocal reading, most
            async with crowd.place():
                reading += 1
                most = max(most, reading)
                await asyncio.sleep(0)
                reading -= 1

        await asyncio.gather(*(read() for _ in range(20)))
        return most

    assert asyncio.run(crowded()) == 3


def test_a_slow_peer_gives_its_place_up_and_goes_on() -> None:
    async def slow_and_fast() -> str:
        crowd, bytes_come = Crowd(at_once=1, patience=0.01), asyncio.Event()

        async def slow() -> str:
            async with crowd.place():
                await bytes_come.wait()
            return "whole"

        waiting = asyncio.create_task(slow())
        await asyncio.sleep(0)
        async with asyncio.timeout(10), crowd.place():
            bytes_come.set()
            done = await waiting
        # It gave back one place, once.
        async with asyncio.timeout(10), crowd.place():
            return done

    assert asyncio.run(slow_and_fast()) == "whole"


def test_a_place_is_free_again_after_a_failure() -> None:
    async def failing() -> None:
        crowd = Crowd(at_once=1, patience=60)
        try:
            async with crowd.place():
                raise ConnectionResetError
        except ConnectionResetError:
            async with asyncio.timeout(10), crowd.place():
                pass

    asyncio.run(failing())
