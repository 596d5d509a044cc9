"""JSON whose `data` is a file in base64, read as it comes: the file is nowhere as a whole, all else is kept in memory.

Shortcuts send a film of 300 MB as one text. What stands around that text is read as ordinary JSON at the end, with an
empty text in its place; so the fields may stand in any order.
"""

import binascii
import json
import re
from collections.abc import Mapping

from immichdrop.asgi_types import Message, Receive
from immichdrop.body_guard import MAX_BODY
from uploads.exchange import AnswerError
from uploads.multipart_stream import FormCutError

FIELD = "data"
LONGEST_HEAD = 1000  # characters of `data:<mime>;base64,`
_SPACE = b" \t\r\n"
_TOKEN = re.compile(rb'[{}\[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}\[\],:"]+|\s+', re.DOTALL)
_CUT_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?$")


class Base64Error(Exception):
    """What is sent as base64 is none; the message says why."""


class JsonError(Exception):
    """The body is no JSON object that can be read."""


class Base64Text:
    """Decodes a text piece by piece. `media_type` is what a `data:` address says of it, else empty."""

    def __init__(self) -> None:
        self.media_type = ""
        self._begun = False
        self._kept = b""  # too few characters yet
        self._padded = False

    def feed(self, text: bytes) -> bytes:
        """The bytes that can be told by now. Raises Base64Error."""
        text = self._kept + text
        if not self._begun:
            text = text.lstrip(_SPACE)
            if (body := self._after_head(text)) is None:
                self._kept = text
                return b""
            self._begun, text = True, body
        text = text.translate(None, _SPACE)
        whole = len(text) - len(text) % 4
        self._kept = text[whole:]
        return self._decode(text[:whole])

    def end(self) -> bytes:
        """What is left at the text's end."""
        rest, self._kept = self._kept, b""
        if not self._begun and rest[:5].lower() == b"data:":
            raise Base64Error("the data: address has no comma")
        return self._decode(rest)

    def _after_head(self, text: bytes) -> bytes | None:
        """The text behind `data:…,`, or all of it; None while that can't be told."""
        if len(text) < 5 and b"data:".startswith(text.lower()):
            return None
        if text[:5].lower() != b"data:":
            return text
        head, comma, body = text[5:].partition(b",")
        if len(head) > LONGEST_HEAD:
            raise Base64Error("the data: address has no comma")
        if not comma:
            return None
        media_type, _, coding = head.decode("ascii", "replace").rpartition(";")
        if coding.strip().lower() != "base64":
            raise Base64Error("the data: address says nothing of base64")
        self.media_type = media_type.partition(";")[0].strip()
        return body

    def _decode(self, text: bytes) -> bytes:
        if text and self._padded:
            raise Base64Error("Excess data after padding")
        self._padded = self._padded or text.endswith(b"=")
        try:
            return binascii.a2b_base64(text, strict_mode=True) if text else b""
        except binascii.Error as error:
            raise Base64Error(str(error)) from None


class Base64Body:
    """A request's body. `receive` gives the file of its `data`, `fields` at the end all the rest."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._text = Base64Text()
        self._pending = b""  # came, and is not read yet
        self._rest = bytearray()  # the JSON without the file
        self._open: list[bytes] = []  # brackets
        self._last = self._key = b""  # tokens
        self._inside = False
        self._found = False  # the file's text began
        self._over = False  # the body came to its end
        self._decoded = bytearray()  # came, and was not asked for yet

    @property
    def media_type(self) -> str:
        return self._text.media_type

    async def receive(self) -> Message:
        """The file's next bytes, as a message of ASGI's `http.request`. Raises Base64Error, AnswerError."""
        try:
            while not self._decoded and not self._ended:
                await self._read()
        except FormCutError:
            return {"type": "http.disconnect"}
        body, self._decoded = bytes(self._decoded), bytearray()
        return {"type": "http.request", "body": body, "more_body": not self._ended}

    async def fields(self) -> Mapping[str, object]:
        """Everything but the file, whose place is an empty text. Reads the body to its end. Raises JsonError."""
        while not self._over:
            await self._read()
        if self._inside or self._pending:
            raise JsonError("Unterminated string")
        try:
            said = json.loads(bytes(self._rest))
        except (ValueError, RecursionError) as error:
            raise JsonError(str(error)) from None
        if not isinstance(said, dict):
            raise JsonError("Input should be an object")
        return said

    @property
    def _ended(self) -> bool:
        """Whether no more bytes of the file will come."""
        return self._over or (self._found and not self._inside)

    async def _read(self) -> None:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise FormCutError
        self._over = not message.get("more_body")
        body = message.get("body", b"")
        text, self._pending = self._pending + body, b""
        if text.startswith(b'"') and not self._inside and b'"' not in body:
            self._pending, text = text, b""  # a long text, which is not looked through again and again
        while text:
            text, left = self._read_file(text) if self._inside else self._read_around(text)
            if left:
                self._pending = left
                break
        if len(self._rest) + len(self._pending) > MAX_BODY:
            raise AnswerError(413, "body_too_large", f"The request has more than 1 MB beside its {FIELD}.")

    def _read_around(self, text: bytes) -> tuple[bytes, bytes]:
        """Takes JSON in up to the file. What stands behind, and what can't be told before more comes."""
        at = 0
        while at < len(text):
            if self._at_file and text[at : at + 1] == b'"':
                self._rest += b'""'
                self._inside = self._found = True
                self._last = b'"'
                return text[at + 1 :], b""
            if (found := _TOKEN.match(text, at)) is None:  # a text that goes on
                return b"", text[at:]
            self._take(found[0])
            at = found.end()
        return b"", b""

    @property
    def _at_file(self) -> bool:
        return not self._found and self._last == b":" and self._open == [b"{"] and self._key == FIELD.encode()

    def _take(self, token: bytes) -> None:
        self._rest += token
        if token.isspace():
            return
        if token in (b"{", b"["):
            self._open.append(token)
        elif token in (b"}", b"]"):
            del self._open[-1:]
        elif token == b":" and self._last.startswith(b'"'):
            self._key = self._last[1:-1]
        self._last = token

    def _read_file(self, text: bytes) -> tuple[bytes, bytes]:
        """Decodes the file's text up to its end. What stands behind, and what can't be told before more comes."""
        end = text.find(b'"')
        segment = text if end < 0 else text[:end]
        held = b""
        if end < 0 and (cut := _CUT_ESCAPE.search(segment)):
            segment, held = segment[: cut.start()], segment[cut.start() :]
        self._decoded += self._text.feed(_unescaped(segment))
        if end < 0:
            return b"", held
        self._decoded += self._text.end()
        self._inside = False
        return text[end + 1 :], b""


def _unescaped(segment: bytes) -> bytes:
    r"""A piece of a JSON text as it is meant: many programs write `\/` for `/`."""
    if b"\\" not in segment:
        return segment
    try:
        return str(json.loads(b'"' + segment + b'"', strict=False)).encode("ascii")
    except ValueError:  # what can't be unescaped, and what is no ASCII
        raise Base64Error("Only base64 data is allowed") from None
