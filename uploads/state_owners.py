"""Whose imported links are: hosts that are here already, or new ones who log in through Immich."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from immichdrop.models import User
from uploads.state_rows import Complain, Owner, shown


class Owners:
    """The hosts that one import has to do with; `added` are new."""

    def __init__(self) -> None:
        self.added = 0
        self._known: dict[Owner, User] = {}

    def host(self, owner: Owner | None, complain: Complain) -> User | None:
        """The host of a link. None, and a complaint where somebody is named, when there is none and can't be one."""
        if owner is None:
            return None
        if owner not in self._known:
            host = _find(owner) or self._make(owner, complain)
            if host is None:
                return None
            self._known[owner] = host
        return self._known[owner]

    def _make(self, owner: Owner, complain: Complain) -> User | None:
        """A host without a password of their own here."""
        try:
            validate_email(owner.email)
        except ValidationError:
            complain(f"owner_email: {shown(owner.email)} is not an e-mail address; the link has no host")
            return None
        self.added += 1
        return User.objects.create_user(owner.email, name=owner.name, immich_user_id=owner.immich_user_id)


def _find(owner: Owner) -> User | None:
    """By the id in Immich, else by the address.

    Who is found by address is not tied to that id here: it would let an Immich user into an account of this address.
    """
    by_id = User.objects.filter(immich_user_id=owner.immich_user_id).first() if owner.immich_user_id else None
    return by_id or (User.objects.filter(email__iexact=owner.email).first() if owner.email else None)
