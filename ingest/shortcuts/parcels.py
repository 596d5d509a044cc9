"""Files as scripts and Shortcuts wrap them: in a form, as the whole body, or as base64 in JSON."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote_to_bytes

from immichdrop.asgi_types import Message
from immichdrop.texts import storable
from ingest.shortcuts.answers import FieldError
from ingest.shortcuts.base64_body import FIELD, Base64Body
from ingest.shortcuts.naming import name_of
from invites import credentials
from invites.api_tokens import LONGEST_ALBUM
from invites.credentials import Caller
from invites.models import Invite
from uploads import admission, media_types, names
from uploads.admission import Offer
from uploads.exchange import Exchange
from uploads.legacy_forms import Door
from uploads.multipart_stream import OVERHEAD, Form, FormCutError, Part
from uploads.tus_protocol import one_line

LONGEST_KEY = 200  # characters of an Idempotency-Key
KEY_HEADER = "idempotency-key"
NAME_HEADER = "x-filename"


class Wrapped(ABC):
    """What all of them have in common, as `uploads.whole_files.Parcel` has it. `number`: which file of its request."""

    knows_the_door = True  # the token is in the headers

    def __init__(self, exchange: Exchange, caller: Caller, number: int = 0) -> None:
        self.exchange = exchange
        self.caller = caller
        self.number = number
        self.now = datetime.now(UTC)
        self.said_name = ""
        self.media_type = ""
        self.album_name = ""
        self.head = b""
        self._early = bytearray()  # came with the head, and was not asked for yet
        self._ended = False

    @property
    def filename(self) -> str:
        """As far as it is known: what is said behind the file may change it."""
        return name_of(self.said_name, self.head, self.now)

    @property
    def empty(self) -> bool:
        """Whether it came to its end without a byte, as far as was read by now."""
        return self._ended and not self.head

    @property
    @abstractmethod
    def announced(self) -> int | None:
        """How many bytes may come at most."""

    @abstractmethod
    async def _next(self) -> Message:
        """The file's next bytes as they come."""

    async def begin(self) -> None:
        """Reads so much that the file's type can be told. Raises FormCutError, and what is wrong with its wrapping."""
        while len(self._early) < media_types.HEAD_BYTES and not self._ended:
            message = await self._read()
            if message["type"] == "http.disconnect":
                raise FormCutError
            self._early += message.get("body", b"")
        self.head = bytes(self._early[: media_types.HEAD_BYTES])

    async def receive(self) -> Message:
        if not self._early and not self._ended:
            return await self._read()
        body, self._early = bytes(self._early), bytearray()
        return {"type": "http.request", "body": body, "more_body": not self._ended}

    async def _read(self) -> Message:
        message = await self._next()
        self._ended = not message.get("more_body")
        return message

    @abstractmethod
    async def finish(self) -> None:
        """Reads what is said behind the file, and looks at it. Raises FieldError."""

    async def skip(self) -> None:
        """Drops what is left of its bytes."""
        while not self._ended:
            await self._read()

    def door(self) -> Door:
        credentials.check_again(self.caller)
        return Door(self.caller.guest, self.caller.invite, self.caller.destination(self.album_name))

    def offer(self, size: int, *, size_known: bool) -> Offer:
        return Offer(
            filename=self.filename,
            size=size,
            size_known=size_known,
            media_type=one_line(self.media_type, 100),
            client_address=self.exchange.client,
            user_agent=one_line(self.exchange.headers.get("user-agent", ""), 300),
        )

    def key(self, sha1: str = "") -> str:
        """By `Idempotency-Key`, so that a request that is sent again makes no second upload; empty without one."""
        said = self.exchange.headers.get(KEY_HEADER, "").strip()
        if not said:
            return ""
        if len(said) > LONGEST_KEY:
            raise FieldError(
                "Idempotency-Key", f"At most {LONGEST_KEY} characters, please", "string_too_long", "header"
            )
        return f"request:{hashlib.sha256(f'{said} {self.number}'.encode()).hexdigest()}"

    def say_album(self, said: object) -> None:
        """Raises FieldError."""
        if said is None:
            return
        if not isinstance(said, str):
            raise FieldError("album_name", "Input should be a valid string", "string_type")
        if len(said) > LONGEST_ALBUM or not storable(said):
            raise FieldError("album_name", f"At most {LONGEST_ALBUM} plain characters, please", "string_too_long")
        self.album_name = said


class FormFile(Wrapped):
    """A part of a form. Fields, and other files, may follow."""

    def __init__(
        self, exchange: Exchange, caller: Caller, form: Form, part: Part, number: int = 0, *, in_batch: bool = False
    ) -> None:
        super().__init__(exchange, caller, number)
        self.in_batch = in_batch
        self.form = form
        self.part = part
        self.said_name = part.filename
        self.media_type = part.content_type

    @property
    def announced(self) -> int | None:
        """Up to the form's end: in a batch that is the other files, too."""
        length = self.exchange.length
        if length is None:
            return None
        rest = self.form.rest(self.part, length)
        return min(rest, admission.file_limit(self.caller.invite)) if self.in_batch else _within(rest, self.caller)

    async def _next(self) -> Message:
        return await self.form.receive()

    async def finish(self) -> None:
        self.say_album(self.form.fields.get("album_name"))


class RawFile(Wrapped):
    """The request's whole body, with its name in `X-Filename` and its album in `?album_name=`."""

    def __init__(self, exchange: Exchange, caller: Caller) -> None:
        super().__init__(exchange, caller)
        self.said_name = _header_text(exchange.headers.get(NAME_HEADER, ""))
        self.media_type = exchange.headers.get("content-type", "")

    @property
    def announced(self) -> int | None:
        return self.exchange.length

    async def _next(self) -> Message:
        return await self.exchange.receive()

    async def finish(self) -> None:
        self.say_album(parse_qs(self.exchange.query).get("album_name", [None])[0])


class Base64File(Wrapped):
    """`{"data": …, "filename"?, "album_name"?}`."""

    def __init__(self, exchange: Exchange, caller: Caller) -> None:
        super().__init__(exchange, caller)
        self.body = Base64Body(exchange.receive)

    @property
    def announced(self) -> int | None:
        """A little more than it has: nobody counts the line breaks and the other fields before they come."""
        length = self.exchange.length
        return None if length is None else _within(length * 3 // 4, self.caller)

    async def _next(self) -> Message:
        return await self.body.receive()

    async def begin(self) -> None:
        await super().begin()
        self.media_type = self.body.media_type
        if self._ended:  # a small one, or none at all: what is behind it is as good as here
            await self.finish()

    async def finish(self) -> None:
        said = await self.body.fields()
        if FIELD not in said:
            raise FieldError(FIELD, "Field required", "missing")
        if said[FIELD] != "":
            raise FieldError(FIELD, "Input should be a valid string", "string_type")
        name = said.get("filename")
        if name is not None and not isinstance(name, str):
            raise FieldError("filename", "Input should be a valid string", "string_type")
        self.said_name = name or ""
        self.say_album(said.get("album_name"))

    def offer(self, size: int, *, size_known: bool) -> Offer:
        """Before the name came, a type that the bytes don't tell is given the benefit of the doubt."""
        offer = super().offer(size, size_known=size_known)
        if size_known or media_types.kind_of(names.extension_of(offer.filename)):
            return offer
        kinds = self.caller.invite.kinds if self.caller.invite else Invite.Kinds.BOTH.value
        return replace(offer, filename=f"{offer.filename}{min(media_types.accepted(kinds))}")


def _within(most: int, caller: Caller) -> int:
    """`most` bytes may come, of which some are not the file's: they are no reason to refuse it before it came."""
    limit = admission.file_limit(caller.invite)
    return most if most > 2 * limit + OVERHEAD else min(most, limit)


def _header_text(said: str) -> str:
    """A header as it was meant: in UTF-8, or with `%C3%BC` for what is no ASCII."""
    plain = unquote_to_bytes(said.encode("latin-1", "replace"))
    try:
        return plain.decode()
    except UnicodeDecodeError:
        return plain.decode("latin-1")
