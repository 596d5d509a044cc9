"""An older client: forms and JSON, with ids of its own making, and without a cookie unless it opened the page."""

import itertools
from dataclasses import dataclass, field

import requests
from requests import Response

_items = itertools.count()
# Tests that don't wait for a delivery say so; older clients do wait.
AT_ONCE = {"Prefer": "respond-async"}


def new_item() -> str:
    return f"item-{next(_items)}"


@dataclass
class OlderClient:
    """One session of a client at one server; `token` is the link, empty on the public page."""

    url: str
    token: str = ""
    session_id: str = "session-1"
    headers: dict[str, str] = field(default_factory=lambda: dict(AT_ONCE))
    session: requests.Session = field(default_factory=requests.Session)

    def fields(self, **said: str) -> dict[str, str]:
        all_fields = {"item_id": new_item(), "session_id": self.session_id, "invite_token": self.token, **said}
        return {name: value for name, value in all_fields.items() if value}

    def upload(self, content: bytes, filename: str = "photo.jpg", **said: str) -> Response:
        """A file in one form, the other fields before it."""
        file = {"file": (filename, content, "image/jpeg")}
        fields = self.fields(**said)
        return self.session.post(f"{self.url}/api/upload", data=fields, files=file, headers=self.headers, timeout=60)

    def send(self, content: bytes, filename: str = "photo.jpg", **said: str) -> str:
        """A file that is received; the upload's id."""
        answer = self.upload(content, filename, **said)
        assert answer.status_code in (200, 202), (answer.status_code, answer.text)
        return str(answer.json()["id"])

    def ask(self, step: str, item: str, **said: object) -> Response:
        """`init` or `complete` of a file in chunks."""
        known = {"item_id": item, "session_id": self.session_id, "name": "photo.jpg"}
        known |= {"invite_token": self.token} if self.token else {}
        url = f"{self.url}/api/upload/chunk/{step}"
        return self.session.post(url, json={**known, **said}, headers=self.headers, timeout=60)

    def begin(self, size: int | None, **said: object) -> str:
        """A file in chunks that is announced; its item's id."""
        item = new_item()
        answer = self.ask("init", item, **({} if size is None else {"size": size}), **said)
        assert (answer.status_code, answer.json()) == (200, {"ok": True}), answer.text
        return item

    def chunk(self, item: str, index: int, total: int, content: bytes, **said: str) -> Response:
        numbers = {"chunk_index": str(index), "total_chunks": str(total)}
        fields = self.fields(**{"item_id": item, **numbers, **said})
        file = {"chunk": ("blob", content, "application/octet-stream")}
        return self.session.post(f"{self.url}/api/upload/chunk", data=fields, files=file, timeout=60)

    def put(self, item: str, index: int, total: int, content: bytes) -> None:
        """A chunk that is taken."""
        answer = self.chunk(item, index, total, content)
        assert (answer.status_code, answer.json()) == (200, {"ok": True}), answer.text

    def complete(self, item: str, total: int) -> Response:
        return self.ask("complete", item, total_chunks=total)


def split(content: bytes, length: int) -> list[bytes]:
    return [content[at : at + length] for at in range(0, len(content), length)]


def form(
    fields: list[tuple[str, str]], file: tuple[str, str, bytes], after: list[tuple[str, str]]
) -> tuple[str, bytes]:
    """A form's content type and body, with fields on both sides of the file: its field, its name, its bytes."""
    boundary = "----boundary7d1"
    out = bytearray()
    for name, value in fields:
        out += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    name, filename, content = file
    disposition = f'form-data; name="{name}"; filename="{filename}"'
    out += f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: image/jpeg\r\n\r\n".encode()
    out += content + b"\r\n"
    for name, value in after:
        out += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    out += f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", bytes(out)
