"""An internet of the tests' own, on loopback: names, their public addresses, and the servers that stand behind them.

The proxy's own policy is in force: only its resolver and the last step, the connection, lead here instead of outside.
"""

import asyncio
import ipaddress
import socket
import socketserver
import threading
from collections.abc import Sequence

from ingest.downloads.addresses import Address
from ingest.downloads.proxy import FilteringProxy, Streams

PUBLIC = "93.184.216.34"  # of the documentation's example.com; never connected to


class Inside:
    """A server of the internal network, which nobody may reach: it counts who came."""

    def __init__(self) -> None:
        visits: list[str] = []

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                visits.append(self.request.recv(100).decode("latin-1"))
                self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")

        self.visits = visits
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Internet:
    """`names`: what each resolves to; a list of lists is one answer after another. `servers`: address → local port."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.servers: dict[str, int] = {}
        self.asked: list[str] = []
        self.dialled: list[str] = []

    async def resolve(self, name: str, port: int) -> Sequence[Address]:
        self.asked.append(name)
        if name not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [ipaddress.ip_address(address) for address in self.names[name]]

    async def dial(self, address: Address, port: int) -> Streams:
        self.dialled.append(f"{address}:{port}")
        if str(address) not in self.servers:
            raise ConnectionRefusedError
        return await asyncio.open_connection("127.0.0.1", self.servers[str(address)])

    def place(self, name: str, address: str, port: int) -> None:
        """Puts a server of this machine's at a name and a public address."""
        self.names[name] = [address]
        self.servers[address] = port

    def proxy(self) -> "Running":
        return Running(FilteringProxy(self.resolve, self.dial))


class Running:
    """A proxy that runs within a `with` block."""

    def __init__(self, proxy: FilteringProxy) -> None:
        self.proxy = proxy

    def __enter__(self) -> FilteringProxy:
        self.proxy.start()
        return self.proxy

    def __exit__(self, *error: object) -> None:
        self.proxy.stop()
