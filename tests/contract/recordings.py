"""Recorded exchanges of real servers, played again in their order.

The recordings hold what was sent to and answered by Immich v2.7.5 and v3.1.0, without the bytes of
the files: these are made up here, one content for each recorded checksum. Ids, secrets and sums of
the recording are replaced by those of the server it is played to, and what was to expire a week after the recording
expires a week from now.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

FOLDER = Path(__file__).parent / "recorded"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_ID = re.compile(f"{_UUID.pattern}|[A-Za-z0-9_-]{{67}}")  # or a shared link's key
_SHA1 = re.compile(r"\b[0-9a-fA-F]{40}\b")
_SHARE_KEY = re.compile(r"[A-Za-z0-9_-]{67}")
_BASE64_SHA1 = re.compile(r"[A-Za-z0-9+/]{27}=")
_A_WEEK_LATER = re.compile(r"2026-11-27T\d\d:\d\d:\d\d\.000Z")
_BOUNDARY = "recorded-exchange"
_RECORDED_EMAIL = "admin@example.com"
_EMPTY_SHA1 = hashlib.sha1(b"").hexdigest()


@dataclass(frozen=True)
class Exchange:
    """`auth`: which credential was used, in the words of the recording."""

    version: str
    number: int
    name: str
    auth: str
    request: dict[str, Any]
    response: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.version}-{self.number:03}-{self.name}"


@dataclass(frozen=True)
class Answer:
    """`body` is the JSON, or None when there was no body."""

    status: int
    content_type: str
    body: Any


def load(version: str) -> list[Exchange]:
    """All exchanges with this version, in the order they happened."""
    found = [
        Exchange(version=version, **exchange)
        for path in (FOLDER / version).glob("*.json")
        for exchange in json.loads(path.read_text())
    ]
    return sorted(found, key=lambda exchange: (exchange.number, exchange.name))


@dataclass
class Player:
    """Plays exchanges to the server at `url`, whose administrator is `email`."""

    url: str
    email: str
    known: dict[str, str] = field(default_factory=dict)
    a_week_from_now: str = field(
        default_factory=lambda: f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%dT%H:%M:%S}.000Z"
    )
    secrets: dict[str, str] = field(default_factory=dict)

    def play(self, exchange: Exchange) -> Answer:
        """Send it, and learn from the answer which ids stand for the recorded ones."""
        body, content_type = self._body(exchange.request.get("body"))
        headers = dict(exchange.request.get("headers", {})) | self._credentials(exchange.auth)
        if content_type is not None:
            headers["Content-Type"] = content_type
        path = exchange.request["path"].replace("<all>", self.secrets.get("key all", ""))
        response = requests.request(
            exchange.request["method"],
            self.url + self._translate(path),
            headers={name: self._translate(value) for name, value in headers.items()},
            data=body,
            timeout=10,
        )
        answer = Answer(
            response.status_code,
            response.headers.get("content-type", ""),
            response.json() if response.content else None,
        )
        self._learn_secret(exchange, answer.body)
        self._learn_ids(exchange.response.get("body"), answer.body)
        return answer

    def expected(self, exchange: Exchange) -> Any:
        """The recorded body, with this server's ids and sums."""
        return self._walk(exchange.response.get("body"))

    def _credentials(self, auth: str) -> dict[str, str]:
        match auth:
            case "none" | "?apiKey= query":
                return {}
            case "session":
                return {"Authorization": f"Bearer {self.secrets['session']}"}
            case "bad bearer":
                return {"Authorization": "Bearer nobody-has-this"}
            case "cookie":
                return {"Cookie": f"immich_access_token={self.secrets['session']}"}
            case "key invalid":
                return {"x-api-key": "nobody-has-this"}
            case _:
                return {"x-api-key": self.secrets[auth]}

    def _body(self, recorded: Any) -> tuple[bytes | None, str | None]:
        if recorded is None:
            return None, None
        if "multipart" in recorded:
            parts = [self._part(part) for part in recorded["multipart"]]
            closing = f"--{_BOUNDARY}--\r\n".encode()
            return b"".join(parts) + closing, f"multipart/form-data; boundary={_BOUNDARY}"
        walked = self._walk(recorded)
        return json.dumps(walked).encode(), "application/json"

    def _part(self, part: dict[str, Any]) -> bytes:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{part["name"]}"'
        if "value" in part:
            return f"{head}\r\n\r\n{self._translate(part['value'])}\r\n".encode()
        head += f"; {part['disposition']}\r\nContent-Type: {part['contentType']}\r\n\r\n"
        return head.encode() + content(part["sha1"]) + b"\r\n"

    def _walk(self, value: Any) -> Any:
        match value:
            case str():
                return self._translate(value)
            case list():
                return [self._walk(item) for item in value]
            case dict():
                return {name: self._walk(item) for name, item in value.items()}
            case _:
                return value

    def _translate(self, text: str) -> str:
        text = text.replace(_RECORDED_EMAIL, self.email)
        text = _A_WEEK_LATER.sub(self.a_week_from_now, text)
        text = _UUID.sub(lambda found: self.known.get(found[0], found[0]), text)
        text = _SHARE_KEY.sub(lambda found: self.known.get(found[0], found[0]), text)
        text = _SHA1.sub(_sum_in_hex, text)
        return _BASE64_SHA1.sub(_sum_in_base64, text)

    def _learn_secret(self, exchange: Exchange, answer: Any) -> None:
        if not isinstance(answer, dict):
            return
        if "accessToken" in answer:
            self.secrets["session"] = answer["accessToken"]
        if "secret" in answer:
            self.secrets[_KEYS.get(exchange.name, exchange.name)] = answer["secret"]

    def _learn_ids(self, recorded: Any, answered: Any) -> None:
        if isinstance(recorded, dict) and isinstance(answered, dict):
            for name in recorded.keys() & answered.keys():
                self._learn_ids(recorded[name], answered[name])
        elif isinstance(recorded, str) and isinstance(answered, str) and _ID.fullmatch(recorded):
            self.known.setdefault(recorded, answered)


# Which credential of later exchanges a new key is.
_KEYS = {
    "api-keys-create-all": "key all",
    "api-keys-create-min": "key min",
    "api-keys-create-readonly": "key asset.read",
    "api-keys-create-creator": "key apiKey.create",
    "api-keys-create-tmp": "deleted key",
}


def content(recorded_sha1: str) -> bytes:
    """The bytes that stand for the file with this recorded sum."""
    if recorded_sha1 == _EMPTY_SHA1:
        return b""
    return f"in place of {recorded_sha1}".encode()


def _sum_in_hex(found: re.Match[str]) -> str:
    """What was no file's sum (all zeros, all `ab`) stays what it is."""
    recorded = found[0].lower()
    if len(set(recorded)) <= 2:
        return found[0]
    made = hashlib.sha1(content(recorded)).hexdigest()
    return made.upper() if found[0].isupper() else made


def _sum_in_base64(found: re.Match[str]) -> str:
    recorded = base64.b64decode(found[0]).hex()
    if len(set(recorded)) <= 2:
        return found[0]
    return base64.b64encode(hashlib.sha1(content(recorded)).digest()).decode()
