"""Files of older clients in chunks that come in any order: where each belongs, what is there, what is missing.

A chunk is written at its place in the one spool file, so that nothing has to be put together at the end. Its place is
its index times the length; the last one's is counted from the file's end. Which ranges are durable is in the row
(`Upload.ranges`), and a file is complete only when they leave no hole.
"""

from uploads import admission, lifecycle, media_types
from uploads.exchange import AnswerError
from uploads.legacy_fields import Chunk, bad
from uploads.lifecycle import NotReceivingError, Ranges
from uploads.models import Upload
from uploads.spool import SpoolFile

TRIES = 100  # of recording a chunk, while others of the same file are recorded


def start_of(upload: Upload, chunk: Chunk) -> int | None:
    """Where a chunk begins, if that is certain before its length is known."""
    if chunk.index == 0:
        return 0
    return chunk.index * upload.chunk_length if upload.chunk_length else None


def place_of(upload: Upload, chunk: Chunk, length: int) -> int:
    """Where a chunk of `length` bytes begins. Raises AnswerError when it does not fit what was said before."""
    if length == 0:
        raise bad("chunk: it is empty.")
    return _place_of_last(upload, chunk, length) if chunk.last else _place(upload, chunk, length)


def _place(upload: Upload, chunk: Chunk, length: int) -> int:
    if upload.chunk_length and length != upload.chunk_length:
        raise bad(f"chunk: those before have {upload.chunk_length} bytes, and only the last may have less.")
    before_last = (chunk.total - 1) * length
    if upload.size_known and not before_last < upload.size <= before_last + length:
        raise bad(f"total_chunks: {chunk.total} of {length} bytes do not make a file of {upload.size}.")
    if upload.ranges and not upload.chunk_length and upload.ranges[0][0] != before_last:
        raise bad("chunk: the last one, which came before, has another place.")
    return chunk.index * length


def _place_of_last(upload: Upload, chunk: Chunk, length: int) -> int:
    start = start_of(upload, chunk)
    if start is None:
        if not upload.size_known:
            raise bad("size: it was not declared, so that the last chunk can't be the first to come.")
        start = upload.size - length
    if start < chunk.index or (upload.chunk_length and length > upload.chunk_length):
        raise bad("chunk: the last one is longer than the file has room for.")
    if upload.size_known and start + length != upload.size:
        raise bad(f"chunk: the file would end at {start + length} bytes, and not at {upload.size}.")
    if not upload.size_known and upload.durable_end > start:
        raise bad("total_chunks: a chunk behind this one came already.")
    return start


def added(ranges: Ranges, start: int, end: int) -> Ranges:
    """The ranges, in order, with one more; those that touch are one."""
    merged: Ranges = []
    for each_start, each_end in sorted([*((a, b) for a, b in ranges), (start, end)]):
        if merged and each_start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], each_end))
        else:
            merged.append((each_start, each_end))
    return merged


def first_missing(upload: Upload) -> int:
    """The index of the first chunk that is not there, of a file that is not complete."""
    beginning = upload.ranges[0][1] if upload.ranges and upload.ranges[0][0] == 0 else 0
    return beginning // upload.chunk_length if upload.chunk_length else 0


def record(upload: Upload, file: SpoolFile, chunk: Chunk, start: int, length: int) -> None:
    """Records a chunk that is durable at its place; with the last hole filled the file is received.

    Raises RefusedError when the file's beginning is there and shows that it is not taken, and NotReceivingError when
    it takes no more bytes. Others of the same file may be recorded at the same moment: then it is tried again.
    """
    for _ in range(TRIES):
        if place_of(upload, chunk, length) != start:
            raise bad("chunk: another one, which came just now, gives it another place.")
        ranges = added(upload.ranges, start, start + length)
        size = upload.size if upload.size_known else start + length if chunk.last else None
        beginning = ranges[0][1] if ranges[0][0] == 0 else 0
        if beginning and start < media_types.HEAD_BYTES:
            admission.check_content(file.head(min(beginning, media_types.HEAD_BYTES)), upload.invite)
        if ranges == [(0, size)]:
            file.cut_to(beginning)  # a chunk that broke off may have left bytes behind the end
        try:
            lifecycle.advance_to(upload, ranges, upload.chunk_length or (0 if chunk.last else length), size)
        except NotReceivingError:
            upload.refresh_from_db()
            if upload.status != Upload.Status.RECEIVING:
                raise
        else:
            return
    raise AnswerError(423, "busy", "Too many chunks of this file at once.")
