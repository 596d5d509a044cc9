"""How long the dedupe table of five million assets takes to answer: `python -m bench dedupe`.

The table is filled by one statement, in the order of its index; the lookup is the product's own.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

ROWS = 5_000_000
LOOKUPS = 1000
MANY = 1000  # files asked about together
FILL = {
    "sqlite": f"""
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ROWS})
        INSERT INTO uploads_knownasset (account_id, sha1, asset_id, seen_at)
        SELECT ACCOUNT, printf('%010x', n) || lower(hex(randomblob(15))), lower(hex(randomblob(16))), '2026-01-01'
        FROM numbers""",
    "postgresql": f"""
        INSERT INTO uploads_knownasset (account_id, sha1, asset_id, seen_at)
        SELECT ACCOUNT, lpad(to_hex(n), 10, '0') || left(md5(random()::text), 30), gen_random_uuid(), now()
        FROM generate_series(1, {ROWS}) AS n""",
}
# What PostgreSQL does by itself some time later, which must not be in the middle of the measurement.
TIDY = {"sqlite": "ANALYZE uploads_knownasset", "postgresql": "VACUUM ANALYZE uploads_knownasset"}


def main() -> None:
    from immichdrop.models import ImmichAccount
    from uploads.models import KnownAsset, Upload

    call_command("migrate", verbosity=0)
    account = ImmichAccount.objects.environment()
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(FILL[connection.vendor].replace("ACCOUNT", str(account.pk)))
        cursor.execute(TIDY[connection.vendor])
    print(f"{connection.vendor}: {KnownAsset.objects.count():,} rows made in {time.perf_counter() - start:.0f} s")
    ids = random.sample(range(1, ROWS), LOOKUPS)
    known = list(KnownAsset.objects.filter(pk__in=ids).values_list("sha1", flat=True))
    assert len(known) == LOOKUPS
    sums = [*known[: MANY // 2], *(f"{random.getrandbits(160):040x}" for _ in range(MANY // 2))]
    uploads = [Upload(account=account, filename="photo.jpg", size=1, offset=1, sha1=sha1) for sha1 in sums]
    Upload.objects.bulk_create(uploads)

    there = {upload.pk for upload in uploads[: MANY // 2]}

    def look_up(count: int) -> float:
        """Milliseconds of one question about so many files."""
        chosen = {upload.pk for upload in random.sample(uploads, count)}
        asked = Upload.objects.filter(pk__in=chosen)
        start = time.perf_counter()
        found = asked.probably_known(count)
        took = (time.perf_counter() - start) * 1000
        assert set(found) == chosen & there
        return took

    def nothing() -> float:
        """Milliseconds of a question that costs the database nothing: the way there and back, on this machine now."""
        start = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        return (time.perf_counter() - start) * 1000

    _say("nothing (twice per lookup)", [nothing() for _ in range(LOOKUPS)], "")
    _say("one file", [look_up(1) for _ in range(LOOKUPS)], "limit 2 ms")
    _say(f"{MANY} files together", [look_up(MANY) for _ in range(50)], "")


def _say(title: str, took: list[float], limit: str) -> None:
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"  {title:<40} median {statistics.median(took):.2f} ms, p95 {p95:.2f} ms   {limit}", flush=True)


def measure() -> None:
    """On SQLite, and on PostgreSQL where it answers, each in a process of its own."""
    import subprocess

    from bench.databases import scratch_postgres

    with tempfile.TemporaryDirectory(prefix="immich-drop-bench-") as folder, scratch_postgres() as postgres:
        for address in filter(None, [f"sqlite:///{Path(folder) / 'dedupe.sqlite3'}", postgres]):
            environment = {
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "immichdrop.settings",
                "DATA_DIR": folder,
                "DATABASE_URL": address,
            }
            subprocess.run([sys.executable, "-m", "bench.dedupe"], env=environment, check=True)


if __name__ == "__main__":
    django.setup()
    main()
