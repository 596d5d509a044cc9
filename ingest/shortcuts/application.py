"""The extension routes for files: Shortcuts and scripts send them as base64, in forms, or as they are.

An ASGI application in front of Django, as for every other door: bytes go straight into the spool, by the same rules and
with the same promise. Then the delivery is waited for a little, since these clients want to hear of it.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence

from immichdrop.asgi_types import Receive, Scope, Send
from immichdrop.security import foreign
from ingest.shortcuts.answers import (
    KNOWN,
    FieldError,
    UploadResult,
    answer_to,
    batch_of,
    failure,
    plain,
    result_of,
    words_of,
)
from ingest.shortcuts.parcels import KEY_HEADER, Base64File, FormFile, RawFile, Wrapped
from invites import api_tokens, credentials
from invites.credentials import Caller
from invites.refusals import Refusal, RefusedError
from uploads import blocking, progress
from uploads.exchange import Exchange
from uploads.models import Upload
from uploads.multipart_stream import Form, FormCutError, Part
from uploads.plain_form import OF_A_FILE
from uploads.receiving import SILENCE, BusyError
from uploads.waiting_app import WaitingApp
from uploads.whole_files import Arrival

BASE64 = "/api/upload/base64"
FILE = "/api/upload/file"
BATCH = "/api/upload/batch"
PATHS = frozenset({BASE64, FILE, BATCH})
MOST = 50  # files of a batch
_FORM = "multipart/form-data"


class ShortcutsApp(WaitingApp):
    """The ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        progress.attach(asyncio.get_running_loop())
        exchange = Exchange(scope, receive, send)
        request = Request(self, exchange)
        try:
            said = await request.take()
        except KNOWN as error:
            stopped = self.stopping and isinstance(error, BusyError)
            problem = RefusedError(Refusal.SHUTTING_DOWN, retry_after=5) if stopped else error
            await exchange.refuse(answer_to(problem, request.filename))
        else:
            await exchange.answer(200, {"Content-Type": "application/json"}, json.dumps(said).encode())


class Request:
    """One request. `filename` is that of the file it is about, as far as it is known."""

    def __init__(self, app: ShortcutsApp, exchange: Exchange) -> None:
        self.app = app
        self.files = app.files
        self.exchange = exchange
        self.filename = ""

    async def take(self) -> Mapping[str, object]:
        """What is answered. Raises one of `KNOWN`."""
        if self.exchange.method != "POST":
            raise plain(405, "Method Not Allowed", {"Allow": "POST"})
        if foreign(self.exchange.headers):
            raise RefusedError(Refusal.FOREIGN_ORIGIN)
        if self.app.stopping:
            raise RefusedError(Refusal.SHUTTING_DOWN, retry_after=5)
        caller = await blocking.run(self._caller)
        if self.exchange.path == BATCH:
            return {**batch_of(await self._batch(caller))}
        (upload,) = await self._settled([await self._one(caller)])
        return {**result_of(upload, caller)}

    def _caller(self) -> Caller:
        """Whoever may have sent this before is let in to be told of it: a new file is refused by its admission."""
        headers, query, client = self.exchange.headers, self.exchange.query, self.exchange.client
        again = bool(headers.get(KEY_HEADER, "").strip())
        return credentials.for_headers(headers, query, client, api_tokens.Scope.FILES, again=again)

    async def _one(self, caller: Caller) -> Upload:
        if self.exchange.path == BASE64:
            return await self._file(Base64File(self.exchange, caller))
        if not self.exchange.headers.get("content-type", "").lower().startswith(_FORM):
            return await self._file(RawFile(self.exchange, caller))
        form, part = await self._form("file")
        return await self._file(FormFile(self.exchange, caller, form, part), form)

    async def _form(self, name: str) -> tuple[Form, Part]:
        form = Form(self.exchange.receive, self.exchange.headers)
        part = await form.until(name)
        if part is None:
            raise FieldError(name, "Field required", "missing")
        return form, part

    async def _file(self, parcel: Wrapped, form: Form | None = None) -> Upload:
        """The received upload. Of what is refused, or breaks off, nothing stays."""
        await self._begin(parcel)
        earlier = await blocking.run(_earlier, parcel)
        async with self.files.arriving() as arrivals:
            if earlier is None:
                arrival = await self.files.receive(self.exchange, parcel, arrivals)
                sha1 = arrival.sink.sum.hexdigest() if arrival.sink.sum else ""
            else:
                sha1 = await _sum_of(parcel)
            if form and await form.until("file"):
                raise plain(400, "file: one is taken at a time.")
            async with asyncio.timeout(SILENCE):
                await parcel.finish()
            self.filename = parcel.filename
            upload = earlier or await self.files.keep(arrival)
        return _same(upload, sha1)

    async def _begin(self, parcel: Wrapped) -> None:
        async with asyncio.timeout(SILENCE):
            await parcel.begin()
        self.filename = parcel.filename
        if parcel.empty:
            raise RefusedError(Refusal.EMPTY_FILE)

    async def _settled(self, uploads: Sequence[Upload]) -> list[Upload]:
        """What became of received files, as far as it is known in time, and if it is to be waited for."""
        if "respond-async" in self.exchange.headers.get("prefer", "").lower():
            return list(uploads)
        return list(await asyncio.gather(*(self.app.outcomes.of(each) for each in uploads)))

    # --- several files

    async def _batch(self, caller: Caller) -> list[UploadResult]:
        """Each file by itself: one that is refused lets the others go on. All are kept at the form's end."""
        form = Form(self.exchange.receive, self.exchange.headers)
        outcomes: list[Upload | UploadResult] = []
        async with self.files.arriving() as arrivals:
            waiting: list[tuple[FormFile, Arrival | Upload | UploadResult]] = []
            while part := await form.until("files"):
                if len(waiting) == MOST:
                    raise plain(400, f"Maximum {MOST} files per request")
                parcel = FormFile(self.exchange, caller, form, part, len(waiting), in_batch=True)
                waiting.append((parcel, await self._arrive(parcel, arrivals)))
            if not waiting:
                raise plain(400, "No files provided")
            for parcel, arrival in waiting:
                kept = await self._keep(parcel, arrival) if isinstance(arrival, Arrival) else arrival
                outcomes.append(kept)
        uploads = iter(await self._settled([each for each in outcomes if isinstance(each, Upload)]))
        return [result_of(next(uploads), caller) if isinstance(each, Upload) else each for each in outcomes]

    async def _arrive(self, parcel: FormFile, arrivals: list[Arrival]) -> Arrival | Upload | UploadResult:
        before = len(arrivals)
        try:
            await self._begin(parcel)
            if earlier := await blocking.run(_earlier, parcel):
                return _same(earlier, await _sum_of(parcel))
            arrival = await self.files.receive(self.exchange, parcel, arrivals)
            await self.files.put_by(arrival)
        except RefusedError as error:
            if error.refusal not in OF_A_FILE:
                raise
            for left in arrivals[before:]:
                await self.files.drop(left)
            await parcel.skip()
            return failure(parcel.filename, words_of(error))
        return arrival

    async def _keep(self, parcel: FormFile, arrival: Arrival) -> Upload | UploadResult:
        await parcel.finish()
        try:
            return await self.files.keep(arrival)
        except RefusedError as error:
            if error.refusal not in OF_A_FILE:
                raise
            await self.files.drop(arrival)
            return failure(parcel.filename, words_of(error))


def _earlier(parcel: Wrapped) -> Upload | None:
    """The upload that an earlier request with this `Idempotency-Key` made."""
    key, caller = parcel.key(), parcel.caller
    if not key or caller.guest is None:
        return None
    return Upload.objects.of_guest(caller.guest, caller.invite).counted().filter(key=key).first()


def _same(upload: Upload, sha1: str) -> Upload:
    """The upload, if these are its bytes: of another file nobody must read that it is here. Raises FieldError."""
    if upload.sha1 != sha1:
        raise FieldError("Idempotency-Key", "It was used for another file.", "value_error", "header")
    return upload


async def _sum_of(parcel: Wrapped) -> str:
    """The SHA-1 of a file that is here already, and is not written once more."""
    digest = hashlib.sha1(usedforsecurity=False)
    more = True
    while more:
        async with asyncio.timeout(SILENCE):
            message = await parcel.receive()
        if message["type"] == "http.disconnect":
            raise FormCutError
        digest.update(message.get("body", b""))
        more = bool(message.get("more_body"))
    return digest.hexdigest()
