"""The promise of receipt, as the kernel sees it: what the disk was asked to keep before an answer went on the wire."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import pictures
from tests.guest import TusGuest
from tests.serving import PATIENCE, Processes, eventually

PHOTO = pictures.jpeg(1) + bytes(5000)
CALLS = "trace=pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg"
# 123  fdatasync(25</data/spool/0123…>) = 0, or in two parts when another thread came between.
LINE = re.compile(r"(?P<thread>\d+) +(?:<\.\.\. )?(?P<call>\w+)(?P<rest>.*)")
PATH = re.compile(r"\(\d+<(?P<path>[^>]*)>")
ANSWER = re.compile(r'"HTTP/1\.1 (?P<status>\d+)')


class Trace:
    """The system calls of a running server, by strace."""

    def __init__(self, pid: int, output: Path) -> None:
        self.output = output
        strace = shutil.which("strace")
        if strace is None and os.environ.get("CI") != "true":
            pytest.skip("strace is not installed (Debian: apt install strace)")
        assert strace, "In CI strace must be installed (Debian: apt install strace)."
        command = [strace, "-f", "-y", "-s", "16", "-e", CALLS, "-o", str(output), "-p", str(pid)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        said = self.process.stderr.readline()
        assert "attached" in said, said

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=PATIENCE)

    def answers(self) -> int:
        return len(ANSWER.findall(self.output.read_text()))

    def events(self) -> Iterator[str]:
        """What happened, in order: syncs and writes when they were over, answers when they began."""
        begun: dict[str, str] = {}
        for line in self.output.read_text().splitlines():
            found = LINE.match(line)
            if found is None:
                continue
            thread, call, rest = found["thread"], found["call"], found["rest"]
            if answer := ANSWER.search(rest):
                yield f"answer {answer['status']}"
                continue
            if "<unfinished" in rest:
                begun[thread] = rest
                continue
            over = begun.pop(thread, "") + rest if " resumed>" in rest else rest
            path = PATH.search(over)
            if path and not over.rstrip().split(" = ")[-1].startswith("-"):
                place = place_of(path["path"])
                if place and call in ("pwrite64", "fsync", "fdatasync"):
                    yield f"{'write' if call == 'pwrite64' else 'sync'} {place}"


def place_of(path: str) -> str:
    folder, _, name = path.rpartition("/")
    if folder.endswith("/spool"):
        return "file"
    if name == "spool":
        return "folder"
    return "database" if name.startswith("db.sqlite3") else ""


@pytest.fixture
def traced(processes: Callable[..., Processes], tmp_path: Path) -> Iterator[tuple[TusGuest, Trace]]:
    """A guest at a server whose system calls are seen."""
    product = processes(DATABASE_URL="")
    guest = TusGuest(product.url, product.create_invite("--name", "Beach week"))
    server = product.serve("--no-worker")
    guest.open()
    trace = Trace(server.pid, tmp_path / "trace")
    yield guest, trace
    if trace.process.poll() is None:
        trace.end()


def seen(trace: Trace, answers: int) -> list[str]:
    """All events up to the last answer; the same thing many times in a row is told once."""
    eventually(lambda: trace.answers() >= answers, "strace to write its lines")
    trace.end()
    told: list[str] = []
    for event in trace.events():
        if told[-1:] != [event]:
            told.append(event)
    return told


def assert_in_order(events: list[str], *wanted: str) -> None:
    """`wanted` happened in this order, maybe with other things between."""
    rest = iter(events)
    assert all(each in rest for each in wanted), events


@pytest.mark.kill
def test_bytes_are_synced_before_the_204(traced: tuple[TusGuest, Trace]) -> None:
    guest, trace = traced
    upload_id = guest.begin(len(PHOTO))
    assert guest.patch(upload_id, 0, PHOTO).status_code == 204
    events = seen(trace, 2)
    assert events[-1] == "answer 204"
    going_on = events[events.index("answer 201") + 1 :]
    assert_in_order(going_on, "write file", "sync file", "write database", "sync database", "answer 204")


@pytest.mark.kill
@pytest.mark.parametrize("body", [b"", PHOTO], ids=["without bytes", "with all bytes"])
def test_a_new_files_name_is_synced_before_the_201(traced: tuple[TusGuest, Trace], body: bytes) -> None:
    guest, trace = traced
    assert guest.create(len(PHOTO), body or None).status_code == 201
    events = seen(trace, 1)
    written = ["write file"] if body else []
    assert events[-1] == "answer 201"
    assert_in_order(events, *written, "sync file", "sync folder", "write database", "sync database", "answer 201")
