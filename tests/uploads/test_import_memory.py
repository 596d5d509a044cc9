"""A large `state.db` takes no more memory than a small one."""

import tracemalloc
from pathlib import Path

import pytest

from tests.uploads.old_state import OldState, asset, sha1
from uploads.importing import import_state

MOST = 5_000_000  # bytes; a batch takes 1.7 MB, all rows at once many times as much


@pytest.mark.django_db
def test_rows_are_held_a_batch_at_a_time(tmp_path: Path) -> None:
    old = OldState(tmp_path / "state.db")
    old.add("uploads", *({"checksum": sha1(n), "immich_asset_id": asset(n)} for n in range(20_000)))
    tracemalloc.start()
    try:
        report = import_state(old.path, dry_run=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.tables["uploads"].added == 20_000
    assert peak < MOST
