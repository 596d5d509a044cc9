"""Small pictures of files in the spool, made when they are asked for."""

import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO

logger = logging.getLogger(__name__)

AT_ONCE = 2
PATIENCE = 20.0  # seconds
_turns = threading.BoundedSemaphore(AT_ONCE)
_COMMAND = (sys.executable, "-I", str(Path(__file__).with_name("thumbnail_maker.py")))


def jpeg_of(file: BinaryIO, patience: float = PATIENCE) -> bytes | None:
    """A JPEG of at most 320 pixels a side; None for what is no picture, asks for too much, or breaks its decoder.

    `file` is a real one, at its start; `patience` in seconds, for a turn and then for the picture. Takes a process
    (`uploads.thumbnail_maker`), of which there are two at a time.
    """
    if not _turns.acquire(timeout=patience):
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a program of ours
            _COMMAND,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},  # ours has keys in it
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        logger.warning("event=thumbnail_too_slow")
        return None
    finally:
        _turns.release()
    return done.stdout if done.returncode == 0 and done.stdout else None
