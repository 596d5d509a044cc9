"""Trouble on demand: what goes wrong on the way to a server and back."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Always works, also while everything else is down.
PATH = "/sandbox/faults"
_EXTENSION = "sandbox.drop_connection"


@dataclass(slots=True)
class Faults:
    """What is wrong right now. Change it at any time; it counts from the next request on.

    `down`: connections are closed without a byte of an answer. `latency`: seconds before a
    request is looked at.
    """

    down: bool = False
    latency: float = 0.0


class DroppableProtocol(HttpToolsProtocol):
    """HTTP whose connection an application can cut."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"drop": self.transport.abort}}


class FaultGate:
    """Stands before the application, and lets the faults happen to each request.

    Faults before the request is handled go into `_before`; those that spoil an answer belong
    around the call of the application.
    """

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exempt = scope["type"] != "http" or scope["path"] == PATH
        if exempt or await self._before(scope, receive):
            await self._app(scope, receive, send)

    async def _before(self, scope: Scope, receive: Receive) -> bool:
        """Is there anybody left to answer to?"""
        if self._faults.latency:
            await asyncio.sleep(self._faults.latency)
        if self._faults.down:
            await _drop(scope, receive)
            return False
        return True


def route(faults: Faults) -> Route:
    """`POST /sandbox/faults {"down": bool, "latency": seconds}`, for callers on this machine."""

    async def change(request: Request) -> Response:
        if not _is_loopback(request):
            return JSONResponse({"message": "Only from this machine"}, status_code=403)
        body = await request.json()
        faults.down = bool(body.get("down", faults.down))
        faults.latency = float(body.get("latency", faults.latency))
        return JSONResponse({"down": faults.down, "latency": faults.latency})

    return Route(PATH, change, methods=["POST"])


async def _drop(scope: Scope, receive: Receive) -> None:
    drop: Callable[[], None] = scope["extensions"][_EXTENSION]["drop"]
    drop()
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_loopback(request: Request) -> bool:
    return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
