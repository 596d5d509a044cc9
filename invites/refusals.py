"""The codes a guest's request can be refused with, and the HTTP status of each. The words are the page's."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why something was not taken. The values are the wire contract's and never change."""

    INVALID_INVITE = "invalid_invite"
    DISABLED = "invite_disabled"
    NOT_OPEN = "invite_not_open"
    EXPIRED = "invite_expired"
    CLAIMED = "invite_claimed"
    EXHAUSTED = "invite_exhausted"
    PASSWORD_REQUIRED = "invite_password_required"  # noqa: S105 - a code, not a password
    UNLOCK_ENDED = "unlock_ended"
    TOO_MANY_FILES = "too_many_files"
    QUOTA_EXCEEDED = "quota_exceeded"
    FILE_TOO_LARGE = "file_too_large"
    WRONG_TYPE = "wrong_type"
    EMPTY_FILE = "empty_file"
    BAD_METADATA = "bad_metadata"
    DISK_FULL = "disk_full"
    TOO_MANY_REQUESTS = "too_many_requests"
    SHUTTING_DOWN = "shutting_down"
    FOREIGN_ORIGIN = "foreign_origin"

    @property
    def status(self) -> int:
        """The HTTP status this refusal is answered with."""
        return _STATUSES.get(self, 403)

    @property
    def wire_code(self) -> str:
        """The code on the wire: an ended unlock differs from a missing one by its status alone."""
        return (Refusal.PASSWORD_REQUIRED if self is Refusal.UNLOCK_ENDED else self).value

    @property
    def words(self) -> str:
        """What an API says of it to people."""
        return _WORDS[self]


_STATUSES = {
    Refusal.UNLOCK_ENDED: 401,
    Refusal.FILE_TOO_LARGE: 413,
    Refusal.WRONG_TYPE: 422,
    Refusal.EMPTY_FILE: 400,
    Refusal.BAD_METADATA: 400,
    Refusal.DISK_FULL: 507,
    Refusal.TOO_MANY_REQUESTS: 429,
    Refusal.SHUTTING_DOWN: 503,
}

_WORDS = {
    Refusal.INVALID_INVITE: "There is no such link.",
    Refusal.DISABLED: "The link is disabled.",
    Refusal.NOT_OPEN: "The link is not open yet.",
    Refusal.EXPIRED: "The link has expired.",
    Refusal.CLAIMED: "The link is for one person, and somebody else uses it.",
    Refusal.EXHAUSTED: "The link is used up.",
    Refusal.PASSWORD_REQUIRED: "The link asks for a password: open it in a browser first.",
    Refusal.UNLOCK_ENDED: "The link has another password now: open it in a browser first.",
    Refusal.TOO_MANY_FILES: "The link takes no more files from you.",
    Refusal.QUOTA_EXCEEDED: "The link has no room for this file.",
    Refusal.FILE_TOO_LARGE: "The file is too large.",
    Refusal.WRONG_TYPE: "Files of this type are not taken here.",
    Refusal.EMPTY_FILE: "The file is empty.",
    Refusal.BAD_METADATA: "What was said of the file can't be read.",
    Refusal.DISK_FULL: "The server has no room for this file now.",
    Refusal.TOO_MANY_REQUESTS: "Too many requests; please wait.",
    Refusal.SHUTTING_DOWN: "The server is ending; try again.",
    Refusal.FOREIGN_ORIGIN: "Another site may not ask this.",
}


class RefusedError(Exception):
    """Raised by services when a request is refused.

    `detail` is for people and names the field; `retry_after` is in seconds, 0 when waiting does not help.
    """

    def __init__(self, refusal: Refusal, detail: str = "", *, retry_after: int = 0) -> None:
        super().__init__(detail or refusal.value)
        self.refusal = refusal
        self.detail = detail
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """What the answer's headers say of it."""
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}
