"""Who is there: the one place that finds out, for the login page, the API and single sign-on alike.

A password is given to Immich and forgotten. What Immich gives for it is a session, which is in the answer as a token:
whoever asked keeps it encrypted, or ends it (`immichdrop.immich_session`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext as _

from immichdrop import hosts, immich, immich_session, throttle
from immichdrop.login_errors import AwayError, RefusedError, TooManyError, WrongError
from immichdrop.models import User

CONNECT_TIMEOUT = 4.0  # seconds: a person waits
READ_TIMEOUT = 10.0
FREE_FAILURES_OF_ADDRESS = 30


class Way(StrEnum):
    """How somebody says who they are."""

    IMMICH = "immich"
    LOCAL = "local"
    KEY = "key"
    OAUTH = "oauth"


@dataclass(frozen=True, slots=True)
class Claim:
    """What was given: e-mail address and password, or an API key as the `secret` alone."""

    way: Way
    email: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """`immich_user`: who that is in Immich, unless it is a local account. `token`: of a session there, or empty."""

    user: User
    immich_user: immich.User | None = None
    token: str = field(default="", repr=False)


def present(request: HttpRequest) -> User | None:
    """Who is logged in here already."""
    return request.user if isinstance(request.user, User) else None


class Brake:
    """Slows guessing: at one account from one address, and from one address at all accounts together.

    An account is never counted for everybody: a stranger's guesses keep no host out.
    """

    def __init__(self, way: Way, email: str, address: str) -> None:
        self._account = throttle.Guard(f"login {way}", email, address)
        self._address = throttle.Guard("login", "", address, free=FREE_FAILURES_OF_ADDRESS)

    def check(self) -> None:
        """Raises TooManyError."""
        if wait := max(self._account.wait(), self._address.wait()):
            raise TooManyError(wait)

    def failed(self) -> None:
        self._account.failed()
        self._address.failed()

    def passed(self) -> None:
        # The address's budget stays: an account of one's own is no licence to guess at others'.
        self._account.passed()


def identify(claim: Claim, address: str, present: User | None = None) -> Identity:
    """Who gave this, from the client's `address`. Raises LoginError.

    `present` is who is logged in already: the only one who may add Immich to a local account (`hosts.user_of`).
    """
    email = "" if claim.way == Way.KEY else claim.email.replace("\0", "").strip().lower()
    brake = Brake(claim.way, email, address)
    brake.check()
    try:
        identity = _BY_WAY[claim.way](email, claim.secret, present)
    except WrongError:
        brake.failed()
        raise
    brake.passed()
    return identity


def identity_of(session: immich.Login, present: User | None) -> Identity:
    """Whose session of Immich's this is. It is ended when they may not come in: RefusedError."""
    try:
        user = hosts.user_of(session.user, is_admin=session.user.is_admin, present=present)
    except RefusedError:
        immich_session.Kept(settings.IMMICH_BASE_URL, session.access_token).end()
        raise
    return Identity(user, session.user, session.access_token)


def need_immich() -> str:
    """Immich's address. RefusedError where none is set."""
    if not settings.IMMICH_BASE_URL:
        raise RefusedError(_("This server knows no Immich yet. Please sign in with a local account."))
    return settings.IMMICH_BASE_URL


def _by_password_of_immich(email: str, password: str, present: User | None) -> Identity:
    address = need_immich()
    wrong = WrongError(_("That e-mail and password don’t match. Please try again."))
    if not email or not password:
        raise wrong
    try:
        session = immich.login(address, email, password, connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT)
    except (immich.AccessError, immich.Rejected):
        raise wrong from None
    except immich.ImmichError:
        raise AwayError from None
    return identity_of(session, present)


def _by_key(_email: str, key: str, present: User | None) -> Identity:
    client = immich.Immich(need_immich(), key, connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT)
    try:
        with client:
            immich_user, permissions = client.me(), client.permissions()
    except immich.Forbidden:
        raise RefusedError(
            _("This key can’t say whose it is. Give it the permission user.read in Immich, or sign in another way.")
        ) from None
    except (immich.AccessError, immich.Rejected):
        raise WrongError(_("Immich doesn’t know this key. Please check that you copied all of it.")) from None
    except immich.ImmichError:
        raise AwayError from None
    # A key that may do little must not open all that its owner may do here.
    whole = "all" in permissions
    user = hosts.user_of(immich_user, is_admin=immich_user.is_admin if whole else None, present=present)
    if user.is_staff and not whole:
        raise RefusedError(
            _("You may use the admin here, and this key may not do everything. Please sign in with your password.")
        )
    return Identity(user, immich_user)


def _by_local_password(email: str, password: str, _present: User | None) -> Identity:
    user = authenticate(None, username=email, password=password)
    if not isinstance(user, User):
        raise WrongError(_("That e-mail and password don’t match. Please try again."))
    return Identity(user)


_BY_WAY: dict[Way, Callable[[str, str, User | None], Identity]] = {
    Way.IMMICH: _by_password_of_immich,
    Way.LOCAL: _by_local_password,
    Way.KEY: _by_key,
}
