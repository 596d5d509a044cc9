"""A multipart form as Immich reads it: fields as they come, files straight to disk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote
from uuid import uuid4

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from . import media_types
from .refusals import bad_request
from .versions import Api

# Written, hashed and parsed in a thread, this much at a time.
_BATCH_BYTES = 1024 * 1024
_HEADER_LIMIT = 16 * 1024
_EXTENDED_NAME = re.compile(r"filename\*=(?P<charset>[\w-]+)'[^']*'(?P<quoted>[^;\s]+)")
_ACCEPTED = {"assetData": media_types.is_asset, "sidecarData": media_types.is_sidecar}


@dataclass(slots=True)
class ReceivedFile:
    """A file part, whole and closed once the form is complete."""

    name: str
    path: Path
    size: int = 0
    sha1: str = ""


@dataclass(slots=True)
class UploadForm:
    """What came. Call `discard` when done: it removes the files that nobody has moved away."""

    fields: dict[str, object] = field(default_factory=dict)
    files: dict[str, ReceivedFile] = field(default_factory=dict)

    def discard(self) -> None:
        for file in self.files.values():
            file.path.unlink(missing_ok=True)


async def receive(content_type: str, body: AsyncIterator[bytes], folder: Path, api: Api) -> UploadForm:
    """Read a form. If it is refused, or the client goes away, nothing is left on disk."""
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise bad_request("Multipart: Boundary not found")
    reader = _Reader(boundary, folder, api)
    batch = bytearray()
    try:
        async for block in body:
            batch += block
            if len(batch) >= _BATCH_BYTES:
                await run_in_threadpool(reader.feed, bytes(batch))
                batch.clear()
        await run_in_threadpool(reader.feed, bytes(batch))
        reader.finish()
    except BaseException:
        reader.abandon()
        raise
    return reader.form


class _Reader:
    """Takes the parser's callbacks, one part after the other."""

    def __init__(self, boundary: bytes, folder: Path, api: Api) -> None:
        self.form = UploadForm()
        self._folder = folder
        self._api = api
        self._complete = False
        self._headers: dict[bytes, bytes] = {}
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._field_name = ""
        self._value = bytearray()
        self._file: ReceivedFile | None = None
        self._output: BinaryIO | None = None
        self._hash = hashlib.sha1(usedforsecurity=False)
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._open_part,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
            max_header_size=_HEADER_LIMIT,
        )

    def feed(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except MultipartParseError:
            raise bad_request("Multipart: Malformed part header") from None

    def finish(self) -> None:
        if not self._complete:
            raise bad_request("Multipart: Unexpected end of form")

    def abandon(self) -> None:
        if self._output is not None:
            with suppress(OSError):
                self._output.close()
        self.form.discard()

    def _begin_part(self) -> None:
        self._headers = {}
        self._value = bytearray()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _open_part(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        _, options = parse_options_header(disposition)
        self._field_name = options.get(b"name", b"").decode(errors="replace")
        name = _file_name(disposition, options.get(b"filename"))
        self._file = None if name is None else self._open_file(name)

    def _open_file(self, part_name: str) -> ReceivedFile:
        """The `filename` field counts if it came before this part (069, 070), for the sidecar
        as well (125)."""
        accepts = _ACCEPTED.get(self._field_name)
        if accepts is None or self._field_name in self.form.files:
            raise bad_request(f"Unexpected field - {self._field_name}")
        name = str(self.form.fields.get("filename") or part_name)
        if not accepts(name, self._api):
            raise bad_request(f"Unsupported file type {name}")
        file = ReceivedFile(part_name, self._folder / str(uuid4()))
        self._output = file.path.open("xb")
        self._hash = hashlib.sha1(usedforsecurity=False)
        self.form.files[self._field_name] = file
        return file

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        block = memoryview(data)[start:end]
        if self._file is None or self._output is None:
            self._value += block
            return
        self._output.write(block)
        self._hash.update(block)
        self._file.size += len(block)

    def _end_part(self) -> None:
        if self._file is None or self._output is None:
            self.form.fields[self._field_name] = self._value.decode(errors="replace")
            return
        self._output.close()
        self._output = None
        self._file.sha1 = self._hash.hexdigest()

    def _end(self) -> None:
        self._complete = True


def _file_name(disposition: bytes, plain: bytes | None) -> str | None:
    """The name of a file part, None for a field.

    Raw UTF-8 in `filename` is read well; `filename*` wins over it, and is mangled to one byte a
    character (137-139). Folders of both kinds are cut off (142, 143).
    """
    extended = _EXTENDED_NAME.search(disposition.decode("latin-1"))
    if extended is not None:
        meant = unquote(extended["quoted"], extended["charset"])
        name = bytes(ord(character) & 0xFF for character in meant).decode(errors="replace")
    elif plain is not None:
        name = plain.decode(errors="replace")
    else:
        return None
    return name.replace("\\", "/").rpartition("/")[2]
