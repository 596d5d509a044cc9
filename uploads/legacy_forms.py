"""Forms of older clients: who sends one, through which link, and how much of its bytes is taken.

Fields that come before the bytes decide at once whether these are taken. A client may also send the bytes first; of
those so much is kept for the moment as costs little (`EARLY`), and the fields behind them decide.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from immichdrop.asgi_types import Receive
from invites import guests
from invites.credentials import Destination
from invites.models import Guest, Invite
from invites.refusals import Refusal, RefusedError
from uploads import admission, ownership
from uploads.admission import Offer
from uploads.exchange import AnswerError, Exchange
from uploads.legacy_fields import bad, token_of
from uploads.multipart_stream import OVERHEAD, Form, FormCutError, Part
from uploads.receiving import BusyError, End, Sink, Turn, pour
from uploads.spool import MEBIBYTE

EARLY = 8_000_000  # bytes that are taken before it is known who sends them
EARLY_AT_ONCE = 8  # such requests from one address
WITHOUT_LENGTH = 16 * MEBIBYTE  # bytes of a body that does not say how many it has


@dataclass(frozen=True, slots=True)
class Door:
    """Who sends, and through which link; None is nobody that is known, and the public page.

    `destination` is where it goes if neither the link nor the public page says so.
    """

    guest: Guest | None
    invite: Invite | None
    destination: Destination | None = None


def enter(token: str, session_id: str, exchange: Exchange) -> Door:
    """The link, and the guest: the cookie's or header's, else that of the client's session. Raises RefusedError."""
    invite = admission.link_of(Offer(filename="", size=0, invite=token, client_address=exchange.client))
    guest = ownership.guest_of(exchange.headers)
    if guest is None and session_id:
        guest = guests.of_session(invite, session_id)
    return Door(guest, invite)


def knows_the_door(fields: Mapping[str, str], exchange: Exchange) -> bool:
    """Whether these fields tell who sends, so that it can be decided whether the bytes are taken."""
    if not token_of(fields, exchange):
        return bool(settings.PUBLIC_UPLOAD_PAGE_ENABLED)
    return bool(fields.get("session_id")) or ownership.guest_of(exchange.headers) is not None


async def open_form(exchange: Exchange, name: str) -> tuple[Form, Part]:
    """The request's form, read up to the file in the field `name`."""
    if exchange.length is not None and exchange.length > admission.file_limit(None) + OVERHEAD:
        raise RefusedError(Refusal.FILE_TOO_LARGE, f"The limit is {admission.file_limit(None)} bytes.")
    form = Form(exchange.receive, exchange.headers)
    part = await form.until(name)
    if part is None:
        raise bad(f"{name}: it is missing.")
    return form, part


def announced(exchange: Exchange, form: Form, part: Part) -> int | None:
    """How many bytes the file has if its part is the last one, else a little less; None when nothing tells."""
    return None if exchange.length is None else form.rest(part, exchange.length)


def room(length: int | None, most: int) -> int:
    """How many bytes of a file are taken, of which `most` may come, and `length` were announced."""
    # A form may end without the last line break.
    return min(most, WITHOUT_LENGTH if length is None else length + len(b"\r\n"))


async def fill(exchange: Exchange, receive: Receive, turn: Turn, sink: Sink, *, early: bool) -> int:
    """Writes the file that `receive` gives into the sink, and makes it durable. How many bytes it had.

    Raises BusyError when it was asked to stop, and FormCutError when the client left or fell silent.
    """
    begin, space = sink.offset, sink.room
    end = await pour(receive, turn, sink)
    if end is End.TOO_LONG:
        if early:
            raise bad(f"Fields: send them before the file, invite_token first, where it has more than {EARLY} bytes.")
        if exchange.length is None and space == WITHOUT_LENGTH:
            raise AnswerError(411, "length_required", f"Content-Length: send it for more than {WITHOUT_LENGTH} bytes.")
        raise RefusedError(Refusal.FILE_TOO_LARGE, f"There is room for {space} bytes.")
    if end is End.STOPPED:
        raise BusyError
    if end is End.LEFT:
        raise FormCutError
    return sink.offset - begin


class EarlyBytes:
    """Keeps a stranger from sending more early bytes than others would miss."""

    def __init__(self) -> None:
        self._now: Counter[str] = Counter()

    @contextmanager
    def taken(self, client: str) -> Iterator[None]:
        if self._now[client] >= EARLY_AT_ONCE:
            raise RefusedError(Refusal.TOO_MANY_REQUESTS, "Send invite_token before the file.", retry_after=5)
        self._now[client] += 1
        try:
            yield
        finally:
            self._now[client] -= 1
            if not self._now[client]:
                del self._now[client]
