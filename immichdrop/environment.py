"""Strict readers of environment variables.

Every reader treats an empty value as unset, and refuses a wrong one with the variable's name, its value and what is
allowed. Values come from the process environment, or from a `.env` file in the working directory; the environment wins.
"""

import ipaddress
import os
import re
import warnings
import zoneinfo
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})

# Loopback and the private ranges: where a reverse proxy of a home server or a container network lives.
PRIVATE_NETWORKS: list[Network] = [
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
]


def read_dotenv(directory: Path) -> None:
    """Adds the names of `directory/.env` to the environment, without overriding what is set."""
    path = directory / ".env"
    if path.is_file():
        environ.Env.read_env(path, overwrite=False)


def refuse(name: str, value: str, allowed: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is {value!r}, but must be {allowed}.")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    value = text(name)
    if not value:
        return default
    if value.lower() in TRUE_WORDS:
        return True
    if value.lower() in FALSE_WORDS:
        return False
    raise refuse(name, value, "true or false (also 1/0, yes/no, on/off)")


def integer(name: str, default: int, *, least: int, most: int) -> int:
    value = text(name)
    if not value:
        return default
    if re.fullmatch(r"-?\d{1,18}", value) and least <= int(value) <= most:
        return int(value)
    raise refuse(name, value, f"a whole number from {least} to {most}")


def choice(name: str, default: str, allowed: Sequence[str]) -> str:
    value = text(name)
    if not value:
        return default
    if value.upper() in allowed:
        return value.upper()
    raise refuse(name, value, f"one of {', '.join(allowed)}")


def address(name: str, default: str = "") -> str:
    """An http(s) address, without its trailing slash."""
    value = text(name)
    if not value:
        return default
    if not is_address(value):
        raise refuse(name, value, "an address such as https://photos.example.org")
    return value.rstrip("/")


def is_address(value: str) -> bool:
    """Whether it is an http(s) address, and nothing but that."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return usable and not (parts.query or parts.fragment or parts.username or re.search(r"\s", value))


def origins(name: str) -> list[str]:
    """Sites (scheme, host and port) separated by commas."""
    values = names(name, ())
    for value in values:
        if not is_address(value) or urlsplit(value).path.strip("/") or re.search("[;,'*]", value):
            raise refuse(name, value, "sites such as https://photos.example.org, separated by commas")
    return [value.rstrip("/") for value in values]


def immich_address(name: str) -> str:
    """An Immich server's address, accepted with or without `/api`, given back without."""
    return address(name).removesuffix("/api").rstrip("/")


def zone(name: str, default: str) -> str:
    # POSIX allows a leading colon, which some distributions set.
    value = text(name).removeprefix(":") or default
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse(name, value, "a time zone's name such as Europe/Berlin") from None
    return value


def names(name: str, default: Sequence[str]) -> list[str]:
    """A list separated by commas."""
    return [part.strip() for part in text(name).split(",") if part.strip()] or list(default)


def some_of(name: str, default: Sequence[str], allowed: Sequence[str]) -> list[str]:
    """A list separated by commas, of words that are allowed; in lower case."""
    chosen = [word.lower() for word in names(name, default)]
    if set(chosen) <= set(allowed):
        return chosen
    raise refuse(name, text(name), f"some of {', '.join(allowed)}, separated by commas")


def networks(name: str, default: list[Network]) -> list[Network]:
    """Addresses and networks separated by commas; `none` is an empty list, `*` the private networks."""
    value = text(name)
    if not value:
        return default
    if value.lower() == "none":
        return []
    if value == "*":
        warnings.warn(f"{name}=* is read as the private networks: nobody else's word is taken.", stacklevel=2)
        return PRIVATE_NETWORKS
    try:
        return [ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",")]
    except ValueError:
        raise refuse(name, value, "none, or addresses and networks such as 10.0.0.0/8, separated by commas") from None


def database(name: str, default: Path) -> dict[str, object]:
    """Django's description of the database at an address: postgres://…, or sqlite:///file. Unset, a SQLite file."""
    value = text(name)
    if not value:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(default)}
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("postgres", "postgresql", "sqlite")
        usable = known and parts.path.strip("/") != "" and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        shown = re.sub(r"//.*@", "//…@", value)  # the password is nobody's to read
        raise refuse(name, shown, "postgres://user:password@host/name or sqlite:////folder/file")
    return dict(environ.Env.db_url_config(value))


def redis(name: str) -> str:
    """A Redis server's address, or an empty text."""
    value = text(name)
    if value and not re.match(r"(redis|rediss|unix)://[^/\s]*(/|\w)", value):
        shown = re.sub(r"//.*@", "//…@", value)
        raise refuse(name, shown, "an address such as redis://localhost:6379/0 (also rediss://, unix://)")
    return value
