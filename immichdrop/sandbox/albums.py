"""The routes about albums, and the search that lists what is in them."""

from __future__ import annotations

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import answers
from .access import Access
from .messages import ImmichJSON, json_body
from .records import StoredAlbum
from .refusals import bad_request, not_found_or_no_access
from .server import Server
from .validation import identifier, refuse, text, uuids


def routes(server: Server) -> list[Route]:
    albums = _Albums(server)
    adding = server.guard("albumAsset.create", albums.add)
    return [
        Route("/api/albums", server.guard("album.read", albums.all)),
        Route("/api/albums", server.guard("album.create", albums.create), methods=["POST"]),
        Route(
            "/api/albums/assets",
            server.guard("albumAsset.create", albums.add_to_several),
            methods=["PUT"],
        ),
        Route("/api/albums/{id}", server.guard("album.read", albums.one, shared=True)),
        Route("/api/albums/{id}", server.guard("album.delete", albums.delete), methods=["DELETE"]),
        Route("/api/albums/{id}/assets", adding, methods=["PUT"]),
        Route("/api/albums/{id}/assets", server.guard("albumAsset.delete", albums.remove), methods=["DELETE"]),
    ]


class _Albums:
    """Recorded exchanges 250-282, 436, 437, 457."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._store = server.store
        self._api = server.api

    async def all(self, request: Request, access: Access) -> Response:
        """v3 filters by exact name; v2 ignores what it does not know (260)."""
        albums = self._store.albums()
        query = request.query_params
        if "assetId" in query:
            holders = self._store.albums_of(query["assetId"])
            albums = [album for album in albums if album.id in holders]
        if self._api.strict and "name" in query:
            albums = [album for album in albums if album.name == query["name"]]
        if query.get("isShared" if self._api.strict else "shared") == "true":
            albums = [
                album for album in albums if self._store.album_has_link(album.id) or self._store.album_members(album.id)
            ]
        return ImmichJSON([self._answer(album, embed=False) for album in albums])

    async def one(self, request: Request, access: Access) -> Response:
        album = self._store.album(identifier(request.path_params))
        if album is None or (access.link is not None and access.link.album_id != album.id):
            raise not_found_or_no_access("album.read")
        embed = request.query_params.get("withoutAssets") != "true"
        return ImmichJSON(self._answer(album, embed=embed))

    async def create(self, request: Request, access: Access) -> Response:
        """Unknown assets are dropped silently (255)."""
        body = await json_body(request)
        name, ids = body.get("albumName"), body.get("assetIds", [])
        refuse([text(name, ("albumName",)), uuids(ids, "assetIds")])
        album = self._store.create_album(str(name), str(body.get("description") or ""))
        self._store.add_to_album(album.id, ids if isinstance(ids, list) else [])
        answer = self._answer(album, just_created=True)
        return ImmichJSON(answer, status_code=HTTPStatus.CREATED)

    async def delete(self, request: Request, access: Access) -> Response:
        album = self._store.album(identifier(request.path_params))
        if album is None:
            raise not_found_or_no_access("album.delete")
        self._store.delete_album(album.id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def add(self, request: Request, access: Access) -> Response:
        album_id, wanted = await self._assets_of(request)
        outcomes = await run_in_threadpool(self._store.add_to_album, album_id, wanted)
        return ImmichJSON(answers.outcomes(wanted, outcomes))

    async def remove(self, request: Request, access: Access) -> Response:
        album_id, wanted = await self._assets_of(request)
        return ImmichJSON(answers.outcomes(wanted, self._store.remove_from_album(album_id, wanted)))

    async def _assets_of(self, request: Request) -> tuple[str, list[str]]:
        """The album, and the assets that the body names. Raises what Immich answers where one of them is wrong."""
        album_id = identifier(request.path_params)
        ids = (await json_body(request)).get("ids")
        refuse([uuids(ids, "ids", empty_words=("ids should not be empty",))])
        if self._store.album(album_id) is None:
            raise bad_request("Album not found")
        return album_id, ids if isinstance(ids, list) else []

    async def add_to_several(self, request: Request, access: Access) -> Response:
        """One word for all of them: the last that failed, unless any succeeded (276-278)."""
        body = await json_body(request)
        album_ids, asset_ids = body.get("albumIds"), body.get("assetIds")
        refuse([uuids(album_ids, "albumIds"), uuids(asset_ids, "assetIds")])
        wanted = asset_ids if isinstance(asset_ids, list) else []
        outcomes: list[str | None] = []
        for album_id in album_ids if isinstance(album_ids, list) else []:
            outcomes += self._store.add_to_album(album_id, wanted)
        if None in outcomes:
            return ImmichJSON({"success": True})
        return ImmichJSON({"success": False, "error": outcomes[-1] if outcomes else "unknown"})

    def _answer(self, album: StoredAlbum, *, embed: bool = True, just_created: bool = False) -> dict[str, object]:
        return answer_of(album, self._server, embed=embed, just_created=just_created)


def answer_of(
    album: StoredAlbum, server: Server, *, embed: bool = True, just_created: bool = False
) -> dict[str, object]:
    """What `answers.album` makes of what is kept of it."""
    store = server.store
    return answers.album(
        album,
        store.album_assets(album.id),
        store.account,
        server.api,
        cover=store.album_cover(album.id),
        linked=store.album_has_link(album.id),
        members=store.album_members(album.id),
        embed=embed,
        just_created=just_created,
    )
