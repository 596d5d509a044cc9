"""What an engine makes of the image: a process that begins as root, on a folder that stands for the volume."""

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.image.dockerfile import Stage, words
from tests.serving import PATIENCE, eventually, free_port

UID, GID = 4321, 4322
OTHERS = {"PUID": str(UID), "PGID": str(GID)}
StartOn = Callable[..., "Container"]


class Container:
    """The image's process on a data folder, which stands for the volume at /data."""

    def __init__(self, made: Stage, data: Path, **environment: str) -> None:
        self.made = made
        self.data = data
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        said = {**made.environment, "SPOOL_FREE_MB": "50", **environment, "PORT": str(port)}
        inside = {name: re.sub("^/data", str(data), value) for name, value in said.items()}
        self.environment = {"PATH": made.path, **inside}
        self.log = data.with_name("log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *command: str, **user: Any) -> subprocess.Popen[bytes]:
        """`user`, `group` and so on are Popen's; without them it begins as root."""
        line = [*words(self.made.said["ENTRYPOINT"]), *(command or words(self.made.said["CMD"]))]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                line, cwd=self.made.inside("."), env=self.environment, stdout=log, stderr=log, **user
            )
        return self.process

    def serve(self, **user: Any) -> subprocess.Popen[bytes]:
        """Starts it and waits until its health check is content."""
        process = self.start(**user)

        def healthy() -> bool:
            assert process.poll() is None, self.log.read_text()
            return self.run(*words(self.made.said["HEALTHCHECK"].partition(" CMD ")[2])).returncode == 0

        eventually(healthy, "the health check")
        return process

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command beside it, as root, as `docker exec` does it."""
        return subprocess.run(
            command,
            cwd=self.made.inside("."),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def refused(self, *command: str, **user: Any) -> str:
        """What it says when it ends by itself."""
        assert self.start(*command, **user).wait(PATIENCE) == 1
        return self.log.read_text()

    def stop(self) -> int:
        """The exit status after SIGTERM."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)


def owners(folder: Path) -> dict[str, tuple[int, int]]:
    """Everything in a folder, itself included, by what it is called."""
    found = {str(path.relative_to(folder)): path.lstat() for path in [folder, *folder.rglob("*")]}
    return {name: (stat.st_uid, stat.st_gid) for name, stat in found.items()}


def identity(process: subprocess.Popen[bytes]) -> dict[str, str]:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return dict(re.findall(r"^(Uid|Gid|Groups|CapEff|CapPrm|Umask):[ \t]*(.*?)[ \t]*$", status, re.MULTILINE))


def nobody_special(uid: int, gid: int) -> dict[str, str]:
    none = "0" * 16
    ids = {"Uid": "\t".join([str(uid)] * 4), "Gid": "\t".join([str(gid)] * 4)}
    return {**ids, "Groups": "", "CapEff": none, "CapPrm": none, "Umask": "0077"}
