"""`/menu/links/{token}/share-back`: what came through a link goes back by a shared link in Immich."""

from contextlib import suppress

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from immichdrop.immich import AccessError, LinkSettings
from immichdrop.models import User
from invites import qr, shared_links
from invites.menu_gates import host_page, own_link
from invites.menu_rows import sheet
from invites.models import Invite, ShareBack
from invites.shared_link_form import SharedLinkForm, shown
from invites.shared_link_list import Card, items_of
from invites.shared_link_problems import STANDS_IN_THE_WAY, words_of
from uploads import album_sharing, sharing_back
from uploads.models import Upload
from uploads.reveal_form import RevealForm
from uploads.sharing_back import ElsewhereError, NothingYetError, NotSharedError, Shared, SharedAlreadyError


@require_http_methods(["GET", "HEAD", "POST"])
@host_page
@own_link
def share_back(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """The form, or what was made of it; `?edit` its settings. POST makes it, or changes them."""
    row, may = sharing_back.told(host, link), sharing_back.may_share_back(host, link)
    if row is None or row.gone:
        return _making(request, host, link, row) if may else _foreign(request, link)
    if row.elsewhere:
        return _ready(request, link, row, None)
    if not may:
        return _ready(request, link, row, None, problem=_not_yours(), may_change=False)
    try:
        if "edit" in request.GET:
            return _changing(request, host, link)
        shared = sharing_back.look(host, link)
        return _ready(request, link, shared.row, shared)
    except (NotSharedError, ElsewhereError):
        return _back(link)
    except STANDS_IN_THE_WAY as error:
        return _ready(request, link, row, None, problem=words_of(error), status=_status_of(error))


@require_POST
@host_page
@own_link
def reveal(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`POST …/reveal`: whether and when guests find it at the link's page."""
    row = sharing_back.told(host, link)
    if row is None or row.gone:
        return _back(link)
    form = RevealForm(request.POST, before=row)
    if not form.is_valid():
        may = sharing_back.may_share_back(host, link)
        return _ready(request, link, row, None, form=form, status=422, may_change=may)
    sharing_back.reveal(row, form.moment)
    messages.info(request, gettext("Saved"))
    return _back(link)


@require_POST
@host_page
@own_link
def look_again(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`POST …/retry`: the host allowed the key what it lacked."""
    row = sharing_back.told(host, link)
    if row:
        sharing_back.look_now(row)
        messages.info(request, gettext("It is tried again"))
    return _back(link)


@require_POST
@host_page
@own_link
def delete(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`POST …/delete`: asks once more, and with `sure` deletes; with `anew` to make another one then, which begins
    with the settings of this one.

    `forget` deletes it here alone, where it is in a library that the host has no hold of here.
    """
    at, how = resolve_url("menu-share-back", token=link.token), request.POST.get("how", "")
    if "sure" not in request.POST:
        return sheet(request, "menu/sheets/delete_share_back.html", {"link": link, "close": at, "how": how})
    if how == "forget":
        return _forgotten(request, host, link)
    try:
        with suppress(NotSharedError):  # then it is as it was to be
            if how == "anew":
                sharing_back.take_down(host, link)
            else:
                sharing_back.unmake(host, link)
        if how == "anew":
            return _back(link)
        messages.info(request, gettext("Deleted"))
    except ElsewhereError:
        return _back(link)
    except STANDS_IN_THE_WAY as error:
        messages.info(request, words_of(error))
        return HttpResponseRedirect(at)
    return HttpResponseRedirect(resolve_url("menu-details", token=link.token))


def _forgotten(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    row = sharing_back.told(host, link)
    if row is None or not row.elsewhere:
        return _back(link)
    sharing_back.forget(row)
    messages.info(request, gettext("Forgotten"))
    return HttpResponseRedirect(resolve_url("menu-details", token=link.token))


def _foreign(request: HttpRequest, link: Invite) -> HttpResponse:
    context = {"link": link, "foreign": _not_yours()}
    return render(request, "menu/share_back/making.html", context, status=403 if request.POST else 200)


def _not_yours() -> str:
    return gettext("This link’s photos are in a library that is not yours. Only its owner can share them.")


def _making(request: HttpRequest, host: User, link: Invite, before: ShareBack | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    settings = sharing_back.former(before)
    form = SharedLinkForm(data, of_album=bool(link.album_id or link.album_name), before=settings)
    reveal_form = RevealForm(data, before=before if settings else None)
    if data is None:
        return _form_page(request, host, link, form, reveal_form, before)
    try:
        if reveal_form.is_valid() and form.send(lambda settings: _make(host, link, settings, reveal_form)):
            return _back(link, "?made")
    except NothingYetError:
        words = gettext("Immich doesn’t have these photos any more. As soon as others come, you can share them here.")
        form.add_error(None, _waits(link, _number(link)) or words)
    return _form_page(request, host, link, form, reveal_form, before, status=422)


def _make(host: User, link: Invite, settings: LinkSettings, reveal_form: RevealForm) -> bool:
    """Also true when it was made meanwhile: the page shows that one."""
    with suppress(SharedAlreadyError):
        sharing_back.make(host, link, settings, reveal_form.moment)
    return True


def _number(link: Invite) -> int:
    """Files that came through it into the library that it delivers into."""
    return Upload.objects.filter(invite=link, account=link.account()).in_immich().count()


def _waits(link: Invite, number: int) -> str:
    """Why there is nothing to share yet, of this `number` of files; empty where there is something."""
    if album_sharing.album_of(link):
        return ""
    if link.album_name:
        return gettext("The album is made with the first file. Then you can share it here.")
    if number:
        return ""
    return gettext(
        "Nothing has come into Immich through this link yet. As soon as something has, you can share it here."
    )


def _form_page(
    request: HttpRequest,
    host: User,
    link: Invite,
    form: SharedLinkForm,
    reveal_form: RevealForm,
    before: ShareBack | None,
    status: int = 200,
) -> HttpResponse:
    problem, base = "", ""
    try:
        with shared_links.opened(host) as library:
            base = library.base
    except STANDS_IN_THE_WAY as error:
        problem = words_of(error)
    number = _number(link)
    context = {
        "link": link,
        "form": form,
        "reveal": reveal_form,
        "gone": before is not None,
        "filled_in": sharing_back.former(before) is not None,
        "number": number,
        "waits": "" if form.is_bound else _waits(link, number),
        "base": shown(base),
        "problem": problem,
    }
    return render(request, "menu/share_back/making.html", context, status=status)


def _changing(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    shared, status = sharing_back.look(host, link), 200
    before, of_album = shared.link.settings, shared.row.type == ShareBack.Type.ALBUM
    form = SharedLinkForm(of_album=of_album, before=before)
    if request.method == "POST":
        form = SharedLinkForm(request.POST, of_album=of_album, before=before)
        if form.send(lambda settings: sharing_back.change(host, link, lambda _: settings)):
            messages.info(request, gettext("Saved"))
            return _back(link)
        status = 422
    base = shared.row.address.removesuffix(f"/s/{before.slug}").partition("/share/")[0]
    context = {"link": link, "form": form, "base": shown(base)}
    return render(request, "menu/share_back/changing.html", context, status=status)


def _ready(
    request: HttpRequest,
    link: Invite,
    row: ShareBack,
    shared: Shared | None,
    *,
    form: RevealForm | None = None,
    problem: str = "",
    may_change: bool = True,
    status: int = 200,
) -> HttpResponse:
    """`shared`: None where Immich was not asked, or does not answer. `may_change`: more than whether guests find it."""
    title, code = (shared.link.description if shared else "") or link.title, ""
    with suppress(qr.TooLongError):  # Immich takes custom addresses of any length
        code = qr.svg(row.address)
    context = {
        "link": link,
        "row": row,
        "card": Card(shared.link, row.address, title, items_of(shared.link)) if shared else None,
        "title": title,
        "made": "made" in request.GET,
        "reveal": form or RevealForm(before=row),
        "code": code,
        "problem": problem,
        "may_change": may_change,
        "outdated": sharing_back.outdated(row),
        "said": [str(message) for message in messages.get_messages(request)],
    }
    return render(request, "menu/share_back/ready.html", context, status=status)


def _back(link: Invite, query: str = "") -> HttpResponse:
    return HttpResponseRedirect(resolve_url("menu-share-back", token=link.token) + query)


def _status_of(error: Exception) -> int:
    return 403 if isinstance(error, AccessError) else 503
