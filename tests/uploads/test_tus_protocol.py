"""tus headers: whatever a stranger writes is either understood or refused with words, never an accident."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.guest import metadata
from uploads import tus_protocol
from uploads.admission import Offer
from uploads.tus_protocol import TusError

KEYS = st.text(st.characters(codec="ascii", exclude_characters=", ", categories=["L", "N", "P"]), min_size=1)
VALUES = st.text(st.characters(codec="utf-8"))
P = ParamSpec("P")
T = TypeVar("T")


def result_of(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | TusError:
    """What a call gives, or the refusal it ends with."""
    try:
        return call(*args, **kwargs)
    except TusError as error:
        return error


@given(st.dictionaries(KEYS, VALUES))
def test_metadata_there_and_back(said: dict[str, str]) -> None:
    assert tus_protocol.parse_metadata(metadata(**said)) == said


@given(st.dictionaries(KEYS, VALUES, min_size=1))
def test_spaces_between_pairs_do_not_matter(said: dict[str, str]) -> None:
    assert tus_protocol.parse_metadata(metadata(**said).replace(",", " ,  ") + " ,") == said


@given(st.text(st.characters(codec="latin-1")))
def test_any_metadata_is_read_or_refused(header: str) -> None:
    read = result_of(tus_protocol.parse_metadata, header)
    if isinstance(read, TusError):
        assert (read.status, read.code) == (400, "bad_metadata")
        assert "Upload-Metadata" in read.detail
    else:
        assert all(key and "," not in key for key in read)


def test_a_value_may_be_absent() -> None:
    assert tus_protocol.parse_metadata("filename YQ==,is_confidential,empty ") == {
        "filename": "a",
        "is_confidential": "",
        "empty": "",
    }


@given(st.text(st.characters(codec="latin-1")))
def test_any_count_is_a_number_or_refused(value: str) -> None:
    read = result_of(tus_protocol.count, {"upload-length": value}, "Upload-Length")
    if isinstance(read, TusError):
        assert read.status == 400
        assert read.detail.startswith("Upload-Length")
    else:
        assert 0 <= read < 10**18


@given(st.integers(0, 10**18 - 1))
def test_numbers_are_read_as_they_are(number: int) -> None:
    assert tus_protocol.count({"upload-offset": str(number)}, "Upload-Offset") == number


def offer_of(**said: str) -> Offer:
    headers = {
        "upload-length": "5",
        "upload-metadata": metadata(**{"filename": "a.jpg", **said}),
        "user-agent": "x" * 999,
    }
    return tus_protocol.parse_offer(headers, "10.0.0.1")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "filename": VALUES.map("a{}.jpg".format),
            **dict.fromkeys(("filetype", "invite", "guest_name", "guest_message", "else"), VALUES),
            "key": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=100),
        },
    )
)
def test_any_offer_fits_the_database(said: dict[str, str]) -> None:
    offer = offer_of(**said)
    limits = {"filename": 255, "media_type": 100, "key": 100, "guest_name": 80, "guest_message": 500, "user_agent": 300}
    for name, longest in limits.items():
        assert len(getattr(offer, name)) <= longest, name
        assert "\0" not in getattr(offer, name), name
    assert "\0" not in offer.invite
    assert "\n" not in offer.guest_name + offer.media_type


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - made aware by timezones
def test_last_modified_to_the_millisecond(moment: datetime) -> None:
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    read = offer_of(lastModified=str(milliseconds)).last_modified
    assert read is not None
    assert abs(read - moment) < timedelta(milliseconds=2)


@pytest.mark.parametrize("sent", ["", "9" * 15, "-" + "9" * 15])
def test_last_modified_may_be_unknown(sent: str) -> None:
    assert offer_of(lastModified=sent).last_modified is None


@given(st.integers(0, 50), st.none() | st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_piece_has_one_place(offset: int, length: int | None, size: int, at: int) -> None:
    refused = result_of(tus_protocol.check_place, offset, length, size, at)
    if offset != at:
        assert refused is not None
        assert (refused.status, refused.headers) == (409, {"Upload-Offset": str(at)})
    elif length is not None and offset + length > size:
        assert refused is not None
        assert refused.status == 413
    else:
        assert refused is None


def test_only_this_version() -> None:
    tus_protocol.check_version({"tus-resumable": "1.0.0"})
    for headers in ({}, {"tus-resumable": "1.0"}, {"tus-resumable": "2.0.0"}):
        with pytest.raises(TusError) as refused:
            tus_protocol.check_version(headers)
        assert (refused.value.status, refused.value.headers) == (412, {"Tus-Version": "1.0.0"})


@pytest.mark.parametrize("written", ["application/offset+octet-stream", "Application/Offset+Octet-Stream; charset=x"])
def test_the_one_content_type(written: str) -> None:
    tus_protocol.check_body_type({"content-type": written})


@given(st.binary(max_size=50))
def test_base64_is_taken_as_bytes_of_utf8_only(raw: bytes) -> None:
    header = f"filename {base64.b64encode(raw).decode()}"
    try:
        expected = raw.decode()
    except UnicodeDecodeError:
        with pytest.raises(TusError):
            tus_protocol.parse_metadata(header)
    else:
        assert tus_protocol.parse_metadata(header) == {"filename": expected}
