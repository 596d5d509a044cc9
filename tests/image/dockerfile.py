"""The image without an engine: the Dockerfile's steps in clean folders, with this machine's Node and Python."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM = "/usr/local/bin:/usr/bin:/bin"
# Of this machine's environment, only what says where packages come from.
FETCHING = re.compile(r"HOME|(PIP|NPM|SSL|HTTP|HTTPS|NO)_\w+|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS", re.IGNORECASE)
STRANGER = 65534  # a user who owns nothing


def lines(name: str) -> list[str]:
    """A file's lines without comments and empty ones."""
    without = (re.sub(r"(^|\s)#.*", "", line).rstrip() for line in (ROOT / name).read_text().splitlines())
    return [line for line in without if line.strip()]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, with what was broken into lines put together again."""
    text = re.sub(r"\\\n\s*", "", "\n".join(lines("Dockerfile")))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in text.splitlines())]


@dataclass
class Stage:
    """What one FROM begins. `root` stands for the container's `/`."""

    root: Path
    path: str  # where its programs are
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)  # ENTRYPOINT, CMD, …

    def inside(self, path: str) -> Path:
        """Where a path of the container, seen from its working directory, is on this machine."""
        return self.root / str(Path(self.workdir) / path).lstrip("/")

    def run(self, command: str) -> None:
        # Nothing outside of the stage's own folder may be meant: this machine would be changed.
        assert not re.search(r"(^|[\s=])/|\bapt", command), f"can't be done without an engine: RUN {command}"
        machine = {name: value for name, value in os.environ.items() if FETCHING.fullmatch(name)}
        said = {name: value for name, value in self.environment.items() if name != "PIP_NO_CACHE_DIR"}
        environment = {**machine, **said, "PATH": self.path}
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.inside("."),
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"RUN {command}\n{done.stdout}\n{done.stderr}"

    def copy(self, sources: list[Path], wanted: str) -> None:
        for source in sources:
            target = self.inside(wanted)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                target = target / source.name if wanted.endswith("/") else target
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)


def build(folder: Path) -> Stage:
    """Does all steps in `folder`; the last stage."""
    context = folder / "context"
    send_context(context)
    stages: dict[str, Stage] = {}
    stage = Stage(folder, "")
    for word, rest in instructions():
        if word == "FROM":
            image, _, name = rest.partition(" AS ")
            stage = _begin(image, folder / (name or "last"))
            stages[name] = stage
        elif word == "WORKDIR":
            stage.workdir = rest
            stage.inside(".").mkdir(parents=True, exist_ok=True)
        elif word == "ENV":
            stage.environment |= dict(pair.split("=", 1) for pair in rest.split())
        elif word == "COPY":
            *sources, wanted = re.sub(r"--from=\w+ ", "", rest).split()
            other = re.search(r"--from=(\w+)", rest)
            stage.copy([stages[other[1]].inside(each) if other else context / each for each in sources], wanted)
        elif word == "RUN":
            stage.run(rest)
        else:
            assert word in {"ENTRYPOINT", "CMD", "HEALTHCHECK", "VOLUME", "EXPOSE", "STOPSIGNAL"}, word
            stage.said[word] = rest
    return stage


def send_context(folder: Path) -> None:
    """What .dockerignore lets through, with the modes of a checkout that only its owner may read."""
    rules = [(line.startswith("!"), line.removeprefix("!")) for line in lines(".dockerignore")]
    for file in _files(ROOT, {name for lets_in, name in rules if lets_in}):
        path = file.relative_to(ROOT).as_posix()
        decided = [lets_in for lets_in, pattern in rules if _matches(path, pattern)]
        if decided[-1]:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            target.chmod(0o600)
    for inner in [folder, *folder.rglob("*")]:
        if inner.is_dir():
            inner.chmod(0o700)


def _files(root: Path, names: set[str]) -> Iterator[Path]:
    for name in sorted(names):
        top = root / name
        yield from [top] if top.is_file() else (each for each in top.rglob("*") if each.is_file())


def _matches(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return any(fnmatch(part, pattern[3:]) for part in path.split("/"))
    return pattern == "*" or f"{path}/".startswith(f"{pattern}/")


def _begin(image: str, root: Path) -> Stage:
    root.mkdir(mode=0o755)
    if image.startswith("node:"):
        node = shutil.which("node")
        assert node is not None
        return Stage(root, f"{Path(node).parent}:{SYSTEM}")
    home = root / "usr" / "local"
    subprocess.run([everybodys_python(), "-m", "venv", home], check=True, timeout=60)
    return Stage(root, f"{home / 'bin'}:{SYSTEM}")


def everybodys_python() -> str:
    """A Python that other users may start: this one may lie in a home that is closed to them."""
    asked = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
    stranger: dict[str, Any] = {"user": STRANGER, "group": STRANGER, "extra_groups": []} if os.getuid() == 0 else {}
    for found in (getattr(sys, "_base_executable", sys.executable), "/usr/local/bin/python3", "/usr/bin/python3"):
        with suppress(OSError):
            command = [found, "-c", asked]
            if subprocess.run(command, cwd="/", env={}, timeout=30, check=False, **stranger).returncode == 0:
                return str(found)
    raise AssertionError("no Python 3.11 with venv that every user may start: install python3 and python3-venv")


def words(instruction: str) -> list[str]:
    """An instruction in its exec form."""
    return [str(word) for word in json.loads(instruction)]
