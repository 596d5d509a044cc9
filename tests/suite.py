"""Runs every test: all of them on SQLite, and those without a browser on PostgreSQL where one answers.

`make test` calls this. In CI (`CI=true`) PostgreSQL and Redis must answer; elsewhere their tests are left out, and said
to be. `TEST_DATABASE_URL` and `TEST_REDIS_URL` name other servers than the local ones. Tests that kill processes run
with SQLite; those of them that need PostgreSQL make a database of their own at `TEST_DATABASE_URL`.
"""

import os
import socket
import subprocess
import sys
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


def run(title: str, *arguments: str, **environment: str) -> int:
    print(f"\n=== {title}", flush=True)
    command = [sys.executable, "-m", "pytest", *arguments, *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


def main() -> int:
    missing = [url for url in (POSTGRES, REDIS) if not answers(url)]
    if missing and MUST:
        print("In CI PostgreSQL and Redis must answer, and do not: " + ", ".join(missing))
        return 1
    redis = {"TEST_REDIS_URL": REDIS} if REDIS not in missing else {}
    postgres = {"TEST_DATABASE_URL": POSTGRES} if POSTGRES not in missing else {}
    failed = 0
    if POSTGRES not in missing:
        marks = "not browser and not kill and not image"
        failed |= run("PostgreSQL", "-m", marks, DATABASE_URL=POSTGRES, **redis)
    failed |= run("SQLite, with the browser", **postgres, **redis)
    for url in missing:
        print(f"Left out, since nothing answers there: {url}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
