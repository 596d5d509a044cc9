"""The form of an upload: exact in length, lazy in reading."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_multipart.multipart import MultipartParser, parse_options_header

from immichdrop.immich.multipart import BLOCK_BYTES, FileUnreadable, MultipartForm


def form_of(data: bytes, *, size: int | None = None, fields: dict[str, str] | None = None) -> MultipartForm:
    return MultipartForm(
        fields or {"filename": "ünï.jpg"},
        file_field="assetData",
        filename="file.jpg",
        size=len(data) if size is None else size,
        open_file=lambda: io.BytesIO(data),
    )


def parts_of(form: MultipartForm) -> list[tuple[str, bytes]]:
    """What a parser that is not ours makes of it: names and contents, in order."""
    parts: list[tuple[str, bytes]] = []
    header, content = bytearray(), bytearray()

    def begin() -> None:
        header.clear()
        content.clear()

    def end() -> None:
        _, options = parse_options_header(bytes(header))
        parts.append((options[b"name"].decode(), bytes(content)))

    def add_header(data: bytes, start: int, stop: int) -> None:
        if not header:
            header.extend(data[start:stop])

    _, options = parse_options_header(form.content_type)
    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": begin,
            "on_header_value": add_header,
            "on_part_data": lambda data, start, stop: content.extend(data[start:stop]),
            "on_part_end": end,
        },
    )
    for block in form:
        parser.write(block)
    return parts


@given(data=st.binary(max_size=2000), value=st.text(st.characters(exclude_categories=["Cs"])))
def test_length_and_content_are_exact(data: bytes, value: str) -> None:
    form = form_of(data, fields={"deviceId": "drop", "filename": value})

    assert len(b"".join(form)) == len(form)
    assert parts_of(form) == [("deviceId", b"drop"), ("filename", value.encode()), ("assetData", data)]


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES])
def test_no_block_is_larger_than_promised(size: int) -> None:
    form = form_of(bytes(size))
    blocks = list(form)

    assert sum(map(len, blocks)) == len(form)
    assert max(map(len, blocks)) <= BLOCK_BYTES


def test_it_can_be_sent_twice() -> None:
    form = form_of(b"twice")

    assert list(form) == list(form)


class Endless(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        return bytes(size)


def test_the_file_is_never_in_memory() -> None:
    form = MultipartForm(
        {},
        file_field="assetData",
        filename="file.mp4",
        size=512 * 1024 * 1024,
        open_file=lambda: Endless(),  # type: ignore[arg-type, return-value]
    )
    tracemalloc.start()
    try:
        sent = sum(len(block) for block in form)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert sent == len(form)
    assert peak < 4 * BLOCK_BYTES


def test_sizes_beyond_4_gb_are_exact() -> None:
    form = form_of(b"", size=5 * 1024**4)

    assert len(form) - len(form_of(b"")) == 5 * 1024**4


def test_a_file_that_has_grown_is_sent_as_announced() -> None:
    assert parts_of(form_of(b"announced, and more", size=9))[-1] == ("assetData", b"announced")


def test_a_file_that_has_shrunk_is_unreadable() -> None:
    with pytest.raises(FileUnreadable, match="3 bytes early"):
        list(form_of(b"short", size=8))


def test_a_file_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    form = MultipartForm(
        {}, file_field="assetData", filename="a.jpg", size=1, open_file=lambda: (tmp_path / "gone").open("rb")
    )

    with pytest.raises(FileUnreadable, match="No such file"):
        list(form)


def test_the_file_is_closed_however_it_ends() -> None:
    opened: list[BinaryIO] = []

    def open_file() -> BinaryIO:
        opened.append(io.BytesIO(bytes(3 * BLOCK_BYTES)))
        return opened[-1]

    form = MultipartForm({}, file_field="assetData", filename="a.jpg", size=3 * BLOCK_BYTES, open_file=open_file)
    list(form)
    half_read = iter(form)
    next(half_read)
    next(half_read)
    half_read.close()  # type: ignore[attr-defined]

    assert [file.closed for file in opened] == [True, True]


def test_progress_is_told_after_each_block() -> None:
    counts: list[int] = []
    form = MultipartForm(
        {},
        file_field="assetData",
        filename="a.jpg",
        size=BLOCK_BYTES + 5,
        open_file=lambda: io.BytesIO(bytes(BLOCK_BYTES + 5)),
        on_progress=counts.append,
    )
    list(form)

    assert counts == [BLOCK_BYTES, BLOCK_BYTES + 5]
