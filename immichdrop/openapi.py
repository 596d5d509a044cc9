"""`GET /api/openapi.json`: the routes that scripts use, in OpenAPI 3.1.

A view says what it is by `describes`, with the types that it reads and answers with; the paths are the URLconf's. So
what runs is what is described, and nothing is said twice.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, get_resolver
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from immichdrop.json_api import ErrorAnswer

Paths = Mapping[str, Mapping[str, object]]
Schemas = Mapping[str, object]
V = TypeVar("V", bound=Callable[..., HttpResponse])
JSON = "application/json"
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_ERRORS_OF_ALL = {403: ("foreign_origin",)}
_ERRORS_WITH_LOGIN = {401: ("unauthorized",), 403: ("forbidden",), 429: ("too_many_requests",)}
_ERRORS_WITH_BODY = {400: ("invalid_json",), 413: ("body_too_large",)}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of a route. `answer` and `body` are types; an answer of None is a file of one of `media_types`.

    `query`: each parameter with what it means; those in `needs` can't be left out, those in `choices` are one of these.
    `errors`: status → codes.
    """

    method: str
    summary: str
    answer: object
    status: int = 200
    body: type[msgspec.Struct] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[str] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    media_types: Sequence[str] = (JSON,)
    errors: Mapping[int, Sequence[str]] = field(default_factory=dict)
    login: bool = True

    def all_errors(self) -> dict[int, list[str]]:
        """With those that come from the gates in front of the view."""
        found: dict[int, list[str]] = {}
        gates = (_ERRORS_OF_ALL, _ERRORS_WITH_LOGIN if self.login else {}, _ERRORS_WITH_BODY if self.body else {})
        for errors in (self.errors, *gates):
            for status, codes in errors.items():
                found.setdefault(status, []).extend(codes)
        return dict(sorted(found.items()))


_described: dict[Callable[..., HttpResponse], tuple[Operation, ...]] = {}


def describes(*operations: Operation) -> Callable[[V], V]:
    """Says what a view is. Has to be its outermost decorator, since the URLconf knows that one."""

    def remember(view: V) -> V:
        _described[view] = operations
        return view

    return remember


_beside: dict[str, Mapping[str, object]] = {}
_beside_schemas: dict[str, object] = {}


def describe_beside(paths: Paths, schemas: Schemas) -> None:
    """Adds routes that run in front of Django, as OpenAPI has them, with the shapes that they name."""
    _beside.update(paths)
    _beside_schemas.update(schemas)


def described(patterns: Sequence[URLPattern | URLResolver]) -> Iterator[tuple[str, Operation]]:
    """Every operation that a view describes, with its path."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            path = "/" + _PARAMETER.sub(r"{\1}", str(pattern.pattern))
            yield from ((path, operation) for operation in _described.get(pattern.callback, ()))


def document(patterns: Sequence[URLPattern | URLResolver]) -> dict[str, object]:
    """The OpenAPI document of these routes."""
    found = list(described(patterns))
    answers = [operation.answer for _, operation in found if operation.answer]
    bodies = [operation.body for _, operation in found if operation.body]
    types = list({repr(kind): kind for kind in [ErrorAnswer, *answers, *bodies]}.values())
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = {repr(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, object]] = {}
    for path, operation in found:
        paths.setdefault(path, {})[operation.method] = _operation(path, operation, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Immich Drop", "version": "1", "description": "Links and files, for the scripts of hosts."},
        "servers": [{"url": settings.PUBLIC_BASE_URL or "/"}],
        "paths": {**paths, **_beside},
        "components": {
            "schemas": {**components, **_beside_schemas},
            "securitySchemes": {
                "login": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": settings.SESSION_COOKIE_NAME,
                    "description": "Given by POST /api/login.",
                },
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "x-api-key",
                    "description": "An API token; for hosts' routes one that may make and change links.",
                },
                "bearer": {"type": "http", "scheme": "bearer", "description": "The same in another place."},
            },
        },
    }


def _operation(path: str, operation: Operation, schema_of: Mapping[str, object]) -> dict[str, object]:
    parameters: list[dict[str, object]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    parameters += [
        {
            "name": name,
            "in": "query",
            "required": name in operation.needs,
            "description": words,
            "schema": _text(operation, name),
        }
        for name, words in operation.query.items()
    ]
    good = (
        {JSON: {"schema": schema_of[repr(operation.answer)]}}
        if operation.answer
        else {each: {"schema": {"contentMediaType": each}} for each in operation.media_types}
    )
    answers: dict[str, object] = {str(operation.status): {"description": operation.summary, "content": good}}
    error = {JSON: {"schema": schema_of[repr(ErrorAnswer)]}}
    for status, codes in operation.all_errors().items():
        answers[str(status)] = {"description": ", ".join(codes), "content": error}
    said: dict[str, object] = {
        "operationId": "_".join(re.findall(r"\w+", f"{operation.method} {path.removeprefix('/api')}")),
        "summary": operation.summary,
        "parameters": parameters,
        "responses": answers,
        "security": [{"login": []}, {"token": []}, {"bearer": []}] if operation.login else [],
    }
    if operation.body:
        said["requestBody"] = {"required": True, "content": {JSON: {"schema": schema_of[repr(operation.body)]}}}
    return said


def _text(operation: Operation, name: str) -> dict[str, object]:
    """The schema of a parameter behind the question mark."""
    if name in operation.choices:
        return {"type": "string", "enum": list(operation.choices[name])}
    return {"type": "string", "minLength": 1} if name in operation.needs else {"type": "string"}


@csrf_exempt
@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    """`GET /api/openapi.json`."""
    return JsonResponse(document(get_resolver().url_patterns))
