"""Lets a script use the hosts' JSON routes about links with a token instead of a login."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from invites import credentials
from invites.api_tokens import PREFIX, Scope
from invites.credentials import CredentialError

# Where a token stands for its host: what is about links, and nothing else of theirs.
_ROUTES = ("/api/invites", "/api/invite/", "/api/albums", "/api/qr")


class TokenMiddleware:
    """After Django's authentication. Only a host's own token counts here; a link's opens none of these."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_ROUTES) and _shows_a_token(request):
            try:
                caller = credentials.for_request(request, Scope.INVITES)
            except CredentialError as error:
                return _refused(error)
            if caller.token and caller.token.owner:
                request.user = caller.token.owner
        return self.get_response(request)


def _shows_a_token(request: HttpRequest) -> bool:
    said = (
        request.headers.get("Authorization", ""),
        request.headers.get("X-API-Key", ""),
        request.GET.get("token", ""),
    )
    return any(PREFIX in each for each in said)


def _refused(error: CredentialError) -> HttpResponse:
    """In the core routes' shape, with words beside the code."""
    codes = {401: "unauthorized", 403: "forbidden", 429: "too_many_requests"}
    body = {"error": codes[error.status], "message": error.words}
    return JsonResponse(body, status=error.status, headers=error.headers)
