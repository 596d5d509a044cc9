"""Runs every test: all of them on SQLite, and those that share the tests' database on PostgreSQL where one answers.

What drives browsers, kills processes or builds the image goes first and alone; the two databases then side by side.

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


ALONE = "browser or kill or image"


def start(title: str, marks: str, log: IO[bytes] | None = None, **environment: str) -> subprocess.Popen[bytes]:
    if log is None:
        print(f"\n=== {title}", flush=True)
    command = [sys.executable, "-m", "pytest", "-m", marks, *sys.argv[1:]]
    return subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)


def main() -> int:
    missing = [url for url in (POSTGRES, REDIS) if not answers(url)]
    if missing and MUST:
        print("In CI PostgreSQL and Redis must answer, and do not: " + ", ".join(missing))
        return 1
    servers = {"TEST_REDIS_URL": REDIS} if REDIS not in missing else {}
    if POSTGRES not in missing:
        servers["TEST_DATABASE_URL"] = POSTGRES
    failed = start("Browsers, kills and the image, on SQLite", ALONE, **servers).wait()
    with tempfile.TemporaryFile() as log:
        other = None
        if POSTGRES not in missing:
            other = start("PostgreSQL", f"not ({ALONE})", log, DATABASE_URL=POSTGRES)
        failed |= start("SQLite", f"not ({ALONE})", **servers).wait()
        if other:
            failed |= other.wait()
            print("\n=== PostgreSQL", flush=True)
            log.seek(0)
            shutil.copyfileobj(log, sys.stdout.buffer)
            sys.stdout.flush()
    for url in missing:
        print(f"Left out, since nothing answers there: {url}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
