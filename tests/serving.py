"""The product as its users meet it: a real server on a real port, in a thread or as a process of its own."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

import requests
import uvicorn

from immichdrop.asgi import application

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30.0  # seconds
T = TypeVar("T")


def eventually(look: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """What `look` gives as soon as that is true; fails with `what` after `patience` seconds."""
    give_up = time.monotonic() + patience
    while not (seen := look()):
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {patience:.0f} s for {what}; last seen: {seen!r}")
        threading.Event().wait(0.02)
    return seen


class WebThread:
    """The application under Uvicorn in a thread of the tests' own process, so that they share its database."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        config = uvicorn.Config(
            application, lifespan="off", proxy_headers=False, log_config=None, access_log=False, ws_ping_interval=None
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],), name="web", daemon=True)

    def start(self) -> None:
        self.thread.start()
        eventually(lambda: self.server.started, "the server's start")

    def rest(self, patience: float = 5) -> None:
        """Waits until no request is being answered: a test's last ones may go on when their clients are gone.

        The database is closed to everybody between two tests, and a thread that meets that in the middle of a
        transaction would keep it open.
        """
        give_up = time.monotonic() + patience
        while any(_is_request(task) for task in list(self.server.server_state.tasks)) and time.monotonic() < give_up:
            threading.Event().wait(0.01)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        self.listener.close()


def _is_request(task: "asyncio.Task[None]") -> bool:
    """No socket, which stays open for as long as a page does."""
    return "RequestResponseCycle" in getattr(task.get_coro(), "__qualname__", "")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Processes:
    """`manage.py` commands as processes on one data folder, which tests may kill."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        clean = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        self.environment = {
            **clean,
            "DATA_DIR": str(folder),
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "SPOOL_FREE_MB": "50",
            # SQLite in that folder, also where the tests' own database is another one: nothing is left anywhere.
            "DATABASE_URL": "",
            "PYTHONFAULTHANDLER": "1",
            **environment,
        }
        self.running: list[subprocess.Popen[bytes]] = []
        self.log: Path | None = None  # where what they write goes; else to the tests' own output

    def manage(self, *arguments: str) -> str:
        """Runs a command to its end; its standard output."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, timeout=PATIENCE, capture_output=True, text=True
        )
        return done.stdout

    def create_invite(self, *arguments: str) -> str:
        """A new link's token."""
        return str(json.loads(self.manage("create_invite", "--json", *arguments))["token"])

    def serve(self, *arguments: str, command: str = "serve") -> subprocess.Popen[bytes]:
        """Starts the server and waits until it answers."""
        process = self.start(command, *arguments)

        def answers() -> bool:
            assert process.poll() is None, "the server ended by itself"
            try:
                return requests.get(f"{self.url}/healthz", timeout=2).ok
            except requests.ConnectionError:
                return False

        eventually(answers, "the server to answer")
        return process

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", *arguments]
        with self.log.open("wb") if self.log else nullcontext() as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL: no goodbye, no flush."""
        process.kill()
        process.wait(PATIENCE)
        self.running.remove(process)

    def close(self) -> None:
        """Asks all to end. Raises when one does not; it has written where each of its threads stands."""
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        late = []
        for process in self.running:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                late.append(process.args)
                process.send_signal(signal.SIGABRT)
                process.wait(PATIENCE)
        self.running.clear()
        assert not late, f"ended only when they were killed: {late}"
