"""Who is asking, and may they: keys, sessions, permissions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from . import permissions
from .records import StoredLink
from .refusals import Refusal
from .store import Store


@dataclass(frozen=True, slots=True)
class Access:
    """What the caller may do, and with which key, session or shared link."""

    permissions: frozenset[str]
    key_id: str | None = None
    session: str | None = None
    link: StoredLink | None = None


Endpoint = Callable[[Request], Awaitable[Response]]
GuardedEndpoint = Callable[[Request, Access], Awaitable[Response]]


def guard(
    store: Store, permission: str | None, endpoint: GuardedEndpoint, *, admin: bool = False, shared: bool = False
) -> Endpoint:
    """An endpoint for logged-in callers, with this permission if one is named; `admin`: for administrators (445).

    `shared`: also for those who come with a shared link, which has no permissions (418).

    Decided before a byte of the body is read.
    """

    async def guarded(request: Request) -> Response:
        access = authenticate(request, store)
        if access.link is not None:
            if not shared:
                raise Refusal(HTTPStatus.FORBIDDEN, "Forbidden")
            return await endpoint(request, access)
        if admin and not store.account.is_admin:
            raise Refusal(HTTPStatus.FORBIDDEN, "Forbidden")
        if permission is not None and not permissions.covers(access.permissions, permission):
            raise Refusal(HTTPStatus.FORBIDDEN, f"Missing required permission: {permission}")
        return await endpoint(request, access)

    return guarded


def authenticate(request: Request, store: Store) -> Access:
    """By session (header or cookie) or by key (header or `?apiKey=`), as in exchanges 017-024.

    A shared link (header, `?key=` or `?slug=`) wins over both (421).
    """
    link = _link(request, store)
    if link is not None:
        return Access(frozenset(), link=link)
    token = _session_token(request)
    if token is not None:
        if not store.has_session(token):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Invalid user token")
        return Access(frozenset({"all"}), session=token)
    secret = request.headers.get("x-api-key") or request.query_params.get("apiKey")
    if secret:
        key = store.key(secret)
        if key is None:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Invalid API key")
        return Access(frozenset(key.permissions), key_id=key.id)
    raise Refusal(HTTPStatus.UNAUTHORIZED, "Authentication required")


def _link(request: Request, store: Store) -> StoredLink | None:
    """The one that is named; it may have a password, which nobody asks for here (406)."""
    key = request.headers.get("x-immich-share-key") or request.query_params.get("key")
    slug = request.headers.get("x-immich-share-slug") or request.query_params.get("slug")
    if not key and not slug:
        return None
    link = store.link_with(key=key) if key else store.link_with(slug=slug)
    if link is None:
        raise Refusal(HTTPStatus.UNAUTHORIZED, f"Invalid share {'key' if key else 'slug'}")
    return link


def _session_token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    return request.headers.get("x-immich-user-token") or request.cookies.get("immich_access_token")
