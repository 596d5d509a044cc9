"""`manage.py serve` and `try_out` as processes: they start, say where they are, and end in good order."""

import http.client
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from immichdrop.management.commands.serve import Command
from immichdrop.sandbox import running
from immichdrop.sandbox.faults import Hits
from tests import pictures
from tests.guest import BODY, TusGuest
from tests.serving import ROOT, Processes, eventually
from uploads.spool import MEBIBYTE

MakeProcesses = Callable[..., Processes]


def test_sigterm_lets_the_running_delivery_end(processes: MakeProcesses, tmp_path: Path) -> None:
    with running(tmp_path / "immich") as sandbox:
        product = processes(IMMICH_BASE_URL=sandbox.url, IMMICH_API_KEY=sandbox.api_key)
        token = product.create_invite("--name", "Party")
        server = product.serve()
        guest = TusGuest(product.url, token)
        guest.open()
        sending = Hits(on=("POST /api/assets",))
        sandbox.faults.late, sandbox.faults.latency = sending, 0.5
        guest.send(pictures.jpeg(1))
        eventually(lambda: sending.struck == 1, "the bytes on their way")
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        product.running.remove(server)
        assert len(sandbox.assets()) == 1
        sandbox.faults.latency = 0
        product.serve()
        assert guest.statuses() == ["delivered"]


def test_sigterm_keeps_what_came_of_a_long_body(processes: MakeProcesses) -> None:
    product = processes()
    guest = TusGuest(product.url, product.create_invite("--name", "Party"))
    server = product.serve()
    guest.open()
    video = pictures.jpeg(1) + bytes(10 * MEBIBYTE)
    upload_id = guest.begin(len(video))
    line = http.client.HTTPConnection("127.0.0.1", product.port, timeout=30)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in guest.session.cookies)
    headers = {**BODY, "Upload-Offset": "0", "Content-Length": str(len(video)), "Cookie": cookies}
    line.putrequest("PATCH", f"/api/tus/{upload_id}")
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders(video[: 3 * MEBIBYTE])
    file = product.folder / "spool" / uuid.UUID(upload_id).hex
    eventually(lambda: file.stat().st_size >= 2 * MEBIBYTE, "the server to write")
    server.send_signal(signal.SIGTERM)
    assert line.getresponse().status == 423
    line.close()
    assert server.wait(30) == 0
    product.running.remove(server)
    product.serve()
    offset = int(guest.head(upload_id).headers["Upload-Offset"])
    assert 2 * MEBIBYTE <= offset <= 3 * MEBIBYTE
    assert guest.patch(upload_id, offset, video[offset:]).status_code == 204
    assert file.read_bytes() == video


def test_small_answers_leave_at_once() -> None:
    """What is accepted inherits TCP_NODELAY from the listening socket."""
    with Command._listen("127.0.0.1", 0) as listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_a_taken_port_is_said_in_one_line(processes: MakeProcesses) -> None:
    product = processes()
    with socket.create_server(("127.0.0.1", product.port)), pytest.raises(subprocess.CalledProcessError) as failed:
        product.manage("serve")
    assert failed.value.returncode == 1
    (line,) = [line for line in failed.value.stderr.splitlines() if "listen" in line]
    assert f"port {product.port}" in line


def test_a_worker_ends_on_sigterm(processes: MakeProcesses) -> None:
    product = processes()
    product.create_invite("--name", "makes the tables")
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], cwd=ROOT, env=product.environment, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    with worker.stdout:
        assert "Delivering to Immich" in worker.stdout.readline()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0


def test_try_out_prints_all_that_is_needed(processes: MakeProcesses) -> None:
    """What `make run` shows: an address, a login and a link that work, and the sandbox's page."""
    product = processes(PUBLIC_BASE_URL="")
    command = [sys.executable, "manage.py", "try_out"]
    started = subprocess.Popen(command, cwd=ROOT, env=product.environment, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    with started.stdout as output:
        said = ""
        while "serves" not in said and (line := output.readline()):
            said += line
        link = re.search(r"Invite link +(\S+)", said)
        login = re.search(r"Host's login +(\S+) +password: (\S+)", said)
        immich = re.search(r"Sandbox Immich +(\S+)", said)
        assert link is not None
        assert login is not None
        assert immich is not None
        eventually(lambda: answers(link[1]), "the link")
        assert "Immich" in requests.get(immich[1], timeout=5).text
        browser = requests.Session()
        browser.get(f"{product.url}/login", timeout=5)
        fields = {"way": "local", "email": login[1], "password": login[2]}
        fields["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
        assert browser.post(f"{product.url}/login", fields, timeout=5).url == f"{product.url}/menu"

        guest = TusGuest(product.url, link[1].rpartition("/")[2])
        guest.open()
        guest.send(pictures.jpeg(1))
        eventually(lambda: guest.statuses() == ["delivered"], "the delivery to the sandbox")
        started.send_signal(signal.SIGINT)
        assert started.wait(30) == 0


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.ConnectionError:
        return False
