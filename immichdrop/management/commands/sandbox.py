"""`manage.py sandbox`: a stand-in Immich to try the product with."""

from __future__ import annotations

import json
import os
import signal
import threading
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from immichdrop.sandbox import Faults, FaultsError, Sandbox


def _faults(text: str) -> Faults:
    """What is wrong with them is told in their own words."""
    faults = Faults()
    try:
        faults.change_as(text)
    except FaultsError as error:
        raise ArgumentTypeError(str(error)) from None
    return faults


class Command(BaseCommand):
    help = "Serve a stand-in Immich until stopped. It keeps what it holds in --dir."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=2283, help="0 takes a free one")
        parser.add_argument("--host", default="127.0.0.1", help="IP address to listen on")
        parser.add_argument("--api", type=int, choices=(1, 2, 3), default=3, help="major version")
        parser.add_argument("--dir", type=Path, default=Path("data/sandbox"))
        parser.add_argument("--password", help="of the administrator; otherwise a random one")
        parser.add_argument("--quota", type=int, metavar="BYTES", help="of the account")
        parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
        parser.add_argument("--down", action="store_true", help="drop every connection")
        parser.add_argument("--faults", type=_faults, metavar="JSON", help="as POST /sandbox/faults")
        parser.add_argument(
            "--jobs-after", type=float, default=3.0, metavar="SECONDS", help="until what was deleted by force is gone"
        )
        parser.add_argument("--oauth", action="store_true", help="with single sign-on, at a page of its own")
        parser.add_argument("--json", action="store_true", help="print one line for programs")

    def handle(self, *args: object, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        faults: Faults = options["faults"] or Faults()
        faults.down |= options["down"]
        faults.latency = options["latency"] or faults.latency
        sandbox = Sandbox(
            options["dir"],
            api=options["api"],
            host=options["host"],
            port=options["port"],
            quota=options["quota"],
            password=options["password"],
            faults=faults,
            jobs_after=options["jobs_after"],
            oauth=options["oauth"],
        )
        try:
            sandbox.start()
        except OSError as error:
            sandbox.close()
            address = f"{options['host']}:{options['port']}"
            reason = os.strerror(error.errno or 0)
            raise CommandError(f"Can't listen on {address}: {reason}") from None
        self._introduce(sandbox, as_json=options["json"])
        stopped.wait()
        sandbox.close()

    def _introduce(self, sandbox: Sandbox, *, as_json: bool) -> None:
        facts = {
            "url": sandbox.url,
            "api_key": sandbox.api_key,
            "email": sandbox.email,
            "password": sandbox.password,
        }
        if as_json:
            self.stdout.write(json.dumps(facts))
        else:
            labels = ("Address", "API key", "E-mail", "Password")
            for label, fact in zip(labels, facts.values(), strict=True):
                self.stdout.write(f"{label + ':':<10}{fact}")
        # Read by pipes, which would otherwise wait for more.
        self.stdout.flush()
