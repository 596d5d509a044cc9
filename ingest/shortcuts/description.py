"""The extension routes for files in OpenAPI. They run in front of Django, so that no view says what they are."""

from typing import NotRequired, TypedDict

import msgspec

from immichdrop.openapi import JSON, Paths, Schemas
from ingest.shortcuts import application
from ingest.shortcuts.answers import Batch, UploadResult
from invites.credentials import Refused

Schema = dict[str, object]
BINARY: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
ALBUM: Schema = {"type": "string", "description": "Else the token's album; a link's token goes by the link's"}
REFUSALS = {
    "400": "an empty file, or a body that can't be read",
    "401": "no token, or none that is valid",
    "403": "a token that may not do this, or a closed link",
    "413": "too large",
    "422": "a field that is wrong, or a type that is not taken",
    "429": "too many wrong tokens",
    "503": "the server is ending, or can't keep the file now",
    "507": "no room now",
}


class Base64File(TypedDict):
    """The body of `POST /api/upload/base64`: `data` is base64, or `data:<mime>;base64,…`."""

    data: str
    filename: NotRequired[str | None]
    album_name: NotRequired[str | None]


def parts() -> tuple[Paths, Schemas]:
    """The paths, and the shapes that they name."""
    types = (UploadResult, Batch, Refused, Base64File)
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    forms = {"FileForm": _form("file", BINARY), "FilesForm": _form("files", {"type": "array", "items": BINARY})}
    name: Schema = {"in": "header", "name": "X-Filename", "required": False, "schema": {"type": "string"}}
    name["description"] = "The name of a file that is the body"
    return {
        application.FILE: _operation(
            "post_upload_file",
            "Send a file, in a form or as the whole body",
            {"multipart/form-data": _named("FileForm"), "application/octet-stream": BINARY},
            "UploadResult",
            [name],
        ),
        application.BASE64: _operation(
            "post_upload_base64", "Send a file as base64", {JSON: _named("Base64File")}, "UploadResult"
        ),
        application.BATCH: _operation(
            "post_upload_batch",
            f"Send up to {application.MOST} files in a form",
            {"multipart/form-data": _named("FilesForm")},
            "Batch",
        ),
    }, {**schemas, **forms}


def _operation(
    name: str,
    summary: str,
    bodies: Schema,
    answer: str,
    parameters: list[Schema] | None = None,
) -> Schema:
    key = {"in": "header", "name": "Idempotency-Key", "required": False, "schema": {"type": "string", "maxLength": 200}}
    key["description"] = "The same for a request that is sent again"
    refusals = {
        status: {"description": words, "content": {JSON: {"schema": _named("Refused")}}}
        for status, words in REFUSALS.items()
    }
    said = {
        "operationId": name,
        "summary": summary,
        "parameters": [*(parameters or []), key],
        "requestBody": {
            "required": True,
            "content": {media_type: {"schema": schema} for media_type, schema in bodies.items()},
        },
        "responses": {
            "200": {"description": summary, "content": {JSON: {"schema": _named(answer)}}},
            **refusals,
        },
        "security": [{"token": []}, {"bearer": []}],
    }
    return {"post": said}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _form(field: str, file: Schema) -> Schema:
    return {"type": "object", "properties": {field: file, "album_name": ALBUM}, "required": [field]}
