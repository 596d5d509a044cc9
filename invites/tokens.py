"""What hosts do with their API tokens, whichever way they ask: page, admin or command."""

import secrets
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from immichdrop.models import User
from invites import guests
from invites.api_tokens import LONGEST_ALBUM, LONGEST_NAME, PREFIX, Scope, hash_of
from invites.models import ApiToken

SECRET_BYTES = 32


class TokenError(Exception):
    """A token can't be made like that; `problems` has words by the field's name."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


def create_token(
    owner: User | None,
    name: str,
    scopes: Collection[Scope],
    *,
    album_name: str = "",
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token, and the secret, which is shown this once. Raises TokenError.

    `owner` None: the server's own, which sends to the account of the environment.
    """
    name, album_name = name.strip(), album_name.strip()
    _check(name, scopes, album_name)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        token = ApiToken.objects.create(
            owner=owner,
            guest=guests.of_token(secret),
            secret_hash=hash_of(secret),
            name=name,
            album_name=album_name,
            expires_at=expires_at,
            may_files=Scope.FILES in scopes,
            may_links=Scope.LINKS in scopes,
            may_invites=Scope.INVITES in scopes,
        )
    return token, secret


def _check(name: str, scopes: Collection[Scope], album_name: str) -> None:
    problems = {}
    if not name:
        problems["name"] = gettext("What is it for?")
    for field, said, most in (("name", name, LONGEST_NAME), ("album_name", album_name, LONGEST_ALBUM)):
        if len(said) > most:
            problems[field] = gettext("At most %(number)d characters, please.") % {"number": most}
    if not scopes:
        problems["scopes"] = gettext("Choose what it may do.")
    if problems:
        raise TokenError(problems)
