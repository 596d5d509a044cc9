"""The files of a link as a table for spreadsheets, streamed (docs/hosts.md names its columns)."""

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from immichdrop.models import User
from invites.menu_gates import host_page, own_link
from invites.models import Invite, Visit
from uploads import blocking, names
from uploads.devices import device
from uploads.models import Upload

BATCH = 1000  # rows that are in memory
COLUMNS = (
    *("file", "bytes", "state", "problem", "guest", "message", "device"),
    *("begun", "received", "in_immich", "in_album", "sha1", "asset_id"),
)
# What spreadsheets take for the begin of a formula, also in their wide forms, and behind spaces that they drop.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
Place = tuple[datetime, UUID]


@require_GET
@host_page
@own_link
def export(request: HttpRequest, host: User, link: Invite) -> StreamingHttpResponse:
    """`GET /menu/links/{token}/files.csv`: every file but the given up, oldest first, in UTF-8 with a BOM."""
    response = StreamingHttpResponse(_table(link.pk), content_type="text/csv; charset=utf-8")
    filename = f"{names.clean(link.title) or 'files'}.csv"
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _table(link_id: int) -> AsyncIterator[bytes]:
    yield "\ufeff".encode() + _lines([COLUMNS])
    place: Place | None = None
    while uploads := await blocking.run(_batch, link_id, place):
        yield _lines([row for _, row in uploads])
        place = uploads[-1][0]


def _batch(link_id: int, after: Place | None) -> list[tuple[Place, Sequence[str]]]:
    """The next rows, each with its place in the order."""
    files = Upload.objects.filter(invite=link_id).counted().order_by("created_at", "pk")
    if after:
        files = files.filter(Q(created_at__gt=after[0]) | Q(created_at=after[0], pk__gt=after[1]))
    uploads = list(files[:BATCH])
    guests = {upload.guest_id for upload in uploads}
    visits = {visit.guest_id: visit for visit in Visit.objects.filter(invite=link_id, guest__in=guests)}
    return [((each.created_at, each.pk), _row(each, visits.get(each.guest_id or 0))) for each in uploads]


def _row(upload: Upload, visit: Visit | None) -> Sequence[str]:
    return (
        upload.filename,
        str(upload.size),
        upload.status,
        upload.message,
        visit.name if visit else "",
        visit.message if visit else "",
        str(device(upload.user_agent)),
        _moment(upload.created_at),
        _moment(upload.received_at),
        _moment(upload.delivered_at),
        _moment(upload.in_album_at),
        upload.sha1,
        str(upload.asset_id or ""),
    )


def _moment(at: datetime | None) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def harmless(cell: str) -> str:
    """The same text, behind an apostrophe where a spreadsheet would run it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell
