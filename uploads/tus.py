"""The tus endpoint: an ASGI application in front of Django, so that file bytes pass through nothing but this.

`POST /api/tus/` makes an upload, `HEAD` and `PATCH /api/tus/<id>` go on with it, `DELETE` gives it up (tus 1.0.0: core,
creation, creation-with-upload, expiration, termination, checksum). Headers are read in `tus_protocol`, bodies in
`receiving`, rows are made in `intake`.
"""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone
from django.utils.http import http_date

from immichdrop.asgi_types import Receive, Scope, Send
from immichdrop.security import foreign
from invites.models import Guest, Invite
from invites.refusals import Refusal, RefusedError
from uploads import arrivals, blocking, intake, lifecycle, media_types, ownership, progress, tus_protocol
from uploads.exchange import Exchange
from uploads.intake import Arrived, Offer
from uploads.models import Upload
from uploads.receiving import (
    BusyError,
    ChecksumMismatchError,
    DiskFullError,
    End,
    Sink,
    Sums,
    Turn,
    Turns,
    disk_full_told,
    pour,
)
from uploads.spool import MEBIBYTE, Spool, SpoolBusyError, SpoolFile, SpoolFileMissingError, SpoolFileShortError
from uploads.takeover import Neighbours
from uploads.tus_protocol import TusError

logger = logging.getLogger(__name__)

PATH = "/api/tus/"
# A creation's body up to this size is written before the row is made, and costs one commit instead of two.
WHOLE_BODY = 16 * MEBIBYTE
RETRY = {"Retry-After": "5"}  # seconds


class TusApp:
    """The ASGI application. One per process: it knows which uploads are being written here."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.turns = Turns()
        self.neighbours = Neighbours(self.turns.stop)
        self.sums = Sums()
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
            await self._create(exchange)
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

    # --- creation

    async def _create(self, exchange: Exchange) -> None:
        offer = tus_protocol.parse_offer(exchange.headers, exchange.client)
        length = 0
        if exchange.has_body:
            tus_protocol.check_body_type(exchange.headers)
            length = tus_protocol.body_length(exchange.headers) or offer.size
        guest, invite, existing = await blocking.run(self._admit, offer, exchange.headers)
        if existing:
            async with self.turns.take(existing.pk):  # a request that still hangs persists what it has
                existing = await blocking.run(ownership.find, existing.pk, guest)
            await self._created(exchange, existing)
            return
        if length > offer.size:
            raise TusError(413, "too_long", "Content-Length is larger than Upload-Length.")
        whole = 0 < length <= WHOLE_BODY
        upload_id = uuid.uuid4()
        file = await blocking.run(_new_file, self.spool, upload_id)
        try:
            async with self.turns.take(upload_id) as turn:
                try:
                    if whole:
                        arrived = await self._take_whole(exchange, turn, file, offer, invite, upload_id)
                    else:
                        arrived = await blocking.run(_sync_new, file, self.spool)
                except BaseException:  # whatever it is, no row names the file yet
                    await blocking.run(self.spool.remove, upload_id)
                    raise
                upload = await self._insert(offer, guest, invite, upload_id, arrived)
                if exchange.has_body and not whole and upload.pk == upload_id:
                    await self._take_body(exchange, turn, file, upload)
        finally:
            file.close()
        await self._created(exchange, upload)

    def _admit(self, offer: Offer, headers: Mapping[str, str]) -> tuple[Guest | None, Invite | None, Upload | None]:
        guest = ownership.guest_of(headers)
        invite = intake.link_of(offer)
        return guest, invite, intake.admit(offer, guest, invite, self.spool)

    async def _take_whole(
        self,
        exchange: Exchange,
        turn: Turn,
        file: SpoolFile,
        offer: Offer,
        invite: Invite | None,
        upload_id: uuid.UUID,
    ) -> Arrived:
        """Writes a creation's body before there is a row. A body that breaks off is kept as far as it came."""
        checksum = tus_protocol.parse_checksum(exchange.headers)
        sink = Sink(file, 0, offer.size, self.sums.resume(upload_id, 0), checksum=checksum)
        end = await pour(exchange.receive, turn, sink)
        if end is End.TOO_LONG:
            raise TusError(413, "too_long", "The body is longer than Upload-Length.")
        await blocking.run(self._finish_whole, file, invite)
        digest = sink.sum.hexdigest() if sink.sum else ""
        self.sums.keep(upload_id, sink.offset, sink.sum if sink.offset < offer.size else None)
        return Arrived(sink.offset, digest)

    def _finish_whole(self, file: SpoolFile, invite: Invite | None) -> None:
        self._check_head(file, invite)
        with disk_full_told():
            self.spool.sync_folder()

    async def _insert(
        self,
        offer: Offer,
        guest: Guest | None,
        invite: Invite | None,
        upload_id: uuid.UUID,
        arrived: Arrived,
    ) -> Upload:
        """The row for a file that is in the spool already. Where there surely is none, the file goes again.

        When the database fails, the file stays: the commit may have gone through, and only its answer been lost.
        """
        try:
            upload = await blocking.run(intake.create_or_find, offer, guest, invite, self.spool, upload_id, arrived)
        except RefusedError:
            await blocking.run(self.spool.remove, upload_id)
            raise
        if upload.pk != upload_id:
            await blocking.run(self.spool.remove, upload_id)
        elif upload.complete:
            arrivals.received(upload)
        return upload

    async def _created(self, exchange: Exchange, upload: Upload) -> None:
        location = f"{exchange.base_url}{PATH}{upload.pk}"
        await exchange.answer(201, {"Location": location, **_progress_of(upload)})

    # --- going on

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
        if upload.status in Upload.CONFIRMED:
            raise TusError(409, "already_delivered", "The file is in Immich already.")
        if not lifecycle.discard(upload, Upload.DiscardedBy.GUEST):
            raise BusyError  # it is on its way to Immich at this moment
        self.spool.remove(upload.pk)
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
                    await self._take_body(exchange, turn, file, upload)
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

    async def _take_body(self, exchange: Exchange, turn: Turn, file: SpoolFile, upload: Upload) -> None:
        """Writes a body behind what is there, and acknowledges it to the database as it becomes durable."""
        start = upload.offset
        checksum = tus_protocol.parse_checksum(exchange.headers)
        sink = Sink(file, start, upload.size - start, self.sums.resume(upload.pk, start), checksum=checksum)

        def acknowledge(offset: int) -> None:
            if offset == upload.offset:
                return
            if upload.offset < media_types.HEAD_BYTES:
                self._check_head(file, upload.invite)
            digest = sink.sum.hexdigest() if sink.sum else ""
            lifecycle.advance(upload, offset, digest)
            if upload.complete:
                arrivals.received(upload)

        sink.acknowledge = acknowledge
        await blocking.run(file.cut_to, start)
        try:
            end = await pour(exchange.receive, turn, sink)
        except RefusedError:
            await blocking.run(self._forget, upload)
            raise
        except (DiskFullError, ChecksumMismatchError):
            await blocking.run(file.cut_to, upload.offset)
            raise
        except lifecycle.NotReceivingError:
            raise BusyError from None
        if end is End.TOO_LONG:
            await blocking.run(file.cut_to, upload.offset)
            raise TusError(413, "too_long", "The body goes beyond Upload-Length.")
        if not upload.complete:
            self.sums.keep(upload.pk, upload.offset, sink.sum)
        if end is End.STOPPED:
            raise BusyError

    def _check_head(self, file: SpoolFile, invite: Invite | None) -> None:
        intake.check_content(file.head(media_types.HEAD_BYTES), invite)

    def _forget(self, upload: Upload) -> None:
        """Undoes a creation whose bytes turned out to be refused."""
        Upload.objects.filter(pk=upload.pk, status=Upload.Status.RECEIVING).delete()
        self.spool.remove(upload.pk)


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


def _new_file(spool: Spool, upload_id: uuid.UUID) -> SpoolFile:
    with disk_full_told():
        return spool.create(upload_id)


def _sync_new(file: SpoolFile, spool: Spool) -> Arrived:
    with disk_full_told():
        file.sync()
        spool.sync_folder()
    return Arrived()
