"""Waiting for what becomes of a received file, for clients that want to be told in the answer to their request."""

import asyncio
import logging
import uuid
from contextlib import suppress

from django.db import Error as DatabaseFailure

from uploads import blocking
from uploads.models import Upload

logger = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds (contract: core routes; then the answer is `received`)
LOOK_EVERY = 0.1  # seconds


class Outcomes:
    """However many requests wait, one look at the table serves all of them: deliveries may be another process's."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self.waiting: dict[uuid.UUID, list[asyncio.Future[Upload | None]]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def of(self, upload: Upload) -> Upload:
        """The upload when nothing more happens to it, or as it was given when that takes too long."""
        future: asyncio.Future[Upload | None] = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(upload.pk, []).append(future)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.patience):
                    return await future or upload
        finally:
            self._forget(upload.pk, future)
        return upload

    def stop(self) -> None:
        """The server is about to end: whoever waits is told what is known now."""
        for future in [each for futures in self.waiting.values() for each in futures]:
            if not future.done():
                future.set_result(None)

    def _forget(self, upload_id: uuid.UUID, future: "asyncio.Future[Upload | None]") -> None:
        self.waiting[upload_id].remove(future)
        if not self.waiting[upload_id]:
            del self.waiting[upload_id]

    async def _look(self) -> None:
        while self.waiting:
            try:
                settled = await blocking.run(_settled, list(self.waiting))
            except DatabaseFailure as error:
                logger.warning("event=outcomes_unreadable error=%s", type(error).__name__)
                settled = []
            for upload in settled:
                for future in self.waiting.get(upload.pk, []):
                    if not future.done():
                        future.set_result(upload)
            await asyncio.sleep(LOOK_EVERY)


def _settled(upload_ids: list[uuid.UUID]) -> list[Upload]:
    return list(Upload.objects.filter(pk__in=upload_ids, status__in=Upload.FINAL))
