"""Runs every test: all of them on SQLite, and those that ask the tests' database on PostgreSQL where one answers.

It goes three ways at once: browsers; all the rest on SQLite; and what is left on PostgreSQL, with the killed processes
and the image after it. None keeps a core busy by itself: half of the time it waits, for a disk, a socket, or the other
side of a test. What the first prints is seen at once, that of the others when they have ended.

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
from dataclasses import dataclass
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


@dataclass
class Leg:
    """The tests with these marks, in a process of their own."""

    title: str
    marks: str
    environment: dict[str, str]

    def run(self, log: IO[bytes] | None = None) -> bool:
        """Whether they passed. What they print goes to `log`, or is seen at once."""
        heading = f"\n=== {self.title}\n"
        if log is None:
            print(heading, end="", flush=True)
        else:
            log.write(heading.encode())
            log.flush()
        command = [sys.executable, "-m", "pytest", "-m", self.marks, *sys.argv[1:]]
        environment = {**os.environ, **self.environment}
        return not subprocess.run(command, env=environment, stdout=log, stderr=log, check=False).returncode


def in_turn(legs: list[Leg], log: IO[bytes] | None = None) -> bool:
    """Whether all passed; each is run, whatever came of the one before."""
    passed = [leg.run(log) for leg in legs]
    return all(passed)


def main() -> int:
    missing = [url for url in (POSTGRES, REDIS) if not answers(url)]
    if missing and MUST:
        print("In CI PostgreSQL and Redis must answer, and do not: " + ", ".join(missing))
        return 1
    servers = {"TEST_REDIS_URL": REDIS} if REDIS not in missing else {}
    if POSTGRES not in missing:
        servers["TEST_DATABASE_URL"] = POSTGRES
    browsers = [Leg("Browsers, on SQLite", "browser", servers)]
    rest = [Leg("SQLite", "not (browser or kill or image)", servers)]
    last = [Leg("Kills and the image, on SQLite", "(kill or image) and not browser", servers)]
    if POSTGRES not in missing:
        last.insert(0, Leg("PostgreSQL", "not (browser or kill or image)", {"DATABASE_URL": POSTGRES}))

    with ThreadPoolExecutor(2) as pool, tempfile.TemporaryFile() as one, tempfile.TemporaryFile() as other:
        beside = [pool.submit(in_turn, legs, log) for legs, log in ((rest, one), (last, other))]
        passed = in_turn(browsers)
        for ended, log in zip(beside, (one, other), strict=True):
            passed &= ended.result()
            log.seek(0)
            shutil.copyfileobj(log, sys.stdout.buffer)
            sys.stdout.flush()
    for url in missing:
        print(f"Left out, since nothing answers there: {url}")
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
