"""`POST /assets`: the route everything else is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from . import checksums, dates, live_photos, media_types, photos
from .access import Access
from .forms import ReceivedFile, UploadForm, receive
from .messages import ImmichJSON, json_body
from .records import StoredAsset, StoredLink
from .refusals import Fault, Unauthorised, bad_request
from .server import Server
from .validation import kind, one_of, refuse, uuid

# Nobody is left to see it.
_CLIENT_GONE = 499
VISIBILITIES = ["archive", "timeline", "hidden", "locked"]


def routes(server: Server) -> list[Route]:
    upload = _Upload(server)
    return [Route("/api/assets", server.guard("asset.upload", upload.post, shared=True), methods=["POST"])]


class _Upload:
    """Recorded exchanges 051-157, 441."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._store = server.store
        self._api = server.api

    async def post(self, request: Request, access: Access) -> Response:
        known = self._announced(request.headers.get("x-immich-checksum", ""))
        if known is not None:
            return _duplicate(known)
        if access.link is not None and not access.link.allow_upload:
            raise Unauthorised
        try:
            form = await self._form(request)
        except ClientDisconnect:
            return Response(status_code=_CLIENT_GONE)
        try:
            return await run_in_threadpool(self._take, form, access.link)
        finally:
            form.discard()

    def _announced(self, checksum: str) -> str | None:
        """The asset with the announced sum: answered before the body, without it too (056). A sum
        that is not known says nothing about what will come (057), nor does that of an external path (355)."""
        sha1 = checksums.to_hex(checksum) if checksum else None
        asset = self._store.asset_with_sha1(sha1) if sha1 else None
        return asset.id if asset and asset.library_id is None else None

    async def _form(self, request: Request) -> UploadForm:
        content_type = request.headers.get("content-type", "")
        if content_type.startswith("multipart/form-data"):
            return await receive(content_type, request.stream(), self._store.incoming, self._api)
        return UploadForm(fields=await json_body(request))

    def _take(self, form: UploadForm, link: StoredLink | None) -> Response:
        self._check_fields(form.fields)
        file = self._checked_file(form)
        quota = self._server.quota
        if quota is not None and self._store.used_bytes() + file.size > quota:
            raise bad_request("Quota has been exceeded!")
        video_id = form.fields.get("livePhotoVideoId")
        if video_id is not None:
            live_photos.link(self._store, str(video_id))
        asset = self._settle(form, file)
        kept = self._store.add_asset(asset)
        if link is not None:
            self._share(link, kept)
        if kept != asset.id:
            asset.path.unlink()
            if asset.sidecar is not None:
                asset.sidecar.unlink()
            return _duplicate(kept)
        return ImmichJSON({"id": asset.id, "status": "created"}, status_code=HTTPStatus.CREATED)

    def _share(self, link: StoredLink, asset_id: str) -> None:
        """What comes through a shared link can be seen there, duplicates too (402, 405, 413)."""
        if link.album_id is None:
            self._store.add_to_link(link.id, [asset_id])
        else:
            self._store.add_to_album(link.album_id, [asset_id])

    def _check_fields(self, fields: Mapping[str, object]) -> None:
        faults: list[Fault | None] = []
        if not self._api.strict:
            faults += [_device_field(fields.get(name), name) for name in _DEVICE_FIELDS]
        faults += dates.faults(fields, self._api)
        if "isFavorite" in fields:
            faults.append(_favorite(fields["isFavorite"]))
        if "visibility" in fields:
            words = f"visibility must be one of the following values: {', '.join(VISIBILITIES)}"
            faults.append(one_of(fields["visibility"], VISIBILITIES, ("visibility",), words))
        if "livePhotoVideoId" in fields:
            faults.append(uuid(fields["livePhotoVideoId"], ("livePhotoVideoId",)))
        if "duration" in fields and self._api.strict:
            faults.append(_milliseconds(str(fields["duration"])))
        if "metadata" in fields:
            faults.append(_metadata(str(fields["metadata"])))
        refuse(faults)

    def _checked_file(self, form: UploadForm) -> ReceivedFile:
        """v2 takes empty files (073, 126)."""
        file = form.files.get("assetData")
        if file is None:
            raise bad_request("File is required")
        if self._api.strict and not all(part.size for part in form.files.values()):
            raise bad_request("File is empty")
        return file

    def _settle(self, form: UploadForm, file: ReceivedFile) -> StoredAsset:
        """Move the files to their place, and read what they say of themselves."""
        fields = form.fields
        name = str(fields.get("filename") or file.name)
        created, modified = dates.upload_dates(fields)
        path = self._store.originals / f"{uuid4()}{media_types.extension(name, self._api)}"
        file.path.replace(path)
        sidecar = form.files.get("sidecarData")
        if sidecar is not None:
            sidecar.path.replace(path.with_suffix(".xmp"))
        is_video = media_types.is_video(name, self._api)
        taken = None if is_video else photos.taken(path)
        width, height = (None if is_video else photos.dimensions(path)) or (None, None)
        # Without a date of its own, the earlier of the two it came with is the file's.
        moment = taken.moment if taken else min(created, modified)
        live_video = fields.get("livePhotoVideoId")
        now = datetime.now(UTC)
        return StoredAsset(
            id=str(uuid4()),
            name=name,
            sha1=file.sha1,
            size=file.size,
            path=path,
            sidecar=path.with_suffix(".xmp") if sidecar else None,
            is_video=is_video,
            device_asset_id=str(fields.get("deviceAssetId", "")),
            device_id=str(fields.get("deviceId", "")),
            file_created_at=moment,
            file_modified_at=modified,
            local_date_time=taken.wall_clock if taken else moment,
            taken_at=moment,
            time_zone=taken.time_zone if taken else None,
            width=width,
            height=height,
            duration=str(fields["duration"]) if "duration" in fields else None,
            visibility=str(fields.get("visibility", "timeline")),
            is_favorite=fields.get("isFavorite") in ("true", True),
            is_trashed=False,
            live_photo_video_id=None if live_video is None else str(live_video),
            created_at=now,
            updated_at=now,
        )


_DEVICE_FIELDS = ("deviceAssetId", "deviceId")


def _duplicate(asset_id: str) -> Response:
    return ImmichJSON({"status": "duplicate", "id": asset_id})


def _device_field(value: object, name: str) -> Fault | None:
    """Required by v2, in these words and this order (076)."""
    if isinstance(value, str) and value:
        return None
    words = [] if isinstance(value, str) else [f"{name} must be a string"]
    return Fault((*words, f"{name} should not be empty"), ())


def _favorite(value: object) -> Fault | None:
    """Nothing but these two words (101-105)."""
    if value in ("true", "false"):
        return None
    fault = one_of(value, ["true", "false"], ("isFavorite",), "isFavorite must be a boolean value")
    if fault is not None:
        fault.strict[0]["expected"] = "stringbool"
    return fault


def _milliseconds(value: str) -> Fault | None:
    """v3 wants a whole number where v2 took any text (059, 063)."""
    try:
        number = float(value)
    except ValueError:
        expected, received = "number", "NaN"
        extra: dict[str, object] = {"received": "NaN"}
    else:
        if number.is_integer():
            return None
        expected, received = "int", "number"
        extra = {"format": "safeint"}
    error: dict[str, object] = {
        "expected": expected,
        "code": "invalid_type",
        "path": ["duration"],
        "message": f"Invalid input: expected {expected}, received {received}",
    }
    return Fault((), (error | extra,))


def _metadata(value: str) -> Fault | None:
    """JSON: a list of `{key, value}` with an object as value (119, 120)."""
    try:
        items = json.loads(value)
    except ValueError:
        return Fault(
            ("metadata must be valid JSON",),
            (
                {
                    "code": "custom",
                    "message": "Invalid input: expected JSON string, received string",
                    "path": ["metadata"],
                },
            ),
        )
    for index, item in enumerate(items if isinstance(items, list) else []):
        inner = item.get("value") if isinstance(item, dict) else None
        if not isinstance(inner, dict):
            error: dict[str, object] = {
                "expected": "record",
                "code": "invalid_type",
                "path": ["metadata", index, "value"],
                "message": f"Invalid input: expected record, received {kind(inner)}",
            }
            return Fault((f"metadata.{index}.value must be an object",), (error,))
    return None
