"""Single sign-on, with a stand-in identity provider: a page that asks nothing but "yes or no".

Nothing was recorded: routes and fields follow Immich's OpenAPI descriptions of 2.7.5 and 3.1.0, its words are free.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from .accounts import new_session
from .messages import ImmichJSON, json_body
from .refusals import Refusal, bad_request
from .server import Server
from .validation import refuse, text

PROVIDER = "/sandbox/identity-provider"


@dataclass(frozen=True, slots=True)
class _Grant:
    """What a code of the provider was given for."""

    redirect_uri: str
    code_challenge: str


def routes(server: Server) -> list[Route]:
    oauth = _OAuth(server)
    return [
        Route("/api/oauth/authorize", oauth.authorize, methods=["POST"]),
        Route("/api/oauth/callback", oauth.callback, methods=["POST"]),
        Route(PROVIDER, oauth.ask),
        Route(f"{PROVIDER}/answer", oauth.answer, methods=["POST"]),
    ]


class _OAuth:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._grants: dict[str, _Grant] = {}

    # Immich's side

    async def authorize(self, request: Request) -> Response:
        body = await self._body(request, "redirectUri", optional=("state", "codeChallenge"))
        query = {
            "client_id": "immich",
            "response_type": "code",
            "scope": "openid email profile",
            "redirect_uri": str(body["redirectUri"]),
            "state": str(body.get("state") or ""),
            "code_challenge": str(body.get("codeChallenge") or ""),
            "code_challenge_method": "S256",
        }
        url = f"{str(request.base_url).rstrip('/')}{PROVIDER}?{urlencode(query)}"
        return ImmichJSON({"url": url}, status_code=HTTPStatus.CREATED)

    async def callback(self, request: Request) -> Response:
        body = await self._body(request, "url", optional=("state", "codeVerifier"))
        for name, words in (("state", "OAuth state is missing"), ("codeVerifier", "OAuth code verifier is missing")):
            if not body.get(name):
                raise bad_request(words)
        url = urlsplit(str(body["url"]))
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        grant = self._grants.pop(given.get("code", ""), None)  # a code is good once
        confirmed = (
            grant is not None
            and given.get("state") == body["state"]
            and grant.redirect_uri == url._replace(query="").geturl()
            and grant.code_challenge == _challenge(str(body["codeVerifier"]))
        )
        if not confirmed:
            raise Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error")
        return new_session(self._server.store, "oauth")

    async def _body(self, request: Request, required: str, *, optional: tuple[str, ...]) -> dict[str, object]:
        body = await json_body(request)
        given = [name for name in optional if body.get(name) is not None]
        refuse([text(body.get(name), (name,), filled=name == required) for name in (required, *given)])
        if not self._server.oauth:
            raise bad_request("OAuth is not enabled")
        return body

    # The identity provider's side

    async def ask(self, request: Request) -> Response:
        wanted = request.query_params
        kept = "".join(
            f'<input type=hidden name="{name}" value="{escape(wanted.get(name, ""))}">'
            for name in ("redirect_uri", "state", "code_challenge")
        )
        return HTMLResponse(
            "<!doctype html><html lang=en><meta charset=utf-8><title>Sandbox identity provider</title>"
            "<h1>Sandbox identity provider</h1>"
            f"<form method=post action='{PROVIDER}/answer'>{kept}"
            f"<button name=answer value=yes>Sign in as {escape(self._server.store.account.email)}</button> "
            "<button name=answer value=no>Cancel</button></form></html>"
        )

    async def answer(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        redirect_uri, state = form.get("redirect_uri", ""), form.get("state", "")
        if form.get("answer") != "yes":
            return _back(redirect_uri, {"error": "access_denied", "state": state})
        code = secrets.token_urlsafe(16)
        self._grants[code] = _Grant(redirect_uri, form.get("code_challenge", ""))
        return _back(redirect_uri, {"code": code, "state": state})


def _back(redirect_uri: str, query: dict[str, str]) -> Response:
    return RedirectResponse(f"{redirect_uri}?{urlencode(query)}", status_code=HTTPStatus.SEE_OTHER)


def _challenge(verifier: str) -> str:
    """RFC 7636, section 4.6 (S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
