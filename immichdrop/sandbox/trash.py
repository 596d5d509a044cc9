"""The routes that delete assets and bring them back."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .access import Access
from .messages import ImmichJSON, json_body
from .refusals import not_found_or_no_access
from .server import Server
from .validation import refuse, uuids

_PERMISSION = "asset.delete"


def routes(server: Server) -> list[Route]:
    trash = _Trash(server)
    return [
        Route("/api/assets", server.guard(_PERMISSION, trash.delete), methods=["DELETE"]),
        Route("/api/trash/restore", server.guard(_PERMISSION, trash.restore_all), methods=["POST"]),
        Route("/api/trash/restore/assets", server.guard(_PERMISSION, trash.restore), methods=["POST"]),
    ]


class _Trash:
    """Recorded exchanges 212-226, 460-466."""

    def __init__(self, server: Server) -> None:
        self._store = server.store
        self._jobs_after = server.jobs_after

    async def delete(self, request: Request, access: Access) -> Response:
        """Into the trash, or for good with `force`: then a job removes it, a moment later (461)."""
        body = await json_body(request)
        ids = self._known_ids(body)
        by_force = body.get("force") is True
        self._store.update_assets(ids, {"is_trashed": True, "is_deleted": by_force})
        if by_force and self._jobs_after is not None:
            asyncio.get_running_loop().call_later(self._jobs_after, self._store.run_jobs)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def restore(self, request: Request, access: Access) -> Response:
        """The answer counts the ids it was asked for."""
        ids = self._known_ids(await json_body(request))
        self._store.restore(ids)
        return ImmichJSON({"count": len(ids)})

    async def restore_all(self, request: Request, access: Access) -> Response:
        return ImmichJSON({"count": self._store.restore()})

    def _known_ids(self, body: dict[str, object]) -> list[str]:
        ids = body.get("ids")
        refuse([uuids(ids, "ids")])
        known = [str(asset_id) for asset_id in ids] if isinstance(ids, list) else []
        if any(self._store.asset(asset_id) is None for asset_id in known):
            raise not_found_or_no_access(_PERMISSION)
        return known
