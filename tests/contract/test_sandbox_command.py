"""`manage.py sandbox`: started, introduced, stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from immichdrop.immich import Immich, QuotaExceeded, Unavailable, login
from tests.contract.conftest import upload_of

ROOT = Path(__file__).parents[2]


@contextmanager
def command(directory: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    arguments = [sys.executable, "manage.py", "sandbox", "--port", "0", "--dir", str(directory), *options]
    environment = os.environ | {"DATA_DIR": str(directory / "unused")}
    process = subprocess.Popen(
        arguments, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def introduction(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    return dict(json.loads(process.stdout.readline()))


def test_speaks_until_stopped(tmp_path: Path) -> None:
    with command(tmp_path, "--json", "--api", "2", "--password", "swordfish") as process:
        facts = introduction(process)
        client = Immich(facts["url"], facts["api_key"])
        assert client.version().major == 2
        client.upload(upload_of(b"kept"))
        assert login(facts["url"], facts["email"], "swordfish").user.is_admin

        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    with pytest.raises(Unavailable):
        client.ping()


def test_plain_lines_for_people(tmp_path: Path) -> None:
    with command(tmp_path, "--quota", "10") as process:
        assert process.stdout is not None
        lines = dict(process.stdout.readline().split(maxsplit=1) for _ in range(2))
        assert lines["Address:"].startswith("http://127.0.0.1:")

        process.send_signal(signal.SIGINT)

        assert process.wait(10) == 0


def test_options_reach_the_sandbox(tmp_path: Path) -> None:
    with command(tmp_path, "--json", "--quota", "10", "--latency", "0.01") as process:
        facts = introduction(process)
        with pytest.raises(QuotaExceeded):
            Immich(facts["url"], facts["api_key"]).upload(upload_of(b"more than ten"))
    with command(tmp_path, "--json", "--down") as process:
        again = introduction(process)
        assert again["api_key"] == facts["api_key"]
        assert again["password"] == facts["password"]
        with pytest.raises(Unavailable):
            Immich(again["url"], again["api_key"]).ping()


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with command(tmp_path, "--port", port) as process:
            output, errors = process.communicate(timeout=20)

    assert process.returncode == 1
    assert output == ""
    assert errors.strip().splitlines() == [f"CommandError: Can't listen on 127.0.0.1:{port}: Address already in use"]


def test_faults_can_be_there_from_the_start(tmp_path: Path) -> None:
    with command(tmp_path, "--json", "--faults", '{"error_before": {"count": 1}, "status": 429}') as process:
        client = Immich(introduction(process)["url"], "key")
        with pytest.raises(Unavailable) as failed:
            client.ping()
        client.ping()

    assert failed.value.status == 429


def test_a_fault_there_is_not_is_one_clear_line(tmp_path: Path) -> None:
    with command(tmp_path, "--faults", '{"fire": true}') as process:
        _, errors = process.communicate(timeout=20)

    assert process.returncode != 0
    assert "There is no fault called 'fire'" in errors
