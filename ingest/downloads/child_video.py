"""yt-dlp in the download's process: the extractors that were named, no plugins, no configuration, no other programs
than ffmpeg to merge and Deno to solve YouTube's puzzles."""

import importlib
import io
import re
import sys
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from yt_dlp import YoutubeDL
from yt_dlp.downloader.external import FFmpegFD
from yt_dlp.networking import HEADRequest
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import ExtractorError

from ingest.downloads.orders import Order, Tell

MOST_FILES = 50
MOST_THUMBNAILS = 3  # that are tried, the best first
_NAME = "%(autonumber)04d"
TOLD = ("id", "title", "uploader", "timestamp", "description", "webpage_url", "ext", "playlist_id", "playlist_title")


class LiveError(Exception):
    """It would never end."""


class ProtectedError(Exception):
    """A stream that yt-dlp's own downloader can't read."""


class TooLargeError(Exception):
    """A file is announced with more bytes than are allowed."""


class NothingError(Exception):
    """The extractor read the post and found no file."""


class Downloader(YoutubeDL):  # type: ignore[misc]  # yt-dlp is not typed
    """Tells of each file when it is whole, and keeps what went wrong as it was raised."""

    def __init__(self, params: dict[str, object], tell: Tell) -> None:
        super().__init__(params, auto_init=False)
        self.tell = tell
        self.files = 0
        self.raised: BaseException | None = None

    def process_video_result(self, info_dict: dict[str, object], download: bool = True) -> dict[str, object]:
        """Leaves pictures among a post's videos out, which would end it: Instagram's are entries without a format."""
        if info_dict.get("playlist_index") and not (info_dict.get("formats") or info_dict.get("url")):
            return info_dict
        found: dict[str, object] = super().process_video_result(info_dict, download)
        return found

    def process_info(self, info_dict: dict[str, object]) -> None:
        # One post has one picture; a platform may name dozens of sizes, and most of them not be there.
        self.params["writethumbnail"] = not self.files
        info_dict["thumbnails"] = list(cast(list[object], info_dict.get("thumbnails") or []))[-MOST_THUMBNAILS:]
        super().process_info(info_dict)
        path = info_dict.get("filepath")
        if isinstance(path, str) and Path(path).is_file():
            self.files += 1
            about = {name: info_dict.get(name) for name in TOLD}
            about |= {"title": _title(info_dict), "date": info_dict.get("upload_date")}
            self.tell(file={"path": Path(path).name, "about": about})

    def dl(self, name: str, info: dict[str, object], *args: object, **kwargs: object) -> object:
        """Tells of the post's own picture, which yt-dlp has fetched by now; those that failed it took off the list."""
        for picture in cast(list[dict[str, str]], info.get("thumbnails") or []):
            if path := picture.get("filepath"):
                self.tell(picture=Path(path).name)
        return super().dl(name, info, *args, **kwargs)

    def trouble(self, message: str | None = None, tb: str | None = None, is_error: bool = True) -> None:
        self.raised = self.raised or sys.exc_info()[1]
        super().trouble(message, tb, is_error)


def _title(info: dict[str, object]) -> object:
    """What the post itself says, where yt-dlp makes a title up: Instagram's posts have none, X's only their text."""
    title, named = str(info.get("title") or ""), f"{info.get('uploader')} - "
    if re.match(r"(Video|Post) by \S+$", title) and info.get("description"):
        return info["description"]
    return re.sub(r" #\d+$", "", title.removeprefix(named)) if title.startswith(named) else title


class Log:
    """yt-dlp's words: errors are raised as well, and of the rest only one matters."""

    def __init__(self) -> None:
        self.too_large = False

    def debug(self, message: str) -> None:
        self.too_large = self.too_large or "larger than max-filesize" in message

    def info(self, message: str) -> None:
        self.debug(message)

    def warning(self, message: str) -> None:
        pass

    def error(self, message: str) -> None:
        pass


def fetch(order: Order, tell: Tell) -> None:
    # It would connect by itself, and through no proxy: what only it could download is not downloaded.
    FFmpegFD.real_download = _no_download
    log = Log()
    with Downloader(_params(order, log, tell), tell) as ydl:
        try:
            for name in order.extractors:
                module, _, cls = name.partition(":")
                ydl.add_info_extractor(getattr(importlib.import_module(module), cls)())
            url = _followed(ydl, order) if re.search(order.short, order.url) else order.url
            tell(address=url)
            info = ydl.extract_info(url, download=True)
            if log.too_large:
                raise TooLargeError
            if not ydl.files:
                raise NothingError
            tell(done={"list": bool(info and info.get("_type") == "playlist")})
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the download's end, and told
            tell(failure=_failure(ydl.raised or error))


def _params(order: Order, log: Log, tell: Tell) -> dict[str, object]:
    def progress(state: dict[str, object]) -> None:
        total = state.get("total_bytes") or state.get("total_bytes_estimate")
        tell(progress={"bytes": state.get("downloaded_bytes"), "of": total})

    def no_live(info: dict[str, object], *, incomplete: bool = False) -> None:
        if info.get("is_live") or info.get("live_status") in ("is_live", "is_upcoming", "post_live"):
            raise LiveError

    return {
        "logger": log,
        "quiet": True,
        "noprogress": True,
        "progress_hooks": [progress],
        "match_filter": no_live,
        "proxy": order.proxy,
        "format": order.formats,
        "merge_output_format": "mp4",
        "outtmpl": {"default": f"{_NAME}.%(ext)s", "thumbnail": f"{_NAME}-thumbnail.%(ext)s", "pl_thumbnail": ""},
        "noplaylist": True,
        "playlistend": MOST_FILES,
        "max_filesize": order.largest_file,
        "retries": 2,
        "fragment_retries": 2,
        "skip_unavailable_fragments": False,
        "extractor_retries": 1,
        "socket_timeout": 20,
        "concurrent_fragment_downloads": 1,
        "external_downloader": {"default": "native"},
        "hls_prefer_native": True,
        "cachedir": False,
        "cookiefile": io.StringIO(order.cookies) if order.cookies else None,
        "ffmpeg_location": order.ffmpeg or None,
        "js_runtimes": {"deno": {"path": order.deno}} if order.deno else {},
        "remote_components": [],
        "enable_file_urls": False,
        "updatetime": False,
        "fixup": "detect_or_warn",
    }


def _no_download(*args: object, **kwargs: object) -> bool:
    raise ProtectedError


def _followed(ydl: Downloader, order: Order) -> str:
    """Where a short address leads, which has to be on the same platform."""
    url: str = ydl.urlopen(HEADRequest(order.url)).url
    host = urlsplit(url).hostname or ""
    if not any(host == own or host.endswith(f".{own}") for own in order.hosts):
        raise ExtractorError("Unsupported URL: it leads elsewhere", expected=True)
    return url


def _failure(error: BaseException) -> dict[str, object]:
    """The first of an error's causes that says something, and the status of HTTP if one is among them."""
    chain: list[BaseException] = []
    following: list[BaseException | None] = [error]
    while following and len(chain) < 20:
        each = following.pop(0)
        if each is None or each in chain:
            continue
        chain.append(each)
        inner = getattr(each, "exc_info", None)
        following += [getattr(each, "cause", None), inner[1] if inner else None, each.__cause__, each.__context__]
    status = next((each.status for each in chain if isinstance(each, HTTPError)), None)
    kind = next((type(each).__name__ for each in chain if type(each).__name__ in _TELLING), type(error).__name__)
    if status is None and any(isinstance(each, TransportError) for each in chain) and kind not in _TELLING:
        kind = "TransportError"
    return {"kind": kind, "message": str(error)[:500], "status": status}


_TELLING = frozenset(
    "GeoRestrictedError UnsupportedError UserNotLive LiveError ProtectedError TooLargeError NothingError".split()
)
