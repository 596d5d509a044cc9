"""Why nothing came of a link: what is tried again, and the words for people."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class Cause(StrEnum):
    """The reasons, as codes. Their words are in `words`, and the page's in its own languages."""

    PRIVATE = "private"
    DELETED = "deleted"
    GEO_BLOCKED = "geo_blocked"
    LOGIN_NEEDED = "login_needed"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"  # 403 without a reason
    NOTHING_THERE = "nothing_there"
    UNSUPPORTED = "unsupported"
    LIVE = "live"
    PROTECTED = "protected"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    UNREACHABLE = "unreachable"
    NOT_PUBLIC = "not_public"  # it leads to an address that only an inner network has
    BROKEN = "broken"  # the program ended in a way it should not
    NOT_TAKEN = "not_taken"
    DISK_FULL = "disk_full"
    WITHDRAWN = "withdrawn"  # whoever asked for it may not any more

    def pause(self, attempts: int) -> timedelta | None:
        """How long to wait after so many tries (from 1); None when it is to be given up."""
        pauses = _PAUSES.get(self, ())
        return timedelta(seconds=pauses[attempts - 1]) if attempts <= len(pauses) else None


# Seconds. Whoever has a platform that counts requests is not helped by many.
_PAUSES: dict[Cause, tuple[int, ...]] = {
    Cause.UNREACHABLE: (5, 30, 120, 600),
    Cause.RATE_LIMITED: (60, 600),
    Cause.DISK_FULL: (60, 600, 3600),
    Cause.REFUSED: (15,),
    Cause.BROKEN: (5,),
}

_WORDS = {
    Cause.PRIVATE: "This post is private.",
    Cause.DELETED: "This post was deleted, or never was there.",
    Cause.GEO_BLOCKED: "This post can't be seen from the country that this server is in.",
    Cause.LOGIN_NEEDED: "{platform} asks for a login to show this post. Whoever runs this server can add cookies.",
    Cause.RATE_LIMITED: "{platform} takes no more requests from this server for a while. Try again later.",
    Cause.REFUSED: "{platform} refused to hand this post out.",
    Cause.NOTHING_THERE: "There is no photo or video in this post.",
    Cause.UNSUPPORTED: "This is not the address of a single post on {platform}.",
    Cause.LIVE: "Live streams can't be saved.",
    Cause.PROTECTED: "This video is protected against copying.",
    Cause.TOO_LARGE: "This post is larger than the {most} that are allowed here.",
    Cause.TOO_LONG: "This took longer than the {minutes} minutes that are allowed here.",
    Cause.NOT_PUBLIC: "This post leads to an address that is not on the public internet.",
    Cause.UNREACHABLE: "{platform} could not be reached.",
    Cause.BROKEN: "The download broke off. Whoever runs this server may have to update it.",
    Cause.NOT_TAKEN: "This file is not taken here.",
    Cause.DISK_FULL: "The server has no room for it now.",
    Cause.WITHDRAWN: "The link or token that asked for this was closed.",
}


def words(cause: Cause, places: Mapping[str, object]) -> str:
    """A sentence in plain words. `places`: platform, most, minutes."""
    return _WORDS[cause].format_map({"platform": "The platform", "most": "bytes", "minutes": "", **places})


# By what programs say, in this order; where they name a status, it counts only when no sentence did.
_SENTENCES: tuple[tuple[str, Cause], ...] = (
    (r"geo.?restrict|not available (in|from) your (country|location|region)|blocked it in your|region locked",
     Cause.GEO_BLOCKED),
    (r"\bDRM\b", Cause.PROTECTED),
    (r"IP address is (blocked|unable)", Cause.REFUSED),
    (r"redirect(ed)? to (the )?(login|challenge) page", Cause.LOGIN_NEEDED),
    (r"rate.?limit|too many requests|\b429\b", Cause.RATE_LIMITED),
    (r"confirm you.?re not a bot|unusual traffic", Cause.LOGIN_NEEDED),
    (r"(video|post|account|subreddit|tweet|profile)('s)? (is|are|was) (set to )?private"
     r"|private (video|post|account|subreddit)|protected (tweet|account)|not have permission to view this|code 10216",
     Cause.PRIVATE),
    (r"log.?in|sign.?in|logged|authenticat|authoriz|account credentials|age.?restrict|confirm your age|nsfw",
     Cause.LOGIN_NEEDED),
    (r"removed|deleted|no longer (available|exists)|does(n't| not) exist|not (be )?found|no status found"
     r"|suspended|terminated|\b(404|410)\b|not available|isn't available|unavailable", Cause.DELETED),
    (r"live (stream|event|broadcast)|will begin in|premieres in|is live", Cause.LIVE),
    (r"no media|no video|no (formats|results)|nothing", Cause.NOTHING_THERE),
    (r"unsupported url|no suitable|not a valid url", Cause.UNSUPPORTED),
    (r"larger than max.?filesize|file too large", Cause.TOO_LARGE),
)  # fmt: skip
_STATUSES = {
    401: Cause.LOGIN_NEEDED,
    403: Cause.REFUSED,
    404: Cause.DELETED,
    410: Cause.DELETED,
    429: Cause.RATE_LIMITED,
}
_KINDS = {
    "GeoRestrictedError": Cause.GEO_BLOCKED,
    "UnsupportedError": Cause.UNSUPPORTED,
    "UserNotLive": Cause.NOTHING_THERE,
    "LiveError": Cause.LIVE,
    "ProtectedError": Cause.PROTECTED,
    "TooLargeError": Cause.TOO_LARGE,
    "NothingError": Cause.NOTHING_THERE,
}


def of_failure(kind: str, message: str, status: int | None) -> Cause:
    """What a program's failure means: `kind` is the name of its exception, `status` HTTP's where it has one."""
    if cause := _KINDS.get(kind):
        return cause
    if status and status >= 500:
        return Cause.UNREACHABLE
    if status in (404, 410, 429):
        return _STATUSES[status]
    for sentence, cause in _SENTENCES:
        if re.search(sentence, message, re.IGNORECASE):
            return cause
    if status in _STATUSES:
        return _STATUSES[status]
    if kind == "EmptyError":
        return Cause.NOTHING_THERE
    network = r"timed? ?out|connection|network|proxy|resolve|transport|ssl|tls|reset|unable to download"
    return Cause.UNREACHABLE if kind == "TransportError" or re.search(network, message, re.IGNORECASE) else Cause.BROKEN
