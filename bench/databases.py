"""A PostgreSQL database for one measurement."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg

SERVER = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"
NAME = "immich_drop_bench"


@contextmanager
def scratch_postgres() -> Iterator[str]:
    """The address of an empty database, which is dropped afterwards; empty when no server answers."""
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        yield ""
        return
    with server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME}")
        try:
            yield urlsplit(SERVER)._replace(path=f"/{NAME}").geturl()
        finally:
            server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
