"""`python -m bench.light ADDRESS SECRET`: a guest's page that asks for its link's JSON until the standard input ends.

Prints the seconds that each answer took.
"""

import sys
import threading
import time
from urllib.parse import urlsplit

from bench.loads import send

PAUSE = 0.02  # seconds between two


def main(address: str, secret: str) -> None:
    parts = urlsplit(address)
    stop = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=wait_for_the_end).start()
    while not stop.wait(PAUSE):
        start = time.perf_counter()
        status, _ = send(f"http://{parts.netloc}", "GET", parts.path, {"X-Drop-Guest": secret}, 0)
        assert status == 200
        print(time.perf_counter() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
