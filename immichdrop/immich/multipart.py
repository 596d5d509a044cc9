"""The body of an upload: a form whose length is known before its first byte is read.

The file is read in blocks and never held whole. `requests` takes the length from `__len__` and
sends `Content-Length` instead of chunks.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import BinaryIO

BLOCK_BYTES = 256 * 1024


class FileUnreadable(Exception):  # noqa: N818 (named as the errors beside it)
    """The file to send can't be opened or read, or is shorter than announced.

    Not an OSError, so that nothing on the way takes it for a failure of the network.
    """


class MultipartForm:
    """Fields first, then one file part, then what has to stand behind it.

    `fields` come before the file because Immich looks at `filename` only if it precedes the file
    (recorded exchanges 069, 070). `filename` must be ASCII without quotes and control characters.
    `sidecar` (small, so in memory) becomes a part of its own behind the file, and `last` are the fields behind that:
    a `filename` before a sidecar would decide its type as well (125, 161).
    `on_progress` gets the number of file bytes handed over so far. Iterating again reads the file
    again from what `open_file` gives; it is closed after each pass.
    """

    def __init__(
        self,
        fields: Mapping[str, str],
        *,
        file_field: str,
        filename: str,
        size: int,
        open_file: Callable[[], BinaryIO],
        on_progress: Callable[[int], None] | None = None,
        sidecar: bytes | None = None,
        last: Mapping[str, str] | None = None,
    ) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._head = _fields(boundary, fields) + _file_head(boundary, file_field, filename)
        behind = [b"\r\n"]
        if sidecar is not None:
            behind += [_file_head(boundary, "sidecarData", f"{filename}.xmp"), sidecar, b"\r\n"]
        self._tail = b"".join([*behind, _fields(boundary, last or {}), f"--{boundary}--\r\n".encode()])
        self._size = size
        self._open_file = open_file
        self._on_progress = on_progress

    def __len__(self) -> int:
        return len(self._head) + self._size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        sent = 0
        with closing(self._blocks()) as blocks:
            for block in blocks:
                yield block
                sent += len(block)
                if self._on_progress is not None:
                    self._on_progress(sent)
        yield self._tail

    def _blocks(self) -> Generator[bytes]:
        """The file's bytes. Every failure of the disk becomes FileUnreadable."""
        left = self._size
        try:
            with self._open_file() as file:
                while left:
                    block = file.read(min(BLOCK_BYTES, left))
                    if not block:
                        raise FileUnreadable(f"The file ends {left} bytes early")
                    yield block
                    left -= len(block)
        except OSError as error:
            raise FileUnreadable(str(error)) from error


def _fields(boundary: str, fields: Mapping[str, str]) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join(parts).encode(errors="replace")


def _file_head(boundary: str, field: str, filename: str) -> bytes:
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; '
        f'filename="{filename}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    ).encode()
