"""The routes that change assets: one, or several at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import answers, live_photos, photos
from .access import Access
from .messages import ImmichJSON, json_body
from .records import StoredAsset
from .refusals import Fault, not_found_or_no_access
from .server import Server
from .uploads import VISIBILITIES
from .validation import Path, boolean, identifier, number, one_of, refuse, text, uuid, uuids

Changes = dict[str, object]
_PERMISSION = "asset.update"


def routes(server: Server) -> list[Route]:
    updates = _Updates(server)
    # v3 knows both words, the others only PUT (198).
    methods = ["PUT", "PATCH"] if server.api.strict else ["PUT"]
    return [
        Route("/api/assets/{id}", server.guard(_PERMISSION, updates.one), methods=methods),
        Route("/api/assets", server.guard(_PERMISSION, updates.several), methods=["PUT"]),
    ]


class _Updates:
    """Recorded exchanges 190-208. Unknown fields are ignored (197)."""

    def __init__(self, server: Server) -> None:
        self._store = server.store
        self._api = server.api

    async def one(self, request: Request, access: Access) -> Response:
        asset_id = identifier(request.path_params)
        body = await json_body(request)
        changes = self._changes(body)
        asset = self._changeable(asset_id)
        if "livePhotoVideoId" in body:
            changes["live_photo_video_id"] = self._relink(asset, body["livePhotoVideoId"])
        if changes:
            self._store.update_assets([asset.id], changes)
        changed = self._store.asset(asset.id) or asset
        return ImmichJSON(answers.changed_asset(changed, self._store.account, self._api))

    async def several(self, request: Request, access: Access) -> Response:
        """All or none."""
        body = await json_body(request)
        ids = body.get("ids")
        refuse([uuids(ids, "ids")])
        changes = self._changes(body)
        wanted = [self._changeable(str(each)).id for each in ids] if isinstance(ids, list) else []
        if changes:
            self._store.update_assets(wanted, changes)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _changeable(self, asset_id: str) -> StoredAsset:
        """Also in the trash, but not when it is locked: a key can't see it then (113)."""
        asset = self._store.asset(asset_id)
        if asset is None or asset.visibility == "locked":
            raise not_found_or_no_access(_PERMISSION)
        return asset

    def _relink(self, asset: StoredAsset, video_id: object) -> str | None:
        """To a video, or to none with null (199-203)."""
        if video_id is not None:
            live_photos.link(self._store, str(video_id))
            return str(video_id)
        if asset.live_photo_video_id is not None:
            live_photos.unlink(self._store, asset.live_photo_video_id, asset.visibility)
        return None

    def _changes(self, body: Mapping[str, object]) -> Changes:
        """The columns to set."""
        refuse([*(check(body[name], (name,)) for name, check in _CHECKS.items() if name in body), *self._rules(body)])
        changes: Changes = {column: body[name] for name, column in _COLUMNS.items() if name in body}
        if changes.get("rating") == 0:
            changes["rating"] = None
        if "dateTimeOriginal" in body:
            moment = datetime.fromisoformat(str(body["dateTimeOriginal"]))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            changes |= {"taken_at": moment, "time_zone": photos.zone_name(moment.utcoffset() or timedelta())}
        return changes

    def _rules(self, body: Mapping[str, object]) -> list[Fault | None]:
        faults: list[Fault | None] = []
        if body.get("rating") == 0 and self._api.strict:
            faults.append(_NO_RATING)
        if ("latitude" in body) != ("longitude" in body):
            faults.append(_half_a_place("longitude" if "latitude" in body else "latitude"))
        return faults


def _visibility(value: object, path: Path) -> Fault | None:
    words = f"visibility must be one of the following values: {', '.join(VISIBILITIES)}"
    return one_of(value, VISIBILITIES, path, words)


def _optional(check: Callable[[object, Path], Fault | None]) -> Callable[[object, Path], Fault | None]:
    return lambda value, path: None if value is None else check(value, path)


def _date(value: object, path: Path) -> Fault | None:
    """No refusal of a date was recorded; both versions take any ISO 8601."""
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        error: dict[str, object] = {"code": "invalid_format", "path": list(path), "message": "Invalid ISO datetime"}
        return Fault((f"{path[0]} must be a valid ISO 8601 date string",), (error,))
    return None


_CHECKS: dict[str, Callable[[object, Path], Fault | None]] = {
    "description": text,
    "isFavorite": boolean,
    "visibility": _visibility,
    "rating": _optional(number),
    "latitude": number,
    "longitude": number,
    "dateTimeOriginal": _date,
    "livePhotoVideoId": _optional(uuid),
}
_COLUMNS = {
    "description": "description",
    "isFavorite": "is_favorite",
    "visibility": "visibility",
    "rating": "rating",
    "latitude": "latitude",
    "longitude": "longitude",
}
_NO_RATING = Fault(
    (),
    (
        {
            "code": "custom",
            "path": ["rating"],
            "message": "Rating must be -1 (rejected), 1–5 (starred), or null (unrated); 0 is not valid",
        },
    ),
)


def _half_a_place(missing: str) -> Fault:
    """Exchange 193."""
    words = (f"{missing} should not be empty", f"{missing} must be a {missing} string or number")
    error: dict[str, object] = {
        "code": "custom",
        "path": [],
        "message": "Latitude and longitude must be provided together",
    }
    return Fault(words, (error,))
