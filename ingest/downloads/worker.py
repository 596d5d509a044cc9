"""The threads that download: each takes the next link, fetches its files into a folder, and takes them in."""

import logging
import os
import secrets
import shutil
import socket
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone

from immichdrop.encryption import SecretChangedError
from ingest.downloads import queue
from ingest.downloads.causes import Cause
from ingest.downloads.fetching import Fetched, Fetcher, Limits, Watch, open_left
from ingest.downloads.models import Download, DownloadedFile, PlatformCookies
from ingest.downloads.platforms import PLATFORMS
from ingest.downloads.proxy import FilteringProxy
from ingest.downloads.taking_in import NotWantedError, filename_of, take_in
from ingest.shortcuts import answers
from invites.refusals import Refusal, RefusedError
from uploads import admission, spool, thumbnails
from uploads.receiving import DiskFullError
from uploads.spool import Spool

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds; links that other processes were given are found no later than this
TELL_EVERY = 1.0  # seconds between two heartbeats
EXPIRE_EVERY = 300.0
SHOWS_WITHIN = 5.0  # seconds, twice of which end well before a lease does


class Downloads:
    """`threads` links at a time, in all processes together. `fetcher` is made with a proxy of its own unless given."""

    def __init__(self, spool: Spool, threads: int, fetcher: Fetcher | None = None) -> None:
        self.spool = spool
        self.threads = threads
        self.proxy = None if fetcher else FilteringProxy()
        self.fetcher = fetcher or Fetcher(self.proxy or FilteringProxy())
        self.stopping = threading.Event()
        self.root = settings.DATA_DIR / "downloads"
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._expire_at = 0.0
        self._threads = [
            threading.Thread(target=self._guarded, args=(number,), name=f"download-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        self.root.mkdir(mode=0o700, exist_ok=True)
        if self.proxy:
            self.proxy.start()
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float) -> None:
        """Ends what runs; other processes, or the next start, go on with it from its beginning."""
        deadline = time.monotonic() + timeout
        self.stopping.set()
        queue.announce()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self.proxy:
            self.proxy.stop()

    def _guarded(self, number: int) -> None:
        """What fails, such as a database that is away, must not end a thread for good."""
        try:
            while not self.stopping.is_set():
                try:
                    if not self.run_once(f"{self.owner}.{number}"):
                        queue.wait(LOOK_EVERY)
                except Exception as error:  # whatever it is: without this thread nothing is downloaded
                    logger.exception("event=thread_failed error=%s", type(error).__name__)
                    connections.close_all()
                    self.stopping.wait(LOOK_EVERY)
        finally:
            connections.close_all()

    def run_once(self, owner: str) -> bool:
        """The next link to its end. Whether there was one."""
        if time.monotonic() >= self._expire_at:
            self._expire_at = time.monotonic() + EXPIRE_EVERY
            queue.expire()
            sweep(self.root)
        download = queue.claim(owner, self.threads)
        if download is None:
            return False
        try:
            self._run(download)
        except DatabaseError:
            raise  # its lease ends by itself
        except Exception as error:  # a fault of ours with one link must not keep all others waiting
            logger.exception("job=%s event=download_broke error=%s", download.job_id, type(error).__name__)
            queue.failed(download, Cause.BROKEN)
        return True

    def _run(self, download: Download) -> None:
        platform = PLATFORMS.get(download.platform)
        limits = Limits(settings.DOWNLOAD_MAX_MB * 1_000_000, settings.DOWNLOAD_MINUTES * 60.0)
        if platform is None or not download.may_go_on:
            queue.failed(download, Cause.UNSUPPORTED if platform is None else Cause.WITHDRAWN)
            return
        try:
            admission.check_disk(limits.bytes, self.spool)
        except RefusedError:
            queue.failed(download, Cause.DISK_FULL)
            return
        cookies = _cookies_of(download.platform)
        folder = Path(tempfile.mkdtemp(prefix=f"{download.job_id}-", dir=self.root))
        try:
            fetched = self.fetcher.fetch(
                platform,
                download.url,
                folder,
                limits,
                self._watch(download),
                cookies.text if cookies else "",
                lambda path: _show(download, path),
            )
            if fetched.cause is Cause.WITHDRAWN:
                self._give_up(download)
                return
            _note_cookies(cookies, fetched.cause)
            self._keep(download, fetched, self._watch(download))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _give_up(self, download: Download) -> None:
        """For what was stopped: the process ends, and another goes on; or nobody wants it any more."""
        if self.stopping.is_set():
            queue.put_back(download)
        else:
            queue.failed(download, Cause.WITHDRAWN)

    def _watch(self, download: Download) -> Watch:
        told_at, going_on = 0.0, True

        def watch(taken: int, awaited: int) -> bool:
            nonlocal told_at, going_on
            if time.monotonic() >= told_at:
                told_at = time.monotonic() + TELL_EVERY
                going_on = queue.heartbeat(download, taken, awaited)
            return going_on and not self.stopping.is_set()

        return watch

    def _keep(self, download: Download, fetched: Fetched, watch: Watch) -> None:
        """Takes the files in, where no other try may bring more. What came is kept also where the rest did not."""
        cause = fetched.cause
        if cause and cause.pause(download.attempts):
            queue.failed(download, cause)
            return
        seen: Counter[str] = Counter()
        refused, kept = "", 0
        for file in fetched.files:
            plain = filename_of(download.platform, file.about, file.path.suffix, 1)
            seen[plain] += 1
            filename = filename_of(download.platform, file.about, file.path.suffix, seen[plain])
            try:
                upload = take_in(download, file.path, file.about, filename, self.spool, watch)
            except NotWantedError:
                self._give_up(download)
                return
            except DiskFullError:
                queue.failed(download, Cause.DISK_FULL)
                return
            except RefusedError as error:
                if error.refusal is Refusal.DISK_FULL:
                    queue.failed(download, Cause.DISK_FULL)
                    return
                refused = answers.words_of(error)
                _note_file(download, filename, error=refused[:500])
            else:
                kept += 1
                _note_file(download, filename, upload_id=upload.pk)
        if kept:
            if cause:
                _note_file(download, "", error=queue.words_of(cause, download.platform))
            queue.received(download)
        else:
            queue.failed(download, cause or Cause.NOT_TAKEN, "" if cause else refused)
        logger.info("job=%s outcome=%s files=%d attempt=%d", download.job_id, download.status, kept, download.attempts)


def downloads_here() -> Downloads | None:
    """This process's downloads, begun, where the administrator has switched them on."""
    if not settings.SOCIAL_MEDIA_UPLOADS_ENABLED:
        return None
    downloads = Downloads(spool.default(), settings.DOWNLOAD_CONCURRENCY)
    downloads.start()
    return downloads


def _note_file(download: Download, filename: str, **said: object) -> None:
    DownloadedFile.objects.update_or_create(download=download, filename=filename, defaults=said)


def _show(download: Download, path: Path) -> bool:
    """Keeps a small picture of the post for whoever waits for it. Whether there is one."""
    if download.thumbnail:
        return True  # an earlier try's
    try:
        with open_left(path) as file:
            made = thumbnails.jpeg_of(file, SHOWS_WITHIN)
    except OSError:
        return False  # no plain file: what the child does with its folder is its own affair
    if made:
        queue.pictured(download, made)
    return bool(made)


def _cookies_of(platform: str) -> PlatformCookies | None:
    """The platform's cookies, where they can be read."""
    found = PlatformCookies.objects.filter(platform=platform).first()
    try:
        return found if found and found.text else None
    except SecretChangedError:
        logger.warning("platform=%s event=cookies_unreadable", platform)
        return None


def _note_cookies(cookies: PlatformCookies | None, cause: Cause | None) -> None:
    """Remembers that they no longer help, and that they do again."""
    if cookies and cause in (Cause.LOGIN_NEEDED, None):
        refused_at = timezone.now() if cause else None
        PlatformCookies.objects.filter(pk=cookies.pk, encrypted=cookies.encrypted).update(refused_at=refused_at)


def sweep(root: Path) -> None:
    """Deletes what processes left that were killed: folders of downloads that nobody works on any more."""
    if not root.exists():
        return
    running = set(Download.objects.running(timezone.now()).values_list("job_id", flat=True))
    for folder in root.iterdir():
        if folder.name.partition("-")[0] not in running:
            shutil.rmtree(folder, ignore_errors=True)
