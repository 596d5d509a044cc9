"""The routes about tags.

None was recorded: paths, bodies, statuses and permissions are those of the OpenAPI descriptions of
2.7.5 and 3.1.0, which agree; refusals are made like those of albums.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import answers
from .access import Access
from .messages import ImmichJSON, json_body
from .records import StoredTag
from .refusals import not_found_or_no_access
from .server import Server
from .validation import array, identifier, refuse, text, uuids


def routes(server: Server) -> list[Route]:
    tags = _Tags(server)
    return [
        Route("/api/tags", server.guard("tag.read", tags.all)),
        Route("/api/tags", server.guard("tag.create", tags.upsert), methods=["PUT"]),
        Route("/api/tags/assets", server.guard("tag.asset", tags.tag_several), methods=["PUT"]),
        Route("/api/tags/{id}", server.guard("tag.read", tags.one)),
        Route("/api/tags/{id}", server.guard("tag.delete", tags.delete), methods=["DELETE"]),
        Route("/api/tags/{id}/assets", server.guard("tag.asset", tags.tag), methods=["PUT"]),
    ]


class _Tags:
    def __init__(self, server: Server) -> None:
        self._store = server.store

    async def all(self, request: Request, access: Access) -> Response:
        return ImmichJSON([answers.tag(tag) for tag in self._store.tags()])

    async def one(self, request: Request, access: Access) -> Response:
        return ImmichJSON(answers.tag(self._tag(request, "tag.read")))

    async def upsert(self, request: Request, access: Access) -> Response:
        """The tag at the end of each path, in their order, each once."""
        paths = (await json_body(request)).get("tags")
        refuse([array(paths, ("tags",))])
        wanted = paths if isinstance(paths, list) else []
        refuse([text(path, ("tags", index)) for index, path in enumerate(wanted)])
        made = [self._store.upsert_tag(path) for path in dict.fromkeys(wanted)]
        return ImmichJSON([answers.tag(tag) for tag in made if tag is not None])

    async def delete(self, request: Request, access: Access) -> Response:
        self._store.delete_tag(self._tag(request, "tag.delete").id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def tag(self, request: Request, access: Access) -> Response:
        tag = self._tag(request, "tag.asset")
        ids = (await json_body(request)).get("ids")
        refuse([uuids(ids, "ids", empty_words=("ids should not be empty",))])
        wanted = ids if isinstance(ids, list) else []
        outcomes = await run_in_threadpool(self._store.tag_assets, tag.id, wanted)
        return ImmichJSON(answers.outcomes(wanted, outcomes))

    async def tag_several(self, request: Request, access: Access) -> Response:
        """What is not there is left out silently; the answer counts the new pairs."""
        body = await json_body(request)
        tag_ids, asset_ids = body.get("tagIds"), body.get("assetIds")
        refuse([uuids(tag_ids, "tagIds"), uuids(asset_ids, "assetIds")])
        wanted = asset_ids if isinstance(asset_ids, list) else []
        count = 0
        for tag_id in tag_ids if isinstance(tag_ids, list) else []:
            count += self._store.tag_assets(tag_id, wanted).count(None)
        return ImmichJSON({"count": count})

    def _tag(self, request: Request, permission: str) -> StoredTag:
        tag = self._store.tag(identifier(request.path_params))
        if tag is None:
            raise not_found_or_no_access(permission)
        return tag
