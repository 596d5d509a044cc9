"""`/menu/tokens`: what a host's Shortcuts and scripts show instead of a login."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from immichdrop.models import User
from invites.menu_gates import host_page
from invites.models import ApiToken
from invites.token_form import TokenForm

BEGUN_WITH = {"may_files": True, "may_links": True}


@require_http_methods(["GET", "HEAD", "POST"])
@host_page
def tokens(request: HttpRequest, host: User) -> HttpResponse:
    """The host's tokens; POST makes one, and its answer shows the secret, this once and nowhere else."""
    if request.method != "POST":
        return _page(request, host, TokenForm(initial=BEGUN_WITH))
    form = TokenForm(request.POST)
    made = form.create(host)
    if made is None:
        return _page(request, host, form, status=422)
    token, secret = made
    return _page(request, host, TokenForm(initial=BEGUN_WITH), made=token, secret=secret)


@require_POST
@host_page
def revoke(request: HttpRequest, host: User, token_id: int) -> HttpResponse:
    """`POST /menu/tokens/{id}/revoke`. Another host's is like one that is not there."""
    if not ApiToken.objects.of_host(host).filter(pk=token_id).revoke():
        raise Http404
    messages.info(request, gettext("Revoked"))
    return HttpResponseRedirect(resolve_url("menu-tokens"))


def _page(
    request: HttpRequest,
    host: User,
    form: TokenForm,
    status: int = 200,
    made: ApiToken | None = None,
    secret: str = "",
) -> HttpResponse:
    context = {
        "form": form,
        "made": made,
        "secret": secret,
        "example": request.build_absolute_uri("/api/upload/file"),
        "tokens": ApiToken.objects.of_host(host).filter(revoked_at=None),
        "said": [str(message) for message in messages.get_messages(request)],
    }
    return render(request, "menu/tokens.html", context, status=status)
