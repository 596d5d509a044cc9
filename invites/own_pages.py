"""A host's own page: the guests' page of a link that only its host is told of, one for each album and one for none.

What a host's phone shares goes into an album that way, by the same means and with the same promise as what guests send.
"""

import uuid
from typing import Annotated, TypedDict

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from msgspec import Meta

from immichdrop import json_api
from immichdrop.albums_api import IMMICH_ERRORS, LONGEST_NAME, answers_immich_errors, immich_of
from immichdrop.hosts import may_make_links
from immichdrop.immich import Rejected
from immichdrop.json_api import answers_bad_requests, host_required
from immichdrop.models import User
from immichdrop.openapi import Operation, describes
from invites.api import not_found
from invites.models import Invite


class OwnPageBody(msgspec.Struct, rename="camel"):
    """The body of `POST /api/own-page`."""

    album_id: Annotated[uuid.UUID | None, Meta(description="The album's id in Immich; null for none")] = None


class OwnPage(TypedDict):
    """Where the host's own files go by."""

    path: str


def own_page(host: User, album_id: uuid.UUID | None, album_name: str = "") -> Invite:
    """The host's page for this album, or for none, made when it is first asked for. `album_name` is its name now."""
    name = album_name[:LONGEST_NAME]
    page, made = Invite.objects.get_or_create(
        owner=host,
        album_id=album_id,
        own=True,
        deleted_at=None,
        defaults={"album_name": name, "guest_name": Invite.GuestName.OFF, "allow_urls": True},
    )
    if not made and (page.album_name != name or page.album_missing_at):
        page.album_name, page.album_missing_at = name, None
        page.save(update_fields=["album_name", "album_missing_at"])
    return page


@describes(
    Operation(
        "post",
        "The host's own page for an album",
        OwnPage,
        body=OwnPageBody,
        errors={403: ["forbidden"], 404: ["not_found"], 502: IMMICH_ERRORS[502]},
    )
)
@csrf_exempt
@require_POST
@host_required
@answers_bad_requests
@answers_immich_errors
def own_page_of(request: HttpRequest, host: User) -> HttpResponse:
    """`POST /api/own-page`."""
    album_id, name = json_api.read(request, OwnPageBody).album_id, ""
    if not may_make_links(host):
        words = "Connect your own Immich first: on this server links don't use the server's."
        return JsonResponse({"error": "forbidden", "message": words}, status=403)
    if album_id:
        try:
            with immich_of(host) as immich:
                name = immich.album(str(album_id)).name
        except Rejected:  # not this account's, or no id that Immich has
            return not_found()
    return JsonResponse(OwnPage(path=own_page(host, album_id, name).path))
