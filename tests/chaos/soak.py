"""`python -m tests.chaos.soak [minutes] [seed]`: kills for ten minutes, or as long as is said.

Every half minute begins anew on an empty folder, with the next seed; the first one is printed, and repeats a failure.
"""

import os
import random
import sys
import tempfile
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from tests.chaos.kills import Storm
from tests.serving import Processes

ROUND = 30.0  # seconds


def main(minutes: float, seed: int) -> None:
    end = time.monotonic() + minutes * 60
    kills = files = 0
    while time.monotonic() < end:
        print(f"seed {seed}", flush=True)
        with tempfile.TemporaryDirectory(prefix="immich-drop-soak-") as folder:
            product = Processes(Path(folder), DATABASE_URL="", LOG_LEVEL="ERROR")
            storm = Storm(product, product.create_invite("--name", "Storm"), seed)
            try:
                storm.rage(ROUND)
            finally:
                product.close()
        kills, files, seed = kills + storm.kills, files + len(storm.files), seed + 1
    print(f"{kills} kills, {files} files: every acknowledged byte held.")


if __name__ == "__main__":
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else 10,
        int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6),
    )
