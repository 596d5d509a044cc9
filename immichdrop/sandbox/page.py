"""The page for people: what the sandbox holds. Its only route outside `/api` besides faults."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from . import media_types
from .assets import thumbnail_file
from .records import StoredAsset
from .server import Server

_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .75rem; }
.quiet { opacity: .7; margin: 0; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem;
     grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
li { display: grid; grid-template-columns: 5rem 1fr; gap: .75rem; padding: .75rem;
     border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .75rem; }
.shot { width: 5rem; height: 5rem; border-radius: .5rem; object-fit: cover; display: grid;
        place-items: center; background: color-mix(in srgb, currentColor 10%, transparent); }
dl, dd { margin: 0; min-width: 0; }
dt { font-weight: 600; overflow-wrap: anywhere; }
dd { font-size: .85rem; opacity: .8; }
.said { overflow-wrap: anywhere; white-space: pre-line; }
code { font-size: .75rem; overflow-wrap: anywhere; }
"""


def routes(server: Server) -> list[Route]:
    page = _Page(server)
    return [
        Route("/sandbox/thumbnails/{id}", page.thumbnail),
        Route("/sandbox/originals/{id}", page.original),
        # Whatever is asked for outside the API is answered with the page, as Immich does.
        Route("/{path:path}", page.overview),
    ]


class _Page:
    def __init__(self, server: Server) -> None:
        self._store = server.store
        self._api = server.api

    async def overview(self, request: Request) -> Response:
        if request.url.path.startswith("/api/"):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        store = self._store
        albums = [(album.name, store.album_assets(album.id)) for album in store.albums()]
        everything = store.assets()
        loose = [asset for asset in everything if not asset.is_trashed and not store.albums_of(asset.id)]
        trashed = [asset for asset in everything if asset.is_trashed]
        named = [(name or "(album without a name)", held) for name, held in albums]
        named += [("Not in an album", loose), *([("Trash", trashed)] if trashed else [])]
        sections = [self._section(title, held) for title, held in named]
        count = len(everything)
        noun = "asset" if count == 1 else "assets"
        return HTMLResponse(
            "<!doctype html><html lang=en><meta charset=utf-8>"
            "<meta name=viewport content='width=device-width, initial-scale=1'>"
            f"<title>Immich sandbox</title><style>{_STYLE}</style>"
            "<h1>Immich sandbox</h1>"
            f"<p class=quiet>Speaks like Immich {self._api}. Holds {count} {noun}.</p>"
            f"{''.join(sections)}</html>"
        )

    def _section(self, title: str, assets: Iterable[StoredAsset]) -> str:
        items = "".join(_item(asset, [tag.value for tag in self._store.tags_of(asset.id)]) for asset in assets)
        body = f"<ul>{items}</ul>" if items else "<p class=quiet>Empty</p>"
        return f"<h2>{escape(title)}</h2>{body}"

    async def thumbnail(self, request: Request) -> Response:
        asset = self._store.asset(request.path_params["id"])
        path = await thumbnail_file(self._store, asset) if asset else None
        return FileResponse(path) if path else Response(status_code=404)

    async def original(self, request: Request) -> Response:
        asset = self._store.asset(request.path_params["id"])
        if asset is None:
            return Response(status_code=404)
        # A download, never shown: the file may be anything that is named like a picture.
        return FileResponse(asset.path, media_type=media_types.mime_type(asset.name), filename=asset.name)


def _item(asset: StoredAsset, tags: list[str]) -> str:
    marks = [asset.visibility] if asset.visibility != "timeline" else []
    marks += ["favourite"] if asset.is_favorite else []
    marks += ["deleted, until a job removes it"] if asset.is_deleted else []
    picture = (
        "<span class=shot>video</span>"
        if asset.is_video
        else f"<img class=shot loading=lazy alt='' src='/sandbox/thumbnails/{asset.id}'>"
    )
    said = [text for text in (asset.description, ", ".join(tags)) if text]
    return (
        f"<li><a href='/sandbox/originals/{asset.id}'>{picture}</a><dl>"
        f"<dt>{escape(asset.name)}</dt>"
        f"<dd>{asset.local_date_time:%Y-%m-%d %H:%M:%S} {escape(asset.time_zone or '')}</dd>"
        f"<dd>{asset.size:,} bytes {escape(', '.join(marks))}</dd>"
        f"{''.join(f'<dd class=said>{escape(text)}</dd>' for text in said)}"
        f"<dd><code>{asset.sha1}</code></dd></dl></li>"
    )
