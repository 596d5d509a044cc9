"""Files of the spool as downloads, streamed: no more than a block of one is in memory."""

import os
from collections.abc import AsyncIterable
from typing import BinaryIO, Self

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from uploads import blocking, names
from uploads.spool import READ_BYTES


class Blocks:
    """The bytes of an open file, read in the pool's threads.

    Django's FileResponse would hand the server a plain iterator, which it reads to its end before it sends a byte.
    Django calls `close` when the answer is over, also when the client left or never took a byte.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        block = await blocking.run(self.file.read, READ_BYTES)
        if not block:
            raise StopAsyncIteration
        return block

    def close(self) -> None:
        self.file.close()


def attachment(file: BinaryIO, filename: str) -> StreamingHttpResponse:
    """An answer that a browser saves under `filename` and never shows: what is in the file is a stranger's."""
    return streamed(Blocks(file), filename, os.fstat(file.fileno()).st_size)


def streamed(blocks: AsyncIterable[bytes], filename: str, size: int | None) -> StreamingHttpResponse:
    """The same of blocks from anywhere; `size` is None where nobody knows it."""
    response = StreamingHttpResponse(blocks, content_type="application/octet-stream")
    if size is not None:
        response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(True, names.clean(filename) or "file") or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
