"""`/api/upload/chunk/*`: files of older clients that come in chunks, each written at its place as it comes."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from invites.refusals import RefusedError
from uploads import admission, arrivals, blocking, chunks, intake, ownership, progress
from uploads.admission import Offer
from uploads.exchange import AnswerError, Exchange
from uploads.intake import Creation
from uploads.legacy_fields import Chunk, Item, bad, chunk_of_form, item_of_form, token_of
from uploads.legacy_forms import (
    EARLY,
    WITHOUT_LENGTH,
    Door,
    EarlyBytes,
    announced,
    enter,
    fill,
    knows_the_door,
    open_form,
    room,
)
from uploads.models import Upload
from uploads.multipart_stream import Form, Part
from uploads.receiving import Sink, Turns, disk_full_told
from uploads.spool import Spool, SpoolFile

NEEDED = ("item_id", "session_id", "chunk_index", "total_chunks")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a chunk is written at first: at its place in the upload's file, or in a file of its own without a name."""

    file: SpoolFile
    start: int | None  # None: its place turns up later
    room: int


def find(item: Item, door: Door) -> Upload | None:
    """This client's file in chunks that goes by these ids."""
    if door.guest is None:
        return None
    own = Upload.objects.of_guest(door.guest, door.invite).counted().select_related("invite", "account")
    return own.filter(key=item.key(), chunk_length__isnull=False).first()


def begin(offer: Offer, item: Item, door: Door, spool: Spool) -> Upload:
    """`POST /api/upload/chunk/init`: the row and an empty file; the ones that are there when this was asked before.

    Where the file of these ids is complete, this begins another one: scripts use the same ids again and again.
    """
    existing = find(item, door)
    if existing and existing.complete:
        Upload.objects.filter(pk=existing.pk).update(key="")
    if existing := intake.admit(offer, door.guest, door.invite, spool):
        ownership.check_open(existing, door.guest)
        return existing
    upload_id = uuid.uuid4()
    with disk_full_told():
        file = spool.create(upload_id)
        try:
            file.sync()
            spool.sync_folder()
        finally:
            file.close()
    try:
        upload = intake.create_or_find(Creation(upload_id, offer, door.guest, door.invite), spool)
    except RefusedError:
        spool.remove(upload_id)
        raise
    if upload.pk != upload_id:
        spool.remove(upload_id)
    return upload


class Chunks:
    """Takes in chunks. Several of one file may come at once; the same one again takes the place of the one before."""

    def __init__(self, spool: Spool, turns: Turns, early: EarlyBytes) -> None:
        self.spool = spool
        self.turns = turns
        self.early = early

    async def take(self, exchange: Exchange) -> None:
        """`POST /api/upload/chunk`. When this returns, the chunk is durable and recorded, or was so before."""
        form, part = await open_form(exchange, "chunk")
        told = all(form.fields.get(name) for name in NEEDED)
        if not (told and await blocking.run(knows_the_door, form.fields, exchange)):
            await self._take_early(exchange, form)
            return
        chunk = chunk_of_form(form.fields)
        upload = await blocking.run(self._open, form.fields, exchange)
        if upload.complete:  # it was, and only the answer to it got lost
            await form.skip()
            return
        async with self.turns.take(uuid.uuid5(upload.pk, str(chunk.index))) as turn:
            target = await blocking.run(self._aim, exchange, form, part, upload, chunk)
            try:
                sink = Sink(target.file, target.start or 0, target.room, None)
                length = await fill(exchange, form.receive, turn, sink, early=False)
                await form.until("")
                await blocking.run(self._keep, upload, chunk, target, length)
            finally:
                target.file.close()

    async def _take_early(self, exchange: Exchange, form: Form) -> None:
        """A chunk before the fields that say whose it is, and where it belongs."""
        file = await blocking.run(self._scratch)
        try:
            with self.early.taken(exchange.client):
                await blocking.run(admission.check_disk, EARLY, self.spool)
                async with self.turns.take(uuid.uuid4()) as turn:
                    length = await fill(exchange, form.receive, turn, Sink(file, 0, EARLY, None), early=True)
            await form.until("")
            chunk = chunk_of_form(form.fields)
            upload = await blocking.run(self._open, form.fields, exchange)
            if not upload.complete:
                await blocking.run(self._keep, upload, chunk, Target(file, None, EARLY), length)
        finally:
            file.close()

    def _open(self, fields: Mapping[str, str], exchange: Exchange) -> Upload:
        item = item_of_form(fields)
        door = enter(token_of(fields, exchange), item.session_id, exchange)
        upload = find(item, door)
        if upload is None:
            raise AnswerError(404, "not_found", "Announce the file with /api/upload/chunk/init first.")
        ownership.check_open(upload, door.guest)
        return upload

    def _aim(self, exchange: Exchange, form: Form, part: Part, upload: Upload, chunk: Chunk) -> Target:
        """Looks where this chunk goes and how long it may be, and reserves its bytes where no size was declared."""
        most = upload.size if upload.size_known else admission.file_limit(upload.invite)
        start = chunks.start_of(upload, chunk)
        most = min(most - (start or 0), upload.chunk_length or most)
        if most <= 0:
            raise bad("chunk_index: it would begin behind the end of the file.")
        space = room(announced(exchange, form, part), most)
        if not upload.size_known:
            if start is None and chunk.last:
                raise bad("size: it was not declared, so that the last chunk can't be the first to come.")
            length = announced(exchange, form, part)
            length = min(most, WITHOUT_LENGTH if length is None else length)
            intake.grow(upload, (start if start is not None else chunk.index * length) + length, self.spool)
        file = self._scratch() if start is None else self.spool.open(upload.pk, shared=True)
        return Target(file, start, space)

    def _keep(self, upload: Upload, chunk: Chunk, target: Target, length: int) -> None:
        """Brings a durable chunk to its place, if it is not there yet, and records it."""
        upload.refresh_from_db()
        if upload.complete:
            return
        start = chunks.place_of(upload, chunk, length)
        intake.grow(upload, start + length, self.spool)
        file = self.spool.open(upload.pk, shared=True)
        try:
            if target.start != start:
                with disk_full_told():
                    target.file.copy_to(file, start)
                    file.sync()
            self._record(upload, file, chunk, start, length)
        finally:
            file.close()
        if upload.complete:
            arrivals.received(upload)
        else:
            progress.publish(upload)

    def _record(self, upload: Upload, file: SpoolFile, chunk: Chunk, start: int, length: int) -> None:
        try:
            chunks.record(upload, file, chunk, start, length)
        except RefusedError:  # what came shows that it is no photo or video
            Upload.objects.filter(pk=upload.pk, status=Upload.Status.RECEIVING).delete()
            self.spool.remove(upload.pk)
            raise

    def _scratch(self) -> SpoolFile:
        with disk_full_told():
            return self.spool.scratch()
