"""How Immich says no. One fault, worded as v2 and as v3 word it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from .versions import Api


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a field: `lenient` in v2's words, `strict` in v3's."""

    lenient: tuple[str, ...]
    strict: tuple[dict[str, object], ...]


class Refusal(Exception):  # noqa: N818 (what it is, not a failure of ours)
    """Ends a request with a status and Immich's words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def body(self, api: Api, correlation_id: str) -> dict[str, object]:
        """v3 says `{message}`; v2 repeats the status as well (recorded exchange 022)."""
        if api.strict:
            return {"message": self.message}
        return _verbose(self.status, self.message, correlation_id)


class InvalidFields(Refusal):
    """400: fields are missing or malformed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, "Validation failed")
        self.faults = faults

    def body(self, api: Api, correlation_id: str) -> dict[str, object]:
        if api.strict:
            errors = [error for fault in self.faults for error in fault.strict]
            return {"message": self.message, "errors": errors}
        words = [word for fault in self.faults for word in fault.lenient]
        return _verbose(self.status, words, correlation_id)


class Unauthorised(Refusal):
    """What Immich answers when a shared link takes no uploads, in fewer words than usual (410)."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.UNAUTHORIZED, HTTPStatus.UNAUTHORIZED.phrase)

    def body(self, api: Api, correlation_id: str) -> dict[str, object]:
        answer = super().body(api, correlation_id)
        answer.pop("error", None)
        return answer


def bad_request(message: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, message)


def not_found_or_no_access(permission: str) -> Refusal:
    """Immich does not tell a missing thing from somebody else's (174, 267)."""
    return bad_request(f"Not found or no {permission} access")


def _verbose(status: int, message: str | list[str], correlation_id: str) -> dict[str, object]:
    return {
        "message": message,
        "error": HTTPStatus(status).phrase,
        "statusCode": status,
        "correlationId": correlation_id,
    }
