"""Who calls an extension route (Shortcuts, scripts, addresses to download), and what they may do there.

They show a host's API token, or a link's own token, which is good for that link within its limits. A host who is logged
in needs none; nobody at all is let in only where the administrator says so (`LEGACY_OPEN_API`).
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import Concatenate, ParamSpec, TypedDict
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth import get_user
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.cookie import parse_cookie

from immichdrop import throttle
from immichdrop.models import ImmichAccount, User
from immichdrop.texts import storable
from invites import guests
from invites.api_tokens import Scope, TokenState
from invites.finding import FREE_MISSES
from invites.models import ApiToken, Guest, Invite
from invites.refusals import Refusal, RefusedError

P = ParamSpec("P")
_HEADERS = ("x-api-key", "x-invite-token")
_NEEDED = "A token is needed: hosts make one at /menu/tokens. Send it as the header 'x-api-key', or as a Bearer token."
_REVOKED = "This token was revoked."
# Of whoever has no secret nobody can remember that they gave it.
_LOCKED = "This link has a password, which only its page asks for. Ask its host for an API token instead."
_PASSWORDS = (Refusal.PASSWORD_REQUIRED, Refusal.UNLOCK_ENDED)
_DOES = {
    Scope.FILES: "send files",
    Scope.LINKS: "have addresses downloaded",
    Scope.INVITES: "make and change links",
}


class Refused(TypedDict):
    """How extension routes answer 401, 403 and 429: older recipes show `error` or `detail`, and test `success`."""

    detail: str
    error: str
    success: bool


class CredentialError(Exception):
    """No such caller, or none who may do this. `status` is 401, 403 or 429, `retry_after` in seconds."""

    def __init__(self, status: int, words: str, *, retry_after: int = 0) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.retry_after = retry_after

    @property
    def body(self) -> Refused:
        return Refused(detail=self.words, error=self.words, success=False)

    @property
    def headers(self) -> dict[str, str]:
        said = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        return said | ({"Retry-After": str(self.retry_after)} if self.retry_after else {})


@dataclass(frozen=True, slots=True)
class Destination:
    """Where files go: the Immich account, and the album by its id or its exact name, or none."""

    account: ImmichAccount
    album_id: uuid.UUID | None = None
    album_name: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. One of `token`, `invite` and `host` says by what; with none of them it is anybody.

    `guest` is whom their uploads belong to, None for a host's browser; `client` their address.
    """

    client: str
    guest: Guest | None = None
    token: ApiToken | None = None
    invite: Invite | None = None
    host: User | None = None

    def destination(self, album_name: str = "", album_id: uuid.UUID | None = None) -> Destination:
        """Where what they send goes. `album_name` and `album_id`, which wins, are what the request asks for.

        A link goes by its own album alone.
        """
        if self.invite:
            return Destination(self.invite.account(), self.invite.album_id, self.invite.album_name)
        own = self.token.album_name if self.token else ""
        return Destination(self._account(), album_id, album_name.strip() or own or settings.IMMICH_ALBUM_NAME)

    def _account(self) -> ImmichAccount:
        if self.token:
            return self.token.account()
        return ImmichAccount.objects.of_owner(self.host)


def for_request(request: HttpRequest, required: Scope | str, *, again: bool = False) -> Caller:
    """Who sends a request to a view, if they may do what is `required`; a host's login counts too.

    `again` as `for_headers` has it. Raises CredentialError.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    client = str(request.META.get("REMOTE_ADDR", ""))
    if not _shown(headers, request.META.get("QUERY_STRING", "")) and isinstance(request.user, User):
        return Caller(client, host=request.user)
    return for_headers(headers, request.META.get("QUERY_STRING", ""), client, required, again=again)


def for_browser(headers: Mapping[str, str], query: str, client: str, required: Scope | str) -> Caller:
    """`for_request` for what runs in front of Django and looks itself whether another site sent the request
    (`immichdrop.security.foreign`): a cookie comes by itself. Raises CredentialError.
    """
    if not _shown(headers, query) and (host := _logged_in(headers)):
        return Caller(client, host=host)
    return for_headers(headers, query, client, required)


def _logged_in(headers: Mapping[str, str]) -> User | None:
    """The host whose login a browser's cookie names, as Django's middleware finds them."""
    key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return user if isinstance(user, User) else None


def for_headers(
    headers: Mapping[str, str], query: str, client: str, required: Scope | str, *, again: bool = False
) -> Caller:
    """`for_request` for what runs in front of Django. `headers` are by lower-case name. Raises CredentialError.

    `again`: the request asks what became of something, or is one that is sent once more. That a link was used up or
    closed since is no reason to refuse it; whether anything new is taken is then to be asked elsewhere.
    """
    scope = Scope(required)
    shown = _shown(headers, query)
    if shown:
        return _of_token(shown, client, scope) or _of_link(shown, headers, client, scope, again) or _nobody(client)
    if settings.LEGACY_OPEN_API and scope is not Scope.INVITES:
        return Caller(client, guest=_by_address(None, client))
    raise CredentialError(401, _why_none(query))


def _shown(headers: Mapping[str, str], query: str) -> str:
    """The token that a request shows: `Authorization: Bearer`, `x-api-key`, `x-invite-token`, or `?token=`."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer.strip():
        return bearer.strip()
    for name in _HEADERS:
        if said := headers.get(name, "").strip():
            return said
    return _in_address(query) if settings.TOKEN_IN_ADDRESS else ""


def _in_address(query: str) -> str:
    return parse_qs(query).get("token", [""])[0].strip()


def _why_none(query: str) -> str:
    if _in_address(query):
        return "?token= is switched off here (TOKEN_IN_ADDRESS). Send the token as the header 'x-api-key'."
    return _NEEDED


def _of_token(shown: str, client: str, scope: Scope) -> Caller | None:
    """Whoever shows a host's token. It ends with its host, and in the moment in which it is revoked."""
    token = ApiToken.objects.of_secret(shown)
    if token is None:
        return None
    if token.state is TokenState.REVOKED or (token.owner and not token.owner.is_active):
        raise CredentialError(401, _REVOKED)
    if token.state is TokenState.EXPIRED:
        raise CredentialError(401, "This token has expired.")
    if not token.may(scope):
        raise CredentialError(403, f"This token may not {_DOES[scope]}.")
    token.note_use()
    return Caller(client, guest=token.guest, token=token)


def _of_link(shown: str, headers: Mapping[str, str], client: str, scope: Scope, again: bool) -> Caller | None:
    """Whoever shows a link's own token. Its custom address is no token: words can be guessed."""
    rows = Invite.objects.existing().select_related("owner")
    invite = rows.filter(token=shown).first() if storable(shown) else None
    if invite is None:
        return None
    if scope is Scope.INVITES or (scope is Scope.LINKS and not invite.allow_urls and not again):
        raise CredentialError(403, f"This link may not be used to {_DOES[scope]}.")
    known = guests.find(headers.get(guests.HEADER.lower()), parse_cookie(headers.get("cookie", "")))
    guest = known or _by_address(invite, client)
    if refusal := invite.locked(guest) if again else invite.refusal(guest):
        raise CredentialError(403, _LOCKED if refusal in _PASSWORDS and known is None else refusal.words)
    return Caller(client, guest=guest, invite=invite)


def check_again(caller: Caller) -> None:
    """For the end of what took a while. Raises CredentialError when the token ended meanwhile, or its host."""
    if caller.token:
        owned = Q(owner=None) | Q(owner__is_active=True)
        if not ApiToken.objects.filter(owned, pk=caller.token.pk, revoked_at=None).exists():
            raise CredentialError(401, _REVOKED)


def _by_address(invite: Invite | None, client: str) -> Guest:
    """The guest of a script without a secret: whoever sends from this address, at this link alone."""
    return guests.of_session(invite, f"api\0{throttle.network_of(client)}")


def _nobody(client: str) -> Caller:
    """Refuses a token that is nobody's, and an address that tried many of them: whoever has one did not guess it."""
    guard = throttle.Guard("api token", "", client, free=FREE_MISSES)
    if wait := guard.wait():
        raise CredentialError(429, "Too many wrong tokens; please wait.", retry_after=wait)
    guard.failed()
    raise CredentialError(401, "This token is not known here.")


def refused(error: CredentialError | RefusedError) -> JsonResponse:
    """The extension routes' answer to whoever may not do this."""
    if isinstance(error, RefusedError):
        words = error.detail or error.refusal.words
        body = Refused(detail=words, error=words, success=False)
        return JsonResponse(body, status=error.refusal.status, headers=error.headers)
    return JsonResponse(error.body, status=error.status, headers=error.headers)


def caller_required(
    required: Scope | str, *, again: bool = False
) -> Callable[
    [Callable[Concatenate[HttpRequest, Caller, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]
]:
    """Gate of an extension route: a caller who may do this, whom the view gets as its second argument.

    `again` as `for_headers` has it.
    """

    def gate(
        view: Callable[Concatenate[HttpRequest, Caller, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def gated(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                caller = for_request(request, required, again=again)
            except CredentialError as error:
                return refused(error)
            return view(request, caller, *args, **kwargs)

        return gated

    return gate
