"""`POST /share`: a phone's share sheet hands photos over, and no service worker took them in the browser.

The form only *stages* them (`uploads.staging`): whoever sent them sees them, chooses a link and taps Upload. So a form
that another site made a browser send puts nothing into any link. Only browsers that were at a link before may stage.
"""

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

from immichdrop.asgi_types import Receive, Scope, Send
from immichdrop.security import foreign
from invites.models import Guest
from uploads import admission, blocking, names, ownership, progress, staging
from uploads.exchange import AnswerError, Exchange
from uploads.multipart_stream import Form, FormCutError, FormError, FormTooLargeError, Part
from uploads.receiving import DiskFullError, End, Sink, Turns, disk_full_told, pour
from uploads.spool import Spool
from uploads.staging import Staged, Staging
from uploads.tus_protocol import one_line

logger = logging.getLogger(__name__)

PATH = "/share"
FIELD = "files"
TEXTS = ("url", "text", "title")  # where apps put addresses, the likeliest first
LONGEST_ADDRESS = 2000  # characters
# Why nothing was staged, as the page's address says it (static/src/share/main.js).
STRANGER, TOO_MUCH, BROKEN, TEXT = "stranger", "too_much", "broken", "text"


def is_share(scope: Scope) -> bool:
    return bool(scope["method"] == "POST" and scope["path"] == PATH)


def from_another_site(headers: Mapping[str, str]) -> bool:
    """A share sheet is no site: browsers say `none` of it, and may send `Origin: null`."""
    return headers.get("sec-fetch-site") != "none" and foreign(headers)


class LinkShared(Exception):  # noqa: N818 - it is no error
    """There was no file, but an address somewhere in the texts: `address`."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def address_in(fields: Mapping[str, str]) -> str:
    """The first address in the texts that an app shared; empty where there is none."""
    for name in TEXTS:
        found = re.search(r"https?://[^\s<>\"']+", fields.get(name, "")[:4000], re.IGNORECASE)
        if found and len(found[0]) <= LONGEST_ADDRESS:
            return found[0]
    return ""


class NotStagedError(Exception):
    """Nothing of the form was kept; the word says why."""


class _Coming(NamedTuple):
    """The form that a guest is sending: from which network, and how many bytes at most."""

    network: str
    bytes: int


class ShareApp:
    """The ASGI application. `spool` tells how much room the disk has."""

    def __init__(self, spool: Spool, staging: Staging) -> None:
        self.spool = spool
        self.staging = staging
        self.turns = Turns()
        self._coming: dict[int, _Coming] = {}  # by guest

    def stop(self) -> None:
        """The server is about to end."""
        self.turns.stop_all()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        progress.attach(asyncio.get_running_loop())
        exchange = Exchange(scope, receive, send)
        try:
            if from_another_site(exchange.headers):
                raise NotStagedError(STRANGER)
            guest = await blocking.run(ownership.guest_of, exchange.headers)
            if guest is None:
                raise NotStagedError(STRANGER)
            if exchange.length is not None and exchange.length > staging.MOST_BYTES:
                raise NotStagedError(TOO_MUCH)
            if guest.pk in self._coming:
                raise NotStagedError(BROKEN)
            network = staging.network_code(exchange.client)
            self._coming[guest.pk] = _Coming(network, exchange.length or staging.MOST_BYTES)
            try:
                await self._stage_all(exchange, guest)
            finally:
                del self._coming[guest.pk]
        except NotStagedError as error:
            location = f"{PATH}?{urlencode({'refused': str(error)})}"
            await exchange.refuse(AnswerError(303, str(error), headers={"Location": location}))
        except LinkShared as shared:
            # Behind the #, which no server is sent and no log keeps. The page's script asks whether it is taken.
            await exchange.answer(303, {"Location": f"{PATH}#{urlencode({'link': shared.address}, quote_via=quote)}"})
        else:
            await exchange.answer(303, {"Location": PATH})

    async def _stage_all(self, exchange: Exchange, guest: Guest) -> None:
        """All files of a form, or none of them. Raises NotStagedError, LinkShared."""
        taken: list[uuid.UUID] = []
        try:
            form = Form(exchange.receive, exchange.headers)
            await self._read(form, guest, taken)
        except BaseException as error:
            for staged_id in taken:
                await blocking.run(self.staging.remove, guest, staged_id)
            if isinstance(error, FormError | FormTooLargeError | FormCutError):
                raise NotStagedError(BROKEN) from None
            if isinstance(error, OSError | DiskFullError):
                logger.warning("event=staging_failed error=%s", type(error).__name__)
                raise NotStagedError(TOO_MUCH) from None
            raise
        if not taken:
            if address := address_in(form.fields):
                raise LinkShared(address)
            raise NotStagedError(TEXT)

    async def _read(self, form: Form, guest: Guest, taken: list[uuid.UUID]) -> None:
        while part := await form.until(FIELD):
            if not part.filename:
                await form.skip()
                continue
            own = self._coming[guest.pk]
            others = [each for each in self._coming.values() if each is not own]
            room = await blocking.run(self._room, guest, own.network, others)
            taken.append(uuid.uuid4())
            await self._take(form, part, guest, taken[-1], room)

    def _room(self, guest: Guest, network: str, coming: Sequence[_Coming]) -> int:
        """Bytes that the guest's next file may have, while others' are `coming`. Raises NotStagedError when there is
        no place."""
        others = sum(each.bytes for each in coming)
        neighbours = sum(each.bytes for each in coming if each.network == network)
        own, everybodys = self.staging.used(guest), self.staging.used()
        room = min(
            staging.MOST_BYTES - own.bytes,
            staging.MOST_BYTES_OF_NETWORK - self.staging.used_from(network) - neighbours,
            staging.MOST_BYTES_OF_ALL - everybodys.bytes - others,
            self.spool.free() - others,
            admission.file_limit(None),
        )
        if own.files >= staging.MOST_FILES or room <= 0:
            raise NotStagedError(TOO_MUCH)
        return room

    async def _take(self, form: Form, part: Part, guest: Guest, staged_id: uuid.UUID, room: int) -> None:
        with disk_full_told():
            file = await blocking.run(self.staging.create, guest, staged_id)
        try:
            sink = Sink(file, 0, room, None)
            async with self.turns.take(staged_id) as turn:
                end = await pour(form.receive, turn, sink)
        finally:
            file.close()
        if end is End.TOO_LONG:
            raise NotStagedError(TOO_MUCH)
        if end is not End.WHOLE:
            raise FormCutError
        filename = names.clean(part.filename) or "photo"
        network = self._coming[guest.pk].network
        staged = Staged(staged_id, filename, one_line(part.content_type, 100), sink.offset, time.time_ns(), network)
        await blocking.run(self.staging.keep, guest, staged)
