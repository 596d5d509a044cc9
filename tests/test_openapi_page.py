"""`GET /api/docs`: the description as a page, with everything that the document says and nothing of its own."""

import html
import re

import pytest
from django.test import Client
from django.urls import get_resolver

from immichdrop.openapi import document
from immichdrop.openapi_page import kind_of, marked
from ingest.downloads import description as links
from ingest.shortcuts import application as shortcuts
from tests.test_openapi import OPERATIONS


@pytest.fixture
def page(client: Client, db: None) -> str:
    answer = client.get("/api/docs")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    return html.unescape(answer.content.decode())


def section(page: str, anchor: str) -> str:
    """The text of one part of the page, without markup."""
    found = re.search(rf'<section id="{anchor}".*?</section>', page, re.DOTALL)
    assert found
    return " ".join(re.sub("<[^>]*>", " ", found[0]).split())


def test_every_route_is_there_with_all_that_is_said_of_it(page: str) -> None:
    shapes = document(get_resolver().url_patterns)["components"]["schemas"]  # type: ignore[index]
    anchors = re.findall(r'<a class="pop-item" href="#(\w+)"', page)
    assert len(anchors) == len(set(anchors)) == len(OPERATIONS) + len(shortcuts.PATHS) + len(links.parts()[0])
    for anchor, (path, operation) in zip(anchors, OPERATIONS, strict=False):
        said = section(page, anchor)
        assert said.startswith(f"{operation.method.upper()} {path} ")
        assert operation.summary in said
        assert ("Logged-in hosts" if operation.login else "Everybody") in said
        assert f"Answer {operation.status} " in said
        for status, codes in operation.all_errors().items():
            assert f"{status} {' , '.join(codes)}" in said
        names = [*operation.query, *re.findall(r"{(\w+)}", path)]
        names += operation.body.__struct_encode_fields__ if operation.body else ()
        names += shapes.get(getattr(operation.answer, "__name__", ""), {}).get("properties", ())
        assert [name for name in names if f" {name} " not in said] == []


def test_routes_in_front_of_django_are_there_too(page: str) -> None:
    said = section(page, "post_upload_file")
    for words in ("POST /api/upload/file", "X-Filename", "Idempotency-Key", "album_name", "asset_id", "413"):
        assert words in said
    assert "results list of UploadResult" in section(page, "post_upload_batch")
    assert "With a token" in said
    assert "data needed text" in section(page, "post_upload_base64")


def test_every_anchor_leads_somewhere(page: str) -> None:
    ids = re.findall(r' id="([\w-]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([\w-]+)"', page)) <= set(ids)
    assert "shape-LinkItem" in ids


def test_some_things_are_said_in_words(page: str) -> None:
    assert "expiresDays whole number, 1 to 36500, or null" in section(page, "post_invites")
    assert "items list of LinkItem" in section(page, "get_invites")
    assert "A list of objects, each with: An album in Immich's own words. albumName text" in section(page, "get_albums")
    assert "one of disable, enable, or null" in section(page, "post_invites_bulk")
    assert "tokens list of text, at most 10,000, or null" in section(page, "post_invites_bulk")
    assert "text needed" in section(page, "get_qr")
    assert "Answer 200 image/png , image/svg+xml" in section(page, "get_qr")


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(page: str) -> None:
    assert re.findall(r"<style|\sstyle=|<script(?![^>]* src=)|\son\w+=", page) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []


def test_another_site_may_lead_to_it_and_to_no_other(client: Client, db: None) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.get("/api/docs", headers=headers).status_code == 200
    assert client.get("/api/openapi.json", headers=headers).status_code == 403


def test_it_is_read_and_nothing_else(client: Client, db: None) -> None:
    assert client.post("/api/docs").status_code == 405
    assert client.head("/api/docs").status_code == 200


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "maxLength": 5}, "text, at most 5 characters"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "whole number or text"),
        ({"type": "array", "items": {"type": "number"}}, "list of number"),
        ({"type": "null"}, "null"),
    ],
)
def test_kinds(schema: dict[str, object], words: str) -> None:
    assert kind_of(schema).words == words


def test_words_of_code_are_marked_and_markup_is_text() -> None:
    assert marked("`a` <b> `c`") == "<code>a</code> &lt;b&gt; <code>c</code>"
