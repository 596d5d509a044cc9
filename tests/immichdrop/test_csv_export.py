"""Tables as CSV: what a spreadsheet makes of a cell, and rows that are read as they are sent."""

import csv
import io
import uuid
from collections.abc import AsyncIterable, Iterator
from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync

from immichdrop.csv_export import Cell, Row, attachment, cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+49 30 1234",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n1",
        "  =1+1",
        "＝1+1",
        '=HYPERLINK("https://evil.example.net")',
    ],
)
def test_no_text_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("IMG=1.jpg", "IMG=1.jpg"),
        ("Größe", "Größe"),
        ("", ""),
        (None, ""),
        (0, "0"),
        (-5, "-5"),  # a number is no formula
        (True, "yes"),
        (False, "no"),
        (datetime(2026, 7, 14, 18, 30, tzinfo=UTC), "2026-07-14T18:30:00+00:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_what_is_shown(value: Cell, shown: str) -> None:
    assert cell(value) == shown


async def _all(parts: AsyncIterable[bytes]) -> list[bytes]:
    return [part async for part in parts]


def test_commas_quotes_and_lines_stay_in_their_cell() -> None:
    nasty = 'a,"b"\r\nc;d'
    response = attachment("x.csv", ["Name", "=Bytes"], iter([[[nasty, 1]], [[nasty, 2]]]))
    head, *rest = async_to_sync(_all)(response)
    assert head.startswith(b"\xef\xbb\xbf")  # so that Excel reads UTF-8
    rows = list(csv.reader(io.StringIO(b"".join([head, *rest]).decode("utf-8-sig"), newline="")))
    assert rows == [["Name", "'=Bytes"], [nasty, "1"], [nasty, "2"]]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="x.csv"'


def test_no_block_is_read_before_the_one_ahead_was_sent() -> None:
    read: list[int] = []

    def blocks() -> Iterator[list[Row]]:
        for number in range(3):
            read.append(number)
            yield [[number]]

    async def look() -> list[tuple[bytes, list[int]]]:
        return [(part, list(read)) async for part in attachment("x.csv", ["n"], blocks())]

    assert [seen for _, seen in async_to_sync(look)()] == [[], [0], [0, 1], [0, 1, 2]]
