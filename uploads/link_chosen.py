"""Files of a link that its host hands on: chosen on a page, shared by the device as files, or saved as one ZIP."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from immichdrop import local_forms
from immichdrop.models import User
from invites.menu_gates import host_page, own_link
from invites.models import Invite
from uploads import link_guests
from uploads.archive import Archive, Words, pieces_of
from uploads.attachments import streamed
from uploads.ids import ids_said
from uploads.link_details import words_said
from uploads.models import Upload
from uploads.originals import Why

PAGE = 500  # files; Django takes a form of twice as many fields


class Limit(NamedTuple):
    """What a share sheet takes at once, in files and bytes."""

    files: int
    bytes: int

    @property
    def words(self) -> str:
        said = ngettext(
            "This browser shares at most %(files)d file and %(size)s at once. Choose fewer, or download them.",
            "This browser shares at most %(files)d files and %(size)s at once. Choose fewer, or download them.",
            self.files,
        )
        return said % {"files": self.files, "size": local_forms.size(self.bytes)}


# Chromium's own limit (kMaxSharedFileCount, kMaxSharedFileBytes), which it tells only afterwards; the others have none,
# but a phone's memory.
IN_CHROMIUM, ELSEWHERE = Limit(10, 50_000_000), Limit(50, 200_000_000)


@require_safe
@host_page
@own_link
def choose(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """`GET /menu/links/{token}/choose?page=&q=`: what can be handed on, by guests; `q` as in the details."""
    words = words_said(request)
    files = link_guests.of_guests(Upload.objects.filter(invite=link).to_hand_out(), link, words)
    page = link_guests.page_of(files, request.GET.get("page"), PAGE)
    context = {
        "link": link,
        "words": words,
        "page": page,
        "guests": link_guests.guests_on(page, link),
        "limits": {"chromium": IN_CHROMIUM, "elsewhere": ELSEWHERE},
    }
    return render(request, "menu/choose.html", context)


@require_POST
@host_page
@own_link
def archive(request: HttpRequest, host: User, link: Invite) -> HttpResponseBase:
    """`POST /menu/links/{token}/files.zip`: each `file` by its id, or with `all` every file of the guests in `q`."""
    files = Upload.objects.filter(invite=link).to_hand_out()
    if "all" in request.POST:
        files = link_guests.of_guests(files, link, words_said(request))
    else:
        files = files.filter(pk__in=ids_said(request.POST.getlist("file")))
    pieces = pieces_of(files)
    if not pieces:
        return HttpResponseRedirect(resolve_url("menu-choose", token=link.token))
    response = streamed(Archive(pieces, _words()), f"{link.title}.zip", None)
    response["Content-Type"] = "application/zip"
    return response


def _words() -> Words:
    return Words(
        name=gettext("Missing files"),
        heading=gettext("These files could not be fetched:"),
        reasons={
            Why.GONE: gettext("It is not in Immich any more."),
            Why.REFUSED: gettext("Your key may not download it (asset.download)."),
            Why.AWAY: gettext("Immich can’t be reached right now. Please try again in a moment."),
        },
    )
