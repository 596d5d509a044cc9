"""`POST /invite/{token}/files`: the guest's page without its script sends a few photos in one plain form.

They come into the same spool, by the same rules, each received for good before the next one is read; what is refused
lets the others go on. Then the browser is led back to the page, which says what came of them (`outcome_of`). Only small
files: a form can't go on where it broke off.
"""

import asyncio
import hashlib
import logging
import re
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from django.db import Error as DatabaseFailure
from django.http import HttpResponse

from immichdrop.asgi_types import Receive, Scope, Send
from immichdrop.security import foreign
from invites import guests
from invites.models import Guest, Invite
from invites.refusals import Refusal, RefusedError
from uploads import admission, arrivals, blocking, names, ownership, progress
from uploads.admission import Arrived, Offer
from uploads.exchange import AnswerError, Exchange
from uploads.intake import Creation
from uploads.models import Upload
from uploads.multipart_stream import Form, FormCutError, FormError, FormTooLargeError, Part
from uploads.receiving import DiskFullError, End, Sink, Turns, disk_full_told, pour
from uploads.registry import Registry
from uploads.spool import MEBIBYTE, Spool, SpoolFile
from uploads.tus_bodies import check_head
from uploads.tus_protocol import guest_message, guest_name, one_line

logger = logging.getLogger(__name__)

LARGEST = 16 * MEBIBYTE  # bytes of a file; no more, since none are reserved: a form does not tell each file's size
MOST = 100 * LARGEST  # bytes of a form
FIELD = "files"
RECEIVED = "received"
BROKEN = "broken"  # the form itself did not get through
_PATH = re.compile(r"(?:/invite/([^/]+))?/files")
# What is wrong with one file only.
OF_A_FILE = (
    Refusal.FILE_TOO_LARGE,
    Refusal.WRONG_TYPE,
    Refusal.EMPTY_FILE,
    Refusal.BAD_METADATA,
    Refusal.TOO_MANY_FILES,
    Refusal.QUOTA_EXCEEDED,
    Refusal.DISK_FULL,
    Refusal.TOO_MANY_REQUESTS,
)


def is_plain_form(scope: Scope) -> bool:
    return scope["method"] == "POST" and _PATH.fullmatch(scope["path"]) is not None


def outcome_of(query: Mapping[str, str]) -> Counter[str]:
    """What the page's address says came of a form: how many files by `RECEIVED`, `BROKEN` or a refusal's code."""
    known = (RECEIVED, BROKEN, *(refusal.value for refusal in OF_A_FILE))
    return Counter({word: int(said[:4]) for word in known if (said := query.get(word, "")).isdecimal()})


@dataclass(frozen=True, slots=True)
class Door:
    """Where the form came in; `secret` is a new guest's."""

    invite: Invite | None
    guest: Guest
    secret: str


class PlainFormApp:
    """The ASGI application."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.turns = Turns()
        self.registry = Registry(spool)
        self.stopping = False

    def stop(self) -> None:
        """The server is about to end: the file that is being read is refused, those before it are safe."""
        self.stopping = True
        self.turns.stop_all()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        progress.attach(asyncio.get_running_loop())
        exchange = Exchange(scope, receive, send)
        found = _PATH.fullmatch(exchange.path)
        token = (found[1] or "") if found else ""
        try:
            if foreign(exchange.headers):
                raise RefusedError(Refusal.FOREIGN_ORIGIN)
            if exchange.length is not None and exchange.length > MOST:
                raise AnswerError(413, "body_too_large", f"The form is larger than {MOST} bytes.")
            door = await blocking.run(_enter, token, exchange)
        except RefusedError as error:
            await exchange.refuse(AnswerError(303, error.refusal.wire_code, headers={"Location": _back_to(token, {})}))
        except AnswerError as error:
            await exchange.refuse(error)
        else:
            outcome = await self._take_all(exchange, door)
            headers = {"Location": _back_to(token, outcome)}
            if door.secret:
                headers["Set-Cookie"] = _cookie(door.secret, secure=scope["scheme"] == "https")
            await exchange.answer(303, headers)

    async def _take_all(self, exchange: Exchange, door: Door) -> Counter[str]:
        """How many files were received, and how many were refused for which reason."""
        outcome: Counter[str] = Counter()
        try:
            form = Form(exchange.receive, exchange.headers)
            while part := await form.until(FIELD):
                if part.filename:
                    outcome[await self._take(exchange, form, part, door)] += 1
                else:  # what a browser sends where nothing was chosen
                    await form.skip()
        except (FormError, FormTooLargeError, FormCutError):
            outcome[BROKEN] += 1
        except (DatabaseFailure, OSError) as error:
            logger.exception("event=storage_failed path=/files error=%s", type(error).__name__)
            outcome[BROKEN] += 1
        return outcome

    async def _take(self, exchange: Exchange, form: Form, part: Part, door: Door) -> str:
        """`RECEIVED`, or the code of what is wrong with the file. Its part of the form is read to the end."""
        upload_id = uuid.uuid4()
        try:
            offer = _offer(exchange, form, part, door)
            file = await blocking.run(self._admit, offer, door, upload_id)
        except RefusedError as error:
            await form.skip()
            return _word(error.refusal)
        except DiskFullError:
            await form.skip()
            return Refusal.DISK_FULL.value
        try:
            return await self._receive(form, offer, door, upload_id, file)
        except DatabaseFailure:
            raise  # the commit may have gone through, and only its answer been lost
        except BaseException:
            await blocking.run(self._forget, upload_id)
            raise
        finally:
            file.close()

    async def _receive(self, form: Form, offer: Offer, door: Door, upload_id: uuid.UUID, file: SpoolFile) -> str:
        most = min(LARGEST, admission.file_limit(door.invite))
        sink = Sink(file, 0, most, hashlib.sha1(usedforsecurity=False))
        word = RECEIVED
        try:
            async with self.turns.take(upload_id) as turn:
                end = await pour(form.receive, turn, sink)
            if end is End.WHOLE:
                await blocking.run(self._keep, offer, door, upload_id, sink)
            elif end is End.TOO_LONG:
                await form.skip()
                word = Refusal.FILE_TOO_LARGE.value
            else:
                raise FormCutError
        except RefusedError as error:
            word = _word(error.refusal)
        except DiskFullError:
            word = Refusal.DISK_FULL.value
        if word != RECEIVED:
            await blocking.run(self.spool.remove, upload_id)
        return word

    def _admit(self, offer: Offer, door: Door, upload_id: uuid.UUID) -> SpoolFile:
        admission.check(offer, door.guest, door.invite, self.spool)
        with disk_full_told():
            return self.spool.create(upload_id)

    def _forget(self, upload_id: uuid.UUID) -> None:
        if not Upload.objects.filter(pk=upload_id).exists():  # a request may be cancelled while its row is committed
            self.spool.remove(upload_id)

    def _keep(self, offer: Offer, door: Door, upload_id: uuid.UUID, sink: Sink) -> None:
        """Makes the row of a file that is whole and durable. One that this guest sent before is that upload."""
        assert sink.sum
        sha1 = sink.sum.hexdigest()
        check_head(sink.file, door.invite)
        whole = replace(offer, size=sink.offset, size_known=True, key=f"plain:{sha1}")
        upload = self.registry.enter(Creation(upload_id, whole, door.guest, door.invite, Arrived(sink.offset, sha1)))
        if upload.pk == upload_id:
            arrivals.received(upload)
        else:
            self.spool.remove(upload_id)


def _enter(token: str, exchange: Exchange) -> Door:
    """The link, and the guest who sends; a browser that was never here becomes a new one. Raises RefusedError."""
    invite = admission.link_of(Offer(filename="", size=0, invite=token, client_address=exchange.client))
    guest, secret = ownership.guest_of(exchange.headers), ""
    if invite and (refusal := invite.refusal(guest)):
        raise RefusedError(refusal)
    if guest is None:
        guest, secret = guests.create()
    return Door(invite, guest, secret)


def _offer(exchange: Exchange, form: Form, part: Part, door: Door) -> Offer:
    """What the form says of a file. Its size is not among it."""
    filename = names.clean(part.filename)
    if not filename:
        raise RefusedError(Refusal.BAD_METADATA, "files: a file has no name.")
    return Offer(
        filename=filename,
        size=0,
        size_known=False,
        invite=door.invite.token if door.invite else "",
        media_type=one_line(part.content_type, 100),
        guest_name=guest_name(form.fields.get("name", "")),
        guest_message=guest_message(form.fields.get("message", "")),
        client_address=exchange.client,
        user_agent=one_line(exchange.headers.get("user-agent", ""), 300),
    )


def _cookie(secret: str, *, secure: bool) -> str:
    response = HttpResponse()
    guests.hand_over(response, secret, secure=secure)
    (morsel,) = response.cookies.values()
    return str(morsel.OutputString())


def _word(refusal: Refusal) -> str:
    return refusal.value if refusal in OF_A_FILE else BROKEN


def _back_to(token: str, outcome: Mapping[str, int]) -> str:
    """The page's address. A link that is closed, or locked, is told by the page itself."""
    page = f"/invite/{quote(token, safe='')}" if token else "/"
    return f"{page}?{urlencode(outcome)}" if outcome else page
