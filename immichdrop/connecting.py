"""A host connects an Immich library of their own, sees what its key may do, and disconnects it."""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from immichdrop import hosts, immich
from immichdrop.encryption import SecretChangedError
from immichdrop.identify import CONNECT_TIMEOUT, READ_TIMEOUT, Brake, Way
from immichdrop.immich_session import Kept
from immichdrop.key_permissions import PERMISSIONS, Use, uses
from immichdrop.login_errors import AwayError, RefusedError, WrongError
from immichdrop.models import ImmichAccount, User

logger = logging.getLogger(__name__)

KEY_NAME = "Immich Drop"
_CONNECTED = ("base_url", "encrypted_key", "immich_key_id", "connected", "pause")


@dataclass(frozen=True, slots=True)
class Look:
    """A host's account as it is now. `problem`: why Immich could not tell, or empty; then `uses` is empty.

    `needs_key`: another key would mend it.
    """

    account: ImmichAccount
    email: str = ""
    uses: tuple[tuple[Use, bool], ...] = ()
    problem: str = ""

    away: bool = False

    @property
    def needs_key(self) -> bool:
        return not self.away and not (self.uses and all(allowed for _, allowed in self.uses))


def connect_by_session(user: User, kept: Kept) -> None:
    """Makes a key in the host's name with what is needed, and keeps it. Raises LoginError."""
    try:
        made = immich.create_key(
            kept.address,
            kept.token,
            KEY_NAME,
            PERMISSIONS,
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
        )
    except immich.AccessError:
        raise RefusedError(_("Immich ended your sign-in there. Please sign in again, and then connect.")) from None
    except immich.Rejected:
        raise RefusedError(
            _("This Immich makes no key with these permissions. Please make one there, and paste it here.")
        ) from None
    except immich.ImmichError:
        raise AwayError from None
    account = ImmichAccount.objects.without_key(user)
    before = _made_here(account)
    account.base_url = "" if kept.address == settings.IMMICH_BASE_URL else kept.address
    _keep(account, made.secret, made.id)
    if before:
        _revoke(*before)


def connect_by_key(user: User, key: str, address: str) -> None:
    """Keeps a key the host made, after Immich knew it. `address` is the client's. Raises LoginError."""
    brake = Brake(Way.KEY, "", address)
    brake.check()
    account = ImmichAccount.objects.without_key(user)
    if not account.address:
        raise RefusedError(_("This server knows no Immich yet."))
    try:
        with _client(account.address, key) as client:
            granted = client.permissions()
            owner = client.me() if granted & {"all", "user.read"} else None
    except (immich.AccessError, immich.Rejected):
        brake.failed()
        raise WrongError(_("Immich doesn’t know this key. Please check that you copied all of it.")) from None
    except immich.ImmichError:
        raise AwayError from None
    brake.passed()
    keep_key(user, key)
    if owner and not account.base_url:
        hosts.link(user, owner)


def keep_key(user: User, key: str, *, of_server: bool = False) -> None:
    """Delivers the host's links with this key, which Immich knows; `of_server`: the Immich of the environment."""
    account = ImmichAccount.objects.without_key(user)
    before = _made_here(account)
    if of_server:
        account.base_url = ""  # the key is nobody else's to see
    _keep(account, key.strip(), None)
    if before:
        _revoke(*before)


def disconnect(user: User) -> bool | None:
    """Forgets the host's key. Whether it was also revoked in Immich, as those made here are; None without a key."""
    account = ImmichAccount.objects.connected_of(user)
    if account is None:
        return None
    made_here = _made_here(account)
    account.drop_api_key()
    account.save(update_fields=_CONNECTED)
    return made_here is not None and _revoke(*made_here)


def look(user: User) -> Look | None:
    """The host's own account, and what its key may do, asked of Immich. None without one."""
    account = ImmichAccount.objects.connected_of(user)
    if account is None:
        return None
    try:
        with _client(account.address, account.api_key) as client:
            granted = client.permissions()
            email = client.me().email if granted & {"all", "user.read"} else ""
    except SecretChangedError:
        return Look(account, problem=_("The secret of this server was changed, so your key can’t be read any more."))
    except immich.AccessError:
        return Look(account, problem=_("Immich doesn’t take this key any more."))
    except immich.ImmichError:
        words = _("Immich can’t be reached. Uploads are safe here and wait until it is back.")
        return Look(account, problem=words, away=True)
    return Look(account, email, tuple((use, use.allowed(granted)) for use in uses(of_server=False)))


def _keep(account: ImmichAccount, key: str, key_id: str | None) -> None:
    account.set_api_key(key, key_id)
    if account.pause:
        # Looked at within the next minute, whatever the pause was for; then what waited is delivered with this key.
        account.pause = ImmichAccount.Pause.UNAUTHORISED
    account.save(update_fields=_CONNECTED)


def _made_here(account: ImmichAccount) -> tuple[str, str, str] | None:
    """Address, key and Immich's id of a key that was made here and can still be read."""
    if account.immich_key_id is None:
        return None
    try:
        return account.address, account.api_key, str(account.immich_key_id)
    except SecretChangedError:
        return None


def _revoke(address: str, key: str, key_id: str) -> bool:
    try:
        with _client(address, key) as client:
            client.delete_key(key_id)
    except immich.ImmichError as error:
        logger.warning("A key could not be revoked at Immich: %s", type(error).__name__)
        return False
    return True


def _client(address: str, key: str) -> immich.Immich:
    return immich.Immich(address, key, connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT)
