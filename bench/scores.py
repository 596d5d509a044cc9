"""Lighthouse's scores of the guest's page as a link opens it: `python -m bench lighthouse`, and part of `make bench`.

Lighthouse is npm's package of that name, pinned in bench/lighthouse/ and installed there when it is needed.
"""

import json
import subprocess
from pathlib import Path

from bench.browser import browser
from bench.deliveries import Say
from tests.serving import ROOT, Processes, free_port

FOLDER = ROOT / "bench" / "lighthouse"
LIMIT = 95
PATIENCE = 300.0  # seconds


def install() -> None:
    lock, installed = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)


def audit(address: str) -> dict[str, object]:
    """`performance` and `accessibility`, 0 to 100, and `marks`: what took something off."""
    port = free_port()
    with browser(f"--remote-debugging-port={port}"):
        command = ["node", "audit.mjs", address, str(port)]
        done = subprocess.run(command, cwd=FOLDER, check=True, timeout=PATIENCE, stdout=subprocess.PIPE, text=True)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def measure(folder: Path, say: Say) -> None:
    install()
    processes = Processes(folder / "lighthouse", LOG_LEVEL="WARNING")
    try:
        token = processes.create_invite(
            "--name", "Lena & Tom’s wedding", "--album", "Wedding", "--expires", "2099-07-14"
        )
        processes.serve("--no-worker")
        scores = audit(f"{processes.url}/invite/{token}")
    finally:
        processes.close()
    for category in ("performance", "accessibility"):
        say(f"Lighthouse on a phone, {category}", f"{scores[category]} of 100", f"limit {LIMIT}")
    for mark in scores["marks"]:  # type: ignore[attr-defined]
        print(f"  {mark}", flush=True)
