"""What came through a link, for its host: figures, what needs a look, and the guests with their files."""

from typing import NamedTuple

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from immichdrop import local_forms
from immichdrop.models import ImmichAccount, User
from invites.menu_gates import host_page, own_link
from invites.menu_list import row_of
from invites.menu_rows import sheet
from invites.models import Invite
from uploads import album_sharing, host_hand, link_figures, link_guests, sharing_back, spool, withdrawals
from uploads.album_sharing import SharedAlbum
from uploads.file_looks import File, files_of
from uploads.ids import ids_said
from uploads.models import Upload, UploadQuerySet

STUCK_SHOWN = 50  # files
NAMED = 5  # files, where the host is asked once more
LONGEST_WORDS = 100  # that are looked for
Status = Upload.Status


class Wish(NamedTuple):
    """A file that its guest, by this name or none, wants out of Immich."""

    file: File
    guest: str


@require_safe
@host_page
@own_link
def details(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`GET /menu/links/{token}?page=&q=`: `q` are words of guests' names, or a receipt's code."""
    files = Upload.objects.filter(invite=link).counted()
    words = words_said(request)
    page = link_guests.page_of(link_guests.of_guests(files, link, words), request.GET.get("page"))
    per_day = link_figures.days(files)
    totals = link_figures.totals(files)
    album, may_share = album_sharing.album_of(link), album_sharing.may_share(host, link)
    share_back = sharing_back.told(host, link)
    context = {
        "row": row_of(request, link),
        "totals": totals,
        "per_day": per_day[-link_figures.DAYS :],
        "bars": link_figures.bars(per_day[-link_figures.DAYS :]),
        "days_left_out": len(per_day) > link_figures.DAYS,
        "stuck": _stuck(files) if totals.stuck else [],
        "wishes": _wishes(link),
        "words": words,
        "page": page,
        "guests": link_guests.guests_on(page, link),
        "album": _address_of(album),
        "may_share_album": album is not None and may_share,
        "may_share_back": may_share,
        "share_back": share_back,
        "outdated": share_back is not None and sharing_back.outdated(share_back),
        "platforms": _platforms(link, host),
        "links_are_fetched": settings.SOCIAL_MEDIA_UPLOADS_ENABLED,
        "said": [str(message) for message in messages.get_messages(request)],
    }
    return render(request, "menu/details.html", context)


def words_said(request: HttpRequest) -> str:
    """What is looked for in guests' names and receipts."""
    return request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_WORDS]


@require_POST
@host_page
@own_link
def retry(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`POST /menu/links/{token}/retry`: tries each `file` again, without one every file that needs a look."""
    stuck = Upload.objects.filter(invite=link).to_try_again()
    if said := request.POST.getlist("file"):
        stuck = stuck.filter(pk__in=ids_said(said))
    number = host_hand.retry(list(stuck.values_list("pk", flat=True)[: host_hand.MOST])).count
    return _back(request, link, ngettext("%d file is tried again", "%d files are tried again", number) % number)


@require_POST
@host_page
@own_link
def removed(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`POST /menu/links/{token}/removed`: the host took each `file` out of Immich, as its guest wished."""
    chosen = Upload.objects.filter(invite=link, pk__in=ids_said(request.POST.getlist("file")))
    done = withdrawals.fulfilled(list(chosen.values_list("pk", flat=True)))
    if done:
        LogEntry.objects.log_actions(host.pk, done, CHANGE, "Removed from Immich by hand, as its guest wished.")
    number = len(done)
    return _back(request, link, ngettext("%d wish fulfilled", "%d wishes fulfilled", number) % number)


@require_POST
@host_page
@own_link
def pasting(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`POST /menu/links/{token}/pasting`: whether guests may paste links, by `allowed` or its absence."""
    link.allow_urls = bool(request.POST.get("allowed"))
    link.save(update_fields=["allow_urls"])
    allowed = gettext("Guests may paste links now")
    return _back(request, link, allowed if link.allow_urls else gettext("Guests can’t paste links any more"))


@require_POST
@host_page
@own_link
def give_up(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`POST /menu/links/{token}/give-up`: asks about each `file`, without one about all that failed; deletes the bytes
    of those in `sure` (ids with commas between them), which are the ones that were asked about."""
    files = Upload.objects.filter(invite=link)
    if sure := request.POST.get("sure"):
        return _given_up(request, host, link, files.filter(pk__in=ids_said(sure.split(","))))
    said = request.POST.getlist("file")
    chosen = files.filter(pk__in=ids_said(said)) if said else files.filter(status=Status.FAILED)
    plan = host_hand.plan(list(chosen.values_list("pk", flat=True)[: host_hand.MOST]))
    if not plan.ids:
        return _back(request, link, gettext("Nothing of this can be given up now"))
    context = {
        "link": link,
        "number": len(plan.ids),
        "size": local_forms.size(plan.bytes),
        "sent": plan.sent,
        "kept": len(plan.kept),
        "named": Upload.objects.filter(pk__in=plan.ids[:NAMED]).order_by("created_at", "pk"),
        "sure": ",".join(each.hex for each in plan.ids),
    }
    return sheet(request, "menu/sheets/give_up.html", context)


def _given_up(request: HttpRequest, host: User, link: Invite, chosen: UploadQuerySet) -> HttpResponse:
    done = host_hand.give_up(list(chosen.values_list("pk", flat=True)[: host_hand.MOST]), spool.default())
    if done.uploads:
        LogEntry.objects.log_actions(host.pk, done.uploads, CHANGE, "Given up; its bytes were deleted.")
    number = len(done.uploads)
    words = ngettext("%d file given up", "%d files given up", number) % number
    if done.kept:
        kept = len(done.kept)
        words += ngettext(", %d kept: it changed meanwhile", ", %d kept: they changed meanwhile", kept) % kept
    return _back(request, link, words)


def _back(request: HttpRequest, link: Invite, said: str) -> HttpResponse:
    """To the page of the list that was looked at, with a short note."""
    messages.info(request, said)
    address, page = resolve_url("menu-details", token=link.token), request.GET.get("page", "")
    wanted = f"?page={page}" if page.isascii() and page.isdigit() else ""
    if "HX-Request" in request.headers:
        # A whole page instead of the dialog that was asked for.
        return HttpResponse(headers={"HX-Redirect": f"{address}{wanted}"})
    return HttpResponseRedirect(f"{address}{wanted}")


def _stuck(files: UploadQuerySet) -> list[File]:
    """What needs a look, failed files first."""
    urgency = Case(
        When(status=Status.FAILED, then=Value(0)),
        When(status=Status.WAITING, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = files.retriable().select_related("account").order_by(urgency, "-created_at", "-pk")[:STUCK_SHOWN]
    return list(files_of(list(rows)).values())


def _wishes(link: Invite) -> list[Wish]:
    """What guests want out of Immich and only the host can take out, the newest first."""
    rows = Upload.objects.filter(invite=link).wishes().select_related("account").order_by("-created_at", "-pk")
    uploads = list(rows[:STUCK_SHOWN])
    names = link_guests.names_of(uploads, link) if uploads else {}
    return [
        Wish(file, names.get(upload.guest_id, ""))
        for upload, file in zip(uploads, files_of(uploads).values(), strict=True)
    ]


def _platforms(link: Invite, host: User) -> str:
    """From where the host may have posts fetched into the link's album; empty where they may not.

    What a host asks for goes into their own Immich: staff who look at another's link would get it into theirs.
    """
    if not settings.SOCIAL_MEDIA_UPLOADS_ENABLED or link.account() != ImmichAccount.objects.of_owner(host):
        return ""
    return local_forms.one_of(settings.SOCIAL_MEDIA_TITLES)


def _address_of(album: SharedAlbum | None) -> str:
    """An album as the host opens it in Immich; empty where there is none yet."""
    web_address = album.account.web_address if album else ""
    return f"{web_address}/albums/{album.album_id}" if album and web_address else ""
