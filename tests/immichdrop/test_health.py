"""Whether it serves, and whether what it stands on works: Immich's absence is no reason to stop receiving."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import Error, InterfaceError, OperationalError, connection
from django.test import Client

from immichdrop.sandbox import Sandbox
from tests.serving import free_port

pytestmark = pytest.mark.django_db


def test_healthz_answers(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert client.post("/healthz").status_code == 405


def test_all_is_well(client: Client, sandbox: Sandbox) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    body = answer.json()
    assert body["ok"] is body["database"]["ok"] is body["spool"]["ok"] is body["immich"]["ok"] is True


def test_without_immich_it_is_ready_and_says_so(client: Client, settings: LazySettings) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["immich"] == {"ok": False, "detail": "IMMICH_BASE_URL is not set."}


def test_an_immich_that_is_down_is_told_without_its_address(client: Client, settings: LazySettings) -> None:
    settings.IMMICH_BASE_URL = f"http://127.0.0.1:{free_port()}"
    settings.IMMICH_API_KEY = "a-key-nobody-sees"
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    assert answer.json()["immich"]["ok"] is False
    assert "127.0.0.1" not in answer.content.decode()
    assert "a-key-nobody-sees" not in answer.content.decode()


def test_a_spool_that_can_not_be_written_is_503(client: Client, settings: LazySettings, tmp_path: Path) -> None:
    settings.SPOOL_DIR = tmp_path / "gone"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    body = answer.json()
    assert (body["ok"], body["spool"]["ok"], body["database"]["ok"]) == (False, False, True)
    assert str(tmp_path) not in answer.content.decode()


def test_a_full_disk_still_serves(client: Client, settings: LazySettings) -> None:
    settings.SPOOL_FREE_MB = 1_000_000_000
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "nearly full" in answer.json()["spool"]["detail"]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_does_not_answer_is_503(client: Client, error: type[Error]) -> None:
    def gone(*_: object) -> None:
        raise error("server closed the connection of user drop")

    with connection.execute_wrapper(gone):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    body = answer.json()
    assert (body["ok"], body["database"]["ok"], body["spool"]["ok"]) == (False, False, True)
    assert "drop" not in body["database"]["detail"]


def test_the_probe_leaves_nothing_behind(client: Client, settings: LazySettings) -> None:
    before = sorted(settings.SPOOL_DIR.iterdir())
    client.get("/readyz")
    assert sorted(settings.SPOOL_DIR.iterdir()) == before
