"""`POST /search/metadata`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from random import shuffle

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import answers, checksums
from .access import Access
from .messages import ImmichJSON, json_body
from .records import StoredAsset
from .refusals import Fault
from .server import Server
from .validation import refuse

_PAGE_LIMIT = 1000
_PAGE_DEFAULT = 250


def routes(server: Server) -> list[Route]:
    search = _Search(server)
    guarded = server.guard("asset.read", search.post)
    return [Route("/api/search/metadata", guarded, methods=["POST"])]


class _Search:
    """Recorded exchanges 227-247, 283."""

    def __init__(self, server: Server) -> None:
        self._store = server.store
        self._api = server.api
        self._shuffles_ties = server.shuffles_ties

    async def post(self, request: Request, access: Access) -> Response:
        body = await json_body(request)
        size, page = body.get("size", _PAGE_DEFAULT), body.get("page", 1)
        refuse([_too_big(size)])
        size = size if isinstance(size, int) else _PAGE_DEFAULT
        start = (page - 1) * size if isinstance(page, int) else 0
        found = [asset for asset in self._candidates(body) if self._matches(asset, body)]
        if self._shuffles_ties:
            shuffle(found)
            found.sort(key=lambda asset: asset.file_created_at, reverse=True)
        shown = found[start : start + size]
        more = len(found) > start + size
        with_exif = body.get("withExif") is True
        account = self._store.account
        items = [answers.listed_asset(one, account, self._api, exif=with_exif) for one in shown]
        return ImmichJSON(
            {
                "albums": {"total": 0, "count": 0, "items": [], "facets": []},
                "assets": {
                    "total": len(shown),
                    "count": len(shown),
                    "items": items,
                    "facets": [],
                    "nextPage": str(start // size + 2) if more else None,
                },
            }
        )

    def _candidates(self, body: dict[str, object]) -> list[StoredAsset]:
        """All, or of a large library no more than the database can tell apart: it knows the letters of ASCII alone."""
        library_id, part = body.get("libraryId"), body.get("originalPath")
        if isinstance(library_id, str) and isinstance(part, str) and part.isascii() and not set("%_\\") & set(part):
            return self._store.library_assets_like(library_id, part)
        return self._store.assets()

    def _matches(self, asset: StoredAsset, body: dict[str, object]) -> bool:
        """v2 looks at the timeline only, unless told otherwise."""
        default = {"timeline", "archive", "hidden"} if self._api.strict else {"timeline"}
        visible = {body["visibility"]} if "visibility" in body else default
        if asset.visibility not in visible or asset.visibility == "locked":
            return False
        if asset.is_trashed and body.get("withDeleted") is not True:
            return False
        checks: dict[str, Callable[[object], bool]] = {
            "id": lambda value: asset.id == value,
            "checksum": lambda value: asset.sha1 == checksums.to_hex(str(value)),
            "originalFileName": lambda value: _contains(asset.name, value),
            "originalPath": lambda value: _is_like(str(asset.path), value),
            "albumIds": lambda value: self._in_albums(asset, value),
            "isNotInAlbum": lambda value: value is False or not self._store.albums_of(asset.id),
            "isFavorite": lambda value: asset.is_favorite == value,
            "takenAfter": lambda value: asset.file_created_at >= _moment(value),
            "takenBefore": lambda value: asset.file_created_at <= _moment(value),
            "libraryId": lambda value: asset.library_id == value,
            "isOffline": lambda value: asset.is_offline == value,
        }
        return all(check(body[name]) for name, check in checks.items() if name in body)

    def _in_albums(self, asset: StoredAsset, value: object) -> bool:
        wanted = set(value) if isinstance(value, list) else set()
        return wanted <= self._store.albums_of(asset.id)


def _contains(text: str, part: object) -> bool:
    return str(part).lower() in text.lower()


def _is_like(text: str, part: object) -> bool:
    """As PostgreSQL's ILIKE does: anywhere, `%` for any text, `_` for any character, after a backslash themselves."""
    pattern, escaped = "", False
    for character in str(part):
        wild = {"%": ".*", "_": "."}.get(character)
        if escaped or (wild is None and character != "\\"):
            pattern, escaped = pattern + re.escape(character), False
        elif wild is None:
            escaped = True
        else:
            pattern += wild
    return re.search(pattern, text, re.IGNORECASE | re.DOTALL) is not None


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


def _too_big(size: object) -> Fault | None:
    if not isinstance(size, int) or size <= _PAGE_LIMIT:
        return None
    error: dict[str, object] = {
        "origin": "number",
        "code": "too_big",
        "maximum": _PAGE_LIMIT,
        "inclusive": True,
        "path": ["size"],
        "message": f"Too big: expected number to be <={_PAGE_LIMIT}",
    }
    return Fault((f"size must not be greater than {_PAGE_LIMIT}",), (error,))
