"""The ready units of docs/folders.md: each is what its system reads, and calls the command as it can be called."""

import configparser
import plistlib
import re
import shlex
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from ingest.folders.management.commands.sync_folder import Command
from tests import compose
from tests.serving import ROOT

BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", (ROOT / "docs" / "folders.md").read_text(), re.MULTILINE | re.DOTALL)
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def block(language: str, part: str) -> str:
    """The one block of this language that has this in it."""
    (found,) = [text for kind, text in BLOCKS if kind == language and part in text]
    return str(found)


def unit(part: str) -> configparser.ConfigParser:
    """A systemd unit; names are told apart by case."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(block("ini", part))
    return parser


def service() -> list[str]:
    return shlex.split(unit("[Service]")["Service"]["ExecStart"])


def agent() -> list[str]:
    return list(plistlib.loads(block("xml", "<plist").encode())["ProgramArguments"])


def task() -> list[str]:
    root = ElementTree.fromstring(block("xml", "<Task").encode())
    assert root.findtext(f"{TASK}Triggers/{TASK}TimeTrigger/{TASK}Repetition/{TASK}Interval") == "PT15M"
    (arguments,) = [each.text or "" for each in root.iter(f"{TASK}Arguments")]
    return shlex.split(arguments)


def cron() -> list[str]:
    line = block("", "*/15")
    assert re.match(r"(\S+ ){5}cd \S+ && ", line)
    return shlex.split(line.partition("&& ")[2].partition(">")[0])


def container() -> list[str]:
    return list(compose.read(block("yaml", "folder-history"))["services"]["folder"]["command"])


@pytest.mark.parametrize("told", [service, agent, task, cron, container])
def test_it_calls_the_command(told: Callable[[], list[str]]) -> None:
    words = told()
    begin = words.index("manage.py")
    assert words[begin - 1].endswith("python")
    assert words[begin + 1] == "sync_folder"
    options = Command().create_parser("manage.py", "sync_folder").parse_args(words[begin + 2 :])
    assert len(options.paths) == 1


def test_the_timer_runs_the_service() -> None:
    assert unit("[Timer]")["Timer"]["OnCalendar"] == "*:0/15"
    assert unit("[Timer]")["Install"]["WantedBy"] == "timers.target"
