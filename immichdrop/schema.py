"""The database's tables, brought up to date where somebody may be the first to use them."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

MIGRATION_LOCK = 0x0D40A  # PostgreSQL's advisory lock of ours; any number that nobody else uses


def ensure_migrated() -> None:
    """Runs the migrations that are missing; a glance when there are none. Processes that start together take turns."""
    if _missing():
        with _one_at_a_time():
            if _missing():
                call_command("migrate", interactive=False, verbosity=0)


def _missing() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if connection.vendor != "postgresql":
        with (settings.DATA_DIR / "migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
