"""Each answer becomes the error that says what to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from immichdrop.immich import (
    AccessError,
    Forbidden,
    ImmichError,
    Invalid,
    NotFound,
    NotImmich,
    QuotaExceeded,
    Rejected,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from immichdrop.immich.errors import from_answer


def said(status: int, message: object, **more: object) -> ImmichError:
    return from_answer(status, json.dumps({"message": message, **more}).encode(), {})


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (408, "Request Timeout", Unavailable),
        (429, "Too many requests", Unavailable),
        (500, "Internal server error", Unavailable),
        (503, "starting", Unavailable),
        (401, "Invalid API key", Unauthorised),
        (403, "Missing required permission: asset.upload", Forbidden),
        (403, "Forbidden", Forbidden),
        (413, "too large", TooLarge),
        (400, "Quota has been exceeded!", QuotaExceeded),
        (400, "Unsupported file type a.txt", Rejected),
        (404, "Asset media not found", Rejected),
        (415, "Unsupported", Rejected),
        (400, "Not found or no asset.read access", NotFound),
        (400, "Not found or no album.read access", NotFound),
        (400, "Album not found", NotFound),
        (400, "Validation failed", Invalid),
        (400, ["deviceId must be a string"], Invalid),
    ],
)
def test_what_immich_says(status: int, message: object, kind: type[ImmichError]) -> None:
    error = said(status, message)

    assert type(error) is kind
    assert error.status == status


def test_the_tree_tells_what_to_do() -> None:
    assert issubclass(Unauthorised, AccessError)
    assert issubclass(Forbidden, AccessError)
    assert issubclass(NotImmich, Unavailable)
    assert issubclass(TooLarge, Rejected)
    assert issubclass(NotFound, Rejected)
    assert issubclass(Invalid, Rejected)
    assert not issubclass(QuotaExceeded, Rejected | AccessError | Unavailable)


def test_the_reason_is_in_immichs_words() -> None:
    error = said(400, "Validation failed", errors=[{"path": ["assets", 0, "id"], "message": "Invalid UUID"}])

    assert error.reason == "Validation failed; assets.0.id: Invalid UUID"
    assert str(error) == "400: Validation failed; assets.0.id: Invalid UUID"
    assert said(400, ["one", "two"]).reason == "one; two"


def test_long_reasons_are_cut() -> None:
    assert len(said(400, "x" * 10_000).reason) == 500


@pytest.mark.parametrize(
    ("message", "permission"),
    [("Missing required permission: albumAsset.create", "albumAsset.create"), ("Forbidden", None)],
)
def test_the_missing_permission_is_told(message: str, permission: str | None) -> None:
    error = said(403, message)

    assert isinstance(error, Forbidden)
    assert error.permission == permission


@pytest.mark.parametrize("body", [b"", b"<html>nginx</html>", b"[]", b'{"detail": "no"}', b'"text"', b"\xff"])
@pytest.mark.parametrize("status", [400, 404, 405, 411, 415])
def test_what_is_refused_without_immichs_words_means_there_is_no_immich(status: int, body: bytes) -> None:
    """A router's page, that another network has at the same address, says nothing of a file."""
    assert type(from_answer(status, body, {})) is NotImmich


@pytest.mark.parametrize(
    ("status", "kind"), [(502, Unavailable), (504, Unavailable), (413, TooLarge), (401, Unauthorised)]
)
def test_a_proxys_page_counts_by_its_status(status: int, kind: type[ImmichError]) -> None:
    error = from_answer(status, b"<html>nginx</html>", {})

    assert type(error) is kind
    assert error.reason == f"HTTP {status}"


def test_a_redirect_tells_where_to() -> None:
    error = from_answer(308, b"", {"location": "https://photos.example/api/users/me"})

    assert type(error) is NotImmich
    assert "https://photos.example" in error.reason


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("86400", 1800.0), ("9" * 30, 1800.0), ("²", None), ("7", 7.0), ("", None), ("soon", None), ("-3", None)],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    error = from_answer(503, b"", {"retry-after": value})

    assert isinstance(error, Unavailable)
    assert error.retry_after == seconds


def test_retry_after_as_a_date() -> None:
    later = datetime.now(UTC) + timedelta(minutes=5)

    error = from_answer(429, b"", {"retry-after": format_datetime(later, usegmt=True)})
    past = from_answer(429, b"", {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"})

    assert isinstance(error, Unavailable)
    assert isinstance(past, Unavailable)
    assert error.retry_after == pytest.approx(300, abs=5)
    assert past.retry_after == 0.0
