"""A file in base64 inside JSON, read piece by piece, however it is cut and wherever its fields stand."""

import asyncio
import base64
import json
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immichdrop.asgi_types import Message
from ingest.shortcuts.base64_body import Base64Body, Base64Error, JsonError
from uploads.exchange import AnswerError


def read(body: bytes, length: int = 1 << 16) -> tuple[bytes, Mapping[str, object], str]:
    """The file, the rest, and the type that a `data:` address names; `length` bytes come at a time."""
    pieces = [body[at : at + length] for at in range(0, len(body), length)] or [b""]
    messages: Iterator[Message] = iter(
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    )

    async def receive() -> Message:
        return next(messages)

    async def everything() -> tuple[bytes, Mapping[str, object], str]:
        read_ = Base64Body(receive)
        file = bytearray()
        more = True
        while more:
            message = await read_.receive()
            file += message["body"]
            more = message["more_body"]
        return bytes(file), await read_.fields(), read_.media_type

    return asyncio.run(everything())


NAMES = st.text(max_size=5).filter(lambda name: name != "data")
NO_BASE64 = r"abc a ab=c QUJD=QUJD QUI=QUJD QÜJD QU-_ QUJD* data:image/png data:text/plain,QUJD Q\uD800".split()
NO_JSON = ["", "[1]", "data=QUJD", '{"data": "QUJD"', '{"data": "QUJD', '{"data": "QUJD" "x": 1}', '{"data": "QUJD"}}']


@given(
    content=st.binary(max_size=200),
    before=st.dictionaries(st.text(max_size=5).filter(lambda key: key != "data"), st.text(max_size=8), max_size=2),
    after=st.dictionaries(
        st.text(max_size=5).filter(lambda key: key != "data"), st.none() | st.lists(st.text(max_size=3))
    ),
    length=st.integers(1, 40),
    slashes=st.booleans(),
    spaces=st.sampled_from([None, 1]),
    head=st.sampled_from(["", "data:image/png;base64,", " \n"]),
)
def test_it_is_what_was_sent(
    content: bytes,
    before: dict[str, str],
    after: dict[str, object],
    length: int,
    slashes: bool,
    spaces: int | None,
    head: str,
) -> None:
    text = head + base64.encodebytes(content).decode()
    said = {**before, "data": text, **{key: value for key, value in after.items() if key not in before}}
    body = json.dumps(said, indent=spaces)
    if slashes:
        body = body.replace("/", "\\/")
    file, fields, media_type = read(body.encode(), length)
    assert file == content
    assert fields == {**said, "data": ""}
    assert media_type == ("image/png" if head.startswith("data:") else "")


@pytest.mark.parametrize("length", [1, 7, 1000])
@pytest.mark.parametrize("text", NO_BASE64)
def test_what_is_no_base64(text: str, length: int) -> None:
    with pytest.raises(Base64Error):
        read(f'{{"data": "{text}"}}'.encode(), length)


@pytest.mark.parametrize("body", NO_JSON)
def test_what_is_no_json(body: str) -> None:
    with pytest.raises(JsonError):
        read(body.encode(), 3)


def test_only_the_outermost_data_is_the_file() -> None:
    file, fields, _ = read(b'{"x": {"data": "no"}, "y": ["data", "no"], "data" : "QUJD", "z": "data"}', 4)
    assert file == b"ABC"
    assert fields == {"x": {"data": "no"}, "y": ["data", "no"], "data": "", "z": "data"}


def test_no_more_than_the_file_may_be_large() -> None:
    for body in (b'{"data": "QUJD", "x": "' + b"a" * 1_100_000, b"a" * 1_100_000, b'{"x": "' + b"a" * 1_100_000):
        with pytest.raises(AnswerError) as raised:
            read(body)
        assert raised.value.status == 413
