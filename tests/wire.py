"""HTTP as bytes on a line, for requests that a test cuts, stalls or bends; and the ASGI application without a line."""

import http.client
import json
import socket
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

import requests

from immichdrop.asgi_types import Application, Message, Scope
from tests.guest import BODY, TusGuest, metadata

PATIENCE = 30.0  # seconds


def cookie_of(guest: TusGuest) -> dict[str, str]:
    """The header by which a browser would say who it is."""
    return {"Cookie": "; ".join(f"{each.name}={each.value}" for each in guest.session.cookies)}


def twin_of(guest: TusGuest) -> TusGuest:
    """The same guest in another tab: with the same secret, on a connection of its own."""
    session = requests.Session()
    session.cookies.update(guest.session.cookies)
    return TusGuest(guest.url, guest.token, session)


class Line:
    """One connection. Nothing is sent but what the test sends."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        self.method = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def begin(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """A request's line and headers; the body is up to the test."""
        self.method = method
        fields = [f"{name}: {said}" for name, said in {"Host": self.host, **headers}.items()]
        self.send("\r\n".join([f"{method} {path} HTTP/1.1", *fields, "", ""]).encode("latin-1"))

    def begin_patch(self, guest: TusGuest, upload_id: str, offset: int, length: int) -> None:
        headers = {**BODY, **cookie_of(guest), "Upload-Offset": str(offset), "Content-Length": str(length)}
        self.begin("PATCH", f"/api/tus/{upload_id}", headers)

    def begin_creation(self, guest: TusGuest, size: int, key: str, length: int | None = None) -> None:
        """A creation with its body, of `length` bytes (the whole file where not given)."""
        said = metadata(filename="photo.jpg", key=key, **({"invite": guest.token} if guest.token else {}))
        headers = {**BODY, **cookie_of(guest), "Upload-Length": str(size), "Upload-Metadata": said}
        self.begin("POST", "/api/tus/", {**headers, "Content-Length": str(size if length is None else length)})

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> http.client.HTTPResponse:
        answer = http.client.HTTPResponse(self.socket, method=self.method)
        answer.begin()
        return answer


class Call:
    """A request straight to an ASGI application, and what it answered."""

    def __init__(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.scope: Scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(name.lower().encode(), said.encode()) for name, said in headers.items()],
            "client": ("127.0.0.1", 1),
        }
        if body:
            self.scope["headers"].append((b"content-length", str(len(body)).encode()))
        self._messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        return self._messages.pop(0) if self._messages else {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def run(self, app: Application) -> int:
        """The status of the answer."""
        await app(self.scope, self.receive, self.send)
        return self.status

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): said.decode() for name, said in self.sent[0]["headers"]}

    @property
    def error(self) -> object:
        return json.loads(b"".join(message.get("body", b"") for message in self.sent))["error"]


def creation(guest: TusGuest, body: bytes, **fields: str) -> Call:
    """A creation with its whole body."""
    said = {"filename": "photo.jpg", "key": "key", **({"invite": guest.token} if guest.token else {}), **fields}
    headers = {**BODY, **cookie_of(guest), "Upload-Length": str(len(body)), "Upload-Metadata": metadata(**said)}
    return Call("POST", "/api/tus/", headers, body)


def patch(guest: TusGuest, upload_id: str, offset: int, body: bytes) -> Call:
    headers = {**BODY, **cookie_of(guest), "Upload-Offset": str(offset)}
    return Call("PATCH", f"/api/tus/{upload_id}", headers, body)


def head(guest: TusGuest, upload_id: str) -> Call:
    return Call("HEAD", f"/api/tus/{upload_id}", {"Tus-Resumable": "1.0.0", **cookie_of(guest)})
