"""How a request says who sends it.

Being the request's `auth`, each of these also keeps the credentials of a `.netrc` out.
"""

from __future__ import annotations

import requests
from requests.auth import AuthBase

from .errors import Unauthorised


class ApiKey(AuthBase):
    """Sends the key as `x-api-key`."""

    def __init__(self, key: str) -> None:
        self._key = key.strip()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # Refused here: the HTTP library would quote the key in its own complaint.
        if not self._key or not all("!" <= character <= "~" for character in self._key):
            raise Unauthorised("This is no API key: it is empty or has impossible characters")
        request.headers["x-api-key"] = self._key
        return request


class Bearer(AuthBase):
    """Sends a session's access token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Anonymous(AuthBase):
    """Sends no credentials."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
