"""What a stranger sees who opens a shared link: its password asked for, then its pictures.

Simpler than Immich's own page, at the same addresses.
"""

from __future__ import annotations

import hmac
from html import escape
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from .assets import thumbnail_file
from .records import StoredAsset, StoredLink
from .server import Server
from .shared_links import token_of

_COOKIE = "sandbox_shared_link"
_FORM_BYTES = 4096
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
ul { list-style: none; margin: 1.5rem 0; padding: 0; display: grid; gap: .75rem;
     grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); }
img, .shot { width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: .5rem; display: grid;
             place-items: center; background: color-mix(in srgb, currentColor 10%, transparent); }
li { overflow-wrap: anywhere; font-size: .85rem; }
input, button { font: inherit; padding: .5rem .75rem; }
"""


def routes(server: Server) -> list[Route]:
    page = _Page(server)
    return [
        Route("/share/{key}", page.show, methods=["GET", "POST"]),
        Route("/s/{slug:path}", page.show, methods=["GET", "POST"]),
        Route("/sandbox/shared/{key}/{id}", page.thumbnail),
    ]


class _Page:
    def __init__(self, server: Server) -> None:
        self._store = server.store

    async def show(self, request: Request) -> Response:
        link = self._store.link_with(key=request.path_params.get("key"), slug=request.path_params.get("slug"))
        if link is None:
            return _html("Not found", "<p>This link is not valid, or no longer.", HTTPStatus.NOT_FOUND)
        if request.method == "POST":
            return await self._enter(request, link)
        if not _may_look(request, link):
            return _html("Password required", _ASK)
        return _html(self._title(link), self._shown(link))

    async def thumbnail(self, request: Request) -> Response:
        link = self._store.link_with(key=request.path_params["key"])
        asset = self._store.asset(request.path_params["id"])
        if link is None or asset is None or not _may_look(request, link):
            return Response(status_code=HTTPStatus.NOT_FOUND)
        path = await thumbnail_file(self._store, asset) if self._store.link_shows(link, asset.id) else None
        return FileResponse(path) if path else Response(status_code=HTTPStatus.NOT_FOUND)

    async def _enter(self, request: Request, link: StoredLink) -> Response:
        body = bytearray()
        async for block in request.stream():
            body += block[:_FORM_BYTES]
        given = parse_qs(body.decode(errors="replace")).get("password", [""])[0]
        if not hmac.compare_digest(given.encode(), (link.password or "").encode()):
            return _html("Password required", f"<p role=alert>Invalid password{_ASK}", HTTPStatus.UNAUTHORIZED)
        response = RedirectResponse(request.url.path, HTTPStatus.SEE_OTHER)
        response.set_cookie(_COOKIE, token_of(link), httponly=True, samesite="lax")
        return response

    def _title(self, link: StoredLink) -> str:
        album = self._store.album(link.album_id) if link.album_id else None
        return (album.name if album else None) or "Public share"

    def _shown(self, link: StoredLink) -> str:
        held = self._store.album_assets(link.album_id) if link.album_id else self._store.link_assets(link.id)
        assets = [asset for asset in held if asset.visibility in ("timeline", "archive")]
        words = f"<p>{escape(link.description)}" if link.description else ""
        noun = "item" if len(assets) == 1 else "items"
        return f"{words}<p>{len(assets)} {noun}<ul>{''.join(_item(link, asset) for asset in assets)}</ul>"


_ASK = (
    "<form method=post><p><label>Password <input type=password name=password required autofocus></label>"
    " <button>Submit</button></form>"
)


def _may_look(request: Request, link: StoredLink) -> bool:
    return not link.password or request.cookies.get(_COOKIE) == token_of(link)


def _item(link: StoredLink, asset: StoredAsset) -> str:
    picture = (
        "<span class=shot>video</span>"
        if asset.is_video
        else f"<img loading=lazy alt='{escape(asset.name)}' src='/sandbox/shared/{link.key}/{asset.id}'>"
    )
    return f"<li>{picture}{escape(asset.name) if link.show_metadata else ''}</li>"


def _html(title: str, body: str, status: int = HTTPStatus.OK) -> Response:
    return HTMLResponse(
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>{body}</html>",
        status_code=status,
    )
