"""Addresses of the API that are a little wrong, or lead nowhere."""

import pytest
import requests

from immichdrop.api_addresses import as_meant
from tests.ingest.recipes import SHORTCUT


@pytest.mark.parametrize(
    ("method", "path", "meant"),
    [
        ("POST", "//api/upload/file", "/api/upload/file"),
        ("POST", "/api/upload/file/", "/api/upload/file"),
        ("GET", "//api/upload/url/status/1f", "/api/upload/url/status/1f"),
        ("GET", "/api/upload/url/status/", "/api/upload/url/status/"),  # a job was forgotten: no list of them
        ("POST", "//evil.example/api/", "//evil.example/api/"),
        ("POST", "/admin/login/", "/admin/login/"),
        ("GET", "//", "//"),
    ],
)
def test_what_is_meant(method: str, path: str, meant: str) -> None:
    assert as_meant(method, path) == meant


@pytest.mark.parametrize("path", ["//api/upload/file", "/api/upload/file/", "//api/invites", "/api/upload/base64/"])
def test_a_slash_too_many_is_forgiven(web: str, path: str) -> None:
    """They reach their route, which asks for a token."""
    answer = requests.post(web + path, data=b"photo", headers=SHORTCUT, timeout=10)
    assert (answer.status_code, "error" in answer.json()) == (401, True)


def test_programs_read_of_what_is_not_there(web: str) -> None:
    for path in ("/api/upload/url/status/", "/api/nothing", "/api/upload/url/status/1f/more"):
        answer = requests.get(web + path, timeout=10)
        assert (answer.status_code, answer.json()) == (404, {"error": "not_found", "detail": "Not Found"})
    page = requests.get(f"{web}/nothing", timeout=10)
    assert (page.status_code, "text/html" in page.headers["Content-Type"]) == (404, True)
