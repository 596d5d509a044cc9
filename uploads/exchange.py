"""One request to a door for file bytes and its answer, over bare ASGI."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from django.conf import settings

from immichdrop.asgi_types import Message, Receive, Scope, Send, headers_of
from immichdrop.proxies import FORWARDED_HOST
from uploads.spool import MEBIBYTE

# After a refusal so much of the body is read and dropped, so that a browser sees the answer and not a broken line.
DRAIN_BYTES = 8 * MEBIBYTE
DRAIN_SECONDS = 5.0


@dataclass
class AnswerError(Exception):
    """An answer that ends the request: `status`, the code in the JSON body, and words that name the field.

    `body` is said instead of these two, on routes whose errors have another shape.
    """

    status: int
    code: str
    detail: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None


def _base_url(scope: Scope, headers: Mapping[str, str]) -> str:
    """What an absolute address of ours begins with; empty where nothing but the request itself says it."""
    if settings.PUBLIC_BASE_URL:
        return str(settings.PUBLIC_BASE_URL)
    return f"{scope['scheme']}://{headers['host']}" if scope.get(FORWARDED_HOST) else ""


class Exchange:
    """One request and its answer. `always` are headers that every answer carries."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, always: Mapping[str, str] | None = None) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: str = scope.get("query_string", b"").decode("latin-1")
        self.headers: Mapping[str, str] = headers_of(scope)
        # Without the zone that link-local addresses carry (`fe80::1%eth0`): PostgreSQL does not take it.
        self.client: str = (scope.get("client") or ("", 0))[0].partition("%")[0]
        self.base_url = _base_url(scope, self.headers)
        self._receive = receive
        self._send = send
        self._always = always or {}
        length = self.headers.get("content-length", "")
        self.length = int(length) if length.isdecimal() else None  # of the body, in bytes
        self.has_body = length not in ("", "0") or "transfer-encoding" in self.headers
        self._more_comes = self.has_body
        self._long = self.length is None or self.length > DRAIN_BYTES

    async def receive(self) -> Message:
        message = await self._receive()
        self._more_comes = bool(message.get("more_body"))
        return message

    async def answer(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Answers. The body was read before, unless there is none."""
        await self._start(status, headers, body)
        await self._send({"type": "http.response.body", "body": body})

    async def refuse(self, error: AnswerError) -> None:
        """Answers with an error's code, then reads and drops some of the body that is still coming."""
        said = error.body or {"error": error.code} | ({"message": error.detail} if error.detail else {})
        body = b"" if self.method == "HEAD" else json.dumps(said).encode()
        headers = {**error.headers, "Content-Type": "application/json"}
        if self._more_comes and self._long:
            headers["Connection"] = "close"  # what is not dropped here is not read at all
        await self._start(error.status, headers, body)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        await self._drain()
        await self._send({"type": "http.response.body", "body": b""})

    async def _start(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        all_headers = {
            **self._always,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **({} if status == HTTPStatus.NO_CONTENT else {"Content-Length": str(len(body))}),
            **headers,
        }
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in all_headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def _drain(self) -> None:
        dropped = 0
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._more_comes and dropped < DRAIN_BYTES:
                    message = await self.receive()
                    dropped += len(message.get("body", b""))
        except TimeoutError:
            return
