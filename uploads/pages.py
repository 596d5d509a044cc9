"""The guest's page, the public page, and what a guest may ask about their own uploads."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from django.conf import settings
from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from immichdrop import local_forms
from immichdrop.security import embeddable
from invites import guests, receipts
from invites.api import answers_refusals, client_of, not_found
from invites.doors import password_page, refused_page
from invites.finding import find_link
from invites.models import Guest, Invite, unnamed
from invites.refusals import Refusal, RefusedError
from invites.revealing import photos_address
from uploads import admission, known, media_types, plain_form
from uploads.models import Upload


class Limits(TypedDict):
    maxFiles: int | None
    maxBytes: int | None
    maxFileSize: int
    kinds: str
    remaining: int | None


class PageConfig(TypedDict):
    """What the page's script needs before it asks for anything."""

    invite: str | None
    apiBase: str
    tusUrl: str
    socketPath: str
    chunkSize: int | None
    accept: list[str]
    limits: Limits
    guestName: str
    hostName: str
    albumSet: bool
    own: bool


class UploadItem(TypedDict):
    """One row of `GET /api/uploads`."""

    id: str
    filename: str
    size: int
    offset: int
    status: str
    message: str
    key: str
    receivedAt: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a guest sent through a link, as the pages say it that have no script for it. `size` in bytes."""

    files: int
    size: int
    received_at: datetime
    code: str

    @classmethod
    def of(cls, guest: Guest | None, invite: Invite) -> "Receipt | None":
        """None of a guest who sent nothing that is whole."""
        if guest is None:
            return None
        whole = Upload.objects.of_guest(guest, invite).counted().exclude(received_at=None).order_by()
        sums = whole.aggregate(files=Count("pk"), size=Sum("size"), received_at=Max("received_at"))
        return cls(**sums, code=receipts.code(guest, invite)) if sums["files"] else None


def _chunk_size() -> int | None:
    return settings.CHUNK_SIZE_MB * 1_000_000 if settings.CHUNKED_UPLOADS_ENABLED else None


def page_config(invite: Invite | None) -> PageConfig:
    kinds = invite.kinds if invite else Invite.Kinds.BOTH.value
    largest = settings.MAX_FILE_SIZE_MB * 1_000_000
    counted = invite is not None and not invite.one_time
    return PageConfig(
        invite=invite.token if invite else None,
        apiBase="/api",
        tusUrl="/api/tus/",
        socketPath="/ws",
        chunkSize=_chunk_size(),
        accept=sorted(media_types.accepted(kinds)),
        limits=Limits(
            maxFiles=invite.max_files if invite else None,
            maxBytes=invite.max_bytes if invite else None,
            maxFileSize=min(largest, (invite.max_file_size if invite else None) or largest),
            kinds=kinds,
            remaining=invite.remaining if invite and counted else None,
        ),
        guestName=invite.guest_name if invite else Invite.GuestName.OFF.value,
        hostName=invite.host_name if invite else "",
        albumSet=bool((invite.album_id or invite.album_name) if invite else settings.IMMICH_ALBUM_NAME),
        own=invite is not None and invite.own,
    )


@embeddable
@require_http_methods(["GET", "HEAD", "POST"])
def invite_page(request: HttpRequest, token: str) -> HttpResponse:
    """`/invite/{token}`: the door that stands in the way, or the page itself."""
    try:
        invite = find_link(token, client_of(request))
    except RefusedError as error:
        return refused_page(request, error.refusal, headers=error.headers)
    if invite is None:
        return refused_page(request, Refusal.INVALID_INVITE)
    guest = guests.of_request(request)
    if refusal := invite.closed(guest):
        receipt, photos = Receipt.of(guest, invite), photos_address(invite, guest)
        return refused_page(request, refusal, invite, receipt=receipt, photos=photos)
    if invite.locked(guest):
        return password_page(request, invite)
    if request.method == "POST":  # the password form once more, in a second tab
        return HttpResponseRedirect(request.path)
    return _guest_page(request, invite, invite.title, photos_address(invite, guest))


@embeddable
@require_GET
def front_page(request: HttpRequest) -> HttpResponse:
    """`/`: the public page where the administrator wants one, else the login."""
    if not settings.PUBLIC_UPLOAD_PAGE_ENABLED:
        return HttpResponseRedirect(reverse("login"))
    return _guest_page(request, None, unnamed())


@require_safe
def back_to_invite_page(request: HttpRequest, token: str) -> HttpResponse:
    """`GET /invite/{token}/files`: whoever loads the address of the plain form again."""
    return HttpResponseRedirect(reverse("invite", args=[token]))


@require_safe
def back_to_front_page(request: HttpRequest) -> HttpResponse:
    """`GET /files`, likewise."""
    return HttpResponseRedirect(reverse("front"))


def _guest_page(request: HttpRequest, invite: Invite | None, title: str, photos: str | None = None) -> HttpResponse:
    context = {
        "photos": photos,
        "invite": invite,
        "title": title,
        "host_name": invite.host_name if invite else "",
        "config": page_config(invite),
        "outcome": plain_form.outcome_of(request.GET.dict()),
        "platforms": _platforms(invite),
        "plain_largest": min(plain_form.LARGEST, admission.file_limit(invite)),
    }
    return render(request, "guest/page.html", context)


def _platforms(invite: Invite | None) -> str:
    """From where guests may have posts fetched at this link: "TikTok, Instagram or X"; empty where they may not."""
    if not (settings.SOCIAL_MEDIA_UPLOADS_ENABLED and invite and invite.allow_urls):
        return ""
    return local_forms.one_of(settings.SOCIAL_MEDIA_TITLES)


@require_GET
def config(request: HttpRequest) -> HttpResponse:
    """`GET /api/config`. On the public page a browser without a guest's secret gets one here."""
    body: dict[str, object] = {
        "public_upload_page_enabled": settings.PUBLIC_UPLOAD_PAGE_ENABLED,
        "chunked_uploads_enabled": settings.CHUNKED_UPLOADS_ENABLED,
        "chunk_size_mb": settings.CHUNK_SIZE_MB,
        "visit": {"name": "", "message": ""},
    }
    response = JsonResponse(body)
    if settings.PUBLIC_UPLOAD_PAGE_ENABLED and guests.of_request(request) is None:
        guests.hand_over(response, guests.create()[1], secure=request.is_secure())
    return response


def as_item(upload: Upload) -> UploadItem:
    # Immich's own words (`upload.message`) are for the host; a guest learns that the file is safe.
    return UploadItem(
        id=str(upload.pk),
        filename=upload.filename,
        size=upload.size,
        offset=upload.offset,
        status=upload.status,
        message="",
        key=upload.key,
        receivedAt=upload.received_at.isoformat() if upload.received_at else None,
    )


@require_GET
@answers_refusals
def own_uploads(request: HttpRequest) -> HttpResponse:
    """`GET /api/uploads?invite=TOKEN`: what the caller sent through this link, oldest first, and the receipt's code."""
    invite = None
    if token := request.GET.get("invite"):
        invite = find_link(token, client_of(request))
        if invite is None:
            return not_found()
    guest = guests.of_request(request)
    rows = Upload.objects.of_guest(guest, invite) if guest else []
    receipt = receipts.code(guest, invite) if guest else ""
    return JsonResponse({"items": [as_item(row) for row in rows], "receipt": receipt})


@csrf_exempt
@require_POST
@answers_refusals
def known_uploads(request: HttpRequest) -> HttpResponse:
    """`POST /api/uploads/known`: which of these files the caller already sent through this link."""
    try:
        question = known.parse(request.body)
    except known.WrongShapeError as error:
        return JsonResponse({"error": "invalid_json", "message": str(error)}, status=400)
    guest, invite = guests.of_request(request), None
    if guest is None or not (question.token or settings.PUBLIC_UPLOAD_PAGE_ENABLED):
        return not_found()
    if question.token:
        invite = find_link(question.token, client_of(request))
        if invite is None or not known.belongs(guest, invite):
            return not_found()
    return JsonResponse({"known": known.known(guest, invite, question.candidates)})
