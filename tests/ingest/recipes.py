"""Requests as old recipes send them, byte for byte what an iPhone's Shortcuts, curl and scripts put on the line."""

import base64
import json
from dataclasses import dataclass, field

import requests
from requests import Response

# What Shortcuts says of itself ("Get Contents of URL", iOS 17).
SHORTCUT = {
    "Accept": "*/*",
    "Accept-Language": "de-DE,de;q=0.9",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "User-Agent": "BackgroundShortcutRunner/2607.1.3 CFNetwork/1494.0.7 Darwin/23.4.0",
}


def as_ios_writes_json(said: dict[str, object]) -> bytes:
    r"""NSJSONSerialization writes `\/` for every slash, of which base64 is full."""
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/").encode()


@dataclass
class Shortcut:
    """A Shortcut at one server, with a token where its recipe has one."""

    url: str
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def said(self, **more: str) -> dict[str, str]:
        key = {"x-api-key": self.token} if self.token else {}
        return {**SHORTCUT, **key, **self.headers, **more}

    def base64(self, content: bytes, filename: str | None = "IMG_0001.JPG", **said: object) -> Response:
        """Base64 Encode, Get Name, Get Contents of URL."""
        name = {} if filename is None else {"filename": filename}
        body = as_ios_writes_json({"data": base64.b64encode(content).decode(), **name, **said})
        return self.post_json("base64", body)

    def post_json(self, route: str, body: bytes) -> Response:
        return self.post(route, body, **{"Content-Type": "application/json"})

    def post(self, route: str, body: bytes, **headers: str) -> Response:
        return requests.post(f"{self.url}/api/upload/{route}", data=body, headers=self.said(**headers), timeout=60)

    def form(self, content: bytes, filename: str = "IMG_0001.JPG", **fields: str) -> Response:
        """Request body: Form, with the file in `file`."""
        files = {"file": (filename, content, "image/jpeg")}
        url = f"{self.url}/api/upload/file"
        return requests.post(url, data=fields, files=files, headers=self.said(), timeout=60)

    def batch(self, *files: tuple[str, bytes], **fields: str) -> Response:
        parts = [("files", (name, content, "application/octet-stream")) for name, content in files]
        url = f"{self.url}/api/upload/batch"
        return requests.post(url, data=fields, files=parts, headers=self.said(), timeout=60)
