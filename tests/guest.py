"""A guest without a browser: the requests a script, or curl, would make."""

import base64
import itertools
from dataclasses import dataclass, field

import requests
from requests import Response

TUS = {"Tus-Resumable": "1.0.0"}
BODY = {**TUS, "Content-Type": "application/offset+octet-stream"}
_keys = itertools.count()


def metadata(**fields: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in fields.items())


@dataclass
class TusGuest:
    """One guest at one server; `token` is the link, empty on the public page."""

    url: str
    token: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def open(self) -> Response:
        """What the page asks first; gives a new guest its secret, as a cookie."""
        path = f"/api/invite/{self.token}" if self.token else "/api/config"
        return self.session.get(self.url + path, timeout=30)

    def create(self, size: int, body: bytes | None = None, **fields: str) -> Response:
        """A creation; `body` makes it creation-with-upload."""
        said = {"filename": "photo.jpg", "invite": self.token, "key": f"key-{next(_keys)}", **fields}
        headers = {
            **(TUS if body is None else BODY),
            "Upload-Length": str(size),
            "Upload-Metadata": metadata(**{name: value for name, value in said.items() if value}),
        }
        return self.session.post(f"{self.url}/api/tus/", headers=headers, data=body, timeout=60)

    def send(self, content: bytes, **fields: str) -> str:
        """A whole file in one request; the upload's id."""
        answer = self.create(len(content), content, **fields)
        assert answer.status_code == 201, (answer.status_code, answer.text)
        assert answer.headers["Upload-Offset"] == str(len(content))
        return answer.headers["Location"].rpartition("/")[2]

    def begin(self, size: int, **fields: str) -> str:
        """An upload without bytes yet; its id."""
        answer = self.create(size, **fields)
        assert answer.status_code == 201, (answer.status_code, answer.text)
        return answer.headers["Location"].rpartition("/")[2]

    def patch(self, upload_id: str, offset: int, content: bytes, **headers: str) -> Response:
        said = {**BODY, "Upload-Offset": str(offset), **headers}
        return self.session.patch(f"{self.url}/api/tus/{upload_id}", headers=said, data=content, timeout=60)

    def head(self, upload_id: str) -> Response:
        return self.session.head(f"{self.url}/api/tus/{upload_id}", headers=TUS, timeout=30)

    def uploads(self) -> list[dict[str, object]]:
        query = {"invite": self.token} if self.token else {}
        answer = self.session.get(f"{self.url}/api/uploads", params=query, timeout=30)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def statuses(self) -> list[str]:
        return [str(item["status"]) for item in self.uploads()]
