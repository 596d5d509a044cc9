"""`POST /api/upload`: a file in one form, from the form straight into the spool."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import replace

from django.db import Error as DatabaseFailure
from django.db import transaction

from invites.refusals import Refusal, RefusedError
from uploads import admission, arrivals, blocking, intake, lifecycle, media_types
from uploads.admission import Arrived
from uploads.exchange import Exchange
from uploads.intake import Creation
from uploads.legacy_fields import bad, item_of_form, offer_of_form, token_of
from uploads.legacy_forms import EARLY, EarlyBytes, announced, enter, fill, knows_the_door, open_form, room
from uploads.models import Upload
from uploads.multipart_stream import OVERHEAD, Form, Part
from uploads.receiving import Sink, Turns, disk_full_told
from uploads.spool import MEBIBYTE, Spool, SpoolFile

# A file up to this size is written before its row is made, and costs one commit; what it takes is not reserved before.
WHOLE_BODY = 16 * MEBIBYTE


class WholeFiles:
    """Takes in files that come in one form each."""

    def __init__(self, spool: Spool, turns: Turns, early: EarlyBytes) -> None:
        self.spool = spool
        self.turns = turns
        self.early = early

    async def take(self, exchange: Exchange) -> Upload:
        """The received upload. Of a form that is refused, or breaks off, nothing stays."""
        form, part = await open_form(exchange, "file")
        upload_id = uuid.uuid4()
        file = await blocking.run(self._new_file, upload_id)
        try:
            sink = await self._receive(exchange, form, part, upload_id, file)
            if await form.until("file"):
                raise bad("file: one is taken at a time.")
            upload = await blocking.run(self._keep, exchange, form.fields, part, upload_id, sink)
        except DatabaseFailure:
            raise  # the commit may have gone through, and only its answer been lost
        except BaseException:
            await blocking.run(self._forget, upload_id)
            raise
        finally:
            file.close()
        return upload

    async def _receive(self, exchange: Exchange, form: Form, part: Part, upload_id: uuid.UUID, file: SpoolFile) -> Sink:
        async with self.turns.take(upload_id) as turn:
            if await blocking.run(knows_the_door, form.fields, exchange):
                sink = await blocking.run(self._admit, exchange, form, part, upload_id, file)
                size = await fill(exchange, form, turn, sink, early=False)
            else:
                with self.early.taken(exchange.client):
                    await blocking.run(admission.check_disk, EARLY, self.spool)
                    sink = Sink(file, 0, EARLY, hashlib.sha1(usedforsecurity=False))
                    size = await fill(exchange, form, turn, sink, early=True)
        if size == 0:
            raise RefusedError(Refusal.EMPTY_FILE, "file: it is empty.")
        return sink

    def _admit(self, exchange: Exchange, form: Form, part: Part, upload_id: uuid.UUID, file: SpoolFile) -> Sink:
        """Looks whether this file would be taken, and reserves its place and bytes when it is a large one."""
        door = enter(token_of(form.fields, exchange), form.fields.get("session_id", ""), exchange)
        limit = admission.file_limit(door.invite)
        size = announced(exchange, form, part) or 0
        if size > limit + OVERHEAD:
            raise RefusedError(Refusal.FILE_TOO_LARGE, f"The limit is {limit} bytes.")
        size = min(size, limit)
        offer = offer_of_form(form.fields, exchange, part, size, size_known=False)
        sink = Sink(file, 0, room(exchange, form, part, limit), hashlib.sha1(usedforsecurity=False))
        if size <= WHOLE_BODY:
            admission.check(offer, door.guest, door.invite, self.spool)
            return sink
        with disk_full_told():
            file.sync()
            self.spool.sync_folder()
        upload = intake.create(Creation(upload_id, offer, door.guest, door.invite), self.spool)

        def advance(offset: int) -> None:
            if upload.offset < media_types.HEAD_BYTES:
                admission.check_content(file.head(media_types.HEAD_BYTES), door.invite)
            lifecycle.advance(upload, min(offset, upload.size))

        sink.acknowledge = advance
        return sink

    def _keep(
        self, exchange: Exchange, fields: Mapping[str, str], part: Part, upload_id: uuid.UUID, sink: Sink
    ) -> Upload:
        """The row for a file that is whole and durable; what was reserved for it is free in the same moment.

        A file that this client sent before, under the same ids and with the same content, is that upload.
        """
        item = item_of_form(fields)
        door = enter(token_of(fields, exchange), item.session_id, exchange)
        assert sink.sum
        sha1 = sink.sum.hexdigest()
        offer = replace(offer_of_form(fields, exchange, part, sink.offset), key=item.key(sha1))
        admission.check_content(sink.file.head(media_types.HEAD_BYTES), door.invite)
        with disk_full_told():
            self.spool.sync_folder()
        with transaction.atomic():
            reservation = Upload.objects.filter(pk=upload_id, size_known=False)
            reserved = reservation.filter(invite=door.invite, guest=door.guest).exists()
            reservation.delete()
            arrived = Arrived(sink.offset, sha1, reserved=reserved)
            upload = intake.create_or_find(Creation(upload_id, offer, door.guest, door.invite, arrived), self.spool)
        if upload.pk == upload_id:
            arrivals.received(upload)
        else:
            self.spool.remove(upload_id)
        return upload

    def _new_file(self, upload_id: uuid.UUID) -> SpoolFile:
        with disk_full_told():
            return self.spool.create(upload_id)

    def _forget(self, upload_id: uuid.UUID) -> None:
        Upload.objects.filter(pk=upload_id, status=Upload.Status.RECEIVING).delete()
        if not Upload.objects.filter(pk=upload_id).exists():  # a request may be cancelled while its row is committed
            self.spool.remove(upload_id)
