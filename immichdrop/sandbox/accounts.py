"""The routes about the account: login, keys, who am I."""

from __future__ import annotations

import hmac
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import answers, permissions
from .access import Access
from .messages import ImmichJSON, json_body
from .refusals import Fault, Refusal, bad_request
from .server import Server
from .store import Store
from .validation import identifier, one_of, refuse, text

_COOKIE_SECONDS = 400 * 24 * 3600
_COOKIES = {
    "immich_access_token": True,
    "immich_auth_type": True,
    "immich_is_authenticated": False,
}


def routes(server: Server) -> list[Route]:
    account = _Account(server)
    return [
        Route("/api/auth/login", account.login, methods=["POST"]),
        Route("/api/auth/logout", server.guard(None, account.logout), methods=["POST"]),
        Route("/api/auth/validateToken", server.guard(None, account.validate), methods=["POST"]),
        Route("/api/users/me", server.guard("user.read", account.me)),
        Route("/api/api-keys/me", server.guard(None, account.own_key)),
        Route("/api/api-keys", server.guard("apiKey.read", account.keys)),
        Route("/api/api-keys", server.guard("apiKey.create", account.create_key), methods=["POST"]),
        Route(
            "/api/api-keys/{id}",
            server.guard("apiKey.delete", account.delete_key),
            methods=["DELETE"],
        ),
    ]


def new_session(store: Store, auth_type: str) -> Response:
    """What a login is answered with, however it was done."""
    account, token = store.account, store.create_session()
    answer = {
        "accessToken": token,
        "userId": account.user_id,
        "userEmail": account.email,
        "name": account.name,
        "isAdmin": account.is_admin,
        "profileImagePath": "",
        "shouldChangePassword": True,
        "isOnboarded": False,
    }
    response = ImmichJSON(answer, status_code=HTTPStatus.CREATED)
    values = (token, auth_type, "true")
    for (name, http_only), value in zip(_COOKIES.items(), values, strict=True):
        response.set_cookie(name, value, max_age=_COOKIE_SECONDS, httponly=http_only)
    return response


class _Account:
    """Recorded exchanges 006-024, 308-322, 451-453."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._store = server.store

    async def login(self, request: Request) -> Response:
        body = await json_body(request)
        refuse([text(body.get(name), (name,), filled=True) for name in ("email", "password")])
        if not self._server.password_login:
            # Not recorded, and so in words of our own.
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Password login has been disabled")
        account = self._store.account
        matches = [
            hmac.compare_digest(str(body["email"]).strip().lower().encode(), account.email.encode()),
            hmac.compare_digest(str(body["password"]).encode(), account.password.encode()),
        ]
        if not all(matches):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Incorrect email or password")
        return new_session(self._store, "password")

    async def logout(self, request: Request, access: Access) -> Response:
        if access.session is not None:
            self._store.delete_session(access.session)
        response = ImmichJSON({"successful": True, "redirectUri": "/auth/login?autoLaunch=0"})
        for name in _COOKIES:
            response.delete_cookie(name)
        return response

    async def validate(self, request: Request, access: Access) -> Response:
        return ImmichJSON({"authStatus": True})

    async def me(self, request: Request, access: Access) -> Response:
        return ImmichJSON(
            answers.user(
                self._store.account,
                used_bytes=self._store.used_bytes(),
                quota=self._server.quota,
            )
        )

    async def own_key(self, request: Request, access: Access) -> Response:
        own = [key for key in self._store.all_keys() if key.id == access.key_id]
        if not own:
            raise bad_request("Not authenticated with an API Key")
        return ImmichJSON(answers.api_key(own[0]))

    async def keys(self, request: Request, access: Access) -> Response:
        return ImmichJSON([answers.api_key(key) for key in self._store.all_keys()])

    async def create_key(self, request: Request, access: Access) -> Response:
        body = await json_body(request)
        wanted = self._wanted(body.get("permissions"))
        if not all(permissions.covers(access.permissions, name) for name in wanted):
            raise bad_request("Cannot grant permissions you do not have")
        key, secret = self._store.create_key(str(body.get("name") or "API Key"), wanted)
        answer = {"secret": secret, "apiKey": answers.api_key(key)}
        return ImmichJSON(answer, status_code=HTTPStatus.CREATED)

    async def delete_key(self, request: Request, access: Access) -> Response:
        if not self._store.delete_key(identifier(request.path_params)):
            raise bad_request("API Key not found")
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _wanted(self, value: object) -> list[str]:
        """At least one, and only names there are (310-312)."""
        names = permissions.names(self._server.api)
        words = f"each value in permissions must be one of the following values: {', '.join(names)}"
        if not isinstance(value, list):
            refuse([_no_permissions(words)])
            return []
        if not value:
            refuse([_EMPTY])
        refuse([one_of(name, names, ("permissions", index), words) for index, name in enumerate(value)])
        return [str(name) for name in value]


_EMPTY = Fault(
    ("permissions must contain at least 1 elements",),
    (
        {
            "origin": "array",
            "code": "too_small",
            "minimum": 1,
            "inclusive": True,
            "path": ["permissions"],
            "message": "Too small: expected array to have >=1 items",
        },
    ),
)


def _no_permissions(each: str) -> Fault:
    return Fault(
        (*_EMPTY.lenient, "permissions should not be empty", each),
        (
            {
                "expected": "array",
                "code": "invalid_type",
                "path": ["permissions"],
                "message": "Invalid input: expected array, received undefined",
            },
        ),
    )
