"""The routes for links in OpenAPI. Most run in front of Django, so that no view says what they are."""

from typing import NotRequired, TypedDict

import msgspec

from immichdrop.openapi import JSON, Paths, Schemas
from ingest.downloads import application
from ingest.downloads.results import JobStatus, OwnJobs, UrlAnswer
from ingest.downloads.views import Platforms
from ingest.shortcuts.answers import Batch
from invites.credentials import Refused

Schema = dict[str, object]
TOKEN: list[dict[str, list[str]]] = [{"token": []}, {"bearer": []}]
REFUSED = {
    "401": "no token, or none that is valid",
    "403": "a token that may not do this, a closed link, or links are not downloaded here",
    "429": "too many wrong tokens, or links on their way",
}


class Detail(TypedDict):
    """What is wrong, in words."""

    detail: str


class PastedLink(TypedDict):
    """The body of `POST /api/upload/url`. `album_id`, `album_name`: else the token's album; a link's token goes by the
    link's. The id wins."""

    url: str
    album_id: NotRequired[str | None]
    album_name: NotRequired[str | None]


class PastedLinks(TypedDict):
    """The body of `POST /api/upload/urls`: at most 10 addresses."""

    urls: list[str]
    album_id: NotRequired[str | None]
    album_name: NotRequired[str | None]


def parts() -> tuple[Paths, Schemas]:
    """The paths, and the shapes that they name."""
    types = (UrlAnswer, JobStatus, OwnJobs, Batch, Platforms, Refused, Detail, PastedLink, PastedLinks)
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    job: Schema = {"in": "path", "name": "job_id", "required": True, "schema": {"type": "string"}}
    job["description"] = "The job, as `POST /api/upload/url` said it"
    one = _post("post_upload_url", "Have a post downloaded by its address", "PastedLink", "UrlAnswer")
    several = _post("post_upload_urls", "The same of up to 10 posts", "PastedLinks", "Batch")
    status = _operation("get_upload_url_status", "What became of a job", "JobStatus", {"404": "no such job of yours"})
    jobs = _operation("get_upload_url_jobs", "Your newest jobs", "OwnJobs", {})
    picture = _operation("get_upload_url_thumbnail", "A small picture of the post", "", {"404": "there is none"})
    album: Schema = {"in": "query", "name": "album_name", "required": False, "schema": {"type": "string"}}
    album["description"] = "Only those of the album of this name"
    platforms = _operation("get_supported_platforms", "From where posts come", "Platforms", {}, open_to=True)
    return {
        application.URL: {"post": one},
        application.URLS: {"post": several},
        "/api/upload/url/status": {"get": {**jobs, "parameters": [album], "security": TOKEN}},
        "/api/upload/url/status/{job_id}": {"get": {**status, "parameters": [job], "security": TOKEN}},
        "/api/upload/url/status/{job_id}/thumbnail": {"get": {**picture, "parameters": [job], "security": TOKEN}},
        "/api/supported-platforms": {"get": platforms},
    }, schemas


def _post(name: str, summary: str, body: str, answer: str) -> Schema:
    wait: Schema = {"in": "header", "name": "Prefer", "required": False, "schema": {"type": "string"}}
    wait["description"] = "`respond-async` for an answer at once"
    plain = {"400": "no address, or one of none of the platforms", "422": "a field that is wrong"}
    return {
        **_operation(name, summary, answer, plain),
        "parameters": [wait],
        "requestBody": {"required": True, "content": {JSON: {"schema": _named(body)}}},
        "security": TOKEN,
    }


def _operation(name: str, summary: str, answer: str, plain: dict[str, str], *, open_to: bool = False) -> Schema:
    """`answer`: empty for a picture. `plain`: refusals with words alone, by status; `open_to` everybody."""
    said = {status: (words, "Detail") for status, words in plain.items()}
    said |= {} if open_to else {status: (words, "Refused") for status, words in REFUSED.items()}
    refusals = {
        status: {"description": words, "content": {JSON: {"schema": _named(shape) if status != "422" else {}}}}
        for status, (words, shape) in sorted(said.items())
    }
    content = {JSON: {"schema": _named(answer)}} if answer else {"image/jpeg": {"schema": {"type": "string"}}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [],
        "responses": {"200": {"description": summary, "content": content}, **refusals},
        "security": [],
    }


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
