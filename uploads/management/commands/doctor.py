"""`manage.py doctor`: what the page `/menu/connection` says, for whoever looks after the server."""

import json
import textwrap
from collections.abc import Sequence
from typing import TypedDict

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import ngettext

from immichdrop import environment
from uploads.doctor import report
from uploads.doctor.checks import Check, State

WIDTH = 110  # characters of a line
_WORDS = {State.OK: "ok", State.ATTENTION: "look", State.BAD: "BAD", State.UNKNOWN: "?"}


class Line(TypedDict):
    """A check for programs; `advice` is empty where nothing is to be done."""

    name: str
    title: str
    state: str
    seen: str
    advice: str


class Command(BaseCommand):
    help = "Looks whether everything is in order between guests, this server and Immich, and says what to do."
    requires_system_checks = []  # what they refuse is a line of ours

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", help="the address that guests use; PUBLIC_BASE_URL unless given")
        parser.add_argument("--json", action="store_true", help="print an object for programs")

    def handle(self, *, url: str | None, json: bool, **options: object) -> None:
        found = report.for_operator(_address(url) if url else settings.PUBLIC_BASE_URL)
        if json:
            self._print_json(found.checks)
        else:
            self._print_table(found.checks)
        if found.bad:
            number = len(found.bad)
            raise CommandError(ngettext("%d thing is broken.", "%d things are broken.", number) % number)

    def _print_table(self, checks: Sequence[Check]) -> None:
        width = max(len(check.title) for check in checks)
        indent = " " * (len("look") + width + 4)
        for check in checks:
            head = f"{_WORDS[check.state]:<4}  {check.title:<{width}}  "
            self._print(head + check.seen, indent)
            if check.advice:
                self._print(f"{indent}→ {check.advice}", f"{indent}  ")

    def _print(self, text: str, indent: str) -> None:
        # An address that is cut in two could not be copied.
        self.stdout.write(
            textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        )

    def _print_json(self, checks: Sequence[Check]) -> None:
        lines = [
            Line(name=each.name, title=each.title, state=each.state, seen=each.seen, advice=each.advice)
            for each in checks
        ]
        ok = all(check.state != State.BAD for check in checks)
        self.stdout.write(json.dumps({"ok": ok, "checks": lines}, indent=2, ensure_ascii=False))


def _address(url: str) -> str:
    """Raises CommandError."""
    if not environment.is_address(url):
        raise CommandError(f"--url is {url!r}, but must be an address such as https://drop.example.org.")
    return url.rstrip("/")
