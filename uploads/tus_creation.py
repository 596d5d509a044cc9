"""`POST /api/tus/`: an upload comes into being, with none, some or all of its bytes.

In the promise's order: write, `fdatasync`, fsync of the folder, insert and commit, answer. A body of moderate size is
written before there is a row, so that the whole creation costs one commit; a larger one's place is reserved first.
"""

import uuid
from collections.abc import Mapping

from invites.models import Guest, Invite
from invites.refusals import RefusedError
from uploads import admission, arrivals, blocking, intake, ownership, tus_protocol
from uploads.admission import Arrived, Offer
from uploads.exchange import Exchange
from uploads.intake import Creation
from uploads.models import Upload
from uploads.receiving import DiskFullError, End, Sink, Turn, Turns, disk_full_told, pour
from uploads.registry import Registry
from uploads.spool import MEBIBYTE, Spool
from uploads.tus_bodies import Bodies, check_head
from uploads.tus_protocol import TusError

# A creation's body up to this size is written before the row is made, and costs one commit instead of two.
WHOLE_BODY = 16 * MEBIBYTE


class Newcomer:
    """A file that is let in, on its way to a row."""

    def __init__(self, offer: Offer, guest: Guest | None, invite: Invite | None, registry: Registry) -> None:
        self.offer = offer
        self.guest = guest
        self.invite = invite
        self.registry = registry
        self.id = uuid.uuid4()
        self.may_have_a_row = False
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
        guest, begun = await blocking.run(self._begin, offer, exchange.headers, length)
        if isinstance(begun, Upload):
            async with self.turns.take(begun.pk):  # a request that still hangs persists what it has
                return await blocking.run(ownership.find, begun.pk, guest)
        try:
            async with self.turns.take(begun.id) as turn:
                if 0 < length <= WHOLE_BODY:
                    return await self._take_whole(exchange, turn, begun)
                upload = await blocking.run(_enter_empty, begun)
                if exchange.has_body and upload.pk == begun.id:
                    await self.bodies.take(exchange, turn, begun.file, upload)
                return upload
        finally:
            begun.file.close()

    def _begin(self, offer: Offer, headers: Mapping[str, str], length: int) -> tuple[Guest | None, Upload | Newcomer]:
        guest = ownership.guest_of(headers)
        invite = admission.link_of(offer)
        if existing := intake.admit(offer, guest, invite, self.spool):
            return guest, existing
        if length > offer.size:
            raise TusError(413, "too_long", "Content-Length is larger than Upload-Length.")
        return guest, Newcomer(offer, guest, invite, self.registry)

    async def _take_whole(self, exchange: Exchange, turn: Turn, new: Newcomer) -> Upload:
        """Writes a creation's body before there is a row. A body that breaks off is kept as far as it came."""
        sink = Sink(new.file, 0, new.offer.size, self.bodies.sums.resume(new.id, 0), checkpoints=False)
        entered: list[Upload] = []

        def enter(offset: int) -> None:
            check_head(new.file, new.invite)
            entered.append(new.enter(offset, sink.sum.hexdigest() if sink.sum else ""))

        sink.acknowledge = enter
        try:
            sink.checksum = tus_protocol.parse_checksum(exchange.headers)
            if await pour(exchange.receive, turn, sink) is End.TOO_LONG:
                raise TusError(413, "too_long", "The body is longer than Upload-Length.")
        except BaseException:
            await blocking.run(new.clean_up)
            raise
        self.bodies.sums.keep(new.id, sink.offset, sink.sum if sink.offset < new.offer.size else None)
        return entered[0]


def _enter_empty(new: Newcomer) -> Upload:
    try:
        with disk_full_told():
            new.file.sync()
        return new.enter(0)
    except BaseException:
        new.clean_up()
        raise
