"""The routes about assets that are there."""

from __future__ import annotations

from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path, PurePath
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from . import answers, checksums, media_types, photos
from .access import Access
from .messages import ImmichJSON, json_body
from .records import StoredAsset
from .refusals import Fault, Refusal, not_found_or_no_access
from .server import Server
from .store import Store
from .validation import array, identifier, one_of, refuse, text

_CACHE = "private, max-age=86400, no-transform, stale-while-revalidate=2592000, stale-if-error=2592000"
_CHECKSUMS_LIMIT = 65_534
_SIZES = ("original", "fullsize", "preview", "thumbnail")  # Immich's OpenAPI, AssetMediaSize


def routes(server: Server) -> list[Route]:
    assets = _Assets(server)
    return [
        Route(
            "/api/assets/bulk-upload-check",
            server.guard("asset.upload", assets.bulk_check),
            methods=["POST"],
        ),
        Route("/api/assets/{id}", server.guard("asset.read", assets.one, shared=True)),
        Route("/api/assets/{id}/original", server.guard("asset.download", assets.original, shared=True)),
        Route("/api/assets/{id}/thumbnail", server.guard("asset.view", assets.thumbnail, shared=True)),
    ]


async def thumbnail_file(store: Store, asset: StoredAsset) -> Path | None:
    """A small JPEG, made at the first call; None if the file is no picture we can read."""
    path = store.thumbnails / f"{asset.id}.jpg"
    if path.exists() or await run_in_threadpool(photos.make_thumbnail, asset.path, path):
        return path
    return None


class _Assets:
    """Recorded exchanges 072, 163-189, 213-223."""

    def __init__(self, server: Server) -> None:
        self._store = server.store
        self._api = server.api

    async def one(self, request: Request, access: Access) -> Response:
        asset = self._readable(request, access, "asset.read")
        tags = self._store.tags_of(asset.id)
        visitor = access.link is not None
        stack = None if visitor else self._store.stack_of(asset)
        answer = answers.asset(asset, self._store.account, self._api, tags, stack, visitor=visitor)
        return ImmichJSON(answer)

    async def original(self, request: Request, access: Access) -> Response:
        asset = self._readable(request, access, "asset.download")
        return _file(asset.path, asset.name, asset)

    async def thumbnail(self, request: Request, access: Access) -> Response:
        size = request.query_params.get("size", "thumbnail")
        words = f"size must be one of the following values: {', '.join(_SIZES)}"
        refuse([one_of(size, _SIZES, ("size",), words)])
        asset = self._readable(request, access, "asset.view")
        path = await thumbnail_file(self._store, asset)
        if path is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "Asset media not found")
        return _file(path, f"{PurePath(asset.name).stem}_thumbnail.jpg", asset)

    async def bulk_check(self, request: Request, access: Access) -> Response:
        items = (await json_body(request)).get("assets")
        refuse([array(items, ("assets",))])
        items = items if isinstance(items, list) else []
        self._check_items(items)
        if not 0 < len(items) <= _CHECKSUMS_LIMIT:
            raise Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "Failed to check bulk upload")
        results = await run_in_threadpool(lambda: [self._check(item) for item in items])
        return ImmichJSON({"results": results})

    def _readable(self, request: Request, access: Access, permission: str) -> StoredAsset:
        """Locked assets can't be read by key (113), nor others than its own through a shared link."""
        asset = self._store.asset(identifier(request.path_params))
        shown = asset is not None and (access.link is None or self._store.link_shows(access.link, asset.id))
        if asset is None or asset.visibility == "locked" or not shown:
            raise not_found_or_no_access(permission)
        return asset

    def _check_items(self, items: list[object]) -> None:
        faults: list[Fault | None] = []
        for index, item in enumerate(items):
            fields = item if isinstance(item, dict) else {}
            faults.append(text(fields.get("id"), ("assets", index, "id"), filled=True))
            checksum = fields.get("checksum")
            path = ("assets", index, "checksum")
            faults.append(text(checksum, path, filled=True))
            if checksum == "" and not self._api.strict:
                faults.append(Fault((f"assets.{index}.checksum should not be empty",), ()))
        refuse(faults)

    def _check(self, item: dict[str, str]) -> dict[str, object]:
        sha1 = checksums.to_hex(item["checksum"])
        asset = self._store.asset_with_sha1(sha1) if sha1 else None
        if asset is None:
            return {"id": item["id"], "action": "accept"}
        return {
            "id": item["id"],
            "action": "reject",
            "reason": "duplicate",
            "assetId": asset.id,
            "isTrashed": asset.is_trashed,
        }


def _file(path: Path, name: str, asset: StoredAsset) -> Response:
    """With the headers of recorded exchange 177."""
    headers = {
        "cache-control": _CACHE,
        "content-disposition": f"inline; filename*=UTF-8''{quote(name)}",
        "last-modified": format_datetime(asset.file_modified_at, usegmt=True),
    }
    return FileResponse(path, media_type=media_types.mime_type(name), headers=headers)
