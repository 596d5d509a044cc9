"""Which ways in there are here, as far as Immich has a say; asked now and then, since the login page must not wait."""

import hashlib

from django.conf import settings
from django.core.cache import cache

from immichdrop import immich
from immichdrop.identify import Way

_REMEMBERED = 60  # seconds
_REMEMBERED_AWAY = 15
_CONNECT_TIMEOUT = 1.0
_READ_TIMEOUT = 2.0
# What an Immich that does not answer is taken for.
_UNKNOWN = immich.LoginWays(password=True, oauth=False, oauth_text="")


def of_immich() -> immich.LoginWays:
    """What Immich offers; at most a minute old. Not to be asked where no Immich is set."""
    name = "login-ways-" + hashlib.sha256(settings.IMMICH_BASE_URL.encode()).hexdigest()
    known: immich.LoginWays | None = cache.get(name)
    if known is not None:
        return known
    try:
        ways = immich.login_ways(settings.IMMICH_BASE_URL, connect_timeout=_CONNECT_TIMEOUT, read_timeout=_READ_TIMEOUT)
    except immich.ImmichError:
        cache.set(name, _UNKNOWN, _REMEMBERED_AWAY)
        return _UNKNOWN
    cache.set(name, ways, _REMEMBERED)
    return ways


def by_form() -> list[Way]:
    """The ways that ask for something on the page, the likeliest first."""
    if not settings.IMMICH_BASE_URL:
        return [Way.LOCAL]
    return [Way.IMMICH, Way.LOCAL, Way.KEY] if of_immich().password else [Way.LOCAL, Way.KEY]


def sign_on() -> str:
    """What the button of Immich's single sign-on says; empty where there is none."""
    return of_immich().oauth_text if settings.IMMICH_BASE_URL else ""
