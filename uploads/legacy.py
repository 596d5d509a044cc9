"""The older clients' upload routes on the same spool: an ASGI application in front of Django, like the tus endpoint.

`POST /api/upload` takes a file in one form, `/api/upload/chunk/init`, `/chunk` and `/chunk/complete` one in chunks
(contract: core routes). The file is received first, as durably as everybody's; then its delivery is waited for a
little, since these clients want to hear of it in the answer.
"""

import asyncio
import json
import logging
from collections.abc import Mapping

from django.db import Error as DatabaseFailure

from immichdrop.asgi_types import Receive, Scope, Send
from immichdrop.body_guard import MAX_BODY
from immichdrop.security import foreign
from invites.refusals import Refusal, RefusedError
from uploads import blocking, chunks, legacy_chunks, legacy_files, ownership, progress
from uploads.exchange import AnswerError, Exchange
from uploads.legacy_fields import item_of_json, offer_of_json, parse_json, token_of, total_of_json
from uploads.legacy_forms import enter
from uploads.lifecycle import NotReceivingError
from uploads.models import Upload
from uploads.multipart_stream import FormCutError, FormError, FormTooLargeError
from uploads.outcomes import PATIENCE
from uploads.receiving import SILENCE, BusyError, DiskFullError
from uploads.spool import Spool, SpoolBusyError, SpoolFileMissingError, SpoolFileShortError
from uploads.waiting_app import WaitingApp

logger = logging.getLogger(__name__)

FILE = "/api/upload"
INIT = "/api/upload/chunk/init"
CHUNK = "/api/upload/chunk"
COMPLETE = "/api/upload/chunk/complete"
PATHS = frozenset({FILE, INIT, CHUNK, COMPLETE})
RETRY = {"Retry-After": "5"}  # seconds
# What a request may end with; anything else is a bug of ours and must be seen.
_KNOWN = (
    *(AnswerError, RefusedError, FormError, FormTooLargeError, FormCutError, BusyError, NotReceivingError),
    *(DiskFullError, SpoolBusyError, SpoolFileMissingError, SpoolFileShortError, DatabaseFailure, OSError),
    Upload.DoesNotExist,
)


class LegacyApp(WaitingApp):
    """The ASGI application."""

    def __init__(self, spool: Spool, patience: float = PATIENCE) -> None:
        super().__init__(spool, patience)
        self.chunks = legacy_chunks.Chunks(spool, self.turns, self.early)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        progress.attach(asyncio.get_running_loop())
        exchange = Exchange(scope, receive, send)
        try:
            await self._route(exchange)
        except _KNOWN as error:
            stopped = self.stopping and isinstance(error, BusyError)
            await exchange.refuse(_answer_to(_ending() if stopped else error, exchange.path))

    async def _route(self, exchange: Exchange) -> None:
        if exchange.method != "POST":
            raise AnswerError(405, "method_not_allowed", headers={"Allow": "POST"})
        if foreign(exchange.headers):
            raise RefusedError(Refusal.FOREIGN_ORIGIN)
        if self.stopping:
            raise _ending()
        if exchange.path == INIT:
            await self._init(exchange)
        elif exchange.path == CHUNK:
            await self.chunks.take(exchange)
            await _say(exchange, 200, {"ok": True})
        elif exchange.path == COMPLETE:
            await self._complete(exchange)
        else:
            await self._tell(exchange, await legacy_files.take(exchange, self.files))

    async def _init(self, exchange: Exchange) -> None:
        said = parse_json(await _json_body(exchange))
        item = item_of_json(said)
        offer = offer_of_json(said, item, exchange)
        door = await blocking.run(enter, offer.invite, item.session_id, exchange)
        await blocking.run(legacy_chunks.begin, offer, item, door, self.spool)
        await _say(exchange, 200, {"ok": True})

    async def _complete(self, exchange: Exchange) -> None:
        said = parse_json(await _json_body(exchange))
        item, token = item_of_json(said), token_of(said, exchange)
        door = await blocking.run(enter, token, item.session_id, exchange)
        total_of_json(said)
        upload = await blocking.run(legacy_chunks.find, item, door)
        if upload and not upload.complete:
            await blocking.run(ownership.check_open, upload, door.guest)
        if upload is None or not upload.complete:
            index = chunks.first_missing(upload) if upload else 0
            await _say(exchange, 400, {"error": "missing_part", "index": index})
            return
        await self._tell(exchange, upload)

    async def _tell(self, exchange: Exchange, upload: Upload) -> None:
        """What became of a received file; 202 when that is not known yet, or is not for guests to know."""
        if "respond-async" not in exchange.headers.get("prefer", "").lower():
            upload = await self.outcomes.of(upload)
        confirmed = upload.status in Upload.CONFIRMED
        await _say(exchange, 200 if confirmed else 202, {"id": str(upload.pk), "status": _word(upload)})


def _ending() -> RefusedError:
    return RefusedError(Refusal.SHUTTING_DOWN, "The server is ending; try again.", retry_after=5)


def _word(upload: Upload) -> str:
    """The outcome in the older clients' words. What Immich refused is safe here, and the host's to look at."""
    if upload.status not in Upload.CONFIRMED:
        return "received"
    word = "duplicate" if upload.status == Upload.Status.DUPLICATE else "created"
    return f"{word} (added to album '{upload.album_name}')" if upload.in_album_at and upload.album_name else word


async def _say(exchange: Exchange, status: int, said: Mapping[str, object]) -> None:
    await exchange.answer(status, {"Content-Type": "application/json"}, json.dumps(said).encode())


async def _json_body(exchange: Exchange) -> bytes:
    """The body of a request that has to be JSON, of at most `MAX_BODY` bytes."""
    if exchange.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise AnswerError(400, "invalid_json", "Content-Type: send application/json.")
    body = bytearray()
    more = True
    async with asyncio.timeout(SILENCE):
        while more:
            if max(exchange.length or 0, len(body)) > MAX_BODY:
                raise AnswerError(413, "body_too_large", "The request is larger than 1 MB.")
            message = await exchange.receive()
            body += message.get("body", b"")
            more = bool(message.get("more_body"))
    return bytes(body)


def _answer_to(error: Exception, path: str) -> AnswerError:
    match error:
        case AnswerError():
            return error
        case RefusedError():
            return AnswerError(error.refusal.status, error.refusal.wire_code, error.detail, error.headers)
        case FormError():
            return AnswerError(400, Refusal.BAD_METADATA.value, str(error))
        case FormTooLargeError():
            return AnswerError(413, "body_too_large", "The form has more than 1 MB beside the file.")
        case FormCutError() | TimeoutError():
            return AnswerError(408, "too_slow", "The request broke off, or nothing came for too long.")
        case BusyError() | SpoolBusyError() | NotReceivingError():
            return AnswerError(423, "busy", "Another request is sending this.", RETRY)
        case DiskFullError():
            return AnswerError(Refusal.DISK_FULL.status, Refusal.DISK_FULL.value)
        case Upload.DoesNotExist():
            return AnswerError(404, "not_found")
        case SpoolFileMissingError() | SpoolFileShortError():
            logger.error("event=spool_damaged path=%s error=%s", path, type(error).__name__, exc_info=error)
            return AnswerError(500, "spool_damaged")
    logger.error("event=storage_failed path=%s error=%s", path, type(error).__name__, exc_info=error)
    if path == CHUNK:
        return AnswerError(500, "chunk_write_failed")
    return AnswerError(503, "unavailable", headers=RETRY)
