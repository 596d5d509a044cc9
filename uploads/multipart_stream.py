"""A multipart form read as it comes: short fields into memory, the bytes of a file handed on message by message.

The file's bytes are given out in the shape of an ASGI request body, so that they are written by the same `pour` as
everybody else's, and are nowhere as a whole. Source: RFC 7578; browsers send what the HTML standard says of it.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from immichdrop.asgi_types import Message, Receive
from uploads.receiving import SILENCE

OVERHEAD = 1_000_000  # bytes of a form that are not the file
FIELD = 10_000  # bytes of one field
MOST_PARTS = 100
_END = b""  # what stands for the end of a part between its pieces


class FormError(Exception):
    """This is no form that can be read; the message is for people."""


class FormTooLargeError(Exception):
    """More than `OVERHEAD` bytes beside the file."""


class FormCutError(Exception):
    """The client went away, or fell silent, before the form's end."""


@dataclass
class Part:
    """One part's headers: its name, and the file's name and type where it is one."""

    name: str = ""
    filename: str = ""
    content_type: str = ""
    begins: int = 0  # where in the body its bytes begin
    raw: dict[bytes, bytes] = field(default_factory=dict)

    def read_headers(self) -> None:
        _, options = parse_options_header(self.raw.get(b"content-disposition"))
        self.name = _text(options.get(b"name", b""))
        # The HTML standard has browsers write quotes and line breaks in names like this.
        name = _text(options.get(b"filename", b""))
        self.filename = name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
        self.content_type = self.raw.get(b"content-type", b"").decode("latin-1")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


class Form:
    """A form on its way in. `until` reads fields up to the file; `receive` gives the file; `until` reads the rest."""

    def __init__(self, receive: Receive, headers: Mapping[str, str]) -> None:
        """Raises FormError when the headers announce no form."""
        kind, options = parse_options_header(headers.get("content-type"))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise FormError("Content-Type: send multipart/form-data with a boundary.")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._add_header,
                    "on_header_value": self._add_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._open_part,
                    "on_part_data": self._add_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise FormError(str(error)) from None
        self.fields: dict[str, str] = {}
        self._read = 0  # bytes of the body so far
        self._closing = len(b"\r\n--" + boundary + b"--\r\n")
        self._receive = receive
        self._events: deque[Part | bytes] = deque()
        self._part = Part()
        self._header = b""
        self._value = b""
        self._parts = 0
        self._of_file = 0
        self._whole = False  # the closing boundary came
        self._over = False  # the body came to its end

    # --- what the reader asks for

    async def until(self, name: str) -> Part | None:
        """Reads fields up to the part called `name`, whose bytes `receive` then gives; None at the form's end.

        Fields are kept in `fields`; parts that are files of another name are dropped.
        """
        while event := await self._next():
            assert isinstance(event, Part)
            if event.name == name:
                return event
            value = await self._whole_value(keep=not event.filename)
            if not event.filename:
                self.fields[event.name] = value
        return None

    async def receive(self) -> Message:
        """The next bytes of the file's part, as a message of ASGI's `http.request`. Raises FormError."""
        pieces: list[bytes] = []
        try:
            piece = await self._next()
            while isinstance(piece, bytes):
                if piece == _END:
                    return self._message(pieces, more=False)
                pieces.append(piece)
                piece = self._events.popleft() if self._events else None
        except FormCutError:
            return {"type": "http.disconnect"}
        return self._message(pieces, more=True)

    async def skip(self) -> None:
        """Drops the bytes of the file's part."""
        while (await self.receive()).get("more_body"):
            pass

    def rest(self, part: Part, length: int) -> int:
        """How many bytes a part has, in a body of `length`, if it is the last one; more than it has otherwise."""
        return max(0, length - part.begins - self._closing)

    def _message(self, pieces: list[bytes], *, more: bool) -> Message:
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._of_file += len(body)
        return {"type": "http.request", "body": body, "more_body": more}

    async def _whole_value(self, *, keep: bool) -> str:
        value = bytearray()
        while (piece := await self._next()) != _END:
            assert isinstance(piece, bytes)
            if keep:
                value += piece
            if len(value) > FIELD:
                raise FormError(f"A field has more than {FIELD} bytes.")
        return _text(bytes(value))

    async def _next(self) -> Part | bytes | None:
        """The next event; None at the form's end."""
        while not self._events:
            if self._over:
                if self._whole:
                    return None
                raise FormError("The form has no end.")
            await self._feed()
        return self._events.popleft()

    async def _feed(self) -> None:
        try:
            async with asyncio.timeout(SILENCE):
                message = await self._receive()
        except TimeoutError:
            raise FormCutError from None
        if message["type"] == "http.disconnect":
            raise FormCutError
        body = message.get("body", b"")
        self._over = not message.get("more_body")
        try:
            self._parser.write(body)
        except FormParserError as error:
            raise FormError(f"The form can't be read: {error}") from None
        self._read += len(body)
        if self._read - self._of_file - sum(len(each) for each in self._events if isinstance(each, bytes)) > OVERHEAD:
            raise FormTooLargeError

    # --- what the parser tells

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise FormParserError(f"more than {MOST_PARTS} parts")
        self._part = Part()

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._part.begins = self._read + end + len(b"\r\n\r\n")

    def _end_header(self) -> None:
        self._part.raw[self._header.lower()] = self._value
        self._header = self._value = b""

    def _open_part(self) -> None:
        self._part.read_headers()
        self._events.append(self._part)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if end > start:
            self._events.append(data[start:end])

    def _end_part(self) -> None:
        self._events.append(_END)

    def _end(self) -> None:
        self._whole = True
