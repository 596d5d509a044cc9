"""A request to Django goes to a thread and back once, whatever middleware it passes."""

import asyncio
from concurrent.futures import Executor
from typing import Any

import pytest
from django.core.exceptions import RequestAborted

from immichdrop.asgi_types import Message
from immichdrop.handler import OneGoHandler
from tests.wire import Call


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts what is handed to threads."""

    handed = 0

    def run_in_executor(self, executor: Executor | None, func: Any, *args: Any) -> Any:
        self.handed += 1
        return super().run_in_executor(executor, func, *args)


class Staying(Call):
    """A client that waits for its answer."""

    async def receive(self) -> Message:
        if self._messages:
            return await super().receive()
        return await asyncio.get_running_loop().create_future()


def test_one_thread_and_back() -> None:
    call = Staying("GET", "/healthz", {"Host": "testserver"})
    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        loop = runner.get_loop()
        runner.run(call.run(OneGoHandler()))
        assert isinstance(loop, CountingLoop)
        # Two for the signals that a request begins and ends with, one for the response's end.
        assert 1 <= loop.handed <= 4
    assert call.status == 200


async def body_of(*messages: Message) -> bytes:
    coming = iter(messages)

    async def receive() -> Message:
        return next(coming)

    return (await OneGoHandler().read_body(receive)).read()


def test_a_body_comes_in_pieces_and_leaves_no_file() -> None:
    pieces = [{"type": "http.request", "body": b"two ", "more_body": True}, {"type": "http.request", "body": b"words"}]
    assert asyncio.run(body_of(*pieces)) == b"two words"
    assert asyncio.run(body_of({"type": "http.request"})) == b""


def test_who_leaves_in_the_middle_is_not_served() -> None:
    with pytest.raises(RequestAborted):
        asyncio.run(body_of({"type": "http.request", "body": b"two ", "more_body": True}, {"type": "http.disconnect"}))
