"""`GET /api/docs`: the OpenAPI description as a page, for people. It is made of the document alone, so that page and
document can't differ."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_resolver
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from immichdrop.openapi import JSON, document

Schema = Mapping[str, Any]
_CODE = re.compile(r"`([^`]+)`")
_WORDS = {
    "string": gettext_lazy("text"),
    "integer": gettext_lazy("whole number"),
    "number": gettext_lazy("number"),
    "boolean": gettext_lazy("true or false"),
    "object": gettext_lazy("object"),
    "null": gettext_lazy("null"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is, in words. `shape` is the name of the shape that the words end with, or ""."""

    words: str
    shape: str = ""
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: Kind
    needed: bool
    about: SafeString


@dataclass(frozen=True, slots=True)
class Shape:
    """An object of JSON. `listed`: what is sent is a list of them."""

    name: str
    about: SafeString
    fields: list[Field]
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    status: str
    codes: list[str]


@dataclass(frozen=True, slots=True)
class Route:
    """A method of a path. `media_types` and `shape` are the good answer's; `shape` is None where it is no JSON."""

    anchor: str
    method: str
    path: str
    summary: str
    for_hosts: bool
    by_token: bool  # alone
    parameters: list[Field]
    body: Shape | None
    status: str
    media_types: list[str]
    shape: Shape | None
    refusals: list[Refusal]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    said = document(get_resolver().url_patterns)
    shapes: dict[str, Schema] = said["components"]["schemas"]  # type: ignore[index]
    routes = list(_routes(said["paths"], shapes))  # type: ignore[arg-type]
    context = {
        "routes": routes,
        "error": _shape("ErrorAnswer", shapes["ErrorAnswer"]),
        "shapes": [_shape(name, shapes[name]) for name in sorted(_nested(shapes.values()))],
        "server": settings.PUBLIC_BASE_URL or request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "api_docs.html", context)


def _routes(paths: Mapping[str, Mapping[str, Schema]], shapes: Mapping[str, Schema]) -> Iterator[Route]:
    for path, methods in paths.items():
        for method, said in methods.items():
            (status, good), *refused = said["responses"].items()
            if not status.startswith("2"):
                raise ValueError(f"{method} {path}: the good answer is not described first")
            content = good["content"]
            yield Route(
                anchor=said["operationId"],
                method=method.upper(),
                path=path,
                summary=said["summary"],
                for_hosts={"login": []} in said["security"],
                by_token=bool(said["security"]) and {"login": []} not in said["security"],
                parameters=[_parameter(each) for each in said["parameters"]],
                body=_body(said["requestBody"]["content"], shapes) if "requestBody" in said else None,
                status=status,
                media_types=list(content),
                shape=_sent(content[JSON]["schema"], shapes) if JSON in content else None,
                refusals=[Refusal(status, answer["description"].split(", ")) for status, answer in refused],
            )


def _parameter(said: Schema) -> Field:
    about = said.get("description") or _("The link's token or custom address")
    return Field(said["name"], kind_of(said["schema"]), said["required"], marked(about))


def _body(content: Mapping[str, Schema], shapes: Mapping[str, Schema]) -> Shape:
    """What is sent: the first of the ways there are."""
    return _sent(next(iter(content.values()))["schema"], shapes)


def _sent(schema: Schema, shapes: Mapping[str, Schema]) -> Shape:
    """The shape of a whole body: an object, or a list of such objects."""
    listed = schema.get("type") == "array"
    name = _name((schema["items"] if listed else schema)["$ref"])
    return _shape(name, shapes[name], listed=listed)


def _shape(name: str, schema: Schema, *, listed: bool = False) -> Shape:
    needed = schema.get("required", [])
    fields = [
        Field(each, kind_of(said), each in needed, marked(said.get("description", "")))
        for each, said in schema["properties"].items()
    ]
    return Shape(name, marked(" ".join(schema.get("description", "").split())), fields, listed)


def kind_of(schema: Schema) -> Kind:
    """`text`, `whole number, 1 to 36500`, `list of LinkItem`, …"""
    if "anyOf" in schema:
        kinds = [kind_of(each) for each in schema["anyOf"] if each.get("type") != "null"]
        nullable = len(kinds) < len(schema["anyOf"])
        return Kind(_(" or ").join(kind.words for kind in kinds), kinds[-1].shape, nullable)
    if "$ref" in schema:
        return Kind("", _name(schema["$ref"]))
    if "enum" in schema:
        return Kind(_("one of %s") % ", ".join(str(each) for each in schema["enum"]))
    if schema["type"] == "array":
        of = kind_of(schema["items"])
        most = _(", at most %s") % f"{schema['maxItems']:,}" if "maxItems" in schema else ""
        return Kind(_("list of %s") % of.words + most, of.shape)
    return Kind(f"{_WORDS[schema['type']]}{_limits(schema)}")


def _limits(schema: Schema) -> str:
    if "minimum" in schema and "maximum" in schema:
        return _(", {least} to {most}").format(least=schema["minimum"], most=schema["maximum"])
    if "maxLength" in schema:
        return _(", at most %s characters") % str(schema["maxLength"])
    return ""


def _nested(values: Iterable[object]) -> set[str]:
    """The shapes that stand inside of others."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, dict):
            if "$ref" in value:
                found.add(_name(value["$ref"]))
            found |= _nested(value.values())
        elif isinstance(value, list):
            found |= _nested(value)
    return found


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def marked(text: str) -> SafeString:
    """Text in which what stands between backticks is code."""
    pieces = _CODE.split(text)
    return format_html_join("", "{}", ((_code(piece) if odd % 2 else piece,) for odd, piece in enumerate(pieces)))


def _code(text: str) -> SafeString:
    return format_html_join("", "<code>{}</code>", [(text,)])
