"""The tus endpoint: an ASGI application in front of Django, so that file bytes pass through nothing but this.

`POST /api/tus/` makes an upload, `HEAD` and `PATCH /api/tus/<id>` go on with it (tus 1.0.0: core, creation,
creation-with-upload). Headers are read in `tus_protocol`, bodies in `receiving`, rows are made in `intake`.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping
from http import HTTPStatus

from django.conf import settings
from django.http.cookie import parse_cookie

from immichdrop.asgi_types import Receive, Scope, Send, headers_of
from immichdrop.security import foreign
from invites import guests
from invites.models import Guest, Invite
from invites.refusals import Refusal, RefusedError
from uploads import arrivals, blocking, intake, lifecycle, media_types, progress, tus_protocol
from uploads.intake import Arrived, Offer
from uploads.models import Upload
from uploads.receiving import BusyError, DiskFullError, End, Sink, Sums, Turn, Turns, pour
from uploads.spool import (
    MEBIBYTE,
    Spool,
    SpoolBusyError,
    SpoolFile,
    SpoolFileMissingError,
    SpoolFileShortError,
)
from uploads.tus_protocol import TusError

logger = logging.getLogger(__name__)

PATH = "/api/tus/"
# A creation's body up to this size is written before the row is made, and costs one commit instead of two.
WHOLE_BODY = 16 * MEBIBYTE
# After a refusal so much of the body is read and dropped, so that a browser sees the answer and not a broken line.
DRAIN_BYTES = 8 * MEBIBYTE
DRAIN_SECONDS = 5.0


class Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: Mapping[str, str] = headers_of(scope)
        self.client: str = (scope.get("client") or ("", 0))[0]
        self.receive = receive
        self._send = send

    @property
    def has_body(self) -> bool:
        length = self.headers.get("content-length", "")
        return length not in ("", "0") or "transfer-encoding" in self.headers

    async def answer(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Answers. The body was read before, unless there is none."""
        await self._start(status, headers, body)
        await self._send({"type": "http.response.body", "body": body})

    async def refuse(self, error: TusError) -> None:
        """Answers with an error's code, then reads and drops some of the body that is still coming."""
        said = {"error": error.code} | ({"message": error.detail} if error.detail else {})
        body = b"" if self.method == "HEAD" else json.dumps(said).encode()
        await self._start(error.status, {**error.headers, "Content-Type": "application/json"}, body)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        if self.has_body:
            await self._drain()
        await self._send({"type": "http.response.body", "body": b""})

    async def _start(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        all_headers = {
            "Tus-Resumable": tus_protocol.VERSION,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **({} if status == HTTPStatus.NO_CONTENT else {"Content-Length": str(len(body))}),
            **headers,
        }
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in all_headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def _drain(self) -> None:
        dropped = 0
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while dropped < DRAIN_BYTES:
                    message = await self.receive()
                    if message["type"] == "http.disconnect" or not message.get("more_body"):
                        return
                    dropped += len(message.get("body", b""))
        except TimeoutError:
            return


class TusApp:
    """The ASGI application. One per process: it knows which uploads are being written here."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.turns = Turns()
        self.sums = Sums()
        self.stopping = False

    def stop(self) -> None:
        """The server is about to end: running requests persist what came, new ones are sent away."""
        self.stopping = True
        self.turns.stop_all()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        progress.attach(asyncio.get_running_loop())
        exchange = Exchange(scope, receive, send)
        try:
            await self._route(exchange)
        except TusError as error:
            await exchange.refuse(error)
        except RefusedError as error:
            await exchange.refuse(TusError(error.refusal.status, error.refusal.wire_code, error.detail))
        except (BusyError, SpoolBusyError):
            await exchange.refuse(TusError(423, "busy", "Another request is sending this file."))
        except DiskFullError:
            await exchange.refuse(TusError(507, Refusal.DISK_FULL.value))
        except (SpoolFileMissingError, SpoolFileShortError) as error:
            logger.exception("The spool contradicts the database: %s", type(error).__name__)
            await exchange.refuse(TusError(500, "spool_damaged"))

    async def _route(self, exchange: Exchange) -> None:
        if exchange.method == "OPTIONS":
            await exchange.answer(200, _capabilities())
            return
        if foreign(exchange.headers):
            raise RefusedError(Refusal.FOREIGN_ORIGIN)
        creating = exchange.path.rstrip("/") == PATH.rstrip("/")
        allowed = "POST, OPTIONS" if creating else "HEAD, PATCH, OPTIONS"
        if exchange.method not in allowed:
            raise TusError(405, "method_not_allowed", headers={"Allow": allowed})
        tus_protocol.check_version(exchange.headers)
        if self.stopping:
            if exchange.method == "HEAD":
                raise TusError(423, "busy")
            raise TusError(503, Refusal.SHUTTING_DOWN.value, headers={"Retry-After": "5"})
        if creating:
            await self._create(exchange)
            return
        upload_id = _id_of(exchange.path)
        guest = await blocking.run(_guest_of, exchange.headers)
        if exchange.method == "HEAD":
            await self._head(exchange, upload_id, guest)
        else:
            await self._patch(exchange, upload_id, guest)

    # --- creation

    async def _create(self, exchange: Exchange) -> None:
        offer = tus_protocol.parse_offer(exchange.headers, exchange.client)
        length = 0
        if exchange.has_body:
            tus_protocol.check_body_type(exchange.headers)
            length = tus_protocol.body_length(exchange.headers) or offer.size
        guest, invite, existing = await blocking.run(self._admit, offer, exchange.headers)
        if existing:
            await self._created(exchange, existing)
            return
        if length > offer.size:
            raise TusError(413, "too_long", "Content-Length is larger than Upload-Length.")
        upload_id = uuid.uuid4()
        file = await blocking.run(self.spool.create, upload_id)
        try:
            async with self.turns.take(upload_id) as turn:
                if 0 < length <= WHOLE_BODY:
                    arrived = await self._take_whole(exchange, turn, file, offer, invite, upload_id)
                    upload = await self._insert(offer, guest, invite, upload_id, arrived)
                else:
                    await blocking.run(_sync_new, file, self.spool)
                    upload = await self._insert(offer, guest, invite, upload_id, Arrived())
                    if exchange.has_body and upload.pk == upload_id:
                        await self._take_body(exchange, turn, file, upload)
        finally:
            file.close()
        await self._created(exchange, upload)

    def _admit(self, offer: Offer, headers: Mapping[str, str]) -> tuple[Guest | None, Invite | None, Upload | None]:
        guest = _guest_of(headers)
        invite = intake.link_of(offer)
        if existing := intake.find(offer, guest, invite):
            return guest, invite, existing
        intake.check(offer, guest, invite, self.spool)
        return guest, invite, None

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
        sink = Sink(file, 0, offer.size, self.sums.resume(upload_id, 0))
        try:
            end = await pour(exchange.receive, turn, sink)
            if end is End.TOO_LONG:
                raise TusError(413, "too_long", "The body is longer than Upload-Length.")
            await blocking.run(self._check_head, file, invite)
            await blocking.run(self.spool.sync_folder)
        except (TusError, RefusedError, DiskFullError):
            await blocking.run(self.spool.remove, upload_id)
            raise
        digest = sink.sum.hexdigest() if sink.sum else ""
        self.sums.keep(upload_id, sink.offset, sink.sum if sink.offset < offer.size else None)
        return Arrived(sink.offset, digest)

    async def _insert(
        self,
        offer: Offer,
        guest: Guest | None,
        invite: Invite | None,
        upload_id: uuid.UUID,
        arrived: Arrived,
    ) -> Upload:
        """The row for a file that is in the spool already. Without one the file goes again."""
        upload: Upload | None = None
        try:
            upload = await blocking.run(intake.create_or_find, offer, guest, invite, self.spool, upload_id, arrived)
        finally:
            if upload is None or upload.pk != upload_id:
                await blocking.run(self.spool.remove, upload_id)
        if upload.pk == upload_id and upload.complete:
            _received(upload)
        return upload

    async def _created(self, exchange: Exchange, upload: Upload) -> None:
        headers = {"Location": f"{PATH}{upload.pk}", "Upload-Offset": str(upload.offset)}
        await exchange.answer(201, headers)

    # --- going on

    async def _head(self, exchange: Exchange, upload_id: uuid.UUID, guest: Guest | None) -> None:
        async with self.turns.take(upload_id):
            upload = await blocking.run(_find, upload_id, guest)
        if await blocking.run(_locked, upload, guest):
            raise TusError(423, "locked")
        length = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size)}
        await exchange.answer(200, length)

    async def _patch(self, exchange: Exchange, upload_id: uuid.UUID, guest: Guest | None) -> None:
        tus_protocol.check_body_type(exchange.headers)
        offset = tus_protocol.count(exchange.headers, "Upload-Offset")
        length = tus_protocol.body_length(exchange.headers)
        async with self.turns.take(upload_id) as turn:
            upload = await blocking.run(_find_open, upload_id, guest)
            if offset != upload.offset:
                raise TusError(
                    409,
                    "offset_mismatch",
                    f"Upload-Offset: the server has {upload.offset} bytes.",
                    {"Upload-Offset": str(upload.offset)},
                )
            if length is not None and offset + length > upload.size:
                raise TusError(413, "too_long", "The body goes beyond Upload-Length.")
            if not upload.complete:
                file = await blocking.run(self.spool.open, upload_id)
                try:
                    await self._take_body(exchange, turn, file, upload)
                finally:
                    file.close()
        await exchange.answer(204, {"Upload-Offset": str(upload.offset)})

    async def _take_body(self, exchange: Exchange, turn: Turn, file: SpoolFile, upload: Upload) -> None:
        """Writes a body behind what is there, and acknowledges it to the database as it becomes durable."""
        start = upload.offset
        sink = Sink(file, start, upload.size - start, self.sums.resume(upload.pk, start))

        def acknowledge(offset: int) -> None:
            if offset == upload.offset:
                return
            if upload.offset < media_types.HEAD_BYTES:
                self._check_head(file, upload.invite)
            digest = sink.sum.hexdigest() if sink.sum else ""
            lifecycle.advance(upload, offset, digest)
            if upload.complete:
                _received(upload)

        sink.acknowledge = acknowledge
        await blocking.run(file.cut_to, start)
        try:
            end = await pour(exchange.receive, turn, sink)
        except RefusedError:
            await blocking.run(self._forget, upload)
            raise
        except DiskFullError:
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
        kinds = invite.kinds if invite else Invite.Kinds.BOTH.value
        if media_types.refuses(file.head(media_types.HEAD_BYTES), kinds):
            raise RefusedError(Refusal.WRONG_TYPE, "The file is not a photo or video of the kind taken here.")

    def _forget(self, upload: Upload) -> None:
        """Undoes a creation whose bytes turned out to be refused."""
        Upload.objects.filter(pk=upload.pk, status=Upload.Status.RECEIVING).delete()
        self.spool.remove(upload.pk)


def _capabilities() -> dict[str, str]:
    return {
        "Tus-Version": tus_protocol.VERSION,
        "Tus-Extension": tus_protocol.EXTENSIONS,
        "Tus-Max-Size": str(settings.MAX_FILE_SIZE_MB * 1_000_000),
    }


def _id_of(path: str) -> uuid.UUID:
    try:
        return uuid.UUID(path.removeprefix(PATH))
    except ValueError:
        raise TusError(404, "not_found") from None


def _guest_of(headers: Mapping[str, str]) -> Guest | None:
    return guests.find(headers.get(guests.HEADER.lower()), parse_cookie(headers.get("cookie", "")))


def _find(upload_id: uuid.UUID, guest: Guest | None) -> Upload:
    """A guest's own upload; another's is not found. One that was made without a secret is reached by its id alone."""
    upload = Upload.objects.select_related("invite", "account").filter(pk=upload_id).first()
    if upload is None or upload.status == Upload.Status.DISCARDED:
        raise TusError(404, "not_found")
    if upload.guest_id is not None and (guest is None or guest.pk != upload.guest_id):
        raise TusError(404, "not_found")
    return upload


def _locked(upload: Upload, guest: Guest | None) -> bool:
    return upload.invite is not None and upload.invite.locked(guest) is not None


def _find_open(upload_id: uuid.UUID, guest: Guest | None) -> Upload:
    """`_find`, for writing. A link that expired or was used up lets created uploads finish; others stop them."""
    upload = _find(upload_id, guest)
    invite = upload.invite
    if invite and not upload.complete:
        if invite.deleted_at:
            raise RefusedError(Refusal.INVALID_INVITE)
        if invite.disabled:
            raise RefusedError(Refusal.DISABLED)
        if locked := invite.locked(guest):
            raise RefusedError(locked)
    return upload


def _sync_new(file: SpoolFile, spool: Spool) -> None:
    file.sync()
    spool.sync_folder()


def _received(upload: Upload) -> None:
    progress.publish(upload)
    arrivals.announce()
