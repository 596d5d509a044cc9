"""Whether a guest finds the way to everyone's photos at a link's page."""

from datetime import datetime

from invites.models import Guest, Invite, ShareBack
from invites.refusals import Refusal

# Closed like this, a link shows nobody anything. One that ended or is full thanks its guests, and shows it to them.
_SHUT = {Refusal.INVALID_INVITE, Refusal.DISABLED, Refusal.NOT_OPEN, Refusal.CLAIMED}


def photos_address(invite: Invite, guest: Guest | None, now: datetime | None = None) -> str | None:
    """Where this guest may see them: never before the link's password, nor before the host wants it, and only
    what is in the library that the link delivers into."""
    if invite.closed(guest, now) in _SHUT or invite.locked(guest):
        return None
    share_back = ShareBack.objects.of_link(invite)
    if share_back is None or not share_back.revealed(now) or share_back.elsewhere:
        return None
    return share_back.address
