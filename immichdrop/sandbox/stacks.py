"""The routes about stacks."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import answers
from .access import Access
from .messages import ImmichJSON, json_body
from .records import StoredStack
from .refusals import Fault, bad_request, not_found_or_no_access
from .server import Server
from .validation import identifier, refuse, uuid, uuids


def routes(server: Server) -> list[Route]:
    stacks = _Stacks(server)
    # v3 knows both words, the others only PUT (302).
    methods = ["PUT", "PATCH"] if server.api.strict else ["PUT"]
    return [
        Route("/api/stacks", server.guard("stack.read", stacks.all)),
        Route("/api/stacks", server.guard("stack.create", stacks.create), methods=["POST"]),
        Route("/api/stacks/{id}", server.guard("stack.read", stacks.one)),
        Route("/api/stacks/{id}", server.guard("stack.update", stacks.update), methods=methods),
        Route("/api/stacks/{id}", server.guard("stack.delete", stacks.delete), methods=["DELETE"]),
        Route("/api/stacks/{id}/assets/{assetId}", server.guard("stack.update", stacks.remove), methods=["DELETE"]),
    ]


class _Stacks:
    """Recorded exchanges 292-306."""

    def __init__(self, server: Server) -> None:
        self._store = server.store
        self._api = server.api

    async def all(self, request: Request, access: Access) -> Response:
        primary = request.query_params.get("primaryAssetId")
        stacks = [stack for stack in self._store.stacks() if primary in (None, stack.primary_asset_id)]
        return ImmichJSON([self._answer(stack) for stack in stacks])

    async def one(self, request: Request, access: Access) -> Response:
        return ImmichJSON(self._answer(self._stack(request, "stack.read"), tags=True))

    async def create(self, request: Request, access: Access) -> Response:
        ids = (await json_body(request)).get("assetIds")
        refuse([uuids(ids, "assetIds")])
        wanted = list(dict.fromkeys(str(each) for each in ids)) if isinstance(ids, list) else []
        refuse([_too_few(wanted)])
        found = [self._store.asset(each) for each in wanted]
        if any(asset is None or asset.visibility == "locked" for asset in found):
            raise not_found_or_no_access("asset.update")
        return ImmichJSON(self._answer(self._store.create_stack(wanted)), status_code=HTTPStatus.CREATED)

    async def update(self, request: Request, access: Access) -> Response:
        stack = self._stack(request, "stack.update")
        primary = (await json_body(request)).get("primaryAssetId")
        if primary is not None:
            refuse([uuid(primary, ("primaryAssetId",))])
            if primary not in {asset.id for asset in self._store.stack_assets(stack)}:
                raise bad_request("Primary asset must be in the stack")
            self._store.set_primary(stack.id, str(primary))
        return ImmichJSON(self._answer(self._stack(request, "stack.update")))

    async def delete(self, request: Request, access: Access) -> Response:
        self._store.delete_stack(self._stack(request, "stack.delete").id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def remove(self, request: Request, access: Access) -> Response:
        """Only what does not stand for the stack; that refusal was not recorded, and is in words of our own."""
        stack = self._stack(request, "stack.update")
        asset_id = request.path_params["assetId"]
        if asset_id not in {asset.id for asset in self._store.stack_assets(stack)}:
            raise bad_request("Asset not in stack")
        if asset_id == stack.primary_asset_id:
            raise bad_request("The primary asset can't be removed from its stack")
        self._store.update_assets([asset_id], {"stack_id": None})
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _stack(self, request: Request, permission: str) -> StoredStack:
        stack = self._store.stack(identifier(request.path_params))
        if stack is None:
            raise not_found_or_no_access(permission)
        return stack

    def _answer(self, stack: StoredStack, *, tags: bool = False) -> answers.Json:
        assets = []
        for asset in self._store.stack_assets(stack):
            answer = answers.embedded_asset(asset, self._store.account, self._api, exif=True)
            if tags:
                answer["tags"] = [answers.tag(tag) for tag in self._store.tags_of(asset.id)]
            assets.append(answer)
        return {"id": stack.id, "primaryAssetId": stack.primary_asset_id, "assets": assets}


def _too_few(ids: list[str]) -> Fault | None:
    if len(ids) >= 2:
        return None
    error: dict[str, object] = {
        "origin": "array",
        "code": "too_small",
        "minimum": 2,
        "inclusive": True,
        "path": ["assetIds"],
        "message": "Too small: expected array to have >=2 items",
    }
    return Fault(("assetIds must contain at least 2 elements",), (error,))
