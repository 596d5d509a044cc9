"""What the older clients say of a file, in forms and in JSON (contract: core routes), read strictly.

Their ids are opaque texts: they are hashed and handed back, and never part of a path.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from invites.refusals import Refusal
from uploads import names
from uploads.admission import Offer
from uploads.exchange import AnswerError, Exchange
from uploads.multipart_stream import Part
from uploads.tus_protocol import moment, one_line

LONGEST_ID = 200  # characters
MOST_CHUNKS = 10_000
TOKEN_HEADER = "x-invite-token"  # noqa: S105 - a header's name
_STEPS = {".", ".."}
_NUMBER = re.compile(r"[0-9]{1,9}")


def bad(detail: str) -> AnswerError:
    return AnswerError(400, Refusal.BAD_METADATA.value, detail)


@dataclass(frozen=True, slots=True)
class Item:
    """A client's own ids of a file and of its session."""

    item_id: str
    session_id: str

    def key(self, content: str = "") -> str:
        """What `Upload.key` holds: this item, or only this item with this content (a SHA-1).

        Scripts give every file the same ids, hence the content where a whole file comes at once.
        """
        joined = "\0".join((self.session_id, self.item_id, content))
        return f"older:{hashlib.sha256(joined.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Which chunk a form brings: the `index`-th (from 0) of `total`."""

    index: int
    total: int

    @property
    def last(self) -> bool:
        return self.index == self.total - 1


def is_id(value: object) -> bool:
    """Whether a client's id can be kept and handed back: a printable text that is no step in a path."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or not value.isprintable():
        return False
    return _STEPS.isdisjoint(re.split(r"[/\\]", value))


def item_of_form(fields: Mapping[str, str]) -> Item:
    for name in ("item_id", "session_id"):
        if not is_id(fields.get(name)):
            raise bad(f"{name}: a text of 1 to {LONGEST_ID} characters is wanted.")
    return Item(fields["item_id"], fields["session_id"])


def chunk_of_form(fields: Mapping[str, str]) -> Chunk:
    """Raises AnswerError when the numbers are none, or contradict each other."""
    for name in ("chunk_index", "total_chunks"):
        if not _NUMBER.fullmatch(fields.get(name, "")):
            raise bad(f"{name}: a number is wanted.")
    chunk = Chunk(int(fields["chunk_index"]), int(fields["total_chunks"]))
    if not chunk.index < chunk.total <= MOST_CHUNKS:
        raise bad(f"chunk_index, total_chunks: the first is below the second, which is at most {MOST_CHUNKS}.")
    return chunk


def token_of(fields: Mapping[str, object], exchange: Exchange) -> str:
    """The link's token: a field, else the header `X-Invite-Token`, else `?invite_token=`; empty where there is none."""
    said = fields.get("invite_token") or exchange.headers.get(TOKEN_HEADER)
    said = said or parse_qs(exchange.query).get("invite_token", [""])[0]
    if not isinstance(said, str):
        raise bad("invite_token: a text is wanted.")
    return said if said.isprintable() else "?"  # which is nobody's token


def parse_json(body: bytes) -> dict[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise AnswerError(400, "invalid_json", "Send an object as JSON.")
    return said


def item_of_json(said: Mapping[str, object]) -> Item:
    item_id, session_id = said.get("item_id"), said.get("session_id")
    if not (isinstance(item_id, str) and isinstance(session_id, str) and is_id(item_id) and is_id(session_id)):
        raise AnswerError(400, "missing_ids", f"item_id, session_id: texts of 1 to {LONGEST_ID} characters are wanted.")
    return Item(item_id, session_id)


def total_of_json(said: Mapping[str, object]) -> int:
    total = said.get("total_chunks")
    if isinstance(total, bool) or not isinstance(total, int) or not 0 < total <= MOST_CHUNKS:
        raise AnswerError(400, "missing_total", f"total_chunks: a number from 1 to {MOST_CHUNKS} is wanted.")
    return total


def offer_of_json(said: Mapping[str, object], item: Item, exchange: Exchange) -> Offer:
    """A file that will come in chunks. Without `size`, its chunks will tell."""
    size = said.get("size")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 0):
        raise bad("size: a number of bytes is wanted.")
    return Offer(
        filename=_filename(said.get("name")),
        size=size or 0,
        size_known=size is not None,
        in_chunks=True,
        invite=token_of(said, exchange),
        media_type=_one_line_of(said.get("content_type"), 100),
        last_modified=_moment(said.get("last_modified")),
        key=item.key(),
        item_id=item.item_id,
        client_address=exchange.client,
        user_agent=one_line(exchange.headers.get("user-agent", ""), 300),
    )


def offer_of_form(
    fields: Mapping[str, str], exchange: Exchange, part: Part, size: int, *, size_known: bool = True
) -> Offer:
    """A file that comes in one form. It has no key yet: that needs the content."""
    return Offer(
        filename=_filename(part.filename),
        size=size,
        size_known=size_known,
        invite=token_of(fields, exchange),
        media_type=one_line(part.content_type, 100),
        last_modified=_moment(fields.get("last_modified")),
        item_id=fields.get("item_id", ""),
        client_address=exchange.client,
        user_agent=one_line(exchange.headers.get("user-agent", ""), 300),
    )


def _filename(said: object) -> str:
    name = names.clean(said) if isinstance(said, str) else ""
    if not name:
        raise bad("name: the file has none.")
    return name


def _one_line_of(said: object, longest: int) -> str:
    return one_line(said, longest) if isinstance(said, str) else ""


def _moment(said: object) -> datetime | None:
    """`last_modified` in milliseconds since 1970. An older page leaves it empty for files without a date."""
    if said is None or isinstance(said, bool):
        return None
    if not isinstance(said, str | int | float):
        raise bad("last_modified: a number of milliseconds is wanted.")
    return moment(str(said).strip(), "last_modified")
