"""Forms are read as they come: wherever the network cuts them, the same fields and the same bytes come out."""

import asyncio
import itertools
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from immichdrop.asgi_types import Message, Receive
from tests.older import form
from uploads.multipart_stream import OVERHEAD, Form, FormCutError, FormError, FormTooLargeError

BOUNDARY = b"\r\n------boundary7d1"
# Bytes that look like the boundary, in whole or in part, among others.
contents = st.lists(
    st.one_of(st.binary(max_size=40), st.integers(1, len(BOUNDARY) - 1).map(lambda n: BOUNDARY[:n])), max_size=6
).map(b"".join)
fields = st.lists(st.tuples(st.sampled_from(["item_id", "session_id", "größe"]), st.text("aé \"'%", max_size=9)))


def arriving(pieces: Iterable[bytes], *, cut: bool = False) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    if cut:
        messages.append({"type": "http.disconnect"})
    else:
        messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        return messages.pop(0)

    return receive


def pieces_of(body: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    return [body[start:end] for start, end in itertools.pairwise(edges)]


async def read(receive: Receive, kind: str, name: str = "file") -> tuple[dict[str, str], bytes, str, int]:
    """The fields, the file's bytes and name, and where its bytes began."""
    reader = Form(receive, {"content-type": kind})
    part = await reader.until(name)
    assert part is not None
    content = bytearray()
    more = True
    while more:
        message = await reader.receive()
        if message["type"] == "http.disconnect":
            raise FormCutError
        content += message["body"]
        more = message["more_body"]
    assert await reader.until(name) is None
    return reader.fields, bytes(content), part.filename, part.begins


@given(fields, contents, fields, st.lists(st.integers(0, 2000), max_size=12))
@example([], b"\r", [], [])
@example([("item_id", "1")], BOUNDARY[:-1], [("session_id", "s")], list(range(400)))
def test_any_cut_gives_the_same_file(
    before: list[tuple[str, str]], content: bytes, after: list[tuple[str, str]], cuts: list[int]
) -> None:
    kind, body = form(before, ("file", "Föto.jpg", content), after)
    said, came, filename, begins = asyncio.run(read(arriving(pieces_of(body, cuts)), kind))
    assert (said, came, filename) == (dict([*before, *after]), content, "Föto.jpg")
    assert body[begins : begins + len(content)] == content


@given(contents, fields)
def test_the_length_of_the_last_part_is_known_before_it_came(content: bytes, before: list[tuple[str, str]]) -> None:
    kind, body = form(before, ("file", "a.jpg", content), [])

    async def rest() -> int:
        reader = Form(arriving([body]), {"content-type": kind})
        part = await reader.until("file")
        assert part is not None
        return reader.rest(part, len(body))

    assert asyncio.run(rest()) == len(content)


@given(contents, st.integers(1, 60))
def test_a_form_that_breaks_off_is_never_whole(content: bytes, missing: int) -> None:
    kind, body = form([("item_id", "1")], ("file", "a.jpg", content), [])
    short = body[: -missing - len(b"--\r\n")]
    with pytest.raises(FormCutError):
        asyncio.run(read(arriving([short], cut=True), kind))
    with pytest.raises((FormError, AssertionError)):
        asyncio.run(read(arriving([short]), kind))


def test_files_of_other_names_are_dropped() -> None:
    _, other = form([], ("thumbnail", "t.jpg", b"x" * 50_000), [])
    kind, body = form([], ("file", "a.jpg", b"photo"), [])
    ending = b"--\r\n"
    said, content, _, _ = asyncio.run(read(arriving([other[: -len(ending)] + body[len(BOUNDARY) - 2 :]]), kind))
    assert (said, content) == ({}, b"photo")


def test_a_name_with_what_browsers_write_for_quotes() -> None:
    kind, body = form([], ("file", "a%22b%0Ac.jpg", b"photo"), [])
    assert asyncio.run(read(arriving([body]), kind))[2] == 'a"b\nc.jpg'


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data", "multipart/form-data; boundary="])
def test_what_is_no_form(kind: str) -> None:
    with pytest.raises(FormError):
        Form(arriving([]), {"content-type": kind})


@pytest.mark.parametrize(
    "body",
    [b"no form at all", b"------boundary7d1\r\nno header\r\n\r\n", b"------boundary7d1\r\n" + b"X" * 20_000],
    ids=["words", "header", "long header"],
)
def test_what_can_not_be_read(body: bytes) -> None:
    kind, _ = form([], ("file", "a.jpg", b""), [])
    with pytest.raises(FormError):
        asyncio.run(read(arriving([body]), kind))


def test_much_beside_the_file() -> None:
    small = [(f"f{number}", "x" * 9_000) for number in range(90)]
    kind, body = form(small, ("file", "a.jpg", bytes(2 * OVERHEAD)), [])
    assert len(asyncio.run(read(arriving([body]), kind))[1]) == 2 * OVERHEAD, "which itself is no overhead"

    _, body = form([], ("other", "b.jpg", bytes(OVERHEAD)), [])
    with pytest.raises(FormTooLargeError):
        asyncio.run(read(arriving([body]), kind))


@pytest.mark.parametrize("fields", [[("note", "x" * 10_001)], [(f"f{number}", "x") for number in range(101)]])
def test_a_field_too_long_or_too_many(fields: list[tuple[str, str]]) -> None:
    kind, body = form(fields, ("file", "a.jpg", b"photo"), [])
    with pytest.raises(FormError):
        asyncio.run(read(arriving([body]), kind))
