"""`python -m tests.chaos.soak [minutes] [seed]`: kills for ten minutes, or as long as is said.

Receiving (tests/chaos/kills.py) and the ledger of deliveries (tests/chaos/ledger.py) take turns. Every half minute
begins anew on an empty folder, with the seed that is printed before; it repeats a failure.
"""

import os
import random
import sys
import tempfile
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from immichdrop.sandbox import running
from tests.chaos.kills import Storm
from tests.chaos.ledger import ALBUM, Ledger
from tests.serving import Processes

ROUND = 30.0  # seconds


def receiving(folder: Path, seed: int) -> str:
    product = Processes(folder / "data", DATABASE_URL="", LOG_LEVEL="ERROR")
    try:
        storm = Storm(product, product.create_invite("--name", "Storm"), seed)
        storm.rage(ROUND)
    finally:
        product.close()
    return f"{storm.kills} kills, {len(storm.files)} files: every acknowledged byte held"


def delivering(folder: Path, seed: int) -> str:
    with running(folder / "immich") as immich:
        product = Processes(
            folder / "data",
            DATABASE_URL="",
            IMMICH_BASE_URL=immich.url,
            IMMICH_API_KEY=immich.api_key,
            LOG_LEVEL="CRITICAL",
        )
        try:
            ledger = Ledger(product, product.create_invite("--name", "Storm", "--album", ALBUM), seed, immich=immich)
            ledger.rage(ROUND)
        finally:
            product.close()
    weather = ", ".join(f"{name} {count}" for name, count in sorted(ledger.weathers.items()))
    kills = f"{ledger.kills} kills of web, {ledger.worker_kills} of the worker"
    return f"{kills}, weather: {weather}, {len(ledger.files)} files: each delivered once, or kept and shown"


def main(minutes: float, seed: int) -> None:
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        for storm in (receiving, delivering):
            print(f"seed {seed}, {storm.__name__}", flush=True)
            with tempfile.TemporaryDirectory(prefix="immich-drop-soak-") as folder:
                print(storm(Path(folder), seed), flush=True)
        seed += 1


if __name__ == "__main__":
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else 10,
        int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6),
    )
