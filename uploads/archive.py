"""The chosen files of a link as one ZIP, streamed. A file that can't be fetched is named in it, and breaks nothing."""

import logging
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from django.db.models.functions import Coalesce
from django.utils import timezone

from immichdrop.immich import ImmichError
from uploads import blocking, originals, spool
from uploads.archive_names import ArchiveNames
from uploads.asset_media import Original
from uploads.models import Upload, UploadQuerySet
from uploads.originals import Bytes, OriginalMissingError, Why
from uploads.zip_stream import ZipStream

logger = logging.getLogger(__name__)


class Piece(NamedTuple):
    """A file that was chosen; `modified` is its own date, or when it came."""

    upload_id: uuid.UUID
    filename: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """How the list of what is missing is headed and called (without `.txt`), and each reason for it."""

    name: str
    heading: str
    reasons: Mapping[Why, str]


def pieces_of(files: UploadQuerySet) -> list[Piece]:
    """In the order of their dates."""
    rows = files.annotate(modified=Coalesce("last_modified", "received_at", "created_at"))
    found = rows.order_by("modified", "pk").values_list("pk", "filename", "modified")
    return [Piece(*row) for row in found]


class Archive:
    """The blocks of the archive, each file fetched when its turn comes.

    Django calls `close` when the answer is over, also when the client left or never took a byte.
    """

    def __init__(self, pieces: Sequence[Piece], words: Words) -> None:
        self._pieces = pieces
        self._words = words
        self._names = ArchiveNames()
        self._zip = ZipStream()
        self._source: Bytes | None = None
        self._missing: list[tuple[str, Why]] = []
        self._blocks = self._make()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._blocks)

    def close(self) -> None:
        self._close_source()
        self._zip.abandon()

    async def _make(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            async for block in self._entry(piece):
                yield block
        if self._missing:
            name = self._names.unique(f"{self._words.name}.txt")
            self._zip.add(name, timezone.now(), self._list_of_missing())
        self._zip.finish()
        yield self._zip.take()

    async def _entry(self, piece: Piece) -> AsyncIterator[bytes]:
        try:
            source, size = await _source_of(piece)
        except OriginalMissingError as error:
            self._miss(piece, error.why)
            return
        self._source = source
        self._zip.begin(self._names.unique(piece.filename), piece.modified, size)
        written, why = 0, Why.GONE
        try:
            async for block in source:
                self._zip.write(block)
                written += len(block)
                yield self._zip.take()
        except ImmichError as error:
            written, why = -1, originals.why_of(error)
        whole = written == size or (size is None and written >= 0)
        self._zip.end(keep=whole)
        self._close_source()
        if not whole:
            self._miss(piece, why)

    def _close_source(self) -> None:
        if self._source:
            self._source.close()
            self._source = None

    def _miss(self, piece: Piece, why: Why) -> None:
        logger.warning("upload=%s event=not_in_archive why=%s", piece.upload_id, why)
        self._missing.append((piece.filename, why))

    def _list_of_missing(self) -> bytes:
        lines = [self._words.heading, "", *(f"{name}: {self._words.reasons[why]}" for name, why in self._missing)]
        return "\ufeff".encode() + "".join(f"{line}\r\n" for line in lines).encode()


async def _source_of(piece: Piece) -> tuple[Bytes, int | None]:
    """Bytes and how many they should be, if that is known. Raises OriginalMissingError.

    The row is read now: what was here may have gone to Immich since the file was chosen.
    """
    upload = await blocking.run(_upload, piece.upload_id)
    if upload is None:
        raise OriginalMissingError(Why.GONE)
    source = await originals.original(upload, spool.default())
    return source, source.size if isinstance(source, Original) else upload.size


def _upload(upload_id: uuid.UUID) -> Upload | None:
    return Upload.objects.to_hand_out().select_related("account").filter(pk=upload_id).first()
