"""Reading and writing JSON the way Immich's server does."""

from __future__ import annotations

import json
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse

from .refusals import Refusal, bad_request
from .versions import Api

BODY_LIMIT = 10 * 1024 * 1024


class ImmichJSON(JSONResponse):
    media_type = "application/json; charset=utf-8"


class Overflow(Refusal):
    """A JSON body over 10 MB (recorded exchange 189)."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error")

    def body(self, api: Api, correlation_id: str) -> dict[str, object]:
        answer: dict[str, object] = {"message": self.message}
        return answer if api.strict else answer | {"statusCode": self.status}


async def json_body(request: Request) -> dict[str, object]:
    """The body as an object; none at all counts as an empty one."""
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > BODY_LIMIT:
            raise Overflow
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise bad_request(f"Unexpected token in JSON: {error}") from None
    return value if isinstance(value, dict) else {}
