"""`/api/invite/{token}/shared-link`: the shared link in Immich by which a link's guests see what was collected."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from msgspec import UNSET

from immichdrop import json_api
from immichdrop.albums_api import answers_immich_errors
from immichdrop.immich import LinkSettings
from immichdrop.json_api import answers_bad_requests, host_required
from immichdrop.models import User
from immichdrop.openapi import Operation, describes
from invites.api import not_found
from invites.hosts_api import Deleted
from invites.models import Invite, ShareBack
from invites.shared_link_json import (
    ChangedShareBack,
    KeptShareBack,
    ShareBackBody,
    ShareBackItem,
    answers_sharing_errors,
    moment_said,
    settings_said,
    shared_link_item,
)
from uploads import sharing_back
from uploads.sharing_back import ElsewhereError, NothingYetError, NotSharedError, Shared, SharedAlreadyError

_ERRORS = {400: ["refused"], 403: ["forbidden"], 404: ["not_found"], 502: ["request_failed"]}
_TAKEN = {400: ["slug_taken", "refused"]}
_GONE = "Its shared link was deleted in Immich. POST makes another one."
_ELSEWHERE = "It is in an Immich library that the link does not deliver into any more. The link's page can forget it."


@describes(
    Operation("get", "A link's shared link in Immich", ShareBackItem, errors=_ERRORS),
    Operation(
        "post",
        "Share back: the link's album, or without one what came through the link",
        ShareBackItem,
        status=201,
        body=ShareBackBody,
        errors=_ERRORS | _TAKEN | {409: ["already_shared", "nothing_yet"]},
    ),
    Operation("patch", "Change a link's shared link", ChangedShareBack, body=ShareBackBody, errors=_ERRORS | _TAKEN),
    Operation("delete", "Delete a link's shared link", Deleted, errors=_ERRORS),
)
@csrf_exempt
@require_http_methods(["GET", "POST", "PATCH", "DELETE"])
@host_required
@answers_bad_requests
@answers_immich_errors
@answers_sharing_errors
def share_back(request: HttpRequest, host: User, token: str) -> HttpResponse:
    """`/api/invite/{token}/shared-link`."""
    link = Invite.objects.of_host(host).at(token)
    if link is None:
        return not_found()
    try:
        match request.method:
            case "POST":
                return _made(request, host, link)
            case "PATCH":
                return _changed(request, host, link)
            case "DELETE":
                sharing_back.unmake(host, link)
                return JsonResponse(Deleted(ok=True, deleted=1))
            case _:
                return _answer(sharing_back.look(host, link))
    except NotSharedError:
        row = sharing_back.of_link(link)
        return JsonResponse({"error": "not_found", "message": _GONE}, status=404) if row else not_found()
    except ElsewhereError:
        return JsonResponse({"error": "forbidden", "message": _ELSEWHERE}, status=403)


def _made(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    body = json_api.read(request, ShareBackBody)
    reveal_at = None if body.reveal_at is UNSET else moment_said("revealAt", body.reveal_at)
    try:
        made = sharing_back.make(host, link, settings_said(body, LinkSettings()), reveal_at)
    except SharedAlreadyError:
        words = "It has a shared link: change it with PATCH, or delete it first."
        return JsonResponse({"error": "already_shared", "message": words}, status=409)
    except NothingYetError:
        words = "Nothing came through this link yet that Immich could show."
        return JsonResponse({"error": "nothing_yet", "message": words}, status=409)
    return _answer(made, status=201)


def _changed(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    body = json_api.read(request, ShareBackBody)
    reveal_at = None if body.reveal_at is UNSET else moment_said("revealAt", body.reveal_at)
    if body == ShareBackBody(reveal_at=body.reveal_at):  # which guests are told at once, Immich being away or not
        return _revealed(link, reveal_at)
    changed = sharing_back.change(host, link, lambda before: settings_said(body, before))
    if body.reveal_at is not UNSET:
        sharing_back.reveal(changed.row, reveal_at)
    return _answer(changed)


def _revealed(link: Invite, reveal_at: datetime | None) -> HttpResponse:
    row = sharing_back.of_link(link)
    if row is None or row.gone:
        raise NotSharedError
    sharing_back.reveal(row, reveal_at)
    ends = row.expires_at.isoformat() if row.expires_at else None
    kept = _kept(row)
    said = ChangedShareBack(
        id=str(row.link_id),
        type=row.type,
        url=row.address,
        expiresAt=ends,
        revealAt=kept["revealAt"],
        revealed=kept["revealed"],
        trouble=kept["trouble"],
        troubleDetail=kept["troubleDetail"],
    )
    return JsonResponse(said)


def _answer(shared: Shared, status: int = 200) -> HttpResponse:
    item = ShareBackItem(**shared_link_item(shared.link, shared.row.address), **_kept(shared.row))
    return JsonResponse(item, status=status)


def _kept(row: ShareBack) -> KeptShareBack:
    return KeptShareBack(
        revealAt=row.reveal_at.isoformat() if row.reveal_at else None,
        revealed=row.revealed(timezone.now()) and not row.elsewhere,
        trouble=row.trouble or None,
        troubleDetail=row.trouble_detail or None,
    )
