"""`/menu/shared-links/{id}/invite`: a shared link of Immich becomes a link of the host's, with one click."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.views.decorators.http import require_POST

from immichdrop.immich import NotFound
from immichdrop.models import User
from invites.links import LinkError
from invites.menu import to_new
from invites.menu_gates import host_page
from invites.shared_link_invites import NoInviteError, make_invite
from invites.shared_link_problems import STANDS_IN_THE_WAY, words_of
from invites.shared_links import NoLibraryError, id_of


@require_POST
@host_page
def make(request: HttpRequest, host: User, link_id: str) -> HttpResponse:
    """`POST`: leads to the new link, on top of the list; or back to the list with words on why there is none."""
    known = id_of(link_id)
    if known is None:
        raise Http404
    try:
        return to_new(make_invite(host, known))
    except (NoLibraryError, NotFound) as error:  # nobody's, or somebody else's
        raise Http404 from error
    except LinkError as error:
        words = " ".join(error.problems.values())
    except NoInviteError as error:
        words = str(error)
    except STANDS_IN_THE_WAY as error:
        words = words_of(error)
    messages.info(request, words)
    return HttpResponseRedirect(resolve_url("menu-shared"))
