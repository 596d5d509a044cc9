"""Hosts come in and go out."""

from typing import TypedDict

import msgspec
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from immichdrop import json_api, throttle
from immichdrop.json_api import BadRequestError, answers_bad_requests
from immichdrop.models import User
from immichdrop.openapi import Operation, describes


class Credentials(msgspec.Struct):
    """The body of `POST /api/login`."""

    email: str | None = None
    password: str | None = None


class LoggedIn(TypedDict):
    """`userId` is the host's id in Immich where it is known; `isAdmin`: the host may use the admin here."""

    ok: bool
    userEmail: str
    userId: str
    name: str
    isAdmin: bool


class LoggedOut(TypedDict):
    ok: bool


def _destination(request: HttpRequest) -> str:
    """Where the host wanted to go; never off this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url(settings.LOGIN_REDIRECT_URL)


def _identify(request: HttpRequest, email: str, password: str) -> tuple[User | None, int]:
    """Who gave a right password, or nobody; and the seconds until the next guess, which are 0 when it was taken."""
    email = email.replace("\0", "").strip().lower()
    guard = throttle.Guard("login", email, request.META.get("REMOTE_ADDR", ""))
    if wait := guard.wait():
        return None, wait
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        guard.failed()
        return None, 0
    guard.passed()
    return user, 0


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_page(request: HttpRequest) -> HttpResponse:
    """`/login` with a local account's e-mail address and password."""
    error, status, wait = "", 200, 0
    if request.method == "POST":
        user, wait = _identify(request, request.POST.get("email", ""), request.POST.get("password", ""))
        if user is not None:
            login(request, user)
            return HttpResponseRedirect(_destination(request))
        if wait:
            error, status = "Too many tries. Please wait a few minutes.", 429
        else:
            error, status = "That e-mail and password don’t match. Please try again.", 403
    elif request.user.is_authenticated:
        # Somebody whom the admin sent back here would be sent back and forth without end.
        return HttpResponseRedirect(_destination(request) if request.user.is_staff else resolve_url("menu"))
    context = {"error": error, "next": request.POST.get("next") or request.GET.get("next") or ""}
    response = render(request, "login.html", context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def logout_page(request: HttpRequest) -> HttpResponse:
    """`/logout`. A GET leaves too, as bookmarks of the older product expect."""
    logout(request)
    return HttpResponseRedirect(resolve_url("login"))


@describes(
    Operation(
        "post",
        "Log in with a local account",
        LoggedIn,
        body=Credentials,
        errors={400: ["missing_credentials"], 401: ["unauthorized"], 429: ["too_many_requests"]},
        login=False,
    )
)
@csrf_exempt
@require_POST
@answers_bad_requests
def login_api(request: HttpRequest) -> HttpResponse:
    """`POST /api/login` with `{"email", "password"}`."""
    said = json_api.read(request, Credentials)
    if not said.email or not said.password:
        raise BadRequestError("missing_credentials", "email and password are wanted.")
    user, wait = _identify(request, said.email, said.password)
    if wait:
        return throttle.too_many(wait)
    if user is None:
        return JsonResponse({"error": "unauthorized"}, status=401)
    login(request, user)
    body = LoggedIn(
        ok=True,
        userEmail=user.email,
        userId=str(user.immich_user_id or user.pk),
        name=user.name,
        isAdmin=user.is_staff,
    )
    return JsonResponse(body)


@describes(Operation("post", "Log out", LoggedOut, login=False))
@csrf_exempt
@require_POST
def logout_api(request: HttpRequest) -> HttpResponse:
    """`POST /api/logout`. Whoever was not logged in is not told so: it is what they wanted."""
    logout(request)
    return JsonResponse(LoggedOut(ok=True))
