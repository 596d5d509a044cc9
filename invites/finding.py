"""Links by what is written in an address, and the budget for addresses that lead nowhere.

A token is 192 random bits: whoever has one did not guess it, and is never kept waiting because of a neighbour's tries.
Custom addresses are words, so that they can be guessed; an address that named many links which don't exist gets no
answer about words for a while.
"""

from immichdrop import throttle
from immichdrop.prepared import Rows
from immichdrop.texts import storable
from invites.models import Invite
from invites.refusals import Refusal, RefusedError

FREE_MISSES = 30

_AT = Rows(Invite, "deleted_at IS NULL AND (token = %s OR slug = %s)")
_HELD = Rows(Invite, "id = %s", for_update=True)


def _at(name: str) -> Invite | None:
    """`Invite.objects.at`, quicker."""
    return _AT.first(name, name) if storable(name) else None


def held(pk: int) -> Invite | None:
    """The link as it is now, which nobody else changes until the transaction's end."""
    return _HELD.first(pk)


def find_link(name: str, client: str) -> Invite | None:
    """The link with this token or custom address, None when there is none.

    `client` is the asking address. Raises RefusedError (429) when it has tried too many names that lead nowhere.
    """
    invite = _at(name)
    if invite and invite.token == name:
        return invite
    budget = throttle.Guard("unknown link", "", client, free=FREE_MISSES)
    if wait := budget.wait():
        raise RefusedError(Refusal.TOO_MANY_REQUESTS, retry_after=wait)
    if invite is None:
        budget.failed()
    return invite
