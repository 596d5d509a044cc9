"""The process that `bench/icloud.py` measures: `sync_icloud` in itself, several times, with nothing else loaded.

Lines of JSON in, `[library, folder]`, and out, figures by name.
"""

import json
import sys
import tempfile
import time

import django
from django.core.management import call_command

from bench.folder_runs import bare_walk, peak_memory


def _sync(library: str, folder: str) -> dict[str, float]:
    with tempfile.TemporaryFile("w+") as out:  # not in this process's memory, which is measured
        arguments = ("--directory", folder, "--library-id", library, "--scan-timeout", "0", "--json")
        began = time.perf_counter()
        call_command("sync_icloud", *arguments, stdout=out)
        took = time.perf_counter() - began
        out.seek(0)
        *_, end = out
    last = json.loads(end)
    figures = {name: last[name] for name in ("photos", "known", "registered", "pending")}
    return {"seconds": took, "bare": bare_walk(folder), "memory": peak_memory(), **figures}


def main() -> None:
    django.setup()
    for line in sys.stdin:
        library, folder = json.loads(line)
        print(json.dumps(_sync(library, folder)), flush=True)


if __name__ == "__main__":
    main()
