"""What a lane has in hand: the uploads whose leases it holds and renews."""

import threading
import uuid
from collections.abc import Iterable

from uploads.models import Upload


class Hand:
    """Used by all threads of a lane. What is let go is renewed no more, and taken over when its lease ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uploads: dict[uuid.UUID, Upload] = {}
        self._senders: dict[tuple[int, str], uuid.UUID] = {}

    def __len__(self) -> int:
        with self._lock:
            return len(self._uploads)

    def uploads(self) -> list[Upload]:
        with self._lock:
            return list(self._uploads.values())

    def take(self, uploads: Iterable[Upload]) -> None:
        with self._lock:
            self._uploads |= {upload.pk: upload for upload in uploads}

    def let_go(self, uploads: Iterable[Upload]) -> None:
        with self._lock:
            for upload in uploads:
                held = self._uploads.get(upload.pk)
                if held is None or held.lease_owner not in ("", upload.lease_owner):
                    continue  # claimed anew meanwhile, after the old lease ran out
                del self._uploads[upload.pk]
                if self._senders.get(_content(upload)) == upload.pk:
                    del self._senders[_content(upload)]

    def alone(self, upload: Upload) -> bool:
        """Whether no other upload in hand brings the same bytes; from then on this one does."""
        with self._lock:
            return self._senders.setdefault(_content(upload), upload.pk) == upload.pk


def _content(upload: Upload) -> tuple[int, str]:
    return upload.account_id, upload.sha1
