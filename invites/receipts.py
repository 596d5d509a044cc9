"""A receipt's code: what a guest reads on the page, by which the host finds what that browser sent through that link.

It is made of what stays the same as long as guest and link do, so that nothing more is kept; it opens nothing, tells
nothing of the guest's secret, and is another one at each link.
"""

import hashlib
import re

from invites.models import Guest, Invite

# Crockford's base 32: without I, L, O and U, which are mistaken for others (https://www.crockford.com/base32.html).
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("ILO", "110")
_WRITTEN = re.compile(rf"[{_LETTERS}]{{8}}")
_BITS = 40  # eight letters; of a million guests at one link hardly two have the same


def code(guest: Guest, invite: Invite | None) -> str:
    """`K7M2-QX4D`, of a guest at one link, or at the public page (None)."""
    return code_of(guest.secret_hash, invite.pk if invite else None)


def code_of(secret_hash: str, invite_id: int | None) -> str:
    """`code`, where the rows are not at hand."""
    link = "public" if invite_id is None else str(invite_id)
    digest = hashlib.sha256("\0".join(("receipt", link, secret_hash)).encode()).digest()
    number = int.from_bytes(digest[: _BITS // 8])
    letters = "".join(_LETTERS[number >> shift & 31] for shift in range(_BITS - 5, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


def read(text: str) -> str:
    """The code that somebody wrote down, in its own form: small letters, spaces and an O for a zero are forgiven.
    Empty where it is none."""
    letters = re.sub(r"[\s-]", "", text).upper().translate(_MISREAD)
    return f"{letters[:4]}-{letters[4:]}" if _WRITTEN.fullmatch(letters) else ""
