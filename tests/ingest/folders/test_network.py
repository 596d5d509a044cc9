"""At home and on the road: which address is asked, and what happens when it goes away."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from django.db import connections
from pytest_django import Settings

from immichdrop.sandbox import Sandbox, running
from immichdrop.sandbox.faults import Hits
from ingest.folders.models import SyncedFile, SyncFolder
from tests.ingest.folders.conftest import Folder, in_album, names
from tests.serving import eventually


@pytest.fixture
def road(sandbox: Sandbox, settings: Settings, tmp_path: Path) -> Iterator[Sandbox]:
    """The same Immich by another address."""
    with running(tmp_path / "road") as other:
        own = other._store, other._server
        other.stop()
        other._store, other._server = sandbox._store, sandbox._server
        other.start()
        settings.IMMICH_ADDRESSES["IMMICH_EXTERNAL_URL"] = other.url
        yield other
        other.stop()
        other._store, other._server = own


def test_the_local_address_is_asked_first(folder: Folder, sandbox: Sandbox, road: Sandbox) -> None:
    folder.add("a.jpg", 1)
    ran = folder.sync()
    assert ran.events[0]["address"] == sandbox.url
    assert (len(names(sandbox)), road.requests) == (1, [])


def test_the_external_address_is_asked_where_the_local_one_is_not_immich(
    folder: Folder, sandbox: Sandbox, road: Sandbox, settings: Settings, web: str
) -> None:
    """A router's page answers at home's address, with a 200 that is no JSON."""
    folder.add("a.jpg", 1)
    settings.IMMICH_ADDRESSES["IMMICH_LOCAL_URL"] = web
    assert folder.sync().events[0]["address"] == road.url


def test_both_away_is_75_and_nothing_is_noted(folder: Folder, sandbox: Sandbox, road: Sandbox) -> None:
    folder.add("a.jpg", 1)
    sandbox.stop()
    road.stop()

    ran = folder.sync()

    assert ran.code == 75
    assert "can't be reached" in ran.error
    assert sandbox.url in ran.error
    assert road.url in ran.error
    assert [each["event"] for each in ran.events] == ["error"]
    assert not SyncFolder.objects.exists()


def test_addresses_that_change_places_in_the_middle(folder: Folder, sandbox: Sandbox, road: Sandbox) -> None:
    """Away from home after three files, and home again after three more."""
    for number in range(24):
        folder.add(f"{number}.jpg", number)
    sandbox.faults.latency = road.faults.latency = 0.02

    def change() -> None:
        eventually(lambda: uploads(sandbox) >= 3, "three files at home")
        sandbox.faults.down = True
        eventually(lambda: uploads(road) >= 3, "three files on the road")
        sandbox.faults.down, road.faults.down = False, True

    changing = threading.Thread(target=change)
    changing.start()
    ran = folder.sync("--album", "A", "--concurrency", 1)
    changing.join()

    assert (ran.code, len(names(sandbox))) == (0, 24)
    assert in_album(sandbox, "A") == names(sandbox)
    assert (uploads(sandbox), uploads(road)) > (3, 3)


def test_what_was_confirmed_stays_noted_when_both_go_away(folder: Folder, sandbox: Sandbox) -> None:
    for number in range(80):
        folder.add(f"{number}.jpg", number)
    sandbox.faults.latency = 0.01

    def leave() -> None:
        eventually(lambda: uploads(sandbox) >= 5, "five files")
        sandbox.faults.down = True

    leaving = threading.Thread(target=leave)
    leaving.start()
    ran = folder.sync("--concurrency", 1)
    leaving.join()
    sandbox.faults.clear()

    assert (ran.code, folder.last.last_outcome) == (75, "no_server")
    assert "failed" not in set(SyncedFile.objects.values_list("state", flat=True))
    assert folder.sync("--album", "A").code == 0
    assert len(names(sandbox)) == 80
    assert in_album(sandbox, "A") == names(sandbox)


def test_an_immich_that_stays_in_trouble_is_told_and_the_next_run_goes_on(folder: Folder, sandbox: Sandbox) -> None:
    """It answers the question by which a run finds out what to send with 500, again and again."""
    folder.add("a.jpg", 1)
    sandbox.faults.status = 500
    sandbox.faults.error_before = Hits(on=("POST /api/assets/bulk-upload-check",))
    ran = folder.sync()
    sandbox.faults.clear()

    assert (ran.code, folder.last.last_outcome) == (1, "some_failed")
    assert "Immich is in trouble" in ran.end["message"]
    assert folder.sync().outcomes == {"a.jpg": "sent"}


def test_a_watch_outlives_an_immich_that_goes_away(folder: Folder, sandbox: Sandbox) -> None:
    """Away while files are sent, away when others come, and back: all arrive, each once, also in the album."""
    for number in range(20):
        folder.add(f"{number}.jpg", number)
    sandbox.faults.latency = 0.02
    ended = threading.Event()

    def leave_and_return() -> None:
        try:
            eventually(lambda: len(names(sandbox)) >= 3, "the first files")
            sandbox.faults.down = True
            eventually(lambda: last_outcome() == "no_server", "the run that gave up")
            folder.add("meanwhile.jpg", 90)
            before = len(sandbox.requests)
            eventually(lambda: len(sandbox.requests) > before + 2, "asking again")
            assert last_outcome() == "no_server"
            sandbox.faults.clear()
            eventually(lambda: len(in_album(sandbox, "A")) == 21, "all of them")
            folder.add("later.jpg", 91)
            eventually(lambda: len(in_album(sandbox, "A")) == 22, "one more")
        finally:
            if not ended.is_set():
                os.kill(os.getpid(), signal.SIGTERM)
            connections.close_all()

    def last_outcome() -> str:
        return SyncFolder.objects.get().last_outcome

    leaving = threading.Thread(target=leave_and_return)
    leaving.start()
    ran = folder.sync("--watch", "--interval", 0.3, "--settle", 0.1, "--album", "A", "--concurrency", 1)
    ended.set()
    leaving.join()

    assert ran.code == 0
    assert any("asked again" in each.get("text", "") for each in ran.events)
    assert in_album(sandbox, "A") == names(sandbox)
    assert len(names(sandbox)) == 22
    assert set(SyncedFile.objects.values_list("state", flat=True)) <= {"sent", "duplicate"}


@pytest.mark.parametrize("status", [200, 302, 401, 405])
def test_somebody_else_s_router_at_home_s_address(
    folder: Folder, sandbox: Sandbox, road: Sandbox, settings: Settings, status: int
) -> None:
    """Another network has it too, and what answers there says nothing of a file."""
    for number in range(8):
        folder.add(f"{number}.jpg", number)
    with _changing_network(sandbox.url, 3, status) as address:
        settings.IMMICH_ADDRESSES["IMMICH_LOCAL_URL"] = address
        ran = folder.sync("--concurrency", 1)

    assert (ran.code, set(ran.outcomes.values())) == (0, {"sent"})
    assert (len(names(sandbox)), uploads(road)) == (8, 5)


def test_a_proxy_s_limit_on_the_road_is_none_at_home(folder: Folder, sandbox: Sandbox, road: Sandbox) -> None:
    folder.add("a.jpg", 1)
    sandbox.faults.down = True
    road.faults.status, road.faults.error_before = 413, Hits(on=("POST /api/assets",))
    limited = folder.sync()
    sandbox.faults.clear()

    assert (limited.code, limited.outcomes) == (1, {"a.jpg": "failed"})
    assert folder.sync().outcomes == {"a.jpg": "sent"}


@contextmanager
def _changing_network(immich: str, files: int, status: int) -> Iterator[str]:
    """An address that leads to an Immich until so many files went there, and then to a page with this status."""
    taken = 0

    class Way(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            nonlocal taken
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if taken >= files:
                self._answer(status, "text/html", b"<html>router</html>")
                return
            headers = {name: text for name, text in self.headers.items() if name not in ("Host", "Connection")}
            said = requests.request(self.command, f"{immich}{self.path}", headers=headers, data=body, timeout=5)
            taken += (self.command, self.path) == ("POST", "/api/assets")
            self._answer(said.status_code, said.headers["Content-Type"], said.content)

        do_GET = do_POST = do_PUT = handle_one  # noqa: N815

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Way) as server:
        threading.Thread(target=partial(server.serve_forever, 0.01), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def uploads(server: Sandbox) -> int:
    return sum((each.method, each.path) == ("POST", "/api/assets") for each in server.requests)
