"""The process that `bench/folders.py` measures: `sync_folder` in itself, several times, with nothing else loaded.

Lines of JSON in, `[what, folder]`, and out, figures by name.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

PATHS = 1_000_000
OLD = 1_700_000_000  # when the files were changed, seconds since 1970

if __name__ == "__main__":
    django.setup()

    from immichdrop.models import ImmichAccount
    from immichdrop.schema import ensure_migrated
    from ingest.folders import history
    from ingest.folders.models import key_of
    from ingest.folders.walking import Seen


def _sync(folder: str) -> dict[str, float]:
    with tempfile.TemporaryFile("w+") as out:  # not in this process's memory, which is measured
        began, cpu = time.perf_counter(), time.process_time()
        call_command("sync_folder", folder, "--json", concurrency=8, stdout=out)
        took = time.perf_counter() - began
        out.seek(0)
        *_, end = out
    last = json.loads(end)
    return {
        "seconds": took,
        "sent": last["sent"],
        "unchanged": last["unchanged"],
        "cpu": time.process_time() - cpu,
        "memory": peak_memory(),
    }


def bare_walk(folder: str) -> float:
    """Seconds that it takes to look at every file, and to do nothing else."""
    began = time.perf_counter()
    for place, _, names in os.walk(folder):
        for name in names:
            os.stat(os.path.join(place, name), follow_symlinks=False)  # noqa: PTH116, PTH118
    return time.perf_counter() - began


def _compare(folder: str) -> dict[str, float]:
    return {"bare": bare_walk(folder), "ours": _sync(folder)["seconds"]}


def _walk_paths(folder: str) -> dict[str, float]:
    """A walk of so many files, simulated, over a history that knows them all."""
    ensure_migrated()
    row = history.folder_at(folder, ImmichAccount.objects.environment(), folder)

    def seen() -> Iterator[Seen]:
        for number in range(PATHS):
            yield Seen(f"{number % 1000}/a photo with a name {number}.jpg", number, OLD)

    def rows() -> Iterator[tuple[object, ...]]:
        for each in seen():
            yield row.pk, key_of(each.path), each.path, each.size, each.mtime_ns

    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.connection.executemany(
            "INSERT INTO folders_syncedfile (folder_id, path_key, path, size, mtime_ns, sha1, state, album, message,"
            " handled_at) VALUES (?, ?, ?, ?, ?, '', 'sent', '', '', '2026-01-01')",
            rows(),
        )
        cursor.execute("COMMIT")
    passed = history.Counting()
    began = time.perf_counter()
    assert list(history.changed(row, seen(), passed)) == []
    assert passed.count == PATHS
    return {"seconds": time.perf_counter() - began, "memory": peak_memory()}


def peak_memory() -> float:
    """Of this process, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1_000_000


def main() -> None:
    tasks = {"sync": _sync, "unchanged": _compare, "paths": _walk_paths}
    for line in sys.stdin:
        what, folder = json.loads(line)
        print(json.dumps(tasks[what](folder)), flush=True)


if __name__ == "__main__":
    main()
