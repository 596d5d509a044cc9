"""Who the client is: what trusted proxies say, and nothing a stranger writes."""

import asyncio
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immichdrop.asgi_types import Message, Receive, Scope, Send
from immichdrop.environment import PRIVATE_NETWORKS, Network
from immichdrop.proxies import TrustedProxies, client_address
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from uploads.models import Upload

PROXY, STRANGER = "10.0.0.2", "203.0.113.7"


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        (STRANGER, "", STRANGER),
        (PROXY, "", PROXY),
        (PROXY, STRANGER, STRANGER),
        # Whatever a client writes stands left of what the proxy saw.
        (PROXY, f"6.6.6.6, {STRANGER}", STRANGER),
        (PROXY, f"127.0.0.1, {STRANGER}", STRANGER),
        # A peer that is no proxy of ours speaks for nobody.
        (STRANGER, "6.6.6.6", STRANGER),
        # Two proxies in a row.
        (PROXY, f"6.6.6.6, {STRANGER}, 192.168.1.9", STRANGER),
        # Proxies that add ports, brackets or mapped addresses.
        (PROXY, f"{STRANGER}:4711", STRANGER),
        (PROXY, "[2001:db8::7]:4711", "2001:db8::7"),
        (PROXY, '"[2001:db8::7]"', "2001:db8::7"),
        ("::ffff:10.0.0.2", f"::ffff:{STRANGER}", STRANGER),
        # What can't be read is not walked past.
        (PROXY, "6.6.6.6, unknown", PROXY),
        (PROXY, f"{STRANGER}, ", PROXY),
    ],
)
def test_the_nearest_address_nobody_trusted_vouches_for(peer: str, forwarded: str, expected: str) -> None:
    assert client_address(peer, forwarded, PRIVATE_NETWORKS) == expected


@given(st.text(alphabet=st.characters(max_codepoint=0xFF), max_size=60))
def test_nothing_a_stranger_writes_changes_the_address(written: str) -> None:
    assert client_address(PROXY, f"{written},{STRANGER}", PRIVATE_NETWORKS) == STRANGER
    assert client_address(STRANGER, written, PRIVATE_NETWORKS) == STRANGER


def seen_behind(networks: list[Network], peer: str, *headers: tuple[bytes, bytes], kind: str = "http") -> Scope:
    """The scope that the application behind the middleware gets."""
    seen: list[Scope] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scheme = "http" if kind == "http" else "ws"
    scope = {"type": kind, "scheme": scheme, "client": (peer, 4711), "headers": [(b"host", b"inside:8080"), *headers]}
    asyncio.run(TrustedProxies(application, networks)(scope, receive, send))
    return seen[0]


SPOKEN = (
    (b"x-forwarded-for", STRANGER.encode()),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-host", b"drop.example.org"),
)


def test_a_trusted_proxy_tells_address_scheme_and_host() -> None:
    scope = seen_behind(PRIVATE_NETWORKS, PROXY, *SPOKEN)
    assert scope["client"] == (STRANGER, 4711)
    assert scope["scheme"] == "https"
    assert [value for name, value in scope["headers"] if name == b"host"] == [b"drop.example.org"]


def test_a_socket_behind_tls_is_secure_too() -> None:
    assert seen_behind(PRIVATE_NETWORKS, PROXY, *SPOKEN, kind="websocket")["scheme"] == "wss"


@pytest.mark.parametrize(
    ("networks", "peer"),
    [(PRIVATE_NETWORKS, "198.51.100.1"), ([], PROXY), ([ipaddress.ip_network("10.0.0.3/32")], PROXY)],
)
def test_anybody_else_is_not_believed(networks: list[Network], peer: str) -> None:
    scope = seen_behind(networks, peer, *SPOKEN)
    assert scope["client"] == (peer, 4711)
    assert scope["scheme"] == "http"
    assert [value for name, value in scope["headers"] if name == b"host"] == [b"inside:8080"]


def test_a_scheme_that_is_none_is_left_out() -> None:
    assert seen_behind(PRIVATE_NETWORKS, PROXY, (b"x-forwarded-proto", b"gopher"))["scheme"] == "http"


def test_an_upload_is_kept_with_the_address_the_proxy_saw(web: str, make_invite: MakeInvite) -> None:
    guest = TusGuest(web, make_invite().token)
    guest.session.headers["X-Forwarded-For"] = f"6.6.6.6, {STRANGER}"
    guest.open()
    guest.send(pictures.jpeg(1))
    assert Upload.objects.get().client_address == STRANGER
