"""Pictures and originals of what is in Immich, through the key of the account that it was delivered with."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Self

from immichdrop.encryption import SecretChangedError
from immichdrop.immich import Download, Immich, ImmichError, Unavailable
from immichdrop.models import ImmichAccount
from immichdrop.reachability import reachability

LARGEST_THUMBNAIL = 2_000_000  # bytes; Immich's have a hundredth of that
# What browsers show as a picture and never run.
PICTURES = frozenset({"image/jpeg", "image/webp", "image/png", "image/avif"})


def thumbnail(account: ImmichAccount, asset_id: uuid.UUID) -> tuple[bytes, str] | None:
    """A small picture and its media type; None without the key's `asset.view`, when the asset is gone, and when Immich
    has made none or is away."""
    try:
        with _client(account) as immich, immich.thumbnail(str(asset_id)) as download:
            media_type = download.content_type.partition(";")[0].strip().lower()
            body = b""
            for block in download:
                body += block
                if len(body) > LARGEST_THUMBNAIL:
                    return None
    except (ImmichError, SecretChangedError):
        return None
    return (body, media_type) if media_type in PICTURES else None


def may_download(account: ImmichAccount) -> bool:
    """Whether Immich answers, and the key has `asset.download`."""
    try:
        with _client(account) as immich:
            return not immich.permissions().isdisjoint({"asset.download", "all"})
    except (ImmichError, SecretChangedError):
        return False


class Original:
    """The bytes of an asset as they come, for an answer that is streamed; `size` where Immich tells it.

    Raises ImmichError and SecretChangedError at its making, ImmichError on the way. Django calls `close` when the
    answer is over, also when the client left.
    """

    def __init__(self, account: ImmichAccount, asset_id: uuid.UUID) -> None:
        self._client = _client(account)
        try:
            self._download: Download = self._client.original(str(asset_id))
        except ImmichError:
            self._client.close()
            raise
        self.size = self._download.size
        self._blocks: Iterator[bytes] = iter(self._download)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        # Not in the pool of those who receive: Immich may take its time.
        if block := await asyncio.to_thread(next, self._blocks, b""):
            return block
        raise StopAsyncIteration

    def close(self) -> None:
        with closing(self._client):
            self._download.close()


def _client(account: ImmichAccount) -> Immich:
    """Raises Unavailable when nobody is there: not every picture of a page shall wait for that. SecretChangedError."""
    if not reachability.of(account.address):
        raise Unavailable("Immich can't be reached.")
    return Immich(account.address, account.api_key, connect_timeout=5, read_timeout=30)
