"""The routes about shared links."""

from __future__ import annotations

import hashlib
import hmac
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import answers, dates, link_answers
from .access import Access
from .messages import ImmichJSON, json_body
from .records import StoredLink
from .refusals import Fault, Refusal, bad_request, not_found_or_no_access
from .rows import Column
from .server import Server
from .store_shared_links import SlugTaken
from .validation import boolean, identifier, one_of, refuse, text, uuid, uuids

TYPES = ["ALBUM", "INDIVIDUAL"]
_TOKEN_COOKIE = "immich_shared_link_token"  # noqa: S105 (a name)
_TOKEN_SECONDS = 24 * 3600
_TEXTS = ("description", "password", "slug")
_FLAGS = {"allowUpload": "allow_upload", "allowDownload": "allow_download", "showMetadata": "show_metadata"}


def routes(server: Server) -> list[Route]:
    links = _SharedLinks(server)
    changing = server.guard("sharedLink.update", links.change)
    adding = server.guard("sharedLink.update", links.add)
    removing = server.guard("sharedLink.update", links.remove)
    return [
        Route("/api/shared-links", server.guard("sharedLink.read", links.all)),
        Route("/api/shared-links", server.guard("sharedLink.create", links.create), methods=["POST"]),
        Route("/api/shared-links/me", server.guard(None, links.me, shared=True)),
        Route("/api/shared-links/login", server.guard(None, links.login, shared=True), methods=["POST"]),
        Route("/api/shared-links/{id}", server.guard("sharedLink.read", links.one)),
        Route("/api/shared-links/{id}", changing, methods=["PATCH"]),
        Route("/api/shared-links/{id}", server.guard("sharedLink.delete", links.delete), methods=["DELETE"]),
        Route("/api/shared-links/{id}/assets", adding, methods=["PUT"]),
        Route("/api/shared-links/{id}/assets", removing, methods=["DELETE"]),
    ]


def token_of(link: StoredLink) -> str:
    """What somebody gets who knew the password; a changed password makes it worthless."""
    return hashlib.sha256(f"{link.id} {link.password}".encode()).hexdigest()


class _SharedLinks:
    """Recorded exchanges 368-434, 438."""

    def __init__(self, server: Server) -> None:
        self._store = server.store
        self._api = server.api

    async def all(self, request: Request, access: Access) -> Response:
        query = request.query_params
        links = [
            link
            for link in self._store.links()
            if query.get("albumId", link.album_id) == link.album_id and query.get("id", link.id) == link.id
        ]
        return ImmichJSON([self._answer(link, listed=True) for link in links])

    async def one(self, request: Request, access: Access) -> Response:
        return ImmichJSON(self._answer(self._link(request)))

    async def create(self, request: Request, access: Access) -> Response:
        body = await json_body(request)
        words = f"type must be one of the following values: {', '.join(TYPES)}"
        refuse([one_of(body.get("type"), TYPES, ("type",), words), *self._faults(body)])
        album_id, asset_ids = self._target(body)
        defaults: dict[str, Column] = {"allow_upload": True, "allow_download": True, "show_metadata": True}
        if not self._api.strict:
            body["password"] = body.get("password") or None
        settings = {"expires_at": None} | dict.fromkeys(_TEXTS) | defaults | _settings(body)
        if body.get("showMetadata") is False:
            settings["allow_download"] = False
        try:
            link = self._store.create_link(album_id, asset_ids, settings)
        except SlugTaken:
            raise self._slug_taken() from None
        return ImmichJSON(self._written(link), status_code=HTTPStatus.CREATED)

    async def change(self, request: Request, access: Access) -> Response:
        """The slug is erased unless it is sent (394)."""
        body = await json_body(request)
        refuse(self._faults(body))
        link = self._link(request)
        settings = {"slug": None} | _settings(body)
        if body.get("changeExpiryTime") is True and not body.get("expiresAt") and not self._api.strict:
            settings["expires_at"] = None
        try:
            self._store.change_link(link.id, settings)
        except SlugTaken:
            raise self._slug_taken() from None
        return ImmichJSON(self._written(self._link(request)))

    async def delete(self, request: Request, access: Access) -> Response:
        self._store.delete_link(self._link(request).id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def add(self, request: Request, access: Access) -> Response:
        link, ids = await self._individual(request)
        return ImmichJSON(answers.outcomes(ids, self._store.add_to_link(link.id, ids), id_name="assetId"))

    async def remove(self, request: Request, access: Access) -> Response:
        link, ids = await self._individual(request)
        return ImmichJSON(answers.outcomes(ids, self._store.remove_from_link(link.id, ids), id_name="assetId"))

    async def login(self, request: Request, access: Access) -> Response:
        link = _own(access)
        password = (await json_body(request)).get("password")
        refuse([text(password, ("password",), filled=True)])
        if not hmac.compare_digest(str(password).encode(), (link.password or "").encode()):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Invalid password")
        response = ImmichJSON(self._answer(link, visitor=True), status_code=HTTPStatus.CREATED)
        return _remember(response, link)

    async def me(self, request: Request, access: Access) -> Response:
        """v2 also takes the password in the query (424), v3 only what the login gave."""
        link = _own(access)
        response = ImmichJSON(self._answer(link, visitor=True))
        if not link.password or request.cookies.get(_TOKEN_COOKIE) == token_of(link):
            return response
        if not self._api.strict and request.query_params.get("password") == link.password:
            return _remember(response, link)
        raise Refusal(HTTPStatus.UNAUTHORIZED, "Password required")

    def _link(self, request: Request) -> StoredLink:
        link = self._store.link(identifier(request.path_params))
        if link is None:
            raise bad_request("Shared link not found")
        return link

    async def _individual(self, request: Request) -> tuple[StoredLink, list[str]]:
        """The link, and the assets to add to or remove from it (432)."""
        ids = (await json_body(request)).get("assetIds")
        refuse([uuids(ids, "assetIds")])
        link = self._link(request)
        if link.album_id is not None:
            raise bad_request("Invalid shared link type")
        return link, ids if isinstance(ids, list) else []

    def _target(self, body: dict[str, object]) -> tuple[str | None, list[str]]:
        """What the new link leads to (375-378)."""
        if body["type"] == "ALBUM":
            if not body.get("albumId"):
                raise bad_request("Invalid albumId")
            album_id = str(body["albumId"])
            if self._store.album(album_id) is None:
                raise not_found_or_no_access("album.share")
            return album_id, []
        ids = body.get("assetIds")
        if not isinstance(ids, list) or not ids:
            raise bad_request("Invalid assetIds")
        if any(self._store.asset(asset_id) is None for asset_id in ids):
            raise not_found_or_no_access("asset.share")
        return None, ids

    def _faults(self, body: dict[str, object]) -> list[Fault | None]:
        faults = [text(body[name], (name,)) for name in _TEXTS if body.get(name) is not None]
        faults += [boolean(body[name], (name,)) for name in _FLAGS if name in body]
        if body.get("albumId") is not None:
            faults.append(uuid(body["albumId"], ("albumId",)))
        if body.get("assetIds") is not None:
            faults.append(uuids(body["assetIds"], "assetIds"))
        if body.get("expiresAt") is not None:
            faults.append(dates.fault("expiresAt", body["expiresAt"], self._api))
        return faults

    def _slug_taken(self) -> Refusal:
        """v3 does not say what is wrong (372)."""
        return bad_request(
            "Failed to save shared link" if self._api.strict else "Shared link with this slug already exists"
        )

    def _written(self, link: StoredLink) -> dict[str, object]:
        """What creating and changing answer: nothing of the album."""
        account, assets = self._store.account, self._store.link_assets(link.id)
        return link_answers.shared_link(
            link, account, [answers.embedded_asset(one, account, self._api) for one in assets]
        )

    def _answer(self, link: StoredLink, *, listed: bool = False, visitor: bool = False) -> dict[str, object]:
        """In a list only the first asset is told, and none of an album's (385). `visitor`: not its owner."""
        account, api = self._store.account, self._api
        assets = self._store.link_assets(link.id)
        if visitor and not link.show_metadata:
            shown = [link_answers.bare_asset(one, api) for one in assets]
        else:
            told = assets[:1] if listed else assets
            shown = [answers.embedded_asset(one, account, api, exif=not listed) for one in told]
        album = None if link.album_id is None else self._store.album(link.album_id)
        if album is None:
            return link_answers.shared_link(link, account, shown)
        held = [] if listed else self._store.album_assets(album.id)
        cover = self._store.album_cover(album.id)
        return link_answers.shared_link(
            link, account, shown, link_answers.linked_album(album, held, account, api, cover=cover)
        )


def _own(access: Access) -> StoredLink:
    """The link the caller came with; a key or a session is no link."""
    if access.link is None:
        raise Refusal(HTTPStatus.FORBIDDEN, "Forbidden")
    return access.link


def _settings(body: dict[str, object]) -> dict[str, Column]:
    """The columns that are named. An empty slug or description is none; an empty password stays one, with v3 (383)."""
    settings: dict[str, Column] = {column: bool(body[name]) for name, column in _FLAGS.items() if name in body}
    for name in _TEXTS:
        if name in body:
            value = body[name]
            settings[name] = str(value) if value or (name == "password" and value == "") else None
    if "expiresAt" in body:
        value = body["expiresAt"]
        settings["expires_at"] = None if value is None else dates.moment(str(value)).isoformat()
    return settings


def _remember(response: Response, link: StoredLink) -> Response:
    response.set_cookie(_TOKEN_COOKIE, token_of(link), max_age=_TOKEN_SECONDS, httponly=True, samesite="lax")
    return response
