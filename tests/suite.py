"""Runs every test: all of them on SQLite, and those that ask the tests' database on PostgreSQL where one answers.

What drives browsers, kills processes or builds the image runs beside the rest: most of its time it waits.

`make test` calls this. In CI (`CI=true`) PostgreSQL and Redis must answer; elsewhere their tests are left out, and said
to be. `TEST_DATABASE_URL` and `TEST_REDIS_URL` name other servers than the local ones. Tests that kill processes run
with SQLite; those of them that need PostgreSQL make a database of their own at `TEST_DATABASE_URL`.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import IO
from urllib.parse import urlsplit

POSTGRES = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
REDIS = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/15"
MUST = os.environ.get("CI") == "true"


def answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2).close()
    except OSError:
        return False
    return True


APART = "browser or kill or image"


def run(title: str, marks: str, log: IO[bytes] | None = None, **environment: str) -> int:
    """The tests with these marks; their output goes to `log`, or is seen at once."""
    if log is None:
        print(f"\n=== {title}", flush=True)
    else:
        log.write(f"\n=== {title}\n".encode())
        log.flush()
    command = [sys.executable, "-m", "pytest", "-m", marks, *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, **environment}, stdout=log, stderr=log, check=False).returncode


def main() -> int:
    missing = [url for url in (POSTGRES, REDIS) if not answers(url)]
    if missing and MUST:
        print("In CI PostgreSQL and Redis must answer, and do not: " + ", ".join(missing))
        return 1
    servers = {"TEST_REDIS_URL": REDIS} if REDIS not in missing else {}
    if POSTGRES not in missing:
        servers["TEST_DATABASE_URL"] = POSTGRES

    def databases(log: IO[bytes]) -> int:
        failed = run("SQLite", f"not ({APART})", log, **servers)
        if POSTGRES not in missing:
            failed |= run("PostgreSQL", f"not ({APART})", log, DATABASE_URL=POSTGRES)
        return failed

    with tempfile.TemporaryFile() as log, ThreadPoolExecutor(1) as beside:
        others = beside.submit(databases, log)
        failed = run("Browsers, kills and the image, on SQLite", APART, **servers)
        failed |= others.result()
        log.seek(0)
        shutil.copyfileobj(log, sys.stdout.buffer)
        sys.stdout.flush()
    for url in missing:
        print(f"Left out, since nothing answers there: {url}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
