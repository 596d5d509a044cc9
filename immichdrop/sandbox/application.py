"""The sandbox as one ASGI application."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import (
    about,
    accounts,
    album_users,
    albums,
    assets,
    gate,
    libraries,
    oauth,
    page,
    search,
    shared_links,
    shared_page,
    stacks,
    tags,
    trash,
    updates,
    uploads,
)
from .faults import Faults
from .gate import FaultGate
from .messages import ImmichJSON
from .refusals import Refusal
from .server import Server
from .versions import Api


class Seen(NamedTuple):
    """A request that came. `status` is 0 when it got no answer, 499 when the client left first."""

    method: str
    path: str
    status: int


def application(server: Server, trouble: Faults, seen: list[Seen]) -> ASGIApp:
    """Every finished request is appended to `seen`."""
    modules = (
        *(about, accounts, oauth, uploads, assets, updates, trash, albums, album_users, tags),
        *(search, stacks, libraries, shared_links),
    )
    routes = [route for module in modules for route in module.routes(server)]
    routes += [gate.route(trouble), *shared_page.routes(server), *page.routes(server)]
    answers = _Refusals(server.api)
    app = Starlette(
        routes=routes,
        exception_handlers={Refusal: answers.refused, HTTPException: answers.unknown},
    )
    app.router.redirect_slashes = False

    def forget(asset_id: str) -> None:
        server.store.remove_assets([asset_id])

    return _Envelope(FaultGate(app, trouble, forget), server.api, seen)


class _Refusals:
    """Turns what routes raise into answers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def refused(self, request: Request, refusal: Exception) -> Response:
        if not isinstance(refusal, Refusal):
            raise refusal
        body = refusal.body(self._api, request.state.correlation_id)
        return ImmichJSON(body, status_code=refusal.status)

    async def unknown(self, request: Request, error: Exception) -> Response:
        """A route there is not, or not with this method: both are 404 (047, 287)."""
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        refusal = Refusal(HTTPStatus.NOT_FOUND, f"Cannot {request.method} {path}")
        return await self.refused(request, refusal)


class _Envelope:
    """Numbers each request, signs the API's answers as Immich does, and notes what became of it."""

    def __init__(self, app: ASGIApp, api: Api, seen: list[Seen]) -> None:
        self._app = app
        self._api = api
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = secrets.token_hex(4)
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        status = 0

        async def sign(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                if scope["path"].startswith("/api/"):
                    headers = MutableHeaders(scope=message)
                    headers["x-powered-by"] = "Express"
                    headers[self._api.correlation_header] = correlation_id
            await send(message)

        try:
            await self._app(scope, receive, sign)
        finally:
            self._seen.append(Seen(scope["method"], scope["path"], status))
