"""The downloads' only way out: public addresses at port 443, each looked at and then connected to, and nothing else."""

import base64
import contextlib
import ipaddress
import socket
from urllib.parse import urlsplit

import pytest

from ingest.downloads.addresses import BadHostError, is_public, read_host
from ingest.downloads.proxy import MOST_REFUSED, FilteringProxy, Pass
from tests.ingest.downloads.internet import PUBLIC, Inside, Internet, Running
from tests.serving import eventually

MUCH = 10_000_000  # bytes

INTERNAL = (
    *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:93.184.216.34", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::5db8:d822"),
    *("64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:5db8:d822::1", "2001:0:7f00:1::", "100::1", "4000::1", "fe80::1%1"),
)
OUTSIDE = ("93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e")
SPELLINGS = (  # of 127.0.0.1 and 169.254.169.254, as the C library reads them
    *("2130706433", "017700000001", "0x7f000001", "0x7F.1", "127.1", "127.0.1", "0177.0.0.1", "0x7f.0x0.0x0.0x1"),
    *("127.0.0.1.", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "0", "00000.0", "127.0.0.1%00"),
)  # fmt: skip
NAMELESS = (
    "localhost",
    "db",
    "",
    ".",
    "..",
    "a..b",
    "-a.example",
    "a b.example",
    "exa mple.org",
    "é.example",
    "[::1",
    "[]",
)


@pytest.mark.parametrize("address", INTERNAL)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_that_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", [*SPELLINGS, *NAMELESS])
def test_hosts_that_are_not_read(host: str) -> None:
    with pytest.raises(BadHostError):
        read_host(host)


def test_hosts_that_are() -> None:
    assert read_host("WWW.Example.org.") == "www.example.org"
    assert read_host("xn--bcher-kva.example") == "xn--bcher-kva.example"
    assert read_host("[2606:4700::1]") == ipaddress.ip_address("2606:4700::1")


# --- through the proxy


def say(issued: Pass | str, request: str, *, anonymous: bool = False) -> tuple[int, socket.socket]:
    """Sends a request's first line to the proxy; the status of its answer, and the connection."""
    parts = urlsplit(issued if isinstance(issued, str) else issued.url)
    basic = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    line = socket.create_connection(("127.0.0.1", parts.port or 0), timeout=10)
    own = "" if anonymous else f"Proxy-Authorization: Basic {basic}\r\n"
    line.sendall(f"{request} HTTP/1.1\r\nHost: x\r\n{own}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer and (piece := line.recv(1)):
        answer += piece
    return int(answer.split(b" ")[1]), line


def status(issued: Pass | str, request: str, *, anonymous: bool = False) -> int:
    code, line = say(issued, request, anonymous=anonymous)
    line.close()
    return code


def test_a_tunnel_to_a_public_address(internet: Internet, proxy: FilteringProxy, inside: Inside) -> None:
    internet.place("media.example", PUBLIC, inside.port)
    with proxy.opened(MUCH) as issued:
        code, line = say(issued, "CONNECT media.example:443")
        line.sendall(b"GET / HTTP/1.1\r\n\r\n")
        told = b"".join(iter(lambda: line.recv(1000), b""))
        line.close()
    assert (code, told[-6:]) == (200, b"secret")
    assert internet.dialled == [f"{PUBLIC}:443"]
    assert issued.taken == len(told) + 18


@pytest.mark.parametrize("address", INTERNAL)
def test_a_name_that_resolves_inside(internet: Internet, proxy: FilteringProxy, inside: Inside, address: str) -> None:
    internet.place("evil.example", address, inside.port)
    with proxy.opened(MUCH) as issued:
        assert status(issued, "CONNECT evil.example:443") == 403
    assert (internet.dialled, inside.visits) == ([], [])


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", *SPELLINGS, *NAMELESS])
def test_loopback_in_every_spelling(inside: Inside, host: str) -> None:
    """With the system's resolver and connections, and at the very port where somebody listens."""
    with Running(FilteringProxy(ports=frozenset({inside.port}))) as proxy, proxy.opened(MUCH) as issued:
        assert status(issued, f"CONNECT {host}:{inside.port}") in (400, 403)
    assert inside.visits == []


def test_of_mixed_addresses_only_the_public_ones(internet: Internet, proxy: FilteringProxy, inside: Inside) -> None:
    """As behind DNS64, or in a trap."""
    internet.names["mixed.example"] = ["64:ff9b::5db8:d822", "127.0.0.1", PUBLIC]
    internet.servers = {PUBLIC: inside.port, "127.0.0.1": inside.port}
    with proxy.opened(MUCH) as issued:
        assert status(issued, "CONNECT mixed.example:443") == 200
    assert internet.dialled == [f"{PUBLIC}:443"]


def test_a_name_that_changes_between_look_ups(internet: Internet, proxy: FilteringProxy, inside: Inside) -> None:
    """It is looked up once for each tunnel, and what was looked at is what is connected to."""
    internet.place("rebinding.example", PUBLIC, inside.port)
    with proxy.opened(MUCH) as issued:
        assert status(issued, "CONNECT rebinding.example:443") == 200
        assert (internet.asked, internet.dialled) == (["rebinding.example"], [f"{PUBLIC}:443"])
        internet.place("rebinding.example", "127.0.0.1", inside.port)
        assert status(issued, "CONNECT rebinding.example:443") == 403
    assert internet.dialled == [f"{PUBLIC}:443"]


@pytest.mark.parametrize(
    "request_line",
    [
        *("GET http://media.example/", "GET http://127.0.0.1/", "GET file:///etc/passwd", "GET /"),
        "POST ftp://media.example/",
        *("CONNECT media.example:80", "CONNECT media.example:22", "CONNECT media.example", "CONNECT :443"),
        *("CONNECT media.example:443:80", "CONNECT user@media.example:443", "CONNECT media.example:0443"),
        "CONNECT media.example:+443",
    ],
)  # fmt: skip
def test_only_https_leads_out(internet: Internet, proxy: FilteringProxy, inside: Inside, request_line: str) -> None:
    internet.place("media.example", PUBLIC, inside.port)
    with proxy.opened(MUCH) as issued:
        assert status(issued, request_line) == 403
    assert inside.visits == []


def test_what_is_refused_without_end_is_not_remembered(proxy: FilteringProxy) -> None:
    with proxy.opened(MUCH) as issued:
        for _ in range(MOST_REFUSED + 1):
            assert status(issued, f"CONNECT {'a' * 5000}:443") == 403
    assert len(issued.refused) == MOST_REFUSED
    assert max(map(len, issued.refused)) < 400


def test_strangers_have_no_pass(internet: Internet, proxy: FilteringProxy, inside: Inside) -> None:
    internet.place("media.example", PUBLIC, inside.port)
    with proxy.opened(MUCH) as issued:
        assert status(issued, "CONNECT media.example:443", anonymous=True) == 407
        assert status(f"http://a:b@127.0.0.1:{proxy.port}", "CONNECT media.example:443") == 407
    assert status(issued, "CONNECT media.example:443") == 407  # it is over
    assert internet.dialled == []


def test_whoever_takes_too_much_is_cut_off(internet: Internet, proxy: FilteringProxy) -> None:
    """Endless bytes end at the limit, in all tunnels, and no new one is made."""
    with socket.create_server(("127.0.0.1", 0)) as endless, proxy.opened(1_000_000) as issued:
        internet.place("media.example", PUBLIC, endless.getsockname()[1])
        code, line = say(issued, "CONNECT media.example:443")
        assert code == 200
        far, _ = endless.accept()
        far.settimeout(10)
        with far, line, contextlib.suppress(OSError):
            for _ in range(1000):
                far.sendall(bytes(65_536))
                line.recv(65_536)
            pytest.fail("it went on")
        assert issued.used_up
        assert issued.taken < 1_000_000 + 70_000
        assert status(issued, "CONNECT media.example:443") == 403


def test_a_pass_that_ends_ends_its_tunnels(internet: Internet, proxy: FilteringProxy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        internet.place("media.example", PUBLIC, silent.getsockname()[1])
        with proxy.opened(MUCH) as issued:
            _, line = say(issued, "CONNECT media.example:443")
            assert eventually(lambda: issued.tunnels, "the tunnel")
        assert line.recv(1) == b""
        line.close()
