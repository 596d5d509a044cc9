"""The routes about external libraries and their queue. All are for administrators."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import answers
from .access import Access
from .messages import ImmichJSON, json_body
from .records import StoredLibrary
from .refusals import Fault, Refusal, bad_request
from .server import Server
from .validation import boolean, identifier, one_of, refuse, text, uuid

EXCLUSIONS = ["**/@eaDir/**", "**/._*", "**/#recycle/**", "**/#snapshot/**", "**/.stversions/**", "**/.stfolder/**"]
_QUEUES = (
    "thumbnailGeneration metadataExtraction videoConversion faceDetection facialRecognition smartSearch"
    " duplicateDetection backgroundTask storageTemplateMigration migration search sidecar library notifications"
    " backupDatabase ocr workflow integrityCheck editor"
).split()


def routes(server: Server) -> list[Route]:
    libraries = _Libraries(server)

    def route(path: str, permission: str, endpoint: str, method: str = "GET") -> Route:
        guarded = server.guard(permission, getattr(libraries, endpoint), admin=True)
        return Route(f"/api{path}", guarded, methods=[method])

    return [
        route("/libraries", "library.read", "all"),
        route("/libraries", "library.create", "create", "POST"),
        route("/libraries/{id}", "library.read", "one"),
        route("/libraries/{id}", "library.update", "update", "PUT"),
        route("/libraries/{id}", "library.delete", "delete", "DELETE"),
        route("/libraries/{id}/statistics", "library.statistics", "statistics"),
        route("/libraries/{id}/validate", "library.update", "validate", "POST"),
        route("/libraries/{id}/scan", "library.update", "scan", "POST"),
        route("/queues", "queue.read", "queues"),
        route("/queues/{name}", "queue.read", "queue"),
        route("/queues/{name}", "queue.update", "pause", "PUT"),
    ]


class _Libraries:
    """Recorded exchanges 012, 325-359, 364, 365, 445."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._store = server.store
        self._api = server.api
        self._scanner = server.scanner

    async def all(self, request: Request, access: Access) -> Response:
        return ImmichJSON([self._answer(library) for library in self._store.libraries()])

    async def one(self, request: Request, access: Access) -> Response:
        return ImmichJSON(self._answer(self._library(request)))

    async def create(self, request: Request, access: Access) -> Response:
        """Import paths are taken as they are, also wrong ones (332)."""
        body = await json_body(request)
        owner = body.get("ownerId")
        refuse([_owner(owner)])
        if owner != self._store.account.user_id:
            raise Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "Failed to create library")
        name = body.get("name")
        library = self._store.create_library(
            name if isinstance(name, str) else "New External Library",
            _texts(body, "importPaths", ()),
            _texts(body, "exclusionPatterns", EXCLUSIONS),
        )
        return ImmichJSON(self._answer(library), status_code=HTTPStatus.CREATED)

    async def update(self, request: Request, access: Access) -> Response:
        library = self._library(request)
        body = await json_body(request)
        paths = _texts(body, "importPaths", library.import_paths)
        if "importPaths" in body:
            for path in paths:
                if message := self._fault_of(path):
                    raise bad_request(f"Invalid import path: {message}")
        changed = replace(
            library,
            name=str(body.get("name", library.name)),
            import_paths=tuple(paths),
            exclusion_patterns=tuple(_texts(body, "exclusionPatterns", library.exclusion_patterns)),
        )
        return ImmichJSON(self._answer(self._store.change_library(changed)))

    async def delete(self, request: Request, access: Access) -> Response:
        self._store.delete_library(self._library(request).id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def statistics(self, request: Request, access: Access) -> Response:
        library = self._library(request)
        assets = [asset for asset in self._store.library_assets(library.id) if not asset.is_trashed]
        videos = sum(asset.is_video for asset in assets)
        usage = sum(asset.size for asset in assets)
        counts = {"photos": len(assets) - videos, "videos": videos, "usage": usage, "total": len(assets)}
        return ImmichJSON(counts)

    async def validate(self, request: Request, access: Access) -> Response:
        results: list[dict[str, object]] = []
        for path in _texts(await json_body(request), "importPaths", ()):
            message = self._fault_of(path)
            result: dict[str, object] = {"importPath": path, "isValid": message is None}
            results.append(result if message is None else result | {"message": message})
        return ImmichJSON({"importPaths": results} if results else {})

    async def scan(self, request: Request, access: Access) -> Response:
        self._scanner.ask_for(self._library(request).id)
        if self._server.scans_after is not None:
            self._scan_later(self._server.scans_after)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def queue(self, request: Request, access: Access) -> Response:
        name = request.path_params["name"]
        names = self._queue_names()
        words = f"name must be one of the following values: {', '.join(names)}"
        refuse([one_of(name, names, ("name",), words)])
        return ImmichJSON(self._queue(name))

    async def queues(self, request: Request, access: Access) -> Response:
        return ImmichJSON([self._queue(name) for name in self._queue_names()])

    def _queue_names(self) -> list[str]:
        """v3 has one more (345)."""
        return [name for name in _QUEUES if self._api.strict or name != "integrityCheck"]

    def _queue(self, name: str) -> answers.Json:
        jobs = self._scanner.jobs if name == "library" else 0
        paused = name == "library" and self._scanner.is_paused
        counts = {"active": 0, "completed": 0, "failed": 0, "delayed": 0, "waiting": 0, "paused": 0}
        counts["paused" if paused else "active"] = jobs
        return {"name": name, "isPaused": paused, "statistics": counts}

    async def pause(self, request: Request, access: Access) -> Response:
        body = await json_body(request)
        if request.path_params["name"] == "library" and "isPaused" in body:
            refuse([boolean(body["isPaused"], ("isPaused",))])
            self._scanner.is_paused = body["isPaused"] is True
            if not self._scanner.is_paused and self._server.scans_after is not None:
                self._scan_later(self._server.scans_after)
        return await self.queue(request, access)

    def _scan_later(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, lambda: loop.run_in_executor(None, self._scanner.run))

    def _library(self, request: Request) -> StoredLibrary:
        library = self._store.library(identifier(request.path_params))
        if library is None:
            raise bad_request("Library not found")
        return library

    def _fault_of(self, import_path: str) -> str | None:
        """Immich's words (333)."""
        path = Path(import_path)
        if path.is_relative_to(self._store.directory):
            return "Cannot use media upload folder for external libraries"
        if not path.is_absolute():
            return f"Import path must be absolute, try {path.resolve()}"
        if not path.exists():
            return "Path does not exist (ENOENT)"
        return None if path.is_dir() else "Not a directory"

    def _answer(self, library: StoredLibrary) -> answers.Json:
        return answers.library(library, self._store.account)


def _owner(value: object) -> Fault | None:
    """v2 says all it can (331)."""
    fault = uuid(value, ("ownerId",))
    if fault is None or value is not None:
        return fault
    words = ("ownerId must be a UUID", "ownerId should not be empty", "ownerId must be a string")
    return Fault(words, fault.strict)


def _texts(body: Mapping[str, object], name: str, default: tuple[str, ...] | list[str]) -> list[str]:
    values = body.get(name)
    if values is None:
        return list(default)
    listed = values if isinstance(values, list) else [values]
    refuse([text(value, (name, index)) for index, value in enumerate(listed)])
    return [str(value) for value in listed]
