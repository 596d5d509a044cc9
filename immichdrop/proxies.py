"""Who the client really is: addresses, scheme and host as trusted proxies report them.

Only a peer inside `TRUSTED_PROXIES` may speak for somebody else, and `X-Forwarded-For` is walked from the right, so
that nothing a stranger writes into it is believed.
"""

import ipaddress
from collections.abc import Iterable, Sequence

from immichdrop.asgi_types import Application, Receive, Scope, Send, headers_of
from immichdrop.environment import Network

# The scope's key that tells that its host is one a trusted proxy reported.
FORWARDED_HOST = "immichdrop.forwarded_host"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse(text: str) -> Address | None:
    """An address as proxies write it: `1.2.3.4`, `1.2.3.4:5678`, `[::1]:80`, `::1`. None when it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def trusted(address: Address | None, networks: Iterable[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def client_address(peer: str, forwarded_for: str, networks: Sequence[Network]) -> str:
    """The nearest address that no trusted proxy vouches for; the peer's when it is not a trusted proxy."""
    current = parse(peer)
    for hop in reversed(forwarded_for.split(",")):
        if not trusted(current, networks):
            break
        if (address := parse(hop)) is None:
            break
        current = address
    return str(current) if current else ""


class TrustedProxies:
    """ASGI middleware that puts the real client, scheme and host into the scope."""

    def __init__(self, app: Application, networks: Sequence[Network]) -> None:
        self.app = app
        self.networks = networks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope.get("client"):
            peer, port = scope["client"]
            if trusted(parse(peer), self.networks):
                headers = headers_of(scope)
                real = client_address(peer, headers.get("x-forwarded-for", ""), self.networks)
                scope = dict(scope, client=(real, port))
                self._take_scheme(scope, headers.get("x-forwarded-proto", ""))
                self._take_host(scope, headers.get("x-forwarded-host", ""))
        await self.app(scope, receive, send)

    @staticmethod
    def _take_scheme(scope: Scope, forwarded: str) -> None:
        scheme = forwarded.rpartition(",")[2].strip().lower()
        if scheme in ("http", "https"):
            secure = scheme == "https"
            names = ("wss", "ws") if scope["type"] == "websocket" else ("https", "http")
            scope["scheme"] = names[0] if secure else names[1]

    @staticmethod
    def _take_host(scope: Scope, forwarded: str) -> None:
        host = forwarded.rpartition(",")[2].strip()
        if host:
            others = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
            scope["headers"] = [*others, (b"host", host.encode("latin-1"))]
            scope[FORWARDED_HOST] = True
