"""Commands that go through folders, run in this process."""

import io
import json
from typing import Any, NamedTuple

from django.core.management import CommandError, call_command

from ingest.folders.network import Pace

QUICK = Pace(tries=4, first=0.02, longest=0.05, outage=0.3, probe=0.02, glance=0.05)


class Ran(NamedTuple):
    """`code`: the exit code; `events`: the lines that `--json` printed; `error`: the words on standard error."""

    code: int
    events: list[dict[str, Any]]
    error: str

    def of(self, event: str) -> list[dict[str, Any]]:
        return [each for each in self.events if each["event"] == event]

    @property
    def end(self) -> dict[str, Any]:
        return self.of("end")[-1]


def run(command: str, *arguments: object) -> Ran:
    out = io.StringIO()
    code, error = 0, ""
    try:
        call_command(command, "--json", *map(str, arguments), stdout=out, pace=QUICK)
    except SystemExit as end:
        code = int(end.code or 0)
    except CommandError as problem:
        code, error = problem.returncode, str(problem)
    return Ran(code, [json.loads(line) for line in out.getvalue().splitlines()], error)
