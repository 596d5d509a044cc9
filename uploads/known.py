"""The same files again: which of a browser's files this guest already sent through this link, by SHA-1 and size.

So a second choice of the same photos, from another folder or under other names, costs no bytes. What is asked about
others' files is never answered: only the caller's own uploads at one link are looked at.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F

from invites.models import Guest, Invite
from uploads.models import Upload

MOST_ITEMS = 2000
MOST_OF_KEY = 100  # characters, as in tus metadata
_SHA1 = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")  # half of a pair, which JSON may carry, and no database can be asked for


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that a browser has: its own name for it, bytes, and SHA-1 in lower-case hex."""

    key: str
    size: int
    sha1: str


@dataclass(frozen=True, slots=True)
class Question:
    """`token` is the link's, empty for the public page."""

    token: str
    candidates: list[Candidate]


class WrongShapeError(ValueError):
    """The body is not what is wanted; the message names the field."""


def parse(body: bytes) -> Question:
    """Reads `{"invite", "items": [{"key", "size", "sha1"}]}`. Raises WrongShapeError."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise WrongShapeError('Send {"invite": "…", "items": […]} as JSON.') from None
    if not isinstance(said, dict):
        raise WrongShapeError('Send {"invite": "…", "items": […]} as JSON.')
    items = said.get("items")
    if not isinstance(items, list) or len(items) > MOST_ITEMS:
        raise WrongShapeError(f"items: a list of at most {MOST_ITEMS} is wanted.")
    return Question(
        _token(said.get("invite", "")), [_candidate(item, f"items[{index}]") for index, item in enumerate(items)]
    )


def _candidate(item: object, place: str) -> Candidate:
    if not isinstance(item, dict):
        raise WrongShapeError(f'{place}: {{"key", "size", "sha1"}} is wanted.')
    key, size, sha1 = item.get("key"), item.get("size"), item.get("sha1")
    if not isinstance(key, str) or not 0 < len(key) <= MOST_OF_KEY:
        raise WrongShapeError(f"{place}.key: a text of 1 to {MOST_OF_KEY} characters is wanted.")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise WrongShapeError(f"{place}.size: a number of bytes is wanted.")
    if not isinstance(sha1, str) or not _SHA1.fullmatch(sha1):
        raise WrongShapeError(f"{place}.sha1: 40 hex digits are wanted.")
    return Candidate(key, size, sha1.lower())


def _token(value: object) -> str:
    if not isinstance(value, str) or _SURROGATE.search(value):
        raise WrongShapeError("invite: the link's token is wanted; leave it out on the public page.")
    return value


def belongs(guest: Guest, invite: Invite) -> bool:
    """Whether the guest left anything at this link: a name, an unlock or a file. To all others it is not there."""
    return invite.visits.filter(guest=guest).exists() or Upload.objects.of_guest(guest, invite).exists()


def known(guest: Guest, invite: Invite | None, candidates: Collection[Candidate]) -> list[str]:
    """The keys of those that this guest already sent through this link (None: the public page), in the order asked.

    An upload counts once it is complete, also when Immich refused it since, for its bytes are kept. One whose SHA-1
    is not known yet is told by no sum, and so not taken for any file.
    """
    sums = {candidate.sha1 for candidate in candidates}
    sent = Upload.objects.of_guest(guest, invite).counted().filter(offset=F("size"), sha1__in=sums)
    pairs = set(sent.values_list("sha1", "size"))
    return [candidate.key for candidate in candidates if (candidate.sha1, candidate.size) in pairs]
