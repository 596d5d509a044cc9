"""tus 1.0.0 on paper: its headers, read and written. No disk, no database, no network.

Source: the tus resumable upload protocol 1.0.0 (https://tus.io/protocols/resumable-upload).
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from invites.refusals import Refusal
from uploads import names
from uploads.admission import Offer
from uploads.exchange import AnswerError
from uploads.receiving import Checksum

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination,checksum"
CHECKSUMS = ("sha1", "sha256")
OVERRIDABLE = ("PATCH", "HEAD", "DELETE")
CONTENT_TYPE = "application/offset+octet-stream"
MAX_KEY = 100
_COUNT = re.compile(r"\d{1,18}")
_FIELD = re.compile(r"[^\s,]+")


class TusError(AnswerError):
    """An answer that ends a tus request."""


def bad(detail: str) -> TusError:
    return TusError(400, Refusal.BAD_METADATA.value, detail)


def check_version(headers: Mapping[str, str]) -> None:
    if headers.get("tus-resumable") != VERSION:
        raise TusError(
            412,
            "unsupported_version",
            f"Tus-Resumable: send {VERSION}.",
            {"Tus-Version": VERSION},
        )


def count(headers: Mapping[str, str], name: str) -> int:
    """A header that holds a number of bytes."""
    value = headers.get(name.lower())
    if value is None:
        raise bad(f"{name}: this header is missing.")
    if not _COUNT.fullmatch(value):
        raise bad(f"{name}: {value[:40]!r} is not a number of bytes.")
    return int(value)


def body_length(headers: Mapping[str, str]) -> int | None:
    """Content-Length in bytes; None for a body of unknown length."""
    return count(headers, "Content-Length") if "content-length" in headers else None


def check_place(offset: int, length: int | None, size: int, at: int) -> None:
    """Whether a body of `length` bytes (None: unknown) for `offset` fits a file of `size` of which `at` bytes came."""
    if offset != at:
        raise TusError(409, "offset_mismatch", f"Upload-Offset: the server has {at} bytes.", {"Upload-Offset": str(at)})
    if length is not None and offset + length > size:
        raise TusError(413, "too_long", "The body goes beyond Upload-Length.")


def check_body_type(headers: Mapping[str, str]) -> None:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise TusError(415, "wrong_content_type", f"Content-Type: send {CONTENT_TYPE}.")


def method_of(method: str, headers: Mapping[str, str]) -> str:
    """What a request wants: clients that can't send every method put the real one into a header of a POST."""
    wanted = headers.get("x-http-method-override", "").upper()
    return wanted if method == "POST" and wanted in OVERRIDABLE else method


def parse_checksum(headers: Mapping[str, str]) -> Checksum | None:
    """`Upload-Checksum`: an algorithm and the body's base64 digest."""
    if "upload-checksum" not in headers:
        return None
    algorithm, _, encoded = headers["upload-checksum"].strip().partition(" ")
    if algorithm not in CHECKSUMS:
        raise bad(f"Upload-Checksum: the algorithm must be one of {', '.join(CHECKSUMS)}.")
    try:
        checksum = Checksum(algorithm, base64.b64decode(encoded.strip(), validate=True))
    except ValueError:
        raise bad("Upload-Checksum: the digest is not base64.") from None
    if len(checksum.expected) != checksum.digest.digest_size:
        raise bad(f"Upload-Checksum: the digest has not the length of {algorithm}.")
    return checksum


def parse_metadata(header: str) -> dict[str, str]:
    """`Upload-Metadata`: pairs of a key and a base64 value, separated by commas; a value may be absent."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, encoded = pair.partition(" ")
        if not _FIELD.fullmatch(key) or key in found:
            raise bad("Upload-Metadata: every key once, without spaces or commas.")
        try:
            found[key] = base64.b64decode(encoded.strip(), validate=True).decode()
        except ValueError:  # not base64, or not of UTF-8
            raise bad(f"Upload-Metadata: the value of {key[:40]} is not base64 of UTF-8.") from None
    return found


def parse_offer(headers: Mapping[str, str], client_address: str) -> Offer:
    """The creation request's headers as an offer. Raises TusError naming the first field that is wrong."""
    if "upload-defer-length" in headers:
        raise bad("Upload-Defer-Length: the length must be known, send Upload-Length.")
    size = count(headers, "Upload-Length")
    metadata = parse_metadata(headers.get("upload-metadata", ""))
    filename = names.clean(metadata.get("filename", ""))
    if not filename:
        raise bad("Upload-Metadata: filename is missing.")
    key = metadata.get("key", "")
    if len(key) > MAX_KEY or "\0" in key:
        raise bad(f"Upload-Metadata: key may have at most {MAX_KEY} characters.")
    return Offer(
        filename=filename,
        size=size,
        invite=metadata.get("invite", "").replace("\0", ""),
        media_type=one_line(metadata.get("filetype", ""), 100),
        last_modified=moment(metadata.get("lastModified", ""), "Upload-Metadata: lastModified"),
        key=key,
        guest_name=guest_name(metadata.get("guest_name", "")),
        guest_message=guest_message(metadata.get("guest_message", "")),
        client_address=client_address,
        user_agent=one_line(headers.get("user-agent", ""), 300),
    )


def one_line(text: str, longest: int) -> str:
    """A stranger's words on one line, without what can't be shown, at most `longest` characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]


def guest_name(said: str) -> str:
    """What a guest calls themselves, as `Visit.name` keeps it."""
    return one_line(said, 80)


def guest_message(said: str) -> str:
    """What a guest writes to the host, as `Visit.message` keeps it."""
    return said.replace("\0", "").strip()[:500]


def moment(milliseconds: str, field: str) -> datetime | None:
    """`lastModified` as browsers give it: milliseconds since 1970, in UTC. `field` is what an error names."""
    if not milliseconds:
        return None
    if not re.fullmatch(r"-?\d{1,15}(\.\d+)?", milliseconds):
        raise bad(f"{field} is not a number of milliseconds.")
    try:
        return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None  # outside the calendar: the file has other dates
