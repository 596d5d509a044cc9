"""The only way out for downloads: a proxy on loopback that tunnels to public addresses, and to nothing else.

A tunnel's name is resolved once, here. Of what it resolves to only globally routable addresses are used, and the
connection goes to the very address that was looked at, so that a name can't become another one in between. Redirects,
the segments of a playlist and fragments come by the same way, since the programs that download know no other.

Only CONNECT is answered, and only to port 443: what travels is TLS, so that whoever sits at a name has to prove it.
"""

import asyncio
import base64
import binascii
import contextlib
import ipaddress
import logging
import secrets
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ingest.downloads.addresses import Address, BadHostError, is_public, read_host

logger = logging.getLogger(__name__)

PORTS = frozenset({443})
MOST_TUNNELS = 32  # at a time, for one download
MOST_REFUSED = 100  # that are remembered for one download, which could ask without end
LONGEST_HEAD = 16_384  # bytes of a request
HEAD_SECONDS = 10.0
CONNECT_SECONDS = 10.0
SILENCE = 60.0  # seconds without a byte in either direction, after which a tunnel is closed
BLOCK = 65_536

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
Dial = Callable[[Address, int], Awaitable[Streams]]


class RefusedError(Exception):
    """A tunnel that is not made; `status` is the answer's."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(eq=False)
class Pass:
    """One download's right to the proxy, and what it fetched. `url` is the proxy's address with the pass in it."""

    url: str
    limit: int  # bytes in all
    taken: int = 0
    used_up: bool = False
    refused: list[str] = field(default_factory=list)  # why tunnels were not made, for the log
    tunnels: set[asyncio.Task[None]] = field(default_factory=set)

    def count(self, more: int) -> None:
        """Counts bytes in either direction. Raises RefusedError beyond the limit, and for good."""
        self.taken += more
        if self.taken > self.limit:
            self.used_up = True
            for tunnel in self.tunnels:
                tunnel.cancel()
            raise RefusedError(403, "more bytes than are allowed")


async def resolve(name: str, port: int) -> list[Address]:
    """Every address of a name, by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0])) for entry in found))


async def dial(address: Address, port: int) -> Streams:
    """A connection to this address, and to no name."""
    return await asyncio.open_connection(str(address), port)


class FilteringProxy:
    """Serves in a thread of its own. `resolve` and `dial` are the system's, unless others are given."""

    def __init__(self, resolve: Resolve = resolve, dial: Dial = dial, ports: frozenset[int] = PORTS) -> None:
        self._resolve = resolve
        self._dial = dial
        self._ports = ports
        self._passes: dict[str, Pass] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="download-proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self.port = 0

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(HEAD_SECONDS)

    def stop(self) -> None:
        """Closes every tunnel and ends the thread."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(HEAD_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(HEAD_SECONDS)
        self._loop.close()

    @contextmanager
    def opened(self, limit: int) -> Iterator[Pass]:
        """A pass that is good for `limit` bytes, until the end of the block."""
        user, password = secrets.token_hex(8), secrets.token_urlsafe(24)
        issued = Pass(f"http://{user}:{password}@127.0.0.1:{self.port}", limit)
        self._passes[f"{user}:{password}"] = issued
        try:
            yield issued
        finally:
            del self._passes[f"{user}:{password}"]
            self._loop.call_soon_threadsafe(_cut, issued)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    # --- one connection

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._tunnel(reader, writer)
        except RefusedError as refusal:
            body = f"{refusal}\n".encode()
            challenge = 'Proxy-Authenticate: Basic realm="downloads"\r\n' if refusal.status == 407 else ""
            head = f"HTTP/1.1 {refusal.status} Refused\r\n{challenge}Content-Length: {len(body)}\r\n"
            with contextlib.suppress(OSError):
                writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
                await writer.drain()
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the program on the one end or the server on the other left, or the pass ended
        finally:
            await _end(writer)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, headers = await _read_head(reader)
        issued = self._passes.get(_credentials(headers))
        if issued is None:
            raise RefusedError(407, "no pass")
        try:
            host, port = self._target(method, target)
            if issued.used_up or len(issued.tunnels) >= MOST_TUNNELS:
                raise RefusedError(403, "more than is allowed")
            task = asyncio.current_task()
            assert task
            issued.tunnels.add(task)
            try:
                far = await self._connect(host, port)
                try:
                    writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                    await _carry((reader, writer), far, issued)
                finally:
                    await _end(far[1])
            finally:
                issued.tunnels.discard(task)
        except RefusedError as refusal:
            if len(issued.refused) < MOST_REFUSED:
                issued.refused.append(f"{target[:300]}: {refusal}")
            raise

    def _target(self, method: str, target: str) -> tuple[Address | str, int]:
        """Where a tunnel is to lead. Raises RefusedError for everything but CONNECT to a usual name at port 443."""
        if method != "CONNECT":
            raise RefusedError(403, "only https leads out of here")
        host, _, port = target.rpartition(":")
        if port not in map(str, self._ports):
            raise RefusedError(403, "only port 443 leads out of here")
        try:
            return read_host(host), int(port)
        except BadHostError as error:
            raise RefusedError(403, "not a host's name") from error

    async def _connect(self, host: Address | str, port: int) -> Streams:
        """A connection to the first public address of this host that answers."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                found = await self._resolve(host, port) if isinstance(host, str) else [host]
        except (OSError, UnicodeError) as error:  # a TimeoutError is an OSError
            raise RefusedError(502, "the name does not resolve") from error
        public = [address for address in found if is_public(address)]
        if not public:
            raise RefusedError(403, "not a public address")
        for address in public:
            with contextlib.suppress(OSError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await self._dial(address, port)
        raise RefusedError(502, "it does not answer")


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    """The request's method, target and headers (names in lower case)."""
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise RefusedError(431, "too long a request") from error
    first, *lines = head.decode("latin-1").split("\r\n")
    pieces = first.split(" ")
    if len(pieces) != 3:
        raise RefusedError(400, "not a request")
    pairs = (line.partition(":") for line in lines if line)
    return pieces[0], pieces[1], {name.strip().lower(): value.strip() for name, _, value in pairs}


def _credentials(headers: dict[str, str]) -> str:
    scheme, _, encoded = headers.get("proxy-authorization", "").partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def _carry(near: Streams, far: Streams, issued: Pass) -> None:
    """Both directions, until one end closes, or nothing came either way for too long."""
    moved = 0

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        nonlocal moved
        with contextlib.suppress(OSError, RefusedError):
            while block := await source.read(BLOCK):
                issued.count(len(block))
                moved += len(block)
                target.write(block)
                await target.drain()

    ways = [asyncio.create_task(pump(near[0], far[1])), asyncio.create_task(pump(far[0], near[1]))]
    try:
        before, done = -1, set[asyncio.Task[None]]()
        while not done and moved > before:
            before = moved
            done, _ = await asyncio.wait(ways, timeout=SILENCE, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()


def _cut(issued: Pass) -> None:
    for tunnel in list(issued.tunnels):
        tunnel.cancel()
