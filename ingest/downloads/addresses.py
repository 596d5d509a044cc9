"""Which addresses the public internet can be at: everything else may be somebody's own network, or this machine.

Python's `is_global` is the IANA registries' word; what that lets through and leads elsewhere all the same is refused
here.
"""

import ipaddress
import re

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Global by the registries' word, and yet no server's own address.
_REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",
        "::/8",  # IPv4-compatible and -mapped addresses, and those that NAT64 makes of IPv4 ones
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/23",  # Teredo and other protocols' own
        "2002::/16",  # 6to4, with an IPv4 address inside
    )
]
_UNICAST = ipaddress.IPv6Network("2000::/3")
# What the C library takes for an IPv4 address: one to four numbers, each decimal, octal or hexadecimal.
_NUMBERS = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}\.?", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)


class BadHostError(ValueError):
    """It is no host's name, or an address in a spelling that hides what it is."""


def is_public(address: Address) -> bool:
    """Whether this address is globally routable, by itself and not through what is packed into it."""
    if any(address.version == network.version and address in network for network in _REFUSED):
        return False
    if isinstance(address, ipaddress.IPv6Address) and (address.scope_id or address not in _UNICAST):
        return False
    return address.is_global


def read_host(host: str) -> Address | str:
    """A host as it stands in an address: an IP address in its one usual spelling, or a name in ASCII, in lower case.

    Raises BadHostError for anything else, such as `0177.1` or `2130706433`, which the C library takes for 127.0.0.1.
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    if _NUMBERS.fullmatch(bare):
        raise BadHostError(host)
    name = bare.removesuffix(".").lower()
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadHostError(host)
    return name
