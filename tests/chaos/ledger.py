"""The ledger: what guests were told is here, against what Immich has in the end, after everything that can go wrong.

Web and worker are killed at random moments, and Immich has weather: it is flaky, slow, down or gone, and forgets what
it just took. The same seed draws the same files, weather and kills; only how they meet in time differs.
"""

import hashlib
import random
import sqlite3
import subprocess
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from immichdrop.sandbox import Faults, Sandbox
from immichdrop.sandbox.faults import Hits
from tests.chaos.kills import LARGEST, PHOTO, Storm
from tests.serving import PATIENCE, eventually

ALBUM = "Ledger"
BIG = 20_000_000  # bytes of a file, at most
BIG_SHARE, SHARED_SHARE = 0.04, 0.3  # of the files: these are big; these are the same bytes as others
SHARED = 12  # contents that several guests have
LONGEST_LIFE = 2.5  # seconds without a kill
MOST_WEATHER = 2.5  # seconds that one lasts, at most
SETTLED = ("delivered", "duplicate", "failed")
NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
UPLOADS = ("POST /api/assets",)
SIDE_WORK = ("POST /api/assets/bulk-upload-check", "* /api/albums*")


def _clear(faults: Faults, dice: random.Random) -> None:
    """Nothing is wrong."""


def _flaky(faults: Faults, dice: random.Random) -> None:
    faults.flaky = Hits(dice.uniform(0.05, 0.5), on=UPLOADS, seed=dice.randrange(10**6))


def _sulky(faults: Faults, dice: random.Random) -> None:
    """It takes files, and fails at questions and albums."""
    faults.flaky = Hits(dice.uniform(0.2, 0.7), on=SIDE_WORK, seed=dice.randrange(10**6))
    faults.status = dice.choice([500, 502, 503])


def _faulty(faults: Faults, dice: random.Random) -> None:
    """Its own errors, about single files, before and after it stored them."""
    faults.error_before = Hits(0.2, on=UPLOADS, seed=dice.randrange(10**6))
    faults.error_after = Hits(0.2, on=UPLOADS, seed=dice.randrange(10**6))
    faults.status = 500


def _busy(faults: Faults, dice: random.Random) -> None:
    faults.error_before = Hits(0.3, seed=dice.randrange(10**6))
    faults.status, faults.retry_after = 429, 1


def _slow(faults: Faults, dice: random.Random) -> None:
    faults.latency = dice.uniform(0.1, 1.0)


def _down(faults: Faults, dice: random.Random) -> None:
    faults.down = True


def _forgetting(faults: Faults, dice: random.Random) -> None:
    faults.forgetting = Hits(dice.uniform(0.3, 1.0), seed=dice.randrange(10**6))


WEATHER: tuple[Callable[[Faults, random.Random], None], ...] = (
    _clear, _clear, _flaky, _sulky, _faulty, _busy, _slow, _down, _forgetting, _forgetting,
)  # fmt: skip


@dataclass
class Ledger(Storm):
    """`immich`: running, and asked for by `product`. `weathers`: how often each came. `worker_kills`: of the worker."""

    immich: Sandbox = field(kw_only=True)
    shared: list[bytes] = field(default_factory=list)
    weathers: Counter[str] = field(default_factory=Counter)
    worker_kills: int = 0
    worker: subprocess.Popen[bytes] = field(init=False)
    shown: frozenset[str] = frozenset({"received", "delivering", "waiting", *SETTLED})

    def rage(self, seconds: float) -> None:
        shared = random.Random(f"{self.seed} shared")
        self.shared = [PHOTO + shared.randbytes(shared.randrange(1, LARGEST)) for _ in range(SHARED)]
        self.worker = self.product.start("worker")
        fair = threading.Event()
        weather = threading.Thread(target=self.be_the_weather, args=(fair,), name="weather")
        weather.start()
        try:
            super().rage(seconds)
        finally:
            fair.set()
            weather.join(PATIENCE)
            self.immich.faults.clear()
            self.immich.start()
        self.settle()
        self.balance()

    def strike(self, dice: random.Random) -> None:
        self.over.wait(dice.uniform(0, LONGEST_LIFE))
        victim = dice.choice(["web", "worker", "worker", "both"])
        if victim != "web":
            self.product.kill(self.worker)
            self.worker_kills += 1
        if victim != "worker":
            super().strike(dice)
        if victim != "web":
            self.worker = self.product.start("worker")

    def be_the_weather(self, fair: threading.Event) -> None:
        dice = random.Random(f"{self.seed} weather")
        while not fair.is_set():
            change, lasts, gone = dice.choice(WEATHER), dice.uniform(0.2, MOST_WEATHER), dice.random() < 0.1
            self.immich.faults.clear()
            change(self.immich.faults, dice)
            self.weathers["gone" if gone else change.__name__.strip("_")] += 1
            if gone:
                self.immich.stop()
            fair.wait(lasts)
            self.immich.start()

    def content(self, dice: random.Random) -> bytes:
        kind = dice.random()
        if kind < SHARED_SHARE:
            return dice.choice(self.shared)
        largest = BIG if kind > 1 - BIG_SHARE else LARGEST // 3
        return PHOTO + dice.randbytes(dice.randrange(1, largest))

    # --- the end

    def settle(self) -> None:
        """Until nothing is on its way any more; then five minutes pass, and what is doubtful is asked about again."""
        eventually(self.settled, "the queue to be settled", 4 * PATIENCE)
        self.hurry("recheck_at")
        eventually(self.settled, "the doubtful ones to be asked about again", 2 * PATIENCE)

    def settled(self) -> bool:
        self.hurry("next_attempt_at")
        on_its_way = "status NOT IN ('delivered', 'duplicate', 'failed', 'discarded')"
        return not self.look_up(f"SELECT 1 FROM uploads_upload WHERE {on_its_way} OR recheck_at <= {NOW} LIMIT 1")

    def hurry(self, column: str) -> None:
        """Pauses of up to half an hour are over now."""
        late = f"{column} > strftime('%Y-%m-%d %H:%M:%f', 'now', '+2 seconds')"
        if self.look_up(f"SELECT 1 FROM uploads_upload WHERE {late} LIMIT 1"):
            self.look_up(f"UPDATE uploads_upload SET {column} = {NOW} WHERE {late}")

    def look_up(self, statement: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.product.folder / "db.sqlite3", timeout=20)) as database, database:
            return database.execute(statement).fetchall()

    def balance(self) -> None:
        """Acknowledged = delivered once, and in the album, or shown as waiting or failed with the bytes kept."""
        statuses = self.statuses()
        assets = self.immich.assets()
        held = Counter(asset.sha1 for asset in assets)
        in_album = {asset.sha1 for asset in self.immich.album_assets(ALBUM)}
        delivered, sums = set(), set()
        for file in self.files:
            sha1 = hashlib.sha1(file.content).hexdigest()
            sums.add(sha1)
            status = statuses[file.id]
            if status in ("delivered", "duplicate"):
                delivered.add(sha1)
                assert held[sha1] == 1, f"{file.name} is shown as {status}: {held[sha1]} times in Immich"
                assert sha1 in in_album, f"{file.name} is shown as {status}, and not in the album"
            else:
                assert status in ("waiting", "failed"), f"{file.name} is shown as {status}"
                assert hashlib.sha1(self.kept(file)).hexdigest() == sha1, f"{file.name} is {status}: bytes are lost"
        assert delivered
        assert set(held) <= sums, "Immich has what nobody sent"
        assert not any(asset.is_trashed for asset in assets)

    def statuses(self) -> dict[str, str]:
        rows = self.look_up("SELECT id, status FROM uploads_upload")
        return {str(uuid.UUID(upload_id)): status for upload_id, status in rows}
