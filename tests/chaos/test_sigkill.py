"""The server is killed at random moments of many uploads: every acknowledged offset holds, and every file arrives."""

import random
from collections.abc import Callable

import pytest

from tests.chaos.kills import Storm
from tests.serving import Processes

SECONDS = 30.0  # `make soak` takes ten minutes


@pytest.mark.kill
def test_killed_again_and_again(processes: Callable[..., Processes]) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    product = processes(DATABASE_URL="")
    storm = Storm(product, product.create_invite("--name", "Storm"), seed)
    storm.rage(SECONDS)
    assert storm.kills >= 3
