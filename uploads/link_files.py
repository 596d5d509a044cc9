"""One file of a link, for its host: what there is to know about it, its picture, its bytes."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_safe

from immichdrop.models import User
from invites.menu_gates import host_page, own_link
from invites.menu_rows import sheet
from invites.models import Invite, Visit
from uploads import asset_media, host_hand, originals, spool, thumbnails
from uploads.attachments import attachment, streamed
from uploads.devices import device
from uploads.file_looks import File, files_of
from uploads.models import Upload
from uploads.originals import OriginalMissingError
from uploads.spool import SpoolFileMissingError

PICTURE_KEPT = 86_400  # seconds in the host's own browser
NO_PICTURE_KEPT = 300
# Drawn small in the middle, in a grey that can be seen in both themes.
NO_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 -20 64 64" fill="none" stroke="#7d8a90" stroke-width="1.75"'
    b' stroke-linecap="round" stroke-linejoin="round"><path d="M14 3H6.5A1.5 1.5 0 0 0 5 4.5v15A1.5 1.5 0 0 0 6.5 21h11'
    b'a1.5 1.5 0 0 0 1.5-1.5V8z"/><path d="M14 3v5h5"/></svg>'
)


def own_file(
    view: Callable[[HttpRequest, Invite, Upload], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, User, Invite, ...], HttpResponseBase]:
    """Gate, after `own_link`: the upload with this id, if it is the link's and its host may see it; else 404."""

    @wraps(view)
    def gate(request: HttpRequest, host: User, link: Invite, /, *, upload_id: uuid.UUID) -> HttpResponseBase:
        files = Upload.objects.filter(invite=link).shown().select_related("account")
        upload = files.filter(pk=upload_id).first()
        if upload is None:
            raise Http404
        return view(request, link, upload)

    return gate


@require_safe
@host_page
@own_link
@own_file
def about(request: HttpRequest, link: Invite, upload: Upload) -> HttpResponse:
    """`GET /menu/links/{token}/files/{id}`: all about one file, and what can be done with it."""
    file: File = files_of([upload])[upload.pk]
    visit = Visit.objects.filter(invite=link, guest=upload.guest_id).first() if upload.guest_id else None
    context = {
        "link": link,
        "file": file,
        "guest": visit.name if visit else "",
        "device": device(upload.user_agent),
        "may_download": file.has_bytes or (file.in_immich and asset_media.may_download(upload.account)),
    }
    return sheet(request, "menu/sheets/file.html", context)


@require_safe
@host_page
@own_link
@own_file
def thumbnail(request: HttpRequest, link: Invite, upload: Upload) -> HttpResponse:
    """`GET /menu/links/{token}/files/{id}/thumbnail`: Immich's, or one made of the bytes here; else a file's icon."""
    found = _from_immich(upload) or _from_spool(upload)
    body, media_type = found or (NO_PICTURE, "image/svg+xml")
    response = HttpResponse(body, content_type=media_type)
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, max_age=PICTURE_KEPT if found else NO_PICTURE_KEPT)
    return response


@require_GET
@host_page
@own_link
@own_file
def download(request: HttpRequest, link: Invite, upload: Upload) -> HttpResponseBase:
    """`GET /menu/links/{token}/files/{id}/download`: the bytes kept here, or Immich's, if the key may."""
    try:
        return attachment(host_hand.open_bytes(upload, spool.default()), upload.filename)
    except SpoolFileMissingError:
        pass  # long delivered, mostly
    try:
        original = originals.from_immich(upload)
    except OriginalMissingError as error:
        raise Http404 from error
    return streamed(original, upload.filename, original.size)


def _from_immich(upload: Upload) -> tuple[bytes, str] | None:
    return asset_media.thumbnail(upload.account, upload.asset_id) if upload.asset_id else None


def _from_spool(upload: Upload) -> tuple[bytes, str] | None:
    if not File(upload, retriable=False).may_have_picture:
        return None
    try:
        with host_hand.open_bytes(upload, spool.default()) as file:
            made = thumbnails.jpeg_of(file)
    except SpoolFileMissingError:
        return None
    return (made, "image/jpeg") if made else None
