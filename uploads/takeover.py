"""One writer per upload across processes: who wants to write asks whoever does to stop, and waits for the file's lock.

The lock is `flock` on the spool file, which a dead process lets go by itself. The request travels over the channel
layer; without Redis there is no way to other processes, and their writers end when their clients do.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import TypedDict, TypeVar

from channels.layers import InMemoryChannelLayer, get_channel_layer
from redis.exceptions import RedisError

from uploads.receiving import TAKE_OVER
from uploads.spool import SpoolBusyError

logger = logging.getLogger(__name__)

GROUP = "writers"
ASK_AGAIN = 0.2  # seconds
T = TypeVar("T")


class StopRequest(TypedDict):
    type: str
    upload: str


class Neighbours:
    """The other processes' writers, as this process reaches them. `stop` is called with the id they ask for."""

    def __init__(self, stop: Callable[[uuid.UUID], None], patience: float = TAKE_OVER) -> None:
        self.stop = stop
        self.patience = patience
        self._listener: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Begins to hear other processes' requests; called on the server's loop, any number of times."""
        if isinstance(get_channel_layer(), InMemoryChannelLayer):
            return
        if self._listener is None or self._listener.done():
            self._listener = asyncio.get_running_loop().create_task(self._hear())

    async def once_free(self, upload_id: uuid.UUID, attempt: Callable[[], Awaitable[T]]) -> T:
        """`attempt()`, once no other process writes the upload. Raises SpoolBusyError when that takes too long."""
        give_up = asyncio.get_running_loop().time() + self.patience
        while True:
            try:
                return await attempt()
            except SpoolBusyError:
                if asyncio.get_running_loop().time() > give_up:
                    raise
            await self._ask(upload_id)
            await asyncio.sleep(ASK_AGAIN)

    async def _ask(self, upload_id: uuid.UUID) -> None:
        try:
            await get_channel_layer().group_send(GROUP, StopRequest(type="writer.stop", upload=str(upload_id)))
        except (OSError, RedisError) as error:  # a TimeoutError is an OSError
            logger.warning("event=takeover_not_asked upload=%s error=%s", upload_id, type(error).__name__)

    async def _hear(self) -> None:
        layer = get_channel_layer()
        try:
            # With the prefix that sockets' channels have: this layer listens for one prefix at a time, for good.
            channel = await layer.new_channel()
            await layer.group_add(GROUP, channel)
            while True:
                request: StopRequest = await layer.receive(channel)
                self.stop(uuid.UUID(request["upload"]))
        except (OSError, RedisError) as error:  # a TimeoutError is an OSError
            logger.warning("event=takeover_not_heard error=%s", type(error).__name__)
