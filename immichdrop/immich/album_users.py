"""With which users of Immich an album is shared: told, added, given another role, removed.

Recorded are only `GET /users` (050) and an album's owner (251). Paths, bodies, roles and permissions
are those of the OpenAPI descriptions of 2.7.5 and 3.1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from . import answers
from .account import Account, segment
from .answers import Answer


class AlbumRole(StrEnum):
    """An editor may add photos, a viewer look at them. Nobody can be made an owner here."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Person:
    """A user of Immich, as other users see them."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class AlbumUser:
    person: Person
    role: AlbumRole


class AlbumUsers(Account):
    """What a client does about the users of an album."""

    def people(self) -> list[Person]:
        """The users of the server, the account's own among them; that one alone where Immich hides the others
        (`publicUsers`). Needs `user.read`."""
        return [_person(answer) for answer in answers.objects(self._transport.json("GET", "/users"))]

    def album_users(self, album_id: str) -> list[AlbumUser]:
        """Who sees an album, its owner first. NotFound when it is gone, or nobody shares it with this account.

        Needs `album.read`. v2 tells of the owner beside the others (251).
        """
        params = self._speak().without_assets()
        answer = Answer(self._transport.json("GET", f"/albums/{segment(album_id)}", params=params))
        users = [
            AlbumUser(_person(each.object("user")), each.one_of("role", AlbumRole))
            for each in answer.objects("albumUsers")
        ]
        owner = answer.object("owner")
        if owner.optional_text("id") is not None:
            users.insert(0, AlbumUser(_person(owner), AlbumRole.OWNER))
        return users

    def add_album_users(self, album_id: str, roles: Mapping[str, AlbumRole]) -> None:
        """Shares an album with these users (id → role), all or none. Needs `albumUser.create`.

        Rejected when one of them is not known or (v2) has it already; v3 leaves the role of those as it is.
        NotFound when the album is gone or somebody else's.
        """
        if roles:
            added = [{"userId": user_id, "role": role} for user_id, role in roles.items()]
            path = f"/albums/{segment(album_id)}/users"
            self._transport.json("PUT", path, body={"albumUsers": added}, repeatable=False)

    def change_album_role(self, album_id: str, user_id: str, role: AlbumRole) -> None:
        """Needs `albumUser.update`. NotFound when the album is gone or somebody else's; of a user who does not
        have it Immich says nothing."""
        self._transport.json("PUT", _path(album_id, user_id), body={"role": role})

    def remove_album_user(self, album_id: str, user_id: str) -> None:
        """Needs `albumUser.delete`. Rejected when the user does not have the album (any more)."""
        self._transport.json("DELETE", _path(album_id, user_id))


def _path(album_id: str, user_id: str) -> str:
    return f"/albums/{segment(album_id)}/user/{segment(user_id)}"


def _person(answer: Answer) -> Person:
    return Person(id=answer.text("id"), name=answer.text("name"), email=answer.text("email"))
