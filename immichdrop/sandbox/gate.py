"""Where the faults happen: in front of the application, to each request that comes."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import struct
from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .faults import Faults, FaultsError, Kind

# Always works, also while everything else is down.
PATH = "/sandbox/faults"
_EXTENSION = "sandbox.drop_connection"
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing then sends a reset
_TELLS_WHEN = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}

Forget = Callable[[str], None]


class DroppableProtocol(HttpToolsProtocol):
    """HTTP whose connection an application can cut."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"drop": self.transport.abort, "reset": self._reset}}

    def _reset(self) -> None:
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()


class FaultGate:
    """Stands before the application. `forget` makes the asset of an id vanish."""

    def __init__(self, app: ASGIApp, faults: Faults, forget: Forget) -> None:
        self._app = app
        self._faults = faults
        self._forget = forget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == PATH:
            await self._app(scope, receive, send)
            return
        request = scope["method"], scope["path"]
        if seconds := self._faults.seconds_late(*request):
            await asyncio.sleep(seconds)
        if self._faults.down:
            await _cut(scope, receive, "drop")
            return
        match self._faults.strike(*request):
            case Kind.RESET_BEFORE:
                await _cut(scope, receive, "reset")
            case Kind.RESET_BODY:
                await _read_half(scope, receive)
                await _cut(scope, receive, "reset")
            case Kind.RESET_AFTER:
                await self._handle(scope, receive, _unheard)
                await _cut(scope, receive, "reset")
            case Kind.ERROR_BEFORE:
                await self._error()(scope, receive, send)
            case Kind.ERROR_AFTER:
                await self._handle(scope, receive, _unheard)
                await self._error()(scope, receive, send)
            case None:
                await self._handle(scope, receive, send)

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As the application does, unless what it has just stored shall be forgotten."""
        if self._faults.forgetting is None or (scope["method"], scope["path"]) != ("POST", "/api/assets"):
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        self._forget_what_was_created(messages)
        for message in messages:
            await send(message)

    def _forget_what_was_created(self, messages: list[Message]) -> None:
        start, *bodies = messages
        hits = self._faults.forgetting
        if start["status"] == HTTPStatus.CREATED and hits is not None and hits.take("POST", "/api/assets"):
            answer = json.loads(b"".join(message.get("body", b"") for message in bodies))
            self._forget(answer["id"])

    def _error(self) -> Response:
        status = HTTPStatus(self._faults.status)
        after = self._faults.retry_after
        headers = {"retry-after": str(after)} if after is not None and status in _TELLS_WHEN else {}
        return JSONResponse({"message": status.phrase}, status, headers)


def route(faults: Faults) -> Route:
    """`/sandbox/faults`, for callers on this machine: GET tells what is wrong, POST changes what it
    names, DELETE ends it all. The bodies have the names of `Faults` and `Hits`."""

    async def answer(request: Request) -> Response:
        if not _is_loopback(request):
            return JSONResponse({"message": "Only from this machine"}, HTTPStatus.FORBIDDEN)
        if request.method == "DELETE":
            faults.clear()
        if request.method == "POST":
            try:
                faults.change_as(await request.body())
            except FaultsError as error:
                return JSONResponse({"message": str(error)}, HTTPStatus.BAD_REQUEST)
        return JSONResponse(faults.to_json())

    return Route(PATH, answer, methods=["GET", "POST", "DELETE"])


async def _unheard(message: Message) -> None:
    """An answer that nobody gets."""


async def _read_half(scope: Scope, receive: Receive) -> None:
    """Half of the body; the first piece of one whose length is not known."""
    length = int(dict(scope["headers"]).get(b"content-length", 0))
    seen = 0
    while True:
        message = await receive()
        seen += len(message.get("body", b""))
        if 2 * seen >= length or not message.get("more_body"):
            return


async def _cut(scope: Scope, receive: Receive, how: str) -> None:
    """End the connection: `drop` it, or `reset` it."""
    end: Callable[[], None] = scope["extensions"][_EXTENSION][how]
    end()
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_loopback(request: Request) -> bool:
    return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
