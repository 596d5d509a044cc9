"""What hosts' programs may ask about the files that came through a link."""

from typing import TypedDict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from immichdrop.json_api import host_required
from immichdrop.models import User
from immichdrop.openapi import Operation, describes
from invites.models import Invite
from uploads.models import Upload

NEWEST = 500


class ReceivedItem(TypedDict):
    """One row of `GET /api/invite/{token}/uploads`, with the older clients' names.

    `fingerprint` is null: nothing of the kind is asked of a guest's browser. `checksum` is the SHA-1 in hex.
    """

    uploadedAt: str
    ip: str | None
    userAgent: str
    fingerprint: None
    filename: str
    size: int
    checksum: str | None
    assetId: str | None


class ReceivedList(TypedDict):
    items: list[ReceivedItem]


@describes(Operation("get", "The newest files that came whole", ReceivedList, errors={403: ["forbidden"]}))
@csrf_exempt
@require_GET
@host_required
def invite_uploads(request: HttpRequest, host: User, token: str) -> HttpResponse:
    """`GET /api/invite/{token}/uploads`: the newest 500 files that came whole. 403 for every link that is not the
    host's own, whether there is one or not."""
    link = Invite.objects.of_host(host).at(token)
    if link is None:
        return JsonResponse({"error": "forbidden"}, status=403)
    rows = Upload.objects.filter(invite=link, received_at__isnull=False).counted().order_by("-received_at", "-pk")
    return JsonResponse(ReceivedList(items=[_item(row) for row in rows[:NEWEST]]))


def _item(upload: Upload) -> ReceivedItem:
    return ReceivedItem(
        uploadedAt=(upload.received_at or upload.created_at).isoformat(),
        ip=upload.client_address,
        userAgent=upload.user_agent,
        fingerprint=None,
        filename=upload.filename,
        size=upload.size,
        checksum=upload.sha1 or None,
        assetId=str(upload.asset_id) if upload.asset_id else None,
    )
