"""Custody under everything at once: whatever guests were told is here is in Immich once, or kept and shown."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from immichdrop.sandbox import running
from tests.chaos.ledger import ALBUM, Ledger
from tests.serving import Processes

SECONDS = 20.0  # `make soak` takes ten minutes


@pytest.mark.kill
def test_the_ledger_balances(processes: Callable[..., Processes], tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    with running(tmp_path / "immich") as immich:
        product = processes(
            DATABASE_URL="", IMMICH_BASE_URL=immich.url, IMMICH_API_KEY=immich.api_key, LOG_LEVEL="ERROR"
        )
        ledger = Ledger(product, product.create_invite("--name", "Storm", "--album", ALBUM), seed, immich=immich)
        ledger.rage(SECONDS)
        product.close()
    assert ledger.kills >= 1
    assert ledger.worker_kills >= 1
