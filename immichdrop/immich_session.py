"""The session Immich gave for a password: kept encrypted in the host's session here, and ended as soon as it may be.

It opens everything in Immich. It is kept only while an API key may still be made with it (`immichdrop.connecting`), at
most until the host leaves. When the session here runs out by itself, the one at Immich ends by Immich's own rules.
"""

import json
import logging
from dataclasses import dataclass, field

from django.contrib.sessions.backends.base import SessionBase

from immichdrop import encryption, immich

logger = logging.getLogger(__name__)

_NAME = "immich_session"
_TIMEOUT = 3.0  # seconds: an Immich that is away must not keep anybody logged in


@dataclass(frozen=True, slots=True)
class Kept:
    """A session at the Immich of this address, which need not be today's."""

    address: str
    token: str = field(repr=False)

    def end(self) -> None:
        """Revokes it, if Immich answers."""
        try:
            immich.logout(self.address, self.token, connect_timeout=_TIMEOUT, read_timeout=_TIMEOUT)
        except immich.ImmichError as error:
            logger.warning("A session at Immich could not be ended: %s", type(error).__name__)


def keep(session: SessionBase, kept: Kept) -> None:
    session[_NAME] = encryption.encrypt(json.dumps([kept.address, kept.token]))


def kept_in(session: SessionBase) -> Kept | None:
    encrypted = session.get(_NAME)
    if encrypted is None:
        return None
    try:
        address, token = json.loads(encryption.decrypt(encrypted))
    except encryption.SecretChangedError:
        return None
    return Kept(address, token)


def take_from(session: SessionBase) -> Kept | None:
    """It is kept no longer: use it, and end it."""
    kept = kept_in(session)
    session.pop(_NAME, None)
    return kept
