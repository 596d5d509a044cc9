"""gallery-dl in the download's process, run as the program that it is (GPL-2), with a configuration of ours alone."""

import json
import os
import re
import runpy
import sys
from pathlib import Path

from ingest.downloads.cookie_files import read
from ingest.downloads.orders import Order, Tell

MOST_FILES = 50
SAID = "gallery-dl.log"


def fetch(order: Order, tell: Tell) -> None:
    folder = Path(order.folder)
    config = os.memfd_create("gallery-dl")
    os.write(config, json.dumps(_config(order)).encode())
    sys.argv = ["gallery-dl", "--config-ignore", "--config", f"/proc/self/fd/{config}", "--no-input", order.url]
    code: object = 0
    try:
        runpy.run_module("gallery_dl", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    found = 0
    for notes in sorted(folder.glob("*.json")):
        file = notes.with_suffix("")
        if file.is_file():
            found += 1
            tell(file={"path": file.name, "about": _about(json.loads(notes.read_text()), order.url)})
    said = (folder / SAID).read_text(errors="replace")[-2000:] if (folder / SAID).exists() else ""
    if code or not found:
        # It ends well where an extractor only noted why it found nothing.
        kind = {0: "EmptyError", 64: "UnsupportedError"}.get(int(str(code or 0)), "gallery-dl")
        tell(failure={"kind": kind, "message": said[-500:], "status": _status(said)})
    else:
        tell(done={"list": found > 1})


def _config(order: Order) -> dict[str, object]:
    """Everything that decides what it does: its own files of configuration are not read."""
    cookies = {cookie.name: cookie.value for cookie in read(order.cookies)} if order.cookies else None
    return {
        "extractor": {
            "modules": order.galleries,
            "module-sources": [*order.python_path, None],  # None: its own
            "base-directory": order.folder,
            "directory": [],
            "filename": "{num:?/-/>04}{filename}.{extension}",
            "image-range": f"1-{MOST_FILES}",
            "proxy": order.proxy,
            "proxy-env": False,
            "cookies": cookies,
            "cookies-update": False,
            "timeout": 20,
            "retries": 1,
            "sleep-429": 1,
            "videos": False,
            "audio": False,  # the music of TikTok's photo posts
            "postprocessors": [{"name": "metadata", "mode": "json"}],
        },
        "cache": {"file": None},
        "downloader": {"filesize-max": str(order.largest_file), "mtime": False, "ytdl": {"enabled": False}},
        "output": {
            "mode": "null",
            "progress": False,
            "logfile": {"path": str(Path(order.folder, SAID)), "level": "warning", "format": "{message}"},
        },
    }


def _about(said: dict[str, object], url: str) -> dict[str, object]:
    """gallery-dl's keywords by yt-dlp's names; they are other ones on each platform. `url` is the post's."""

    def first(*names: str) -> object:
        for name in names:
            value: object = said
            for step in name.split("."):
                value = value.get(step) if isinstance(value, dict) else None
            if value not in (None, "", []):
                return value
        return None

    return {
        "id": first("post_shortcode", "tweet_id", "post_id", "id"),
        "title": first("title", "desc", "description", "content", "text"),
        "uploader": first("fullname", "username", "author.nick", "author.uniqueId", "author.handle", "author", "user"),
        "date": first("post_date", "date"),
        "webpage_url": url,
        "ext": first("extension"),
    }


def _status(said: str) -> int | None:
    found = re.search(r"'(\d{3}) ", said)
    return int(found[1]) if found else None
