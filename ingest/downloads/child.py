"""The process that downloads. It is told what on standard input, and says on standard output what comes of it.

Nothing of this product's is in it: no settings, no database, no keys (`ingest.downloads.fetching` starts it, with an
environment of its own). yt-dlp is used as a library, gallery-dl run as the program it is.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import TextIO

from ingest.downloads.confinement import confine
from ingest.downloads.orders import Order


def main() -> None:
    order = Order.read(sys.stdin.read())
    sys.path[:0] = order.python_path
    # Whatever programs print must not be taken for what is said here.
    said = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    confine(
        Path(order.folder),
        port=order.port,
        programs=[program for program in (order.ffmpeg, order.deno) if program],
        seconds=order.seconds,
        largest_file=order.largest_file,
        python_path=order.python_path,
    )
    _run(order, said)


def _run(order: Order, said: TextIO) -> None:
    def tell(**message: object) -> None:
        said.write(json.dumps(message) + "\n")

    # Each loads a large library, and only one is needed.
    importlib.import_module(f"ingest.downloads.child_{order.program}").fetch(order, tell)


if __name__ == "__main__":
    main()
