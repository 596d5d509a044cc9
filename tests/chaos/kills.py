"""Guests who go on and on, and a server that is killed under them at random moments."""

import hashlib
import random
import subprocess
import threading
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count

import requests

from tests import pictures
from tests.guest import TusGuest
from tests.serving import Processes, eventually

GUESTS = 4
PHOTO = pictures.jpeg(1)
LARGEST = 3_000_000  # bytes of a file
LONGEST = 700_000  # bytes of a request
BUSY = (HTTPStatus.CONFLICT, HTTPStatus.LOCKED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass
class File:
    """A file on its way, as its guest knows it: bytes that ever left, bytes the server said it has."""

    name: str
    content: bytes
    id: str = ""
    sent: int = 0
    acknowledged: int = 0

    @property
    def done(self) -> bool:
        return bool(self.id) and self.acknowledged == len(self.content)

    def hear(self, answer: requests.Response) -> None:
        offset = int(answer.headers["Upload-Offset"])
        assert offset >= self.acknowledged, f"{self.name}: {self.acknowledged} acknowledged, then {offset}"
        assert offset <= self.sent, f"{self.name}: {offset} bytes said to be here, {self.sent} sent"
        self.acknowledged = offset


@dataclass
class Storm:
    """`files`: all that were begun. `acknowledgements`: how often the server told an offset. `kills`: of the server.

    `shown`: the statuses that guests may see of what they have sent.
    """

    product: Processes
    token: str
    seed: int
    files: list[File] = field(default_factory=list)
    kills: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    acknowledgements: int = 0
    server: subprocess.Popen[bytes] = field(init=False)
    shown: frozenset[str] = frozenset({"received"})

    def rage(self, seconds: float) -> None:
        """Kills for so long, then lets every guest finish. Raises AssertionError where the promise was broken."""
        dice = random.Random(self.seed)
        self.server = self.product.serve("--no-worker")
        time_is_up = threading.Event()
        clock = threading.Timer(seconds, time_is_up.set)
        clock.start()
        with ThreadPoolExecutor(GUESTS) as pool:
            guests = [pool.submit(self.be_a_guest, number) for number in range(GUESTS)]
            try:
                while not time_is_up.is_set():
                    self.await_acknowledgements(dice.randrange(1, 60), guests)
                    time_is_up.wait(dice.uniform(0, 0.15))  # the moment is random, also between answers
                    self.strike(dice)
            finally:
                self.over.set()
                clock.cancel()
            for guest in guests:
                guest.result()
        self.check_spool()
        self.check_end()

    def strike(self, dice: random.Random) -> None:
        self.product.kill(self.server)
        self.kills += 1
        self.check_spool()
        self.server = self.product.serve("--no-worker")

    def await_acknowledgements(self, more: int, guests: list[Future[None]]) -> None:
        goal = self.acknowledgements + more

        def reached() -> bool:
            for guest in guests:
                if guest.done():
                    guest.result()
            return self.acknowledgements >= goal

        eventually(reached, f"{more} acknowledgements")

    def check_spool(self) -> None:
        """Every acknowledged byte is in its file. The server is dead, or idle."""
        for file in list(self.files):
            acknowledged = file.acknowledged
            if acknowledged:
                kept = self.kept(file)
                assert kept[:acknowledged] == file.content[:acknowledged], f"{file.name}: acknowledged bytes are lost"

    def check_end(self) -> None:
        assert self.files
        for file in self.files:
            assert file.done, file.name
            assert hashlib.sha1(self.kept(file)).digest() == hashlib.sha1(file.content).digest(), file.name

    def kept(self, file: File) -> bytes:
        return (self.product.folder / "spool" / uuid.UUID(file.id).hex).read_bytes()

    # --- guests

    def be_a_guest(self, number: int) -> None:
        dice = random.Random(f"{self.seed} guest {number}")
        guest = TusGuest(self.product.url, self.token)
        self.when_up(guest)
        for each in count():
            if self.over.is_set():
                break
            file = File(f"guest {number}, file {each}", self.content(dice))
            self.files.append(file)
            self.bring(guest, file, dice)
        mine = [file for file in self.files if file.name.startswith(f"guest {number},")]
        listed = {str(item["id"]): item for item in guest.uploads()}
        assert {str(listed[file.id]["status"]) for file in mine} <= self.shown
        assert len(listed) == len(mine), "an upload that no guest knows of"

    def content(self, dice: random.Random) -> bytes:
        return PHOTO + dice.randbytes(dice.randrange(1, LARGEST))

    def bring(self, guest: TusGuest, file: File, dice: random.Random) -> None:
        unsure = False
        while not file.done:
            try:
                answer = self.look(guest, file) if unsure and file.id else self.step(guest, file, dice)
            except requests.RequestException:
                unsure = True
                self.when_up(guest)
                continue
            unsure = answer.status_code in BUSY
            assert unsure or answer.ok, (file.name, answer.status_code, answer.text)
            if not unsure:
                file.id = answer.headers.get("Location", file.id).rpartition("/")[2]
                file.hear(answer)
                self.acknowledgements += 1

    def look(self, guest: TusGuest, file: File) -> requests.Response:
        return guest.head(file.id)

    def step(self, guest: TusGuest, file: File, dice: random.Random) -> requests.Response:
        """The next request: a creation without, with some, or with all of the bytes, or the next piece."""
        offset = file.acknowledged
        body = file.content[offset : offset + dice.randrange(1, LONGEST)]
        file.sent = max(file.sent, offset + len(body))
        if file.id:
            return guest.patch(file.id, offset, body)
        whole = dice.choice([b"", body, file.content])
        file.sent = max(file.sent, len(whole))
        return guest.create(len(file.content), whole or None, key=file.name)

    def when_up(self, guest: TusGuest) -> None:
        """Waits until the server answers; a new guest is known to it then."""

        def answers() -> bool:
            try:
                return guest.open().ok
            except requests.RequestException:
                return False

        eventually(answers, "the server to be back", 60)
