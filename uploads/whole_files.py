"""Files that come whole, each in one request or in one part of it, straight into the spool.

Whatever they are wrapped in (a form, JSON with base64, nothing) is a `Parcel`; from there on all go the same way.
"""

import hashlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from django.db import Error as DatabaseFailure
from django.db import transaction

from immichdrop.asgi_types import Message
from invites.refusals import Refusal, RefusedError
from uploads import admission, arrivals, blocking, intake, lifecycle, media_types
from uploads.admission import Arrived, Offer
from uploads.exchange import Exchange
from uploads.intake import Creation
from uploads.legacy_forms import EARLY, Door, EarlyBytes, fill, room
from uploads.models import Upload
from uploads.multipart_stream import OVERHEAD
from uploads.receiving import Sink, Turns, disk_full_told
from uploads.spool import MEBIBYTE, Spool, SpoolFile

# A file up to this size is written before its row is made, and costs one commit; what it takes is not reserved before.
WHOLE_BODY = 16 * MEBIBYTE


class Parcel(Protocol):
    """A file on its way, and what is said of it. What is said behind its bytes counts as soon as they came."""

    @property
    def announced(self) -> int | None:
        """How many bytes it has, or a little less; None when nothing tells."""

    @property
    def knows_the_door(self) -> bool:
        """Whether it is told who sends it, so that it can be decided whether its bytes are taken."""

    def door(self) -> Door:
        """Asks the database. Raises RefusedError."""

    def offer(self, size: int, *, size_known: bool) -> Offer:
        """The file as it is announced by now, without a key. Raises RefusedError, AnswerError."""

    def key(self, sha1: str) -> str:
        """What `Upload.key` holds, for a file of this content."""

    async def receive(self) -> Message:
        """Its next bytes, as a message of ASGI's `http.request`."""


@dataclass
class Arrival:
    """A file that is in the spool, durable, and has no row yet. `reserved`: one had let it in."""

    upload_id: uuid.UUID
    parcel: Parcel
    sink: Sink
    reserved: bool = False


class WholeFiles:
    def __init__(self, spool: Spool, turns: Turns, early: EarlyBytes) -> None:
        self.spool = spool
        self.turns = turns
        self.early = early

    @asynccontextmanager
    async def arriving(self) -> AsyncIterator[list[Arrival]]:
        """Files that are received inside stay where they are kept; of the others nothing stays."""
        arrivals: list[Arrival] = []
        try:
            yield arrivals
        except DatabaseFailure:
            raise  # the commit may have gone through, and only its answer been lost
        except BaseException:
            for each in arrivals:
                await blocking.run(self._forget, each.upload_id)
            raise
        finally:
            for each in arrivals:
                each.sink.file.close()

    async def receive(self, exchange: Exchange, parcel: Parcel, arrivals: list[Arrival]) -> Arrival:
        """Reads the parcel's bytes into the spool."""
        upload_id = uuid.uuid4()
        sink = Sink(await blocking.run(self._new_file, upload_id), 0, EARLY, hashlib.sha1(usedforsecurity=False))
        arrival = Arrival(upload_id, parcel, sink)
        arrivals.append(arrival)
        async with self.turns.take(upload_id) as turn:
            if parcel.knows_the_door:
                await blocking.run(self._admit, arrival)
                size = await fill(exchange, parcel.receive, turn, sink, early=False)
            else:
                with self.early.taken(exchange.client):
                    await blocking.run(admission.check_disk, EARLY, self.spool)
                    size = await fill(exchange, parcel.receive, turn, sink, early=True)
        if size == 0:
            raise RefusedError(Refusal.EMPTY_FILE, "file: it is empty.")
        return arrival

    async def keep(self, arrival: Arrival) -> Upload:
        """Its row. A file that was sent before under the same key is that upload."""
        return await blocking.run(self._keep, arrival)

    async def drop(self, arrival: Arrival) -> None:
        """Nothing of it stays."""
        await blocking.run(self._forget, arrival.upload_id)

    async def put_by(self, arrival: Arrival) -> None:
        """For a file that waits for others of its request: the place it was promised is free for them."""
        await blocking.run(self._free, arrival)

    def _admit(self, arrival: Arrival) -> None:
        """Looks whether this file would be taken, and reserves its place and bytes when it is a large one."""
        parcel, sink = arrival.parcel, arrival.sink
        door = parcel.door()
        limit = admission.file_limit(door.invite)
        size = parcel.announced or 0
        if size > limit + OVERHEAD:
            raise RefusedError(Refusal.FILE_TOO_LARGE, f"The limit is {limit} bytes.")
        size = min(size, limit)
        offer = parcel.offer(size, size_known=False)
        sink.room = room(parcel.announced, limit)
        if size <= WHOLE_BODY:
            admission.check(offer, door.guest, door.invite, self.spool)
            return
        with disk_full_told():
            sink.file.sync()
            self.spool.sync_folder()
        creation = Creation(arrival.upload_id, offer, door.guest, door.invite, destination=door.destination)
        upload = intake.create(creation, self.spool)

        def advance(offset: int) -> None:
            if upload.offset < media_types.HEAD_BYTES:
                admission.check_content(sink.file.head(media_types.HEAD_BYTES), door.invite)
            lifecycle.advance(upload, min(offset, upload.size))

        sink.acknowledge = advance

    def _keep(self, arrival: Arrival) -> Upload:
        """The row for a file that is whole and durable; what was reserved for it is free in the same moment."""
        parcel, sink, upload_id = arrival.parcel, arrival.sink, arrival.upload_id
        door = parcel.door()
        assert sink.sum
        sha1 = sink.sum.hexdigest()
        offer = replace(parcel.offer(sink.offset, size_known=True), key=parcel.key(sha1))
        admission.check_content(sink.file.head(media_types.HEAD_BYTES), door.invite)
        with disk_full_told():
            self.spool.sync_folder()
        with transaction.atomic():
            self._free(arrival, door)
            arrived = Arrived(sink.offset, sha1, reserved=arrival.reserved)
            creation = Creation(upload_id, offer, door.guest, door.invite, arrived, door.destination)
            upload = intake.create_or_find(creation, self.spool)
        if upload.pk == upload_id:
            arrivals.received(upload)
        else:
            self.spool.remove(upload_id)
        return upload

    def _free(self, arrival: Arrival, door: Door | None = None) -> None:
        """Takes the reservation back, if there is one. It counts where it was made for this guest at this link."""
        rows = Upload.objects.filter(pk=arrival.upload_id, size_known=False)
        own = rows.filter(invite=door.invite, guest=door.guest) if door else rows
        arrival.reserved = arrival.reserved or own.exists()
        rows.delete()

    def _new_file(self, upload_id: uuid.UUID) -> SpoolFile:
        with disk_full_told():
            return self.spool.create(upload_id)

    def _forget(self, upload_id: uuid.UUID) -> None:
        Upload.objects.filter(pk=upload_id, status=Upload.Status.RECEIVING).delete()
        if not Upload.objects.filter(pk=upload_id).exists():  # a request may be cancelled while its row is committed
            self.spool.remove(upload_id)
