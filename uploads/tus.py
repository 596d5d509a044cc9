"""The tus endpoint: an ASGI application in front of Django, so that file bytes pass through nothing but this.

`POST /api/tus/` makes an upload, `HEAD` and `PATCH /api/tus/<id>` go on with it, `DELETE` gives it up (tus 1.0.0: core,
creation, creation-with-upload, expiration, termination, checksum). Headers are read in `tus_protocol`, uploads are made
in `tus_creation`, and go on in `tus_bodies`.
"""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone
from django.utils.http import http_date

from immichdrop.asgi_types import Receive, Scope, Send
from immichdrop.security import foreign
from invites.models import Guest
from invites.refusals import Refusal, RefusedError
from uploads import arrivals, blocking, lifecycle, ownership, progress, tus_protocol
from uploads.exchange import Exchange
from uploads.models import Upload
from uploads.receiving import (
    BusyError,
    ChecksumMismatchError,
    DiskFullError,
    Turns,
)
from uploads.spool import Spool, SpoolBusyError, SpoolFile, SpoolFileMissingError, SpoolFileShortError
from uploads.takeover import Neighbours
from uploads.tus_bodies import Bodies
from uploads.tus_creation import Creations
from uploads.tus_protocol import TusError

logger = logging.getLogger(__name__)

PATH = "/api/tus/"
RETRY = {"Retry-After": "5"}  # seconds


class TusApp:
    """The ASGI application. One per process: it knows which uploads are being written here."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.turns = Turns()
        self.neighbours = Neighbours(self.turns.stop)
        self.bodies = Bodies(spool)
        self.creations = Creations(spool, self.turns, self.bodies)
        self.patching: Counter[int] = Counter()
        self.stopping = False

    def stop(self) -> None:
        """The server is about to end: running requests persist what came, new ones are sent away."""
        self.stopping = True
        self.turns.stop_all()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        progress.attach(asyncio.get_running_loop())
        self.neighbours.listen()
        exchange = Exchange(scope, receive, send, {"Tus-Resumable": tus_protocol.VERSION})
        exchange.method = tus_protocol.method_of(exchange.method, exchange.headers)
        try:
            await self._route(exchange)
        except TusError as error:
            await exchange.refuse(error)
        except RefusedError as error:
            await exchange.refuse(TusError(error.refusal.status, error.refusal.wire_code, error.detail, error.headers))
        except (BusyError, SpoolBusyError):
            await exchange.refuse(TusError(423, "busy", "Another request is sending this file."))
        except DiskFullError:
            await exchange.refuse(TusError(507, Refusal.DISK_FULL.value))
        except ChecksumMismatchError:
            await exchange.refuse(TusError(460, "checksum_mismatch", "Upload-Checksum: the body is another one."))
        except (SpoolFileMissingError, SpoolFileShortError) as error:
            logger.exception("event=spool_damaged path=%s error=%s", exchange.path, type(error).__name__)
            await exchange.refuse(TusError(500, "spool_damaged"))
        except (DatabaseFailure, OSError) as error:
            logger.exception("event=storage_failed path=%s error=%s", exchange.path, type(error).__name__)
            # A HEAD is not refused for what passes: tus-js-client would forget how far it was.
            head = exchange.method == "HEAD"
            await exchange.refuse(TusError(423, "busy") if head else TusError(503, "unavailable", headers=RETRY))

    async def _route(self, exchange: Exchange) -> None:
        if exchange.method == "OPTIONS":
            await exchange.answer(200, _capabilities())
            return
        if foreign(exchange.headers):
            raise RefusedError(Refusal.FOREIGN_ORIGIN)
        creating = exchange.path.rstrip("/") == PATH.rstrip("/")
        allowed = ("POST", "OPTIONS") if creating else ("HEAD", "PATCH", "DELETE", "OPTIONS")
        if exchange.method not in allowed:
            raise TusError(405, "method_not_allowed", headers={"Allow": ", ".join(allowed)})
        tus_protocol.check_version(exchange.headers)
        if self.stopping:
            if exchange.method == "HEAD":
                raise TusError(423, "busy")
            raise TusError(503, Refusal.SHUTTING_DOWN.value, headers=RETRY)
        if creating:
            upload = await self.creations.create(exchange)
            location = f"{exchange.base_url}{PATH}{upload.pk}"
            await exchange.answer(201, {"Location": location, **_progress_of(upload)})
            return
        upload_id = _id_of(exchange.path)
        # Before the turn is taken: a stranger must not stop the request that is writing.
        guest = await blocking.run(ownership.sender_of, upload_id, exchange.headers)
        if exchange.method == "HEAD":
            await self._head(exchange, upload_id, guest)
        elif exchange.method == "DELETE":
            await self._terminate(exchange, upload_id, guest)
        else:
            with self._one_of_few(guest):
                await self._patch(exchange, upload_id, guest)

    @contextmanager
    def _one_of_few(self, guest: Guest | None) -> Iterator[None]:
        """Holds a guest to so many running PATCHes in this process."""
        if guest is None:
            yield
            return
        if self.patching[guest.pk] >= settings.MAX_PATCHES_PER_GUEST:
            raise RefusedError(Refusal.TOO_MANY_REQUESTS, "Too many files are being sent at once.", retry_after=1)
        self.patching[guest.pk] += 1
        try:
            yield
        finally:
            self.patching[guest.pk] -= 1
            if not self.patching[guest.pk]:
                del self.patching[guest.pk]

    async def _head(self, exchange: Exchange, upload_id: uuid.UUID, guest: Guest | None) -> None:
        async with self.turns.take(upload_id):
            upload = await self.neighbours.once_free(upload_id, lambda: blocking.run(self._look, upload_id, guest))
        if await blocking.run(ownership.locked, upload, guest):
            raise TusError(423, "locked")
        await exchange.answer(200, {"Upload-Length": str(upload.size), **_progress_of(upload)})

    def _look(self, upload_id: uuid.UUID, guest: Guest | None) -> Upload:
        """The row as it is when nobody writes the file. Raises SpoolBusyError while another process does."""
        upload, file = self._open(upload_id, guest, ownership.find)
        if file:
            file.close()
        return upload

    async def _terminate(self, exchange: Exchange, upload_id: uuid.UUID, guest: Guest | None) -> None:
        async with self.turns.take(upload_id):
            await self.neighbours.once_free(upload_id, lambda: blocking.run(self._discard, upload_id, guest))
        await exchange.answer(204, {})

    def _discard(self, upload_id: uuid.UUID, guest: Guest | None) -> None:
        upload = self._look(upload_id, guest)
        if upload.status == Upload.Status.DUPLICATE:
            raise TusError(409, "already_there", "Immich had the file before; it is not taken out.")
        in_immich = upload.status == Upload.Status.DELIVERED
        if not (lifecycle.withdraw(upload) if in_immich else lifecycle.discard(upload, Upload.DiscardedBy.GUEST)):
            raise BusyError  # it is on its way to Immich at this moment
        self.spool.remove(upload.pk)
        if in_immich:
            arrivals.announce()
        logger.info("upload=%s outcome=discarded by=guest", upload.pk)
        progress.publish(upload)

    async def _patch(self, exchange: Exchange, upload_id: uuid.UUID, guest: Guest | None) -> None:
        tus_protocol.check_body_type(exchange.headers)
        offset = tus_protocol.count(exchange.headers, "Upload-Offset")
        length = tus_protocol.body_length(exchange.headers)
        async with self.turns.take(upload_id) as turn:
            upload, file = await self.neighbours.once_free(
                upload_id, lambda: blocking.run(self._open, upload_id, guest, ownership.find_open)
            )
            try:
                tus_protocol.check_place(offset, length, upload.size, upload.offset)
                if file and not upload.complete:
                    await self.bodies.take(exchange, turn, file, upload)
            finally:
                if file:
                    file.close()
        await exchange.answer(204, _progress_of(upload))

    def _open(
        self, upload_id: uuid.UUID, guest: Guest | None, find: Callable[[uuid.UUID, Guest | None], Upload]
    ) -> tuple[Upload, SpoolFile | None]:
        """An upload and its file, locked against other processes; no file when every byte is here."""
        upload = find(upload_id, guest)
        if upload.complete:
            return upload, None
        file = self.spool.open(upload_id)
        try:
            # Read again now that the file is locked: another process may have written, and acknowledged, until then.
            return find(upload_id, guest), file
        except BaseException:
            file.close()
            raise


def _capabilities() -> dict[str, str]:
    return {
        "Tus-Version": tus_protocol.VERSION,
        "Tus-Extension": tus_protocol.EXTENSIONS,
        "Tus-Checksum-Algorithm": ",".join(tus_protocol.CHECKSUMS),
        "Tus-Max-Size": str(settings.MAX_FILE_SIZE_MB * 1_000_000),
    }


def _progress_of(upload: Upload) -> dict[str, str]:
    """How far an upload is, and until when it waits for the rest."""
    headers = {"Upload-Offset": str(upload.offset)}
    if not upload.complete:
        headers["Upload-Expires"] = http_date((timezone.now() + upload.patience).timestamp())
    return headers


def _id_of(path: str) -> uuid.UUID:
    try:
        return uuid.UUID(path.removeprefix(PATH))
    except ValueError:
        raise TusError(404, "not_found") from None
