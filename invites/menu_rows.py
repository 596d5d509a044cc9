"""What hosts do to the links in their list. A row is answered to htmx, the list to everybody else."""

from collections.abc import Mapping
from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from immichdrop.models import User
from invites import links, qr
from invites.link_form import row_changes
from invites.link_json import absolute_address
from invites.links import LinkError
from invites.menu import to_new, toast
from invites.menu_gates import by_htmx, host_page, own_link
from invites.menu_list import Wanted, row_of
from invites.models import Invite, ShareBack
from invites.queries import InviteQuerySet

LARGE = 24  # pixels of a module, so that a poster stays sharp


@require_POST
@host_page
@own_link
def change(request: HttpRequest, host: User, link: Invite, action: str) -> HttpResponse:
    """`POST /menu/links/{token}/{action}`: `save`, `enable`, `disable`, `reset` or `duplicate`."""
    this = Invite.objects.filter(pk=link.pk)
    match action:
        case "save":
            return _save(request, host, link)
        case "enable" | "disable":
            links.set_enabled(this, action == "enable")
            said = gettext("Enabled") if action == "enable" else gettext("Disabled")
        case "reset":
            links.reset_usage(this)
            said = gettext("It begins anew")
        case "duplicate":
            return to_new(links.duplicate_link(link))
        case _:
            raise Http404
    return _changed(request, host, link, said)


def _save(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    try:
        links.change_link(link, row_changes(request.POST))
    except LinkError as error:
        return _refused(request, host, link, error)
    return _changed(request, host, link, gettext("Saved"))


def _changed(request: HttpRequest, host: User, link: Invite, said: str) -> HttpResponse:
    if not by_htmx(request):
        return _back(request, host, said)
    link.refresh_from_db()
    response = render(request, "menu/parts/row_alone.html", {"row": row_of(request, link)})
    response["HX-Trigger"] = toast(said)
    return response


def _refused(request: HttpRequest, host: User, link: Invite, error: LinkError) -> HttpResponse:
    """The row as it was typed, with words on what is wrong with it."""
    if not by_htmx(request):
        return _back(request, host, " ".join(error.problems.values()))
    typed_name, typed_day = request.POST.get("name", ""), request.POST.get("expires", "")
    link.refresh_from_db()
    row = replace(row_of(request, link), typed_name=typed_name, typed_day=typed_day, problems=error.problems)
    return render(request, "menu/parts/row_alone.html", {"row": row}, status=422)


def _back(request: HttpRequest, host: User, said: str) -> HttpResponse:
    messages.info(request, said)
    return HttpResponseRedirect(Wanted.said(request.GET, host).address)


@require_POST
@host_page
def bulk(request: HttpRequest, host: User) -> HttpResponse:
    """`POST /menu/bulk`: `enable`, `disable` or `delete` links by their tokens; deleting asks once more."""
    chosen = Invite.objects.of_host(host, everybodys=True).filter(token__in=request.POST.getlist("token"))
    match request.POST.get("action"):
        case "enable":
            number = links.set_enabled(chosen, True)
            said = ngettext("%d link enabled", "%d links enabled", number)
        case "disable":
            number = links.set_enabled(chosen, False)
            said = ngettext("%d link disabled", "%d links disabled", number)
        case "delete" if request.POST.get("sure"):
            number = links.delete_links(chosen)
            said = ngettext("%d link deleted", "%d links deleted", number)
        case "delete":
            return _ask(request, host, chosen)
        case _:
            raise Http404
    return _back(request, host, said % number)


def _ask(request: HttpRequest, host: User, chosen: InviteQuerySet) -> HttpResponse:
    shared = ShareBack.objects.open().filter(invite__in=chosen).count()
    context = {"chosen": chosen, "shared": shared, "back": Wanted.said(request.GET, host)}
    return sheet(request, "menu/sheets/delete.html", context)


@require_safe
@host_page
@own_link
def qr_page(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`GET /menu/links/{token}/qr`: the code to hold a phone's camera at."""
    address, at = absolute_address(request, link), resolve_url("menu-details", token=link.token)
    context = {"title": link.title, "at": at, "address": address, "code": qr.svg(address)}
    return sheet(request, "menu/sheets/qr.html", context)


@require_safe
@host_page
@own_link
def qr_picture(request: HttpRequest, host: User, link: Invite, kind: str) -> HttpResponse:
    """`GET /menu/links/{token}/qr.{kind}?size=`: the code as a file, `png` (of so many pixels) or `svg`."""
    return qr_answer(request, absolute_address(request, link), kind, link.slug or link.token[:8])


def qr_answer(request: HttpRequest, address: str, kind: str, name: str) -> HttpResponse:
    """The code of an address as a file of this name."""
    if kind not in qr.KINDS:
        raise Http404
    try:
        drawn = qr.picture(address, kind, request.GET.get("size", ""), LARGE)
    except qr.SizeError as error:
        return HttpResponse(f"size: {error}", status=400, content_type="text/plain")
    answer = HttpResponse(drawn, content_type=qr.KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="qr-{name}.{kind}"'
    return answer


def sheet(request: HttpRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
    """What a dialog shows; without script a page of its own."""
    return render(request, template if by_htmx(request) else "menu/sheet_page.html", {**context, "sheet": template})
