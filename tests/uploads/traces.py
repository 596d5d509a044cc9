"""What an upload leaves on the server: its row and its file."""

import hashlib
import uuid

from uploads import spool
from uploads.models import Upload


def row(upload_id: str) -> Upload:
    return Upload.objects.get(pk=upload_id)


def content(upload_id: str) -> bytes:
    return spool.default().path(uuid.UUID(upload_id)).read_bytes()


def spool_files() -> list[str]:
    return sorted(path.name for path in spool.default().root.iterdir())


def assert_no_trace() -> None:
    assert list(Upload.objects.all()) == []
    assert spool_files() == []


def assert_received(upload_id: str, file: bytes, *, summed: bool = True) -> None:
    """The whole file is here, and the row says so. `summed`: one process saw all of it pass, and knows its SHA-1."""
    upload = row(upload_id)
    assert (upload.status, upload.offset) == (Upload.Status.RECEIVED, len(file))
    assert upload.sha1 == (hashlib.sha1(file).hexdigest() if summed else "")
    assert upload.received_at is not None
    assert content(upload_id) == file
