"""`/menu/links/{token}/people`: with which users of Immich a link's album is shared, and who else shall have it."""

import uuid
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from immichdrop.immich import AlbumRole, AlbumUser, Person
from immichdrop.models import User
from invites.menu import toast
from invites.menu_gates import by_htmx, host_page, own_link
from invites.models import Invite
from uploads import album_sharing
from uploads.album_sharing import SharedAlbum, SharingError
from uploads.link_guests import TONES, initials_of

ROLE_WORDS: dict[AlbumRole, str | Promise] = {
    AlbumRole.OWNER: _("Owner"),
    AlbumRole.EDITOR: _("Editor"),
    AlbumRole.VIEWER: _("Viewer"),
}


class Row(NamedTuple):
    """A user of the album; `tone` is that of the initials."""

    person: Person
    role: AlbumRole
    words: str | Promise
    initials: str
    tone: str


@require_http_methods(["GET", "HEAD", "POST"])
@host_page
@own_link
def people(request: HttpRequest, host: User, link: Invite) -> HttpResponse:
    """POST does an `action` (`add`, `role`, `remove`) to a `user`, who gets a `role` by the first two."""
    if not album_sharing.may_share(host, link):
        words = gettext("This album is in a library that is not yours. Only its owner can share it.")
        return render(
            request, "menu/people.html", {"link": link, "foreign": words}, status=403 if request.POST else 200
        )
    album = album_sharing.album_of(link)
    if request.method != "POST" or album is None:
        return _page(request, link, album)
    try:
        said = _done(request, album)
    except SharingError as error:
        return _page(request, link, album, problem=str(error))
    if not by_htmx(request):
        messages.info(request, said)
        return HttpResponseRedirect(resolve_url("menu-people", token=link.token))
    response = _page(request, link, album)
    response["HX-Trigger"] = toast(said)
    return response


def _done(request: HttpRequest, album: SharedAlbum) -> str:
    """What was done, in a word. Raises SharingError."""
    user_id, role = _user(request.POST.get("user", "")), request.POST.get("role", "")
    action = request.POST.get("action")
    if action == "remove":
        album_sharing.remove(album, user_id)
        return gettext("Removed")
    if action not in ("add", "role") or role not in album_sharing.ROLES:
        raise Http404
    if action == "add":
        album_sharing.add(album, user_id, AlbumRole(role))
        return gettext("Shared")
    album_sharing.change(album, user_id, AlbumRole(role))
    return gettext("Saved")


def _user(said: str) -> str:
    try:
        return str(uuid.UUID(said))
    except ValueError:
        raise SharingError(gettext("Choose somebody first.")) from None


def _page(request: HttpRequest, link: Invite, album: SharedAlbum | None, problem: str = "") -> HttpResponse:
    status = 422 if problem else 200
    sharing = None
    try:
        sharing = album_sharing.look(album) if album else None
    except SharingError as error:
        problem = problem or str(error)
    context = {
        "link": link,
        "album": album,
        "sharing": sharing,
        "problem": problem,
        "roles": [(role.value, ROLE_WORDS[role]) for role in album_sharing.ROLES],
        "rows": [_row(number, user) for number, user in enumerate(sharing.users)] if sharing else [],
        "said": [str(message) for message in messages.get_messages(request)],
    }
    return render(request, "menu/people.html", context, status=status)


def _row(number: int, user: AlbumUser) -> Row:
    tone = TONES[number % len(TONES)]
    return Row(user.person, user.role, ROLE_WORDS[user.role], initials_of(user.person.name), tone)
