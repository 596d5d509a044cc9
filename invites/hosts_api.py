"""The hosts' JSON routes about their own links. Another host's link is answered for like one that is not there."""

from typing import Annotated, Literal, TypedDict

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from msgspec import Meta

from immichdrop import json_api
from immichdrop.json_api import BadRequestError, answers_bad_requests, host_required
from immichdrop.models import User
from immichdrop.openapi import Operation, describes
from invites import links, qr
from invites.api import InviteState, answers_refusals, client_of, invite_state, not_found
from invites.finding import find_link
from invites.link_json import (
    ChangeBody,
    LinkBody,
    LinkList,
    NewLink,
    answers_link_errors,
    fields_of,
    item,
    link_named_in,
    new_link,
)
from invites.models import Invite
from invites.queries import NEWEST_FIRST, ONE_TIME, SORTS, InviteQuerySet

MOST_TOKENS = 10_000
LONGEST_QR_TEXT = 1000  # characters


class Chosen(msgspec.Struct):
    """The body of `POST /api/invites/delete`: which links."""

    tokens: Annotated[list[str], Meta(max_length=MOST_TOKENS)] | None = None


class Switch(Chosen):
    """The body of `POST /api/invites/bulk`."""

    action: Literal["enable", "disable"] | None = None


class Updated(TypedDict):
    """How many of the links were this host's to change."""

    ok: bool
    updated: int


class Deleted(TypedDict):
    ok: bool
    deleted: int


@describes(
    Operation(
        "get",
        "The host's own links",
        LinkList,
        query={"q": "Words that occur in name, album, custom address or token", "sort": "Newest first without it"},
        choices={"sort": sorted(SORTS)},
    ),
    Operation("post", "Make a link", NewLink, body=LinkBody),
)
@csrf_exempt
@require_http_methods(["GET", "POST"])
@host_required
@answers_bad_requests
@answers_link_errors
def invites(request: HttpRequest, host: User) -> HttpResponse:
    """`GET /api/invites?q=&sort=` and `POST /api/invites`."""
    if request.method == "GET":
        found = Invite.objects.of_host(host).listed().search(request.GET.get("q", ""))
        rows = found.sorted_by(request.GET.get("sort", NEWEST_FIRST))
        return JsonResponse(LinkList(items=[item(row) for row in rows]))
    fields = fields_of(json_api.read(request, LinkBody))
    fields.setdefault("max_uses", ONE_TIME)
    return JsonResponse(new_link(links.create_link(host, fields), request))


@describes(
    Operation(
        "get",
        "A link as its guests find it",
        InviteState,
        errors={404: ["not_found"], 429: ["too_many_requests"]},
        login=False,
    ),
    Operation("patch", "Change a link", Updated, body=ChangeBody, errors={404: ["not_found"]}),
)
@csrf_exempt
@require_http_methods(["GET", "PATCH"])
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """`/api/invite/{token}`: a guest asks with GET, the host changes with PATCH."""
    return change(request, token) if request.method == "PATCH" else invite_state(request, token)


@host_required
@answers_bad_requests
@answers_link_errors
def change(request: HttpRequest, host: User, token: str) -> HttpResponse:
    """`PATCH /api/invite/{token}`."""
    link = Invite.objects.of_host(host).at(token)
    if link is None:
        return not_found()
    said = json_api.read(request, ChangeBody)
    fields = fields_of(said)
    with transaction.atomic():
        links.change_link(link, fields)
        if said.reset_usage:
            links.reset_usage(Invite.objects.filter(pk=link.pk))
    return JsonResponse(Updated(ok=True, updated=1 if fields or said.reset_usage else 0))


@describes(Operation("post", "Switch links on or off", Updated, body=Switch, errors={400: ["missing_tokens"]}))
@csrf_exempt
@require_POST
@host_required
@answers_bad_requests
def bulk(request: HttpRequest, host: User) -> HttpResponse:
    """`POST /api/invites/bulk`."""
    said = json_api.read(request, Switch)
    chosen = _chosen(host, said)
    if said.action is None:
        raise json_api.wrong("action", "enable or disable is wanted.")
    return JsonResponse(Updated(ok=True, updated=links.set_enabled(chosen, said.action == "enable")))


@describes(Operation("post", "Take links down", Deleted, body=Chosen, errors={400: ["missing_tokens"]}))
@csrf_exempt
@require_POST
@host_required
@answers_bad_requests
def delete(request: HttpRequest, host: User) -> HttpResponse:
    """`POST /api/invites/delete`."""
    chosen = _chosen(host, json_api.read(request, Chosen))
    return JsonResponse(Deleted(ok=True, deleted=links.delete_links(chosen)))


def _chosen(host: User, said: Chosen) -> InviteQuerySet:
    if not said.tokens:
        raise BadRequestError("missing_tokens", "tokens: which links?")
    return Invite.objects.of_host(host).filter(token__in=said.tokens)


@describes(
    Operation(
        "get",
        "The QR code of a text; without a login of a link's address here",
        None,
        query={
            "text": f"At most {LONGEST_QR_TEXT} characters",
            "format": "png without it",
            "size": f"Pixels of a PNG in width and height, at most {qr.LARGEST}",
        },
        needs=("text",),
        choices={"format": tuple(qr.KINDS)},
        media_types=tuple(qr.KINDS.values()),
        errors={
            400: ["missing_text", "text_too_long", "invalid_format", "invalid_size"],
            401: ["unauthorized"],
            429: ["too_many_requests"],
        },
        login=False,
    )
)
@csrf_exempt
@require_GET
@answers_bad_requests
@answers_refusals
def qr_code(request: HttpRequest) -> HttpResponse:
    """`GET /api/qr?text=&format=&size=`, for hosts; for everybody where the text is the address of a link here."""
    text = request.GET.get("text", "")
    if not text:
        return JsonResponse({"error": "missing_text"}, status=400)
    if len(text) > LONGEST_QR_TEXT:
        return _too_long()
    if not request.user.is_authenticated:
        name = link_named_in(text, request)
        if not name or find_link(name, client_of(request)) is None:
            return JsonResponse({"error": "unauthorized"}, status=401)
    kind = request.GET.get("format") or "png"
    if kind not in qr.KINDS:
        raise BadRequestError("invalid_format", f"format: one of {', '.join(qr.KINDS)} is wanted.")
    try:
        return HttpResponse(qr.picture(text, kind, request.GET.get("size", "")), content_type=qr.KINDS[kind])
    except qr.SizeError as error:
        raise BadRequestError("invalid_size", f"size: {error}") from error
    except qr.TooLongError:
        return _too_long()


def _too_long() -> JsonResponse:
    words = f"text: at most {LONGEST_QR_TEXT} characters, and fewer of those that are not plain letters."
    return JsonResponse({"error": "text_too_long", "message": words}, status=400)
