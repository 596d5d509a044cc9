"""Tables as CSV (RFC 4180, in UTF-8) for spreadsheets, streamed block by block.

Names and messages are strangers' text, and a spreadsheet runs a cell that begins like a formula. Such a cell gets an
apostrophe in front, which spreadsheets take for "this is text" (OWASP, "CSV Injection").
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

Cell = str | int | datetime | UUID | None
Row = Sequence[Cell]

# Also in their wide forms, and behind spaces that a spreadsheet drops.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the system's code page


def cell(value: Cell) -> str:
    """What a spreadsheet shows for it. Numbers are numbers, moments ISO 8601, and no text is a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and _FORMULA.match(text) else text


def lines(rows: Iterable[Row]) -> str:
    """These rows, each ended by CRLF."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


class Blocks:
    """The table's bytes, a block of rows at a time.

    An asynchronous iterator: the server would read a plain one to its end before it sends a byte. The rows are read in
    the request's own thread, which has its connection to the database.
    """

    def __init__(self, headings: Sequence[str], blocks: Iterator[Iterable[Row]]) -> None:
        self.blocks = blocks
        self.head = BYTE_ORDER_MARK + lines([headings])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if head := self.head:
            self.head = ""
            return head.encode()
        block = await sync_to_async(self._next_lines)()
        if block is None:
            raise StopAsyncIteration
        return block.encode()

    def _next_lines(self) -> str | None:
        block = next(self.blocks, None)
        return None if block is None else lines(block)


def attachment(filename: str, headings: Sequence[str], blocks: Iterator[Iterable[Row]]) -> StreamingHttpResponse:
    """An answer that a browser saves under `filename`."""
    response = StreamingHttpResponse(Blocks(headings, blocks), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    return response
