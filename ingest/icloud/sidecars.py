"""What icloudpd writes beside a photo: when it was taken, and whether it is a favourite.

Its root is `x:xml_doc` where XMP has `x:xmpmeta`, so names are looked for wherever they stand.
"""

import logging
import os
from dataclasses import dataclass
from datetime import datetime
from xml.parsers import expat
from zoneinfo import ZoneInfo

from django.conf import settings

from ingest.folders.models import shown

logger = logging.getLogger("ingest.icloud")

LARGEST = 1_000_000  # bytes
_DEEPEST, _LONGEST = 40, 200  # elements within each other; characters of a value
_RATING = frozenset({"xmp:Rating", "xap:Rating"})
_CREATED = frozenset({"xmp:CreateDate", "xap:CreateDate", "photoshop:DateCreated"})


@dataclass(frozen=True, slots=True)
class Sidecar:
    """`rating`: 5 is icloudpd's for a favourite, -1 for what is hidden or deleted, None neither. `created` is aware."""

    rating: int | None
    created: datetime | None


class _StrangeError(Exception):
    """It is no sidecar of icloudpd's."""


def read(path: str) -> Sidecar | None:
    """The sidecar at this path; None where there is none, or one that can't be read, which is logged."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise _StrangeError("larger than 1 MB")
        return parse(content)
    except FileNotFoundError:
        return None
    except (OSError, expat.ExpatError, _StrangeError) as error:
        logger.warning('file="%s" event=sidecar_unreadable detail="%s"', shown(path), shown(str(error)))
        return None


def parse(content: bytes) -> Sidecar:
    """Raises ExpatError, and `_StrangeError` for what nests too deep or declares a document type."""
    values = _Values()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = values.start
    parser.EndElementHandler = values.end
    parser.CharacterDataHandler = values.text
    parser.Parse(content, True)
    return Sidecar(_rating(values.found(_RATING)), _moment(values.found(_CREATED)))


def _refuse(*_: object) -> None:
    raise _StrangeError("a document type")


class _Values:
    """Texts of elements and attributes, by their names."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._texts: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if len(self._open) > _DEEPEST:
            raise _StrangeError("too deep")
        for attribute, value in attributes.items():
            self._add(attribute, value)

    def end(self, _: str) -> None:
        self._open.pop()

    def text(self, text: str) -> None:
        self._add(self._open[-1], text)

    def _add(self, name: str, text: str) -> None:
        if name in _RATING or name in _CREATED:
            self._texts[name] = (self._texts.get(name, "") + text)[:_LONGEST]

    def found(self, names: frozenset[str]) -> str:
        return next((text.strip() for name, text in self._texts.items() if name in names), "")


def _rating(text: str) -> int | None:
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
