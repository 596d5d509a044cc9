"""How log lines look: one event a line, as text or as JSON, with nothing in it that opens a link or names somebody.

Events are written as `key=value` words (docs/operations.md, "Logs"). What the libraries below us write is looked
through too: Django logs the paths of refused requests, and a link's path is its key; PostgreSQL quotes whole rows.
"""

import json
import logging
import re
from datetime import UTC, datetime

_VEILED = (
    # A link's token or custom address, in a path or in a query.
    (re.compile(r"(/invite/)[^/\s?\"']+"), r"\1…"),
    (re.compile(r"(\binvite(?:_token)?=)[^&\s\"']+"), r"\1…"),
    # An API token, by itself and in a query.
    (re.compile(r"\bdrop_[A-Za-z0-9_-]{43}"), "drop_…"),
    (re.compile(r"(\btoken=)[^&\s\"']+"), r"\1…"),
    # PostgreSQL: "Failing row contains (…)" has file names and addresses.
    (re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE), r"\1: …"),
)
_FIELD = re.compile(r'\b([a-z_]+)=(?:"([^"]*)"|(\S+))')


def veil(text: str) -> str:
    for pattern, shown in _VEILED:
        text = pattern.sub(shown, text)
    return text


class TextFormatter(logging.Formatter):
    """Time, level, part, words; a traceback on the lines below."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return veil(super().format(record))


class JsonFormatter(logging.Formatter):
    """An object on one line: `time` (ISO 8601, UTC), `level`, `part`, `message`, the event's own words (all as texts),
    and `traceback` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        message = veil(record.getMessage())
        line = {key: quoted or plain for key, quoted, plain in _FIELD.findall(message)}
        line |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "part": record.name,
            "message": message,
        }
        if record.exc_info:
            line["traceback"] = veil(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
