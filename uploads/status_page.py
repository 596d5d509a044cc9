"""`/menu/connection`: is all in order between guests, this server and Immich? For hosts, each about their own."""

from typing import TypedDict

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from immichdrop import local_forms
from immichdrop.models import User
from invites.menu_gates import by_htmx, host_page
from uploads import host_hand
from uploads.doctor import queue, report
from uploads.doctor.address import socket_advice
from uploads.doctor.checks import Part
from uploads.spool import Room


class Space(TypedDict):
    """The disk in words; `used_share` in percent, `grace` in hours."""

    total: str
    free: str
    used: str
    floor: str
    used_share: int
    grace: int


@require_safe
@host_page
def status(request: HttpRequest, host: User) -> HttpResponse:
    """`GET /menu/connection`: at once without anything found out; with `check`, or for htmx, what was found."""
    part = by_htmx(request)
    found = report.for_host(host, request) if part or "check" in request.GET else None
    context: dict[str, object] = {"said": [str(message) for message in messages.get_messages(request)]}
    if found:
        cards = {card.value: found.of(card) for card in Part}
        space = _space(found.room) if found.room else None
        context |= {"report": found, "cards": cards, "space": space, "socket_advice": socket_advice()}
    return render(request, "menu/status/found.html" if part else "menu/status.html", context)


@require_POST
@host_page
def retry(request: HttpRequest, host: User) -> HttpResponse:
    """`POST /menu/connection/retry`: tries everything again that failed of the host's own."""
    failed = queue.failed_of(host).values_list("pk", flat=True)
    number = host_hand.retry(list(failed[: host_hand.MOST])).count
    messages.info(request, ngettext("%d file is tried again", "%d files are tried again", number) % number)
    return HttpResponseRedirect(resolve_url("menu-connection"))


def _space(room: Room) -> Space:
    return Space(
        total=local_forms.size(room.total),
        free=local_forms.size(room.free),
        used=local_forms.size(room.total - room.free),
        floor=local_forms.size(room.floor),
        used_share=round(100 * (1 - room.free / room.total)) if room.total else 100,
        grace=settings.SPOOL_GRACE_HOURS,
    )
