"""What a guest's page is told about its uploads, and how it gets there from any thread."""

import asyncio
import logging
import time
from typing import NotRequired, TypedDict

from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer
from redis.exceptions import RedisError

from uploads.models import Upload

logger = logging.getLogger(__name__)
Status = Upload.Status

SEND_SECONDS = 5.0  # after which an event is given up
QUIET_SECONDS = 10.0  # after a failure, in which none is sent

# The older clients' words (contract: socket frames).
_OLDER_WORDS = {
    Status.RECEIVING: "uploading",
    Status.RECEIVED: "checking",
    Status.WAITING: "checking",
    Status.HELD: "checking",
    Status.DELIVERING: "uploading",
    Status.DELIVERED: "done",
    Status.DUPLICATE: "duplicate",
    Status.FAILED: "error",
    Status.DISCARDED: "error",
}


class Frame(TypedDict):
    """A frame to the page: the older clients' keys, and `state` with our own word.

    `item_id` is the upload's id, or an older client's own id of the file.
    """

    item_id: str
    status: str
    progress: int
    message: str
    responseId: str
    state: str


class Event(TypedDict):
    """What travels over the channel layer; `type` names the consumer's method."""

    type: str
    frame: NotRequired[Frame]


def frame(upload: Upload) -> Frame:
    # Immich's words and ids are for the host; the guest learns the state.
    return Frame(
        item_id=upload.client_item_id or str(upload.pk),
        status=_OLDER_WORDS[Status(upload.status)],
        progress=100 * upload.offset // upload.size if upload.size else 100,
        message="",
        responseId="",
        state=upload.status,
    )


def group_of(guest_id: int, invite_id: int | None) -> str:
    """The channel group of one guest at one link: nobody else is ever in it."""
    return f"uploads.{guest_id}.{invite_id or 'public'}"


_loop: asyncio.AbstractEventLoop | None = None
_quiet_until = 0.0


def attach(loop: asyncio.AbstractEventLoop | None) -> None:
    """Names the server's event loop, where the sockets of this process live."""
    global _loop
    _loop = loop


def publish(upload: Upload) -> None:
    """Tells the guest's open pages. Never fails and never waits long: what is lost is rebuilt from the rows."""
    if upload.guest_id is None:
        return
    group = group_of(upload.guest_id, upload.invite_id)
    event = Event(type="upload.changed", frame=frame(upload))
    loop = _loop
    if loop is not None and loop.is_running():
        # Handed to the sockets' own loop: `async_to_sync` from a thread reaches in-memory consumers seconds late.
        sending = _send(group, event)
        try:
            asyncio.run_coroutine_threadsafe(sending, loop)
        except RuntimeError:  # the server ended just now, and its sockets with it
            sending.close()
    elif not isinstance(get_channel_layer(), InMemoryChannelLayer):
        _send_and_wait(group, event)
    # Otherwise no socket of this process is open, and no other process listens.


def _send_and_wait(group: str, event: Event) -> None:
    """From a process without sockets. A messenger that hangs must not hold up one delivery after another."""
    global _quiet_until
    if time.monotonic() >= _quiet_until and not async_to_sync(_send)(group, event):
        _quiet_until = time.monotonic() + QUIET_SECONDS


async def _send(group: str, event: Event) -> bool:
    """Whether it was sent."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await get_channel_layer().group_send(group, event)
    except (OSError, RedisError) as error:  # a TimeoutError is an OSError
        logger.warning("event=progress_lost error=%s", type(error).__name__)
        return False
    return True
