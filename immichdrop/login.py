"""Hosts come in and go out."""

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from immichdrop import throttle


def _destination(request: HttpRequest) -> str:
    """Where the host wanted to go; never off this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url("admin:index")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_page(request: HttpRequest) -> HttpResponse:
    """`/login` with a local account's e-mail address and password."""
    error, status = "", 200
    if request.method == "POST":
        email = request.POST.get("email", "").strip().lower()
        guard = throttle.Guard("login", email, request.META.get("REMOTE_ADDR", ""))
        wait = guard.wait()
        user = None
        if wait:
            error, status = "Too many tries. Please wait a few minutes.", 429
        else:
            user = authenticate(request, username=email, password=request.POST.get("password", ""))
            if user is None:
                guard.failed()
                error, status = "That e-mail and password don’t match. Please try again.", 403
        if user is not None:
            guard.passed()
            login(request, user)
            return HttpResponseRedirect(_destination(request))
    context = {"error": error, "next": request.POST.get("next") or request.GET.get("next") or ""}
    return render(request, "login.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def logout_page(request: HttpRequest) -> HttpResponse:
    """`/logout`. A GET leaves too, as bookmarks of the older product expect."""
    logout(request)
    return HttpResponseRedirect(resolve_url("login"))
