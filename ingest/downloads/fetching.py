"""Fetching a post's files into a folder: by a child process that can do nothing else, within limits, and killed at the
end with whatever it started."""

import errno
import json
import logging
import os
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from django.conf import settings

from ingest.downloads import causes, programs
from ingest.downloads.causes import Cause
from ingest.downloads.orders import Order
from ingest.downloads.platforms import Platform
from ingest.downloads.proxy import FilteringProxy, Pass

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds
MOST_SAID = 8_000_000  # bytes that a child may say
# Times the bytes that may be fetched: what is merged is there twice for a while. What comes packed may be far more.
ON_DISK = 2.5
LARGEST = 1 << 50  # bytes; more than any file has
ERRORS = "errors.log"
NOT_PUBLIC = "not a public address"


@dataclass(frozen=True, slots=True)
class Limits:
    """`bytes`: of all that is fetched. `seconds`: from the start to the end."""

    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class File:
    """A whole file, and what is known of its post, by yt-dlp's names."""

    path: Path
    about: Mapping[str, object]


@dataclass(slots=True)
class Fetched:
    """What came: files, and why there are no more, or none. `detail` is the program's own word, for the log."""

    files: list[File] = field(default_factory=list)
    cause: Cause | None = None
    detail: str = ""
    address: str = ""
    several: bool = False


def open_left(path: Path) -> BinaryIO:
    """Opens a file that a child left. Raises OSError for all else: a link would lead to a file of ours, which the child
    could not read, and a pipe would be waited at for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return os.fdopen(descriptor, "rb")


# Told the bytes that came, and those that are awaited (0: unknown). False ends the download.
Watch = Callable[[int, int], bool]
# Told where something lies that may be a picture of the post, long before the rest came. Whether it is one.
Show = Callable[[Path], bool]


class Fetcher:
    """`python_path`: folders with extractors of tests."""

    def __init__(self, proxy: FilteringProxy, python_path: Sequence[str] = ()) -> None:
        self.proxy = proxy
        self.python_path = list(python_path)

    def fetch(
        self,
        platform: Platform,
        url: str,
        folder: Path,
        limits: Limits,
        watch: Watch,
        cookies: str = "",
        show: Show | None = None,
    ) -> Fetched:
        """Into `folder`, which has to be empty. By yt-dlp, and for pictures by gallery-dl."""
        deadline = time.monotonic() + limits.seconds
        with self.proxy.opened(limits.bytes) as issued:

            def run(program: Literal["video", "gallery"], address: str) -> Fetched:
                where = folder / program
                where.mkdir()
                order = self._order(program, platform, address, where, limits, issued, cookies)
                return _Run(order, issued, deadline, watch, show).to_its_end()

            videos = run("video", url)
            address = videos.address or url
            pictures = platform.has_pictures(address)
            empty = videos.cause in (Cause.NOTHING_THERE, Cause.UNSUPPORTED) and not videos.files
            if not (pictures and (empty or (videos.several and videos.cause is None))):
                return videos
            gallery = run("gallery", address)
            if empty:
                return gallery
            videos.files += gallery.files  # of a post with both; some have none
            return videos

    def _order(
        self,
        program: Literal["video", "gallery"],
        platform: Platform,
        url: str,
        folder: Path,
        limits: Limits,
        issued: Pass,
        cookies: str,
    ) -> Order:
        return Order(
            program=program,
            url=url,
            folder=str(folder),
            proxy=issued.url,
            port=self.proxy.port,
            seconds=int(limits.seconds) + 1,
            largest_file=limits.bytes,
            hosts=list(platform.hosts),
            short=platform.short,
            extractors=list(platform.extractors),
            galleries=list(platform.galleries),
            formats=platform.formats,
            cookies=cookies,
            ffmpeg=programs.ffmpeg(),
            deno=programs.javascript(),
            python_path=self.python_path,
        )


def environment(folder: Path) -> dict[str, str]:
    """All that a child has of an environment: ours holds keys, and says where to find things."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "DENO_DIR": str(folder / "deno"),
        "DENO_NO_UPDATE_CHECK": "1",
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "YTDLP_NO_PLUGINS": "1",
    }


class _Run:
    """One child process."""

    def __init__(self, order: Order, issued: Pass, deadline: float, watch: Watch, show: Show | None) -> None:
        self.order = order
        self.folder = Path(order.folder)
        self.issued = issued
        self.deadline = deadline
        self.watch = watch
        self.show = show
        self.result = Fetched()
        self.awaited = 0
        self.ended = False  # the child said how
        self.look_at, self.grown = 0.0, False

    def to_its_end(self) -> Fetched:
        with (self.folder / ERRORS).open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-E", "-s", "-B", "-m", "ingest.downloads.child"],
                cwd=settings.BASE_DIR,
                env=environment(self.folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        with process:
            try:
                assert process.stdin
                process.stdin.write(self.order.write().encode())
                process.stdin.close()
                stopped = self._listen(process)
            except BrokenPipeError:
                stopped = None
            finally:
                os.killpg(process.pid, signal.SIGKILL)  # whoever is left; the leader is not reaped yet
        self._judge(stopped, process.returncode)
        return self.result

    def _listen(self, process: subprocess.Popen[bytes]) -> Cause | None:
        """Until the child says no more; why it was stopped, if it was."""
        assert process.stdout
        rest, said = b"", 0
        while True:
            if time.monotonic() > self.deadline:
                return Cause.TOO_LONG
            if self._too_large():
                return Cause.TOO_LARGE
            if not self.watch(self.issued.taken, self.awaited):
                return Cause.WITHDRAWN
            if not select.select([process.stdout], [], [], LOOK_EVERY)[0]:
                continue
            block = os.read(process.stdout.fileno(), 65_536)
            said += len(block)
            if not block:
                return None
            if said > MOST_SAID:
                return Cause.BROKEN
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                self._hear(json.loads(line))

    def _hear(self, message: Mapping[str, object]) -> None:
        match message:
            case {"progress": {"of": int() | float() as awaited}}:
                self.awaited = max(0, min(int(awaited), LARGEST))  # what a server announces is any number
            case {"address": str(address)}:
                self.result.address = address
            case {"picture": str(name)}:
                self._show(self.folder / Path(name).name)
            case {"file": {"path": str(name), "about": dict(about)}}:
                self.result.files.append(File(self.folder / Path(name).name, about))
                self._show(self.result.files[-1].path)
            case {"done": {"list": bool(several)}}:
                self.result.several, self.ended = several, True
            case {"failure": {"kind": str(kind), "message": str(words), "status": int() | None as status}}:
                self.result.cause, self.ended = causes.of_failure(kind, words, status), True
                self.result.detail = f"{kind} {status or ''}: {words}"

    def _show(self, path: Path) -> None:
        """Until there is one."""
        if self.show and self.show(path):
            self.show = None

    def _judge(self, stopped: Cause | None, code: int) -> None:
        """What the run came to, where the child's own word is not the last one."""
        result = self.result
        if stopped:
            result.cause = stopped
        elif self._too_large(now=True):
            result.cause = Cause.TOO_LARGE
        elif result.cause and result.cause is not Cause.NOTHING_THERE and self._refused_inside():
            result.cause = Cause.NOT_PUBLIC
        elif not self.ended:
            result.cause = Cause.TOO_LONG if code == -signal.SIGXCPU else Cause.BROKEN
            result.detail = f"ended with {code}: {self._errors()}"
        if result.cause is Cause.TOO_LARGE:
            result.files.clear()  # one without an announced length ends where it was cut off, and looks whole
        if result.cause:
            logger.info("event=download_failed cause=%s detail=%r", result.cause, result.detail[:300])

    def _too_large(self, *, now: bool = False) -> bool:
        """Whether more came than is allowed, by the proxy's count or on the disk, which is looked at now and then."""
        if self.issued.used_up:
            return True
        if now or time.monotonic() >= self.look_at:
            self.look_at = time.monotonic() + LOOK_EVERY
            self.grown = _on_disk(self.folder) > ON_DISK * self.order.largest_file
        return self.grown

    def _refused_inside(self) -> bool:
        return any(reason.endswith(NOT_PUBLIC) for reason in self.issued.refused)

    def _errors(self) -> str:
        try:
            with open_left(self.folder / ERRORS) as errors:
                errors.seek(max(0, errors.seek(0, os.SEEK_END) - 500))
                return errors.read(500).decode(errors="replace")
        except OSError as error:
            return str(error)


def _on_disk(folder: Path) -> int:
    """Bytes of all files below a folder, in which others are at work."""
    found = 0
    for below, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                found += Path(below, name).lstat().st_size
    return found
