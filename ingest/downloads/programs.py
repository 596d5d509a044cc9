"""The programs that downloads need beside Python: where they are, and how old yt-dlp is."""

import re
import shutil
from datetime import date
from importlib import metadata

import deno
import imageio_ffmpeg


def ffmpeg() -> str:
    """The system's ffmpeg, else the one that a package brings; "" where there is none."""
    try:
        return shutil.which("ffmpeg") or str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return ""


def javascript() -> str:
    """Deno, which yt-dlp runs YouTube's puzzles in; "" where there is none."""
    try:
        return str(deno.find_deno_bin())
    except FileNotFoundError:
        return shutil.which("deno") or ""


def ytdlp_version() -> str:
    return metadata.version("yt-dlp")


def ytdlp_made_on() -> date | None:
    """The day that yt-dlp's version names: they are dates."""
    found = re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,2})", ytdlp_version())
    return date(int(found[1]), int(found[2]), int(found[3])) if found else None
