"""`POST /api/upload`: a file in one form, from the form straight into the spool."""

from immichdrop.asgi_types import Message
from uploads.admission import Offer
from uploads.exchange import Exchange
from uploads.legacy_fields import bad, item_of_form, offer_of_form, token_of
from uploads.legacy_forms import Door, announced, enter, knows_the_door, open_form
from uploads.models import Upload
from uploads.multipart_stream import Form, Part
from uploads.whole_files import WholeFiles


class FormParcel:
    """A file in an older client's form, whose fields say who sends it."""

    def __init__(self, exchange: Exchange, form: Form, part: Part) -> None:
        self.exchange = exchange
        self.form = form
        self.part = part

    @property
    def announced(self) -> int | None:
        return announced(self.exchange, self.form, self.part)

    @property
    def knows_the_door(self) -> bool:
        return knows_the_door(self.form.fields, self.exchange)

    def door(self) -> Door:
        fields = self.form.fields
        return enter(token_of(fields, self.exchange), fields.get("session_id", ""), self.exchange)

    def offer(self, size: int, *, size_known: bool) -> Offer:
        return offer_of_form(self.form.fields, self.exchange, self.part, size, size_known=size_known)

    def key(self, sha1: str) -> str:
        """A file that this client sent before, under the same ids and with the same content, is that upload."""
        return item_of_form(self.form.fields).key(sha1)

    async def receive(self) -> Message:
        return await self.form.receive()


async def take(exchange: Exchange, files: WholeFiles) -> Upload:
    """The received upload. Of a form that is refused, or breaks off, nothing stays."""
    form, part = await open_form(exchange, "file")
    async with files.arriving() as arrivals:
        arrival = await files.receive(exchange, FormParcel(exchange, form, part), arrivals)
        if await form.until("file"):
            raise bad("file: one is taken at a time.")
        item_of_form(form.fields)
        return await files.keep(arrival)
