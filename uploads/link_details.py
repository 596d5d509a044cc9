"""What came through a link, for its host: totals, and the files with their state, page by page."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from immichdrop.models import User
from immichdrop.texts import size_words
from invites.menu_gates import host_page, own_link
from invites.menu_list import row_of
from invites.models import Invite, Visit
from uploads import host_hand
from uploads.models import Upload, UploadQuerySet

PAGE = 100  # files
Status = Upload.Status


class Look(NamedTuple):
    """How a state is told: the word, classes of its chip, its icon."""

    words: str | Promise
    chip: str
    icon: str


LOOKS = {
    Status.RECEIVING: Look(_("Uploading"), "chip-sea", "upload"),
    Status.RECEIVED: Look(_("Received"), "chip-safe", "shield-check"),
    Status.DELIVERING: Look(_("On its way"), "chip-safe", "shield-check"),
    Status.WAITING: Look(_("Waiting"), "", "clock"),
    Status.HELD: Look(_("Waiting for you"), "", "clock"),
    Status.DELIVERED: Look(_("In Immich"), "chip-album", "album"),
    Status.DUPLICATE: Look(_("Already there"), "chip-same", "duplicate"),
    Status.FAILED: Look(_("Failed"), "chip-bad", "warning"),
}
_IN_ALBUM = Look(_("In the album"), "chip-album", "album")


@dataclass(frozen=True)
class File:
    """A row. `guest` is empty for somebody without a name."""

    id: uuid.UUID
    name: str
    size: str
    at: datetime
    guest: str
    look: Look
    message: str
    retriable: bool


class Totals(NamedTuple):
    """Of the files that came whole; `stuck` is the number of those that a host may have tried again."""

    files: int
    guests: int
    size: str
    in_immich: int
    stuck: int


@require_safe
@host_page
@own_link
def details(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`GET /menu/links/{token}?page=`."""
    files = Upload.objects.filter(invite=link).counted()
    page = Paginator(files.order_by("-created_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "row": row_of(request, link),
        "totals": _totals(files),
        "page": page,
        "files": _files(link, list(page.object_list)),
        "said": [str(message) for message in messages.get_messages(request)],
    }
    return render(request, "menu/details.html", context)


@require_POST
@host_page
@own_link
def retry(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`POST /menu/links/{token}/retry`: tries the file `file` again, without it every one that waits or failed."""
    stuck = Upload.objects.filter(invite=link).retriable()
    if said := request.POST.get("file"):
        stuck = stuck.filter(pk__in=_ids(said))
    number = host_hand.retry(list(stuck.values_list("pk", flat=True)[: host_hand.MOST])).count
    messages.info(request, ngettext("%d file is tried again", "%d files are tried again", number) % number)
    return HttpResponseRedirect(resolve_url("menu-details", token=link.token))


def _ids(said: str) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(said)]
    except ValueError:
        return []


def _totals(files: UploadQuerySet) -> Totals:
    whole = Q(received_at__isnull=False)
    sums = files.aggregate(
        files=Count("pk", filter=whole),
        guests=Count("guest", filter=whole, distinct=True),
        size=Sum("size", filter=whole, default=0),
        in_immich=Count("pk", filter=Q(status__in=Upload.CONFIRMED)),
    )
    return Totals(**{**sums, "size": size_words(sums["size"])}, stuck=files.retriable().count())


def _files(link: Invite, uploads: list[Upload]) -> list[File]:
    visits = Visit.objects.filter(invite=link, guest__in={upload.guest_id for upload in uploads})
    names: dict[int | None, str] = {visit.guest_id: visit.name for visit in visits}
    stuck = set(Upload.objects.filter(pk__in=[each.pk for each in uploads]).retriable().values_list("pk", flat=True))
    return [
        File(
            id=upload.pk,
            name=upload.filename,
            size=size_words(upload.size),
            at=upload.received_at or upload.created_at,
            guest=names.get(upload.guest_id, ""),
            look=_IN_ALBUM
            if upload.status == Status.DELIVERED and upload.in_album_at
            else LOOKS[Status(upload.status)],
            message=upload.message,
            retriable=upload.pk in stuck,
        )
        for upload in uploads
    ]
