"""`POST /api/tus/`: an upload comes into being, with none, some or all of its bytes.

In the promise's order: write, `fdatasync`, fsync of the folder, insert and commit, answer. A body of moderate size is
written before there is a row, so that the whole creation costs one commit; a larger one's place is reserved first. A
small one is held in memory until it is whole.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from invites.models import Guest, Invite
from invites.refusals import RefusedError
from uploads import admission, arrivals, blocking, intake, ownership, tus_protocol
from uploads.admission import Arrived, Offer
from uploads.exchange import Exchange
from uploads.intake import Creation
from uploads.models import Upload
from uploads.receiving import (
    BLOCK,
    Checksum,
    DiskFullError,
    End,
    Sink,
    Turn,
    Turns,
    disk_full_told,
    finish,
    gather,
    pour,
)
from uploads.registry import Registry
from uploads.spool import MEBIBYTE, Spool
from uploads.tus_bodies import Bodies, check_head
from uploads.tus_protocol import TusError

# A body up to this size is held in memory until all of it came.
SMALL_BODY = BLOCK
# A creation's body up to this size is written before the row is made, and costs one commit instead of two.
WHOLE_BODY = 16 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Existing:
    """An upload that this guest made with the same key before."""

    id: uuid.UUID


# A guest, and the upload that is theirs.
Made = tuple[Guest | None, Upload | Existing]


class Newcomer:
    """A file that is let in, on its way to a row."""

    def __init__(
        self, upload_id: uuid.UUID, offer: Offer, guest: Guest | None, invite: Invite | None, registry: Registry
    ) -> None:
        self.id = upload_id
        self.offer = offer
        self.guest = guest
        self.invite = invite
        self.registry = registry
        self.may_have_a_row = False
        self.upload: Upload | None = None
        with disk_full_told():
            self.file = registry.spool.create(self.id)

    def enter(self, offset: int, sha1: str = "") -> Upload:
        """Makes the row, with so many bytes that are durable already."""
        self.may_have_a_row = True
        creation = Creation(self.id, self.offer, self.guest, self.invite, Arrived(offset, sha1))
        try:
            upload = self.registry.enter(creation)
        except (RefusedError, DiskFullError, OSError):
            self.may_have_a_row = False
            raise
        if upload.pk != self.id:
            self.registry.spool.remove(self.id)
        elif upload.complete:
            arrivals.received(upload)
        self.upload = upload
        return upload

    def clean_up(self) -> None:
        """After a failure. Where the database failed the file stays: the commit may have gone through, and only its
        answer been lost."""
        if not self.may_have_a_row:
            self.registry.spool.remove(self.id)


class Creations:
    """Makes uploads; the bytes of large ones go to `bodies`."""

    def __init__(self, spool: Spool, turns: Turns, bodies: Bodies) -> None:
        self.spool = spool
        self.turns = turns
        self.bodies = bodies
        self.registry = Registry(spool)

    async def create(self, exchange: Exchange) -> Upload:
        """The new upload; the one that is there already when this guest gave its key before."""
        offer = tus_protocol.parse_offer(exchange.headers, exchange.client)
        length = 0
        if exchange.has_body:
            tus_protocol.check_body_type(exchange.headers)
            length = tus_protocol.body_length(exchange.headers) or offer.size
        if 0 < length <= min(SMALL_BODY, offer.size):
            guest, upload = await self._take_small(exchange, offer, length)
        else:
            guest, upload = await self._take_large(exchange, offer, length)
        if isinstance(upload, Existing):
            async with self.turns.take(upload.id):  # a request that still hangs persists what it has
                return await blocking.run(ownership.find, upload.id, guest)
        return upload

    async def _take_small(self, exchange: Exchange, offer: Offer, length: int) -> Made:
        """A body that is held in memory goes into a thread once: there it is looked at, written and entered."""
        checksum = tus_protocol.parse_checksum(exchange.headers)
        upload_id = uuid.uuid4()
        async with self.turns.take(upload_id) as turn:
            body, end = await gather(exchange.receive, turn, length)
            if end is End.TOO_LONG:
                raise TusError(413, "too_long", "The body is longer than Content-Length.")
            return await blocking.run(self._enter_small, exchange, offer, upload_id, body, end, checksum)

    def _enter_small(
        self,
        exchange: Exchange,
        offer: Offer,
        upload_id: uuid.UUID,
        body: bytearray,
        end: End,
        checksum: Checksum | None,
    ) -> Made:
        guest, begun = self._begin(offer, exchange.headers, len(body), upload_id, places=False)
        if isinstance(begun, Existing):
            return guest, begun
        try:
            sink = self._sink(begun, checksum)
            sink.buffer = body
            finish(sink, end)
        except BaseException:
            begun.clean_up()
            raise
        finally:
            begun.file.close()
        return guest, self._entered(begun, sink)

    async def _take_large(self, exchange: Exchange, offer: Offer, length: int) -> Made:
        """Is looked at before a byte of it is read. Also a creation that brings no body."""
        upload_id = uuid.uuid4()
        guest, begun = await blocking.run(self._begin, offer, exchange.headers, length, upload_id)
        if isinstance(begun, Existing):
            return guest, begun
        try:
            async with self.turns.take(upload_id) as turn:
                if 0 < length <= WHOLE_BODY:
                    return guest, await self._take_whole(exchange, turn, begun)
                upload = await blocking.run(_enter_empty, begun)
                if exchange.has_body and upload.pk == upload_id:
                    await self.bodies.take(exchange, turn, begun.file, upload)
                return guest, upload
        finally:
            begun.file.close()

    def _begin(
        self, offer: Offer, headers: Mapping[str, str], length: int, upload_id: uuid.UUID, *, places: bool = True
    ) -> tuple[Guest | None, Newcomer | Existing]:
        guest = ownership.guest_of(headers)
        invite = admission.link_of(offer)
        if existing := intake.admit(offer, guest, invite, self.spool, places=places):
            return guest, Existing(existing.pk)
        if length > offer.size:
            raise TusError(413, "too_long", "Content-Length is larger than Upload-Length.")
        return guest, Newcomer(upload_id, offer, guest, invite, self.registry)

    async def _take_whole(self, exchange: Exchange, turn: Turn, new: Newcomer) -> Upload:
        """Writes a creation's body before there is a row. A body that breaks off is kept as far as it came."""
        try:
            sink = self._sink(new, tus_protocol.parse_checksum(exchange.headers))
            if await pour(exchange.receive, turn, sink) is End.TOO_LONG:
                raise TusError(413, "too_long", "The body is longer than Upload-Length.")
        except BaseException:
            await blocking.run(new.clean_up)
            raise
        return self._entered(new, sink)

    def _sink(self, new: Newcomer, checksum: Checksum | None) -> Sink:
        """What makes the row as soon as the body is durable."""
        sums = self.bodies.sums.resume(new.id, 0)
        sink = Sink(new.file, 0, new.offer.size, sums, checksum=checksum, checkpoints=False)

        def enter(offset: int) -> None:
            check_head(new.file, new.invite)
            new.enter(offset, sink.sum.hexdigest() if sink.sum else "")

        sink.acknowledge = enter
        return sink

    def _entered(self, new: Newcomer, sink: Sink) -> Upload:
        self.bodies.sums.keep(new.id, sink.offset, sink.sum if sink.offset < new.offer.size else None)
        assert new.upload
        return new.upload


def _enter_empty(new: Newcomer) -> Upload:
    try:
        with disk_full_told():
            new.file.sync()
        return new.enter(0)
    except BaseException:
        new.clean_up()
        raise
