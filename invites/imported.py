"""The banner on the hosts' page after the first start took over what immich-drop left, until the host puts it away."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from immichdrop.models import StateImport, User
from invites.menu_gates import by_htmx, host_page


@dataclass(frozen=True, slots=True)
class Imported:
    """What a host is told. `known` (checksums) is None for hosts who hear of their own links alone; `lines` are about
    what could not be read, for staff."""

    links: int
    files: int
    known: int | None
    lines: Sequence[str]


def told_to(host: User) -> Imported | None:
    """Staff hear of all; other hosts of their own links, if any came; nobody again who put it away."""
    made = StateImport.objects.exclude(read_by=host).order_by("pk").last()
    if made is None:
        return None
    if host.is_staff:
        return Imported(made.links, made.files, made.known, made.not_read)
    of_then = Q(uploads__created_at__lte=made.made_at)
    own = host.invites.filter(created_at__lte=made.made_at).aggregate(
        links=Count("pk", distinct=True), files=Count("uploads", filter=of_then)
    )
    return Imported(own["links"], own["files"], None, []) if own["links"] else None


@require_POST
@host_page
def put_away(request: HttpRequest, host: User) -> HttpResponse:
    """`POST /menu/imported`: this host has read it."""
    for made in StateImport.objects.exclude(read_by=host):
        made.read_by.add(host)
    return HttpResponse() if by_htmx(request) else redirect("menu")
