"""Gates of the hosts' pages. What htmx asks for is answered in a way that it can show."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from immichdrop.models import User
from invites.models import Invite

P = ParamSpec("P")


def by_htmx(request: HttpRequest) -> bool:
    """Whether a part of the page is wanted; else a whole one."""
    return "HX-Request" in request.headers


def host_page(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Gate: a logged-in host, whom the view gets as its second argument; everybody else logs in and comes back."""

    @wraps(view)
    def gate(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if isinstance(request.user, User):
            return view(request, request.user, *args, **kwargs)
        if by_htmx(request):
            # A redirect would put the login into the middle of the page, and take away what was typed there.
            return HttpResponse(status=401)
        # What is sent with POST can't be come back to.
        return redirect_to_login(request.get_full_path() if request.method == "GET" else resolve_url("menu"))

    return gate


def own_link(view: Callable[..., HttpResponseBase]) -> Callable[Concatenate[HttpRequest, User, ...], HttpResponseBase]:
    """Gate, after `host_page`: the link with this token, if the host may see and change it; else 404."""

    @wraps(view)
    def gate(request: HttpRequest, host: User, /, *, token: str, **more: object) -> HttpResponseBase:
        link = Invite.objects.of_host(host, everybodys=True).select_related("owner").filter(token=token).first()
        if link is None:
            raise Http404
        return view(request, host, link, **more)

    return gate
