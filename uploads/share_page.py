"""`/share`: the preview of what a phone shared. The page is the same for everybody, so that a browser may keep it;
its script asks for what is personal: links by `/api/invites`, what is staged here by `/api/shared`."""

from typing import TypedDict
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from immichdrop import json_api
from immichdrop.json_api import answers_bad_requests
from invites import guests
from invites.api import answers_refusals, client_of, not_found
from uploads import admission, spool, staged_intake, staging
from uploads.admission import Offer
from uploads.tus_protocol import one_line


class StagedItem(TypedDict):
    """One row of `GET /api/shared`."""

    id: str
    filename: str
    type: str
    size: int


class SendBody(msgspec.Struct):
    """The body of `POST /api/shared/send`: the link's token; empty means the public page."""

    invite: str


@require_safe
def share_page(request: HttpRequest) -> HttpResponse:
    """`GET /share`. A host whose browser was at no link yet becomes known here, so that the share sheet may stage."""
    response = render(request, "share.html", {"hours": staging.KEPT // 3600})
    if request.user.is_authenticated and guests.of_request(request) is None:
        guests.hand_over(response, guests.create()[1], secure=request.is_secure())
    return response


@csrf_exempt
@require_http_methods(["GET", "DELETE"])
def shared(request: HttpRequest) -> HttpResponse:
    """`/api/shared`: what the caller shared and did not send yet (GET), or nothing of it any more (DELETE)."""
    guest = guests.of_request(request)
    if request.method == "DELETE":
        if guest:
            staging.default().clear(guest)
        return HttpResponse(status=204)
    items = staging.default().items(guest) if guest else []
    rows = [StagedItem(id=str(each.id), filename=each.filename, type=each.media_type, size=each.size) for each in items]
    return JsonResponse({"items": rows})


@csrf_exempt
def leave_out(request: HttpRequest, staged_id: UUID) -> HttpResponse:
    """`DELETE /api/shared/{id}`."""
    if request.method != "DELETE":
        return HttpResponseNotAllowed(["DELETE"])
    if guest := guests.of_request(request):
        staging.default().remove(guest, staged_id)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
@answers_bad_requests
@answers_refusals
def send(request: HttpRequest) -> HttpResponse:
    """`POST /api/shared/send`: receives all of it into a link. `location` is the page that says what came of it."""
    body = json_api.read(request, SendBody)
    guest = guests.of_request(request)
    if guest is None:
        return not_found()
    user_agent = one_line(request.headers.get("User-Agent", ""), 300)
    offer = Offer(filename="", size=0, invite=body.invite, client_address=client_of(request), user_agent=user_agent)
    invite = admission.link_of(offer)
    outcome = staged_intake.send(staging.default(), spool.default(), guest, invite, offer)
    page = reverse("invite", args=[invite.token]) if invite else reverse("front")
    return JsonResponse({"outcome": outcome, "location": f"{page}?{urlencode(outcome)}" if outcome else page})
