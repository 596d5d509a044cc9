"""The routes about users, and those with whom an album is shared.

Recorded is only `GET /users` (050). Paths, bodies, statuses and permissions of the others are those of the OpenAPI
descriptions of 2.7.5 and 3.1.0; refusals have the words that Immich's public code has for them. v3 knows the role of an
owner, which can't be given, and passes over users who have the album already; v2 refuses these.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import answers
from .access import Access
from .albums import answer_of
from .messages import ImmichJSON, json_body
from .records import StoredAlbum
from .refusals import Fault, bad_request, not_found_or_no_access
from .server import Server
from .validation import array, identifier, one_of, refuse, uuid

_ROLES = ("editor", "viewer")
_STRICT_ROLES = ("editor", "owner", "viewer")
_DEFAULT_ROLE = "editor"


def routes(server: Server) -> list[Route]:
    users = _AlbumUsers(server)
    one = "/api/albums/{id}/user/{user_id}"
    return [
        Route("/api/users", server.guard("user.read", users.everybody)),
        Route("/api/albums/{id}/users", server.guard("albumUser.create", users.add), methods=["PUT"]),
        Route(one, server.guard("albumUser.update", users.change), methods=["PUT"]),
        Route(one, server.guard("albumUser.delete", users.remove), methods=["DELETE"]),
    ]


class _AlbumUsers:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._store = server.store
        self._strict = server.api.strict

    async def everybody(self, request: Request, access: Access) -> Response:
        """Newest first, the account among them."""
        users = [*self._store.users(), self._store.account.as_user]
        return ImmichJSON([answers.person(user) for user in users])

    async def add(self, request: Request, access: Access) -> Response:
        album_id = identifier(request.path_params)
        added = self._added((await json_body(request)).get("albumUsers"))
        album = self._own(album_id)
        known = {user.id for user in self._store.users()}
        members = {member.user.id for member in self._store.album_members(album_id)}
        owner = self._store.account.user_id
        for user_id, role in added:
            if self._strict and role == "owner":
                raise bad_request("Cannot add another owner")
            if user_id == owner and not self._strict:
                raise bad_request("Cannot be shared with owner")
            if user_id in members or user_id == owner:
                if self._strict:
                    continue
                raise bad_request("User already added")
            if user_id not in known:
                raise bad_request("Invalid user" if self._strict else "User not found")
            self._store.set_album_role(album_id, user_id, role)
            members.add(user_id)
        return ImmichJSON(answer_of(album, self._server, embed=False, just_created=True))

    async def change(self, request: Request, access: Access) -> Response:
        """Of somebody who does not have it nothing is said."""
        album_id, user_id = identifier(request.path_params), self._user_id(request)
        role = (await json_body(request)).get("role")
        refuse([self._wrong_role(role, ("role",))])
        self._own(album_id)
        if self._strict and user_id == self._store.account.user_id:
            raise bad_request("User is owner")
        if any(member.user.id == user_id for member in self._store.album_members(album_id)):
            self._store.set_album_role(album_id, user_id, str(role))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def remove(self, request: Request, access: Access) -> Response:
        album_id, user_id = identifier(request.path_params), self._user_id(request)
        if self._store.album(album_id) is None:
            raise bad_request("Album not found")
        if user_id == self._store.account.user_id:
            raise bad_request("Cannot remove the last album owner" if self._strict else "Cannot remove album owner")
        if all(member.user.id != user_id for member in self._store.album_members(album_id)):
            raise bad_request("Album not shared with user")
        self._store.remove_album_user(album_id, user_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _own(self, album_id: str) -> StoredAlbum:
        album = self._store.album(album_id)
        if album is None:
            raise not_found_or_no_access("album.share")
        return album

    def _user_id(self, request: Request) -> str:
        """`me` is the account."""
        user_id = str(request.path_params["user_id"])
        if user_id == "me":
            return self._store.account.user_id
        if uuid(user_id, ()) is not None:
            raise bad_request("Validation failed (uuid is expected)")
        return user_id

    def _added(self, value: object) -> list[tuple[str, str]]:
        """Users and their roles."""
        refuse([array(value, ("albumUsers",)) or (None if value else _NOBODY)])
        listed = value if isinstance(value, list) else []
        entries = [entry if isinstance(entry, dict) else {} for entry in listed]
        faults: list[Fault | None] = []
        for index, entry in enumerate(entries):
            faults.append(uuid(entry.get("userId"), ("albumUsers", index, "userId")))
            if "role" in entry:
                faults.append(self._wrong_role(entry["role"], ("albumUsers", index, "role")))
        refuse(faults)
        return [(str(entry["userId"]), str(entry.get("role", _DEFAULT_ROLE))) for entry in entries]

    def _wrong_role(self, value: object, path: tuple[str | int, ...]) -> Fault | None:
        words = f"{'.'.join(map(str, path))} must be one of the following values: {', '.join(_ROLES)}"
        return one_of(value, _STRICT_ROLES if self._strict else _ROLES, path, words)


_NOBODY = Fault(
    ("albumUsers should not be empty",),
    (
        {
            "origin": "array",
            "code": "too_small",
            "minimum": 1,
            "inclusive": True,
            "path": ["albumUsers"],
            "message": "Too small: expected array to have >=1 items",
        },
    ),
)
