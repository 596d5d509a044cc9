"""A large upload passes through client and sandbox without being held."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

from immichdrop.immich import AssetUpload, Immich
from immichdrop.sandbox import running
from tests.contract.conftest import TAKEN

SIZE = 96 * 1024 * 1024
LIMIT = 16 * 1024 * 1024


class Zeros(io.RawIOBase):
    """A file without end, from no disk."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        buffer[:] = bytes(len(buffer))
        return len(buffer)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    with running(tmp_path) as sandbox:
        client = Immich(sandbox.url, sandbox.api_key)
        client.ping()
        upload = AssetUpload("clip.mp4", SIZE, lambda: Zeros(), TAKEN, TAKEN)  # type: ignore[arg-type, return-value]
        tracemalloc.start()
        try:
            client.upload(upload)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        (asset,) = sandbox.assets()

    assert asset.size == SIZE
    assert peak < LIMIT
