"""`POST /api/login` and `/api/logout`: the same accounts, the same brake and the same session as the page's."""

from typing import TypedDict

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from immichdrop import json_api, login_ways, throttle
from immichdrop.identify import Claim, identify, present
from immichdrop.json_api import BadRequestError, answers_bad_requests
from immichdrop.login import enter, leave
from immichdrop.login_errors import AwayError, LoginError, TooManyError
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


@describes(
    Operation(
        "post",
        "Log in: with Immich's password, or a local account's where no Immich is set",
        LoggedIn,
        body=Credentials,
        errors={
            400: ["missing_credentials"],
            401: ["unauthorized"],
            429: ["too_many_requests"],
            502: ["login_failed"],
        },
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
    claim = Claim(login_ways.by_form()[0], said.email, said.password)
    try:
        identity = identify(claim, request.META.get("REMOTE_ADDR", ""), present(request))
    except TooManyError as error:
        return throttle.too_many(error.wait)
    except AwayError:
        return JsonResponse({"error": "login_failed"}, status=502)
    except LoginError:
        return JsonResponse({"error": "unauthorized"}, status=401)
    enter(request, identity)
    user = identity.user
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
    leave(request)
    return JsonResponse(LoggedOut(ok=True))
