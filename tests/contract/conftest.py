"""Servers to hold against the contract: the sandbox as each version, and a real one if named.

With `IMMICH_CONTRACT_URL` and `IMMICH_CONTRACT_KEY` (a key with all permissions) set, the tests that
ask for `target` also run against that server. They use names of their own and leave nothing behind.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
import requests

from immichdrop.immich import AssetUpload, Immich
from immichdrop.sandbox import Sandbox, running
from immichdrop.sandbox.versions import BY_MAJOR

TAKEN = datetime(2021, 6, 5, 12, 3, 2, tzinfo=UTC)
SANDBOXES = [f"v{api}" for api in BY_MAJOR]
_REAL_URL = os.environ.get("IMMICH_CONTRACT_URL", "").rstrip("/")
_REAL_KEY = os.environ.get("IMMICH_CONTRACT_KEY", "")


def unique_bytes(label: str = "") -> bytes:
    """No server has these yet."""
    return f"{label} {secrets.token_hex(16)}".encode()


def upload_of(data: bytes, filename: str = "picture.jpg", moment: datetime = TAKEN) -> AssetUpload:
    return AssetUpload(
        filename=filename,
        size=len(data),
        open=lambda: io.BytesIO(data),
        created_at=moment,
        modified_at=moment,
    )


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


class Form(NamedTuple):
    body: bytes
    content_type: str


class Target:
    """A server under test. `major` is its version's. What was made is removed by `clean`.

    `run_jobs`: what a real server does a moment later, by itself.
    """

    def __init__(self, url: str, api_key: str, run_jobs: Callable[[], None]) -> None:
        self.run_jobs = run_jobs
        self.url = url.removesuffix("/api")
        self.api_key = api_key
        self.client = Immich(self.url, api_key)
        self.major = self.client.version().major
        self._assets: list[str] = []
        self._albums: list[str] = []
        self._keys: list[str] = []
        self._tags: list[str] = []

    def upload(self, data: bytes, filename: str = "picture.jpg") -> str:
        """The new asset's id."""
        uploaded = self.client.upload(upload_of(data, filename))
        self.forget_later(uploaded.id)
        return uploaded.id

    def forget_later(self, asset_id: str) -> None:
        self._assets.append(asset_id)

    def album(self, name: str | None = None) -> tuple[str, str]:
        """A new album's id and name."""
        name = name or f"contract {secrets.token_hex(8)}"
        album = self.client.create_album(name)
        self._albums.append(album.id)
        return album.id, name

    def tag(self, *levels: str) -> tuple[str, str]:
        """A tag of a root of its own, with these levels below it: its id and path."""
        root = f"contract {secrets.token_hex(8)}"
        path = "/".join([root, *levels])
        ids = self.client.upsert_tags([root, path])
        self._tags.append(ids[root])
        return ids[path], path

    def client_with(self, permissions: Sequence[str]) -> Immich:
        """A client whose key has only these permissions."""
        made = self.request("POST", "/api-keys", json={"name": "contract", "permissions": list(permissions)})
        self._keys.append(made.json()["apiKey"]["id"])
        return Immich(self.url, made.json()["secret"])

    def request(self, method: str, path: str, **options: object) -> requests.Response:
        """A request without our client, for what it never does."""
        headers = {"x-api-key": self.api_key, **dict(options.pop("headers", {}))}  # type: ignore[call-overload]
        return requests.request(method, f"{self.url}/api{path}", headers=headers, timeout=30, **options)  # type: ignore[arg-type]

    def fields(self, **changed: str | None) -> list[tuple[str, tuple[None, str]]]:
        """The fields of an upload that every version takes, in the form `requests` wants them; None leaves one out."""
        fields = {
            "deviceAssetId": "contract",
            "deviceId": "contract",
            "fileCreatedAt": TAKEN.isoformat(),
            "fileModifiedAt": TAKEN.isoformat(),
        } | changed
        return [(name, (None, value)) for name, value in fields.items() if value is not None]

    def prepare_form(self, parts: list[tuple[str, object]]) -> Form:
        """A form ready to be sent in unusual ways."""
        prepared = requests.Request("POST", self.url, files=parts).prepare()
        assert isinstance(prepared.body, bytes)
        return Form(prepared.body, prepared.headers["Content-Type"])

    def clean(self) -> None:
        for asset_id in set(self._assets):
            self.request("DELETE", "/assets", json={"ids": [asset_id], "force": True})
        for album_id in self._albums:
            self.request("DELETE", f"/albums/{album_id}")
        for tag_id in self._tags:
            self.request("DELETE", f"/tags/{tag_id}")
        for key_id in self._keys:
            self.request("DELETE", f"/api-keys/{key_id}")
        self.client.close()


@pytest.fixture(scope="session")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sandbox]]:
    """One of each version for all tests; each test finds them running and empty."""
    with ExitStack() as stack:
        yield {f"v{api}": stack.enter_context(running(tmp_path_factory.mktemp(f"v{api}"), api=api)) for api in BY_MAJOR}


@pytest.fixture(params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest, sandboxes: dict[str, Sandbox]) -> Iterator[Sandbox]:
    sandbox = sandboxes[request.param]
    yield sandbox
    sandbox.start()
    sandbox.clear()


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Immich]:
    with Immich(sandbox.url, sandbox.api_key) as client:
        yield client


@pytest.fixture(params=[*SANDBOXES, *(["real"] if _REAL_URL and _REAL_KEY else [])])
def target(request: pytest.FixtureRequest, sandboxes: dict[str, Sandbox]) -> Iterator[Target]:
    sandbox = sandboxes.get(request.param)
    target = (
        Target(sandbox.url, sandbox.api_key, sandbox.run_jobs)
        if sandbox
        else Target(_REAL_URL, _REAL_KEY, lambda: None)
    )
    yield target
    target.clean()
    if sandbox is not None:
        sandbox.run_jobs()
        left_behind = sandbox.assets(), sandbox.albums(), sandbox.tags(), sandbox.shared_links()
        sandbox.clear()
        assert left_behind == ([], [], [], []), "a real server would not be as it was before"
