"""A tus request's body into an upload that has a row: PATCH, and the bytes that come with a large file's creation."""

from invites.models import Invite
from invites.refusals import RefusedError
from uploads import admission, arrivals, blocking, lifecycle, media_types, tus_protocol
from uploads.exchange import Exchange
from uploads.models import Upload
from uploads.receiving import BusyError, ChecksumMismatchError, DiskFullError, End, Sink, Sums, Turn, pour
from uploads.spool import Spool, SpoolFile
from uploads.tus_protocol import TusError


def check_head(file: SpoolFile, invite: Invite | None) -> None:
    admission.check_content(file.head(media_types.HEAD_BYTES), invite)


class Bodies:
    """Takes in bodies, and remembers the sums of what it saw pass."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.sums = Sums()

    async def take(self, exchange: Exchange, turn: Turn, file: SpoolFile, upload: Upload) -> None:
        """Writes a body behind what is there, and acknowledges it to the database as it becomes durable."""
        start = upload.offset
        checksum = tus_protocol.parse_checksum(exchange.headers)
        sink = Sink(file, start, upload.size - start, self.sums.resume(upload.pk, start), checksum=checksum)

        def acknowledge(offset: int) -> None:
            if offset == upload.offset:
                return
            if upload.offset < media_types.HEAD_BYTES:
                check_head(file, upload.invite)
            digest = sink.sum.hexdigest() if sink.sum else ""
            lifecycle.advance(upload, offset, digest)
            if upload.complete:
                arrivals.received(upload)

        sink.acknowledge = acknowledge
        await blocking.run(file.cut_to, start)
        try:
            end = await pour(exchange.receive, turn, sink)
        except RefusedError:
            await blocking.run(self._forget, upload)
            raise
        except (DiskFullError, ChecksumMismatchError):
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

    def _forget(self, upload: Upload) -> None:
        """Undoes a creation whose bytes turned out to be refused."""
        Upload.objects.filter(pk=upload.pk, status=Upload.Status.RECEIVING).delete()
        self.spool.remove(upload.pk)
