"""Static files for an ASGI server: WhiteNoise knows the files and their headers, this sends them.

WhiteNoise's own middleware hands Django open files, which an ASGI server can't stream and leaves open when the browser
goes away. Everything here is small, so a file is read in one piece, in a thread.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from whitenoise import WhiteNoise

from immichdrop.asgi_types import Application, Receive, Scope, Send, headers_of

# As ManifestStaticFilesStorage names files: what changes gets another name.
HASHED = r"\.[0-9a-f]{12}\.[a-z0-9]+(\.gz)?$"


class _Response(Protocol):
    status: int
    headers: list[tuple[str, str]]
    file: BinaryIO | None


class _File(Protocol):
    def get_response(self, method: str, request_headers: Mapping[str, str]) -> _Response: ...


class StaticFiles:
    """Serves what `collectstatic` put into `root` under `prefix`, and passes everything else on."""

    def __init__(self, app: Application, root: Path, prefix: str) -> None:
        self.app = app
        self.found = WhiteNoise(
            None, root=str(root), prefix=prefix, allow_all_origins=False, immutable_file_test=HASHED
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self.found.files.get(scope["path"]) if scope["type"] == "http" else None
        if file is None:
            await self.app(scope, receive, send)
            return
        status, headers, body = await asyncio.to_thread(_read, file, scope["method"], headers_of(scope))
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        raw.append((b"x-content-type-options", b"nosniff"))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def _read(file: _File, method: str, headers: Mapping[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    response = file.get_response(method, environ)
    body = b""
    if response.file is not None:
        with response.file:
            body = response.file.read()
    return int(response.status), response.headers, body
