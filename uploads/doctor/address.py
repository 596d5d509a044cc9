"""How this server is reached: what a proxy passes on, the browser's clock, and whether WebSockets come through."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from immichdrop.environment import is_address
from immichdrop.proxies import parse, trusted
from uploads import consumers
from uploads.doctor.checks import CONNECT_TIMEOUT, READ_TIMEOUT, Check, Part, Question, State
from uploads.doctor.immich import clock_check

FIRST_FRAME = "?"  # which means nothing, so that `/ws` says good-bye with `consumers.UNKNOWN`
LONGEST_ORIGIN = 300  # characters
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Told:
    """What the page's script says of the browser: the address it shows, as scheme and host, and its clock.

    Empty without script.
    """

    origin: str = ""
    clock: datetime | None = None

    @classmethod
    def by(cls, request: HttpRequest) -> "Told":
        origin = request.GET.get("origin", "")
        sane = len(origin) < LONGEST_ORIGIN and origin.isprintable() and is_address(origin)
        try:
            clock = datetime.fromtimestamp(int(request.GET.get("now", "")) / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            clock = None
        return cls(origin.lower() if sane else "", clock)


def browser_clock(told: Told, now: datetime | None = None) -> Iterator[Check]:
    """How the browser's clock stands to ours, where it was told."""
    if told.clock:
        skew = told.clock - (now or timezone.now())
        yield clock_check("browser_clock", Part.ADDRESS, _("Your browser’s clock"), skew)


# --- what a proxy passes on


def proxy_checks(request: HttpRequest, told: Told) -> Iterator[Check]:
    """For those who run the server: which address, scheme and client reach us, against what the browser knows."""
    here = f"{request.scheme}://{request.get_host().lower()}"
    if told.origin:
        yield _origin(here, told.origin)
    yield _public_address(told.origin or here)
    yield _client(request, told.origin or here)


def _origin(here: str, origin: str) -> Check:
    title = _("Address and scheme")
    seen = {"origin": origin, "here": here}
    if here == origin:
        words = _("Your browser is at %(origin)s, and so it arrives.") % seen
        return Check("origin", Part.ADDRESS, title, State.OK, words)
    words = _("Your browser is at %(origin)s, and %(here)s arrives here.") % seen
    # Forms and scripts are compared with both, so that with PUBLIC_BASE_URL they go on working.
    trusted_origin = settings.PUBLIC_BASE_URL.lower() == origin
    if urlsplit(here).netloc != urlsplit(origin).netloc:
        advice = _("Let the proxy pass the address on. In nginx: proxy_set_header Host $host;")
    else:
        advice = _(
            "Let the proxy say that it speaks https. In nginx: proxy_set_header X-Forwarded-Proto $scheme; and name its"
            " address in TRUSTED_PROXIES."
        )
    if trusted_origin:
        return Check("origin", Part.ADDRESS, title, State.ATTENTION, words, advice)
    more = _("Or set PUBLIC_BASE_URL to %s. Until then forms are refused (403).") % origin
    return Check("origin", Part.ADDRESS, title, State.BAD, words, f"{advice} {more}")


def _public_address(origin: str) -> Check:
    title = _("Public address")
    public = settings.PUBLIC_BASE_URL
    if public and public.lower() != origin:
        words = _("Links begin with %(public)s, and you are at %(origin)s.") % {"public": public, "origin": origin}
        advice = _("If that is not where guests reach this server, change PUBLIC_BASE_URL and restart.")
        return Check("public", Part.ADDRESS, title, State.ATTENTION, words, advice)
    if origin.startswith("http:") and urlsplit(origin).hostname not in _LOOPBACK:
        words = _("%s is not encrypted.") % origin
        advice = _(
            "Passwords can be read on the way, and browsers keep some abilities to https. Put a proxy that speaks https"
            " in front (docs/install.md)."
        )
        return Check("public", Part.ADDRESS, title, State.ATTENTION, words, advice)
    by_setting = _("Links begin with %s (PUBLIC_BASE_URL).")
    by_request = _("Links begin with the address you are at: %s.")
    return Check("public", Part.ADDRESS, title, State.OK, (by_setting if public else by_request) % origin)


def _client(request: HttpRequest, origin: str) -> Check:
    title = _("Your address")
    address = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "")
    hops = {str(hop) for hop in map(parse, forwarded.split(",")) if hop}
    if address in hops:
        words = _("You come from %s, as the proxy says.") % address
        return Check("client", Part.ADDRESS, title, State.OK, words)
    if forwarded and not trusted(parse(address), settings.TRUSTED_PROXIES):
        words = _("A proxy at %s speaks for you, and is not believed.") % address
        advice = _(
            "If it is yours, put %s into TRUSTED_PROXIES and restart. Until then all guests look like one, and are"
            " braked together."
        )
        return Check("client", Part.ADDRESS, title, State.BAD, words, advice % address)
    if forwarded or origin.startswith("https:"):
        # This server speaks no https itself: somebody in front of it does.
        words = _("You seem to come from %s, which is the proxy.") % address
        advice = _(
            "Let it say for whom it speaks. In nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
            " Until then all guests look like one, and are braked together."
        )
        return Check("client", Part.ADDRESS, title, State.ATTENTION, words, advice)
    return Check("client", Part.ADDRESS, title, State.OK, _("You come from %s, without a proxy.") % address)


# --- from outside, for the command


def ask_health(url: str) -> int:
    """The status that `/healthz` is answered with. Raises requests.RequestException."""
    with requests.get(f"{url}/healthz", timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), allow_redirects=False) as answer:
        return answer.status_code


def ask_socket(url: str) -> int:
    """Opens the WebSocket as a page at `url` does, and the code it is closed with after a first frame.

    Raises OSError (TimeoutError), WebSocketException.
    """
    address = f"ws{url.removeprefix('http')}/ws"
    headers = {"Origin": url.lower()}
    with connect(
        address, additional_headers=headers, open_timeout=CONNECT_TIMEOUT, close_timeout=1, proxy=None
    ) as socket:
        socket.send(FIRST_FRAME)
        try:
            socket.recv(timeout=READ_TIMEOUT)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0
    return 0


def health(url: str, asked: Question[int]) -> Check:
    title = _("From outside")
    if asked.answer == 200:
        return Check("outside", Part.ADDRESS, title, State.OK, _("%s answers.") % url)
    said = f"HTTP {asked.answer}" if asked.answer else _root(asked.error)
    words = _("%(url)s does not answer as this server does: %(said)s.") % {"url": url, "said": said}
    advice = _("Is the server running, and does the proxy lead here? Name another address with --url.")
    return Check("outside", Part.ADDRESS, title, State.BAD, words, advice)


def socket(url: str, asked: Question[int] | None) -> Check:
    title = _("Live progress (WebSocket)")
    if asked is None:
        words = _("Nobody tried: name the address that guests use with --url, or set PUBLIC_BASE_URL.")
        return Check("websocket", Part.ADDRESS, title, State.UNKNOWN, words)
    if asked.answer == consumers.UNKNOWN:
        return Check("websocket", Part.ADDRESS, title, State.OK, _("It works through %s.") % url)
    said = _("closed with %d") % asked.answer if asked.answer else _root(asked.error)
    words = _("It does not come through at %(url)s: %(said)s.") % {"url": url, "said": said}
    return Check("websocket", Part.ADDRESS, title, State.BAD, words, socket_advice())


def socket_advice() -> str:
    return _(
        "Let the proxy pass WebSockets at /ws. In nginx: proxy_http_version 1.1;"
        " proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;"
        " proxy_set_header Host $host;"
        " Until then guests see what is new a few seconds later."
    )


def _root(error: Exception | None) -> str:
    """The first cause in words, or that no answer came."""
    if error is None:
        return _("no answer in time")
    if isinstance(error, WebSocketException):
        return str(error)
    first: BaseException = error
    while inner := first.__cause__ or first.__context__:
        first = inner
    return str(first) or type(first).__name__


def sign_on(redirect: str) -> Check:
    """The address that Immich's identity provider has to know."""
    words = _("Immich has OAuth on. Register this redirect address at its identity provider: %s") % redirect
    return Check("sign_on", Part.ADDRESS, _("Single sign-on"), State.OK, words)
