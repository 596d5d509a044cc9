"""A file's bytes, to be streamed on: those kept here, or Immich's."""

import asyncio
from enum import StrEnum
from typing import Protocol, TypeVar

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import AccessError, ImmichError, Rejected
from uploads import blocking, host_hand
from uploads.asset_media import Original
from uploads.attachments import Blocks
from uploads.models import Upload
from uploads.spool import Spool, SpoolFileMissingError

Bytes = Blocks | Original


class Why(StrEnum):
    """Why there are no bytes to be had."""

    GONE = "gone"
    REFUSED = "refused"
    AWAY = "away"


class OriginalMissingError(Exception):
    """`why` in a word. What Immich said is the cause."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def why_of(error: ImmichError | SecretChangedError) -> Why:
    match error:
        case AccessError() | SecretChangedError():
            return Why.REFUSED
        case Rejected():
            return Why.GONE
        case _:
            return Why.AWAY


def from_immich(upload: Upload) -> Original:
    """Raises OriginalMissingError. Blocks, until Immich answers."""
    if upload.asset_id is None:
        raise OriginalMissingError(Why.GONE)
    try:
        return Original(upload.account, upload.asset_id)
    except (ImmichError, SecretChangedError) as error:
        raise OriginalMissingError(why_of(error)) from error


async def original(upload: Upload, spool: Spool) -> Bytes:
    """Whatever has them, of an upload with its account. To be closed. Raises OriginalMissingError."""
    try:
        return Blocks(await _kept(blocking.start(host_hand.open_bytes, upload, spool)))
    except SpoolFileMissingError:
        # Not in the pool of those who receive: Immich may take its time.
        return await _kept(asyncio.get_running_loop().run_in_executor(None, from_immich, upload))


class _Closable(Protocol):
    def close(self) -> None: ...


C = TypeVar("C", bound=_Closable)


async def _kept(call: "asyncio.Future[C]") -> C:
    """What a call opened, which is closed again when nobody waits for it any more."""
    try:
        return await blocking.finish(call)
    except asyncio.CancelledError:
        if not call.cancelled() and call.exception() is None:
            call.result().close()
        raise
